//! `shards`: what it may be, and what a store was made with.

use harness::{Host, Redis, Response, assert_problem};

use crate::common::{Store, cluster};

fn assert_misconfigured(answer: &Response, status: u16, variable: &str) {
    let detail = assert_problem(answer, status, "misconfigured");
    assert!(detail.contains(&format!("`{variable}`")), "{answer}");
}

#[test]
fn what_cannot_be_used_stops_every_request_and_is_named() {
    let redis = Redis::start();
    for (shards, prefix, variable) in [
        ("0", "a:", "shards"),
        ("1001", "a:", "shards"),
        ("-1", "a:", "shards"),
        ("two", "a:", "shards"),
        ("", "a:", "shards"),
        ("2", "a{b}:", "key_prefix"),
        ("2", "a{:", "key_prefix"),
    ] {
        let variables = [("shards", shards), ("key_prefix", prefix)];
        let host = Host::options().redis(&redis).variables(&variables).start();
        for (target, status) in [("/a", 500), ("/", 500), ("/-/ready", 503)] {
            assert_misconfigured(&host.get(target).may_fail().send(), status, variable);
        }
        host.get("/-/live").send().expect(200);
    }
    let host = Host::options().redis(&redis).variable("key_prefix", "a{b}:").start();
    host.put("/a", "{}").send().expect(201);
    assert!(redis.run::<bool>(&["EXISTS", "a{b}:/a"]), "with one part braces mean nothing");
}

#[test]
fn ready_compares_shards_with_what_the_store_was_made_with() {
    let store = Store::with(12, &[]);
    store.host.get("/-/ready").send().expect(200);
    let note = format!("{}shards", store.shards.key_prefix());
    assert_eq!(cluster().run::<String>(&note, &["GET", &note]), "12");
    for (shards, fits) in [("12", true), ("6", false), ("13", false)] {
        let host =
            cluster().serve(Host::options(), &store.shards, 0).variable("shards", shards).start();
        let answer = host.get("/-/ready").may_fail().send();
        if fits {
            answer.expect(200);
        } else {
            assert_misconfigured(&answer, 503, "shards");
        }
    }
    store.host.get("/-/ready").send().expect(200);
}

#[test]
fn a_store_from_before_there_were_parts_was_made_with_one() {
    let redis = Redis::start();
    let start = |shards| Host::options().redis(&redis).variable("shards", shards).start();
    let one = start("1");
    one.put("/a", "{}").send().expect(201);
    assert_misconfigured(&start("2").get("/-/ready").may_fail().send(), 503, "shards");
    one.get("/-/ready").send().expect(200);
}

#[test]
fn ready_is_503_while_a_node_is_gone() {
    let mut own = harness::RedisCluster::start(3);
    let shards = harness::Shards::new(12);
    let host = own.serve(Host::options(), &shards, 0).start();
    host.get("/-/ready").send().expect(200);
    own.kill(2);
    let answer = host.get("/-/ready").may_fail().send();
    assert_problem(&answer, 503, "store-unavailable");
    own.restart(2);
    own.wait_until_healthy();
    host.get("/-/ready").send().expect(200);
}
