//! What is between a host and Redis does harm, or leads to another Redis.

use harness::secrets::{PASSWORD, guarded_redis};
use harness::{Redis, eventually};

use crate::load::{during, host};
use crate::proxy::{Harm, Proxy};

/// Keeps clients busy over a line that does this harm for a while.
fn a_line_that(harm: Harm) {
    let redis = guarded_redis().start();
    let proxy = Proxy::start(&redis);
    let start = || host().redis_at(&proxy.address()).start();
    let ledger = during(vec![start(), start()], |load| {
        load.breaks();
        proxy.does(harm);
        load.all_do(40);
        proxy.does(Harm::None);
        // A piece that waits, waits.
        std::thread::sleep(crate::proxy::LONGEST_DELAY);
        load.is_mended();
    });
    ledger.assert_kept(&redis);
    assert!(proxy.harm_done() > 20, "it did harm: {}", proxy.harm_done());
}

#[test]
fn a_line_that_delays_loses_nothing() {
    a_line_that(Harm::Delay);
}

#[test]
fn a_line_that_is_cut_in_the_middle_of_replies_loses_nothing() {
    a_line_that(Harm::Cut);
}

#[test]
fn a_line_that_carries_garbage_loses_nothing_and_mixes_nothing_up() {
    a_line_that(Harm::Garbage);
}

#[test]
fn a_replica_that_takes_over_behind_the_same_address_has_all_that_was_acknowledged() {
    let old = guarded_redis().start();
    let new = guarded_redis()
        .set("replicaof", format!("127.0.0.1 {}", old.port()))
        .set("masterauth", PASSWORD)
        .start();
    eventually("the replica follows", || {
        (new.info("replication", "master_link_status")? == "up").then_some(())
    });
    let proxy = Proxy::start(&old);
    let start = || host().redis_at(&proxy.address()).start();
    let ledger = during(vec![start(), start()], |load| {
        load.breaks();
        // As an operator does it: no more writes, wait for the replica, promote it, lead all there.
        old.run::<()>(&["CLIENT", "PAUSE", "60000", "WRITE"]);
        let offset = |redis: &Redis| redis.info("replication", "master_repl_offset");
        eventually("the replica has everything", || (offset(&old) == offset(&new)).then_some(()));
        new.run::<()>(&["REPLICAOF", "NO", "ONE"]);
        proxy.lead_to(&new);
        load.is_mended();
    });
    ledger.assert_kept(&new);
}
