//! What is between a host and Redis does harm.

use harness::secrets::guarded_redis;

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
