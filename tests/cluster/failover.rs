//! Nodes that die, change places, or are all started again, under load.

use std::collections::BTreeSet;

use harness::secrets::{PASSWORD, guarded_host};
use harness::{ClusterOptions, Host, RedisCluster, Shards};

use crate::common::PARTS;
use crate::load::during;

/// Three primaries, each with a replica, that soon see that one is dead.
fn with_replicas() -> ClusterOptions {
    RedisCluster::options(3).replicas(1).password(PASSWORD).set("cluster-node-timeout", "2000")
}

/// Two hosts, each of which is told another node.
fn hosts(cluster: &RedisCluster, shards: &Shards, first: [usize; 2]) -> Vec<Host> {
    let start = |node| {
        let host = guarded_host().variable("redis_timeout_ms", "1000");
        cluster.serve(host, shards, node).start()
    };
    first.map(start).into()
}

/// The parts on a node.
fn parts_of(cluster: &RedisCluster, shards: &Shards, node: usize) -> BTreeSet<u16> {
    (0..shards.count()).filter(|part| cluster.owner(shards.slot(*part)) == node).collect()
}

#[test]
fn a_primary_that_is_killed_costs_its_own_parts_until_its_replica_is_promoted_and_no_others() {
    let mut cluster = with_replicas().start();
    let shards = Shards::new(PARTS);
    // One is told a primary that stays, the other a replica.
    let hosts = hosts(&cluster, &shards, [1, 5]);
    let ledger = during(hosts, &shards, |load| {
        let parts = parts_of(&cluster, &shards, 0);
        assert_eq!(parts.len(), 4);
        load.breaks(parts.iter().copied());
        load.may_have_lost(&parts);
        cluster.kill(0);
        load.fail(parts.iter().copied(), 1);
        // Who waits for the others here would wait in vain if these were held up.
        load.go_on((0..PARTS).filter(|part| !parts.contains(part)), 5);
        let promoted = cluster.wait_until_promoted(shards.slot(0), 0);
        assert_eq!(promoted, 3, "its replica");
        load.is_mended();
        // The old one comes back as a replica of the new.
        cluster.restart(0);
        cluster.wait_until_healthy();
        load.all_go_on(5);
    });
    assert!(ledger.unavailable > 0);
    ledger.assert_kept(&cluster, &shards);
}

#[test]
fn the_node_that_redis_address_names_may_be_the_one_that_dies() {
    let mut cluster = with_replicas().start();
    let shards = Shards::new(PARTS);
    let host = hosts(&cluster, &shards, [0, 0]).remove(0);
    let put = |name: &str| {
        (0..PARTS)
            .zip(crate::common::segments(&shards))
            .map(|(part, word)| {
                let path = format!("/{word}/{name}");
                let request = host.put(&path, "{}").token(harness::secrets::WRITE_TOKEN);
                (part, request.may_fail().send().status())
            })
            .collect::<Vec<_>>()
    };
    assert!(put("before").iter().all(|(_, status)| *status == 201));
    let parts = parts_of(&cluster, &shards, 0);
    cluster.kill(0);
    if harness::Build::current() == harness::Build::Wasip3 {
        // It remembers the others.
        for (part, status) in put("meanwhile") {
            assert_eq!(status, if parts.contains(&part) { 503 } else { 201 }, "part {part}");
        }
    }
    cluster.wait_until_promoted(shards.slot(0), 0);
    cluster.restart(0);
    cluster.wait_until_healthy();
    assert!(put("after").iter().all(|(_, status)| *status == 201));
}

#[test]
fn a_failover_that_is_asked_for_loses_nothing() {
    let cluster = with_replicas().start();
    let shards = Shards::new(PARTS);
    let hosts = hosts(&cluster, &shards, [0, 1]);
    let ledger = during(hosts, &shards, |load| {
        for (primary, replica) in [(0, 3), (1, 4)] {
            let parts = parts_of(&cluster, &shards, primary);
            // The primary holds writes up for as long as it takes.
            load.breaks(parts.iter().copied());
            cluster.node(replica).run::<()>(&["CLUSTER", "FAILOVER"]);
            let slot = shards.slot(*parts.first().expect("it has parts"));
            assert_eq!(cluster.wait_until_promoted(slot, primary), replica);
            cluster.wait_until_healthy();
            load.is_mended();
        }
    });
    ledger.assert_kept(&cluster, &shards);
}

#[test]
fn nothing_acknowledged_is_lost_when_all_nodes_are_killed_and_started_again() {
    let options = RedisCluster::options(3).password(PASSWORD);
    let options = options.set("appendonly", "yes").set("appendfsync", "always");
    let mut cluster = options.start();
    let shards = Shards::new(PARTS);
    let hosts = hosts(&cluster, &shards, [0, 2]);
    let ledger = during(hosts, &shards, |load| {
        load.breaks(0..PARTS);
        cluster.restart_all();
        cluster.wait_until_healthy();
        load.is_mended();
    });
    ledger.assert_kept(&cluster, &shards);
}
