//! Redis ends, stops, or sends its clients away.

use std::time::Duration;

use harness::secrets::guarded_redis;
use harness::{Redis, eventually};

use crate::load::{during, host};

/// A Redis that has written every change to the disk before it acknowledges it.
pub fn durable() -> Redis {
    guarded_redis().set("appendonly", "yes").set("appendfsync", "always").start()
}

#[test]
fn nothing_acknowledged_is_lost_when_redis_is_killed() {
    let mut redis = durable();
    let hosts = vec![host().redis(&redis).start(), host().redis(&redis).start()];
    let ledger = during(hosts, |load| {
        for _ in 0..3 {
            load.breaks();
            redis.kill();
            load.all_fail(2);
            redis.restart();
            eventually("Redis has loaded", || {
                (redis.info("persistence", "loading")? == "0").then_some(())
            });
            load.is_mended();
        }
    });
    ledger.assert_kept(&redis);
}

#[test]
fn a_redis_that_stops_for_five_seconds_is_only_waited_for() {
    let redis = guarded_redis().start();
    let hosts = vec![host().redis(&redis).start(), host().redis(&redis).start()];
    let ledger = during(hosts, |load| {
        load.breaks();
        redis.freeze();
        std::thread::sleep(Duration::from_secs(5));
        if harness::Build::current().limits_waiting() {
            // Everyone is answered while Redis still says nothing.
            load.all_fail(2);
        }
        redis.thaw();
        load.is_mended();
    });
    ledger.assert_kept(&redis);
}

#[test]
fn connections_that_redis_closes_at_random_are_opened_again() {
    let redis = guarded_redis().start();
    let mut admin = redis.connect();
    let hosts = vec![host().redis(&redis).start(), host().redis(&redis).start()];
    let mut rng = fastrand::Rng::with_seed(7);
    let ledger = during(hosts, |load| {
        load.breaks();
        for _ in 0..150 {
            let list: String =
                redis::cmd("CLIENT").arg("LIST").query(&mut admin).expect("Redis answers");
            let ids = list.lines().filter(|line| !line.contains("cmd=client"));
            let ids: Vec<&str> = ids.filter_map(|line| line.split(['=', ' ']).nth(1)).collect();
            if let Some(id) = rng.choice(ids) {
                let kill: redis::RedisResult<usize> =
                    redis::cmd("CLIENT").arg(&["KILL", "ID", id]).query(&mut admin);
                kill.expect("Redis answers");
            }
            std::thread::sleep(Duration::from_millis(rng.u64(..20)));
        }
        load.all_do(10);
        load.is_mended();
    });
    ledger.assert_kept(&redis);
}

#[test]
fn a_redis_that_takes_no_more_connections_is_503_until_it_does() {
    let redis = guarded_redis().start();
    let mut admin = redis.connect();
    let mut say = |words: &[&str]| {
        let (name, arguments) = words.split_first().expect("a command has a name");
        redis::cmd(name).arg(arguments).exec(&mut admin).expect("Redis answers");
    };
    let hosts = vec![host().redis(&redis).start(), host().redis(&redis).start()];
    let ledger = during(hosts, |load| {
        load.breaks();
        say(&["CONFIG", "SET", "maxclients", "1"]);
        say(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        load.all_fail(5);
        say(&["CONFIG", "SET", "maxclients", "1000"]);
        load.is_mended();
    });
    ledger.assert_kept(&redis);
}
