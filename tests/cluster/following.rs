//! Going where the cluster sends one: by address, by name, and as far as it is allowed.

use harness::secrets::{PASSWORD, READ_TOKEN, WRITE_TOKEN, assert_log_is_clean, guarded_host};
use harness::{Host, RedisCluster, Shards, Steps, assert_problem};

use crate::common::{PARTS, Store, cluster, segments};

#[test]
fn nodes_that_have_names_are_found_by_them() {
    let own = RedisCluster::options(2).hostname("localhost").start();
    let shards = Shards::new(PARTS);
    for first in 0..2 {
        let host = own.serve(Host::options(), &shards, first).start();
        for word in segments(&shards) {
            let path = format!("/{word}/{first}");
            let etag = host.put(&path, "{}").send().expect(201).etag();
            assert_eq!(host.get(&path).send().expect(200).etag(), etag);
        }
        host.get("/-/ready").send().expect(200);
    }
}

#[test]
fn nodes_want_the_password_and_nothing_of_it_gets_out() {
    let own = RedisCluster::options(2).password(PASSWORD).start();
    let shards = Shards::new(PARTS);
    let host = own.serve(guarded_host(), &shards, 0).start();
    for word in segments(&shards) {
        let path = format!("/{word}/a");
        host.put(&path, "{}").token(WRITE_TOKEN).send().expect(201);
        host.get(&path).token(READ_TOKEN).send().expect(200);
    }
    assert_log_is_clean(&host);
}

#[test]
fn where_a_node_is_not_allowed_its_parts_are_503_and_the_others_are_served() {
    let store = Store::start();
    let alone = cluster().serve(Host::options(), &store.shards, 0);
    let alone = alone.variable("redis_cluster_hosts", cluster().address(0)).start();
    for word in segments(&store.shards) {
        let path = format!("/{word}/a");
        let answer = alone.put(&path, "{}").may_fail().send();
        if store.place(&path).1 == 0 {
            answer.expect(201);
        } else {
            assert_problem(&answer, 503, "store-unavailable");
            assert!(answer.header("retry-after").is_some(), "{answer}");
        }
    }
}

#[test]
fn a_part_is_found_again_after_each_move() {
    let own = RedisCluster::start(2);
    let shards = Shards::new(4);
    let host = own.serve(Host::options(), &shards, 0).start();
    let words = segments(&shards);
    for word in &words {
        host.put(&format!("/{word}/a"), r#"{"n":0}"#).send().expect(201);
    }
    for round in 1..=3 {
        for (part, word) in (0..4).zip(&words) {
            let slot = shards.slot(part);
            own.move_slot(slot, 1 - own.owner(slot), Steps::AtOnce);
            let path = format!("/{word}/a");
            assert_eq!(host.get(&path).send().expect(200).number("n"), round - 1);
            host.put(&path, &format!(r#"{{"n":{round}}}"#)).send().expect(200);
        }
    }
    let keys = own.keys();
    for (part, word) in (0..4).zip(&words) {
        let node = own.owner(shards.slot(part));
        assert_eq!(keys.get(&shards.key(&format!("/{word}/a"))), Some(&node));
        let index = shards.own(part, "index");
        assert_eq!(own.run::<u64>(&index, &["ZCARD", &index]), 1);
    }
}

#[test]
fn nodes_that_are_named_are_asked_first_and_may_be_named_wrongly() {
    let store = Store::start();
    let names: Vec<_> =
        (0..3).map(|node| cluster().address(node).replace("redis://", "")).collect();
    let named = |nodes: Vec<&str>| {
        let host = cluster().serve(Host::options(), &store.shards, 0);
        host.variable("redis_cluster_nodes", nodes.join(","))
    };
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    // Nothing is where `redis_address` leads, so only the nodes that are named can have answered.
    let nowhere = format!("redis://127.0.0.1:{}", harness::free_port());
    let hosts = [
        named(names.clone()).redis_at(&nowhere).start(),
        named(names.iter().rev().copied().collect()).start(),
        named(names[..1].to_vec()).start(),
    ];
    for word in segments(&store.shards) {
        for (number, host) in hosts.iter().enumerate() {
            host.put(&format!("/{word}/{number}"), "{}").send().expect(201);
            host.merge(&format!("/{word}/{number}"), "{}").send().expect(200);
        }
    }
    assert_eq!(store.index().len(), 36);
}
