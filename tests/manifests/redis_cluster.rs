//! The Redis Cluster of the manifests, run.

use std::fs;
use std::process::Output;

use harness::eventually;

use crate::cluster::{Cluster, text};
use crate::kustomize::Manifests;
use crate::redis_nodes::{Nodes, PASSWORD};

const OVERLAY: &str = "production-cluster";

/// As many pods as the overlay has, made into a cluster.
fn made(manifests: &Manifests) -> Option<Nodes> {
    let mut nodes = Nodes::new(&Cluster::with_overlay(manifests, OVERLAY))?;
    for node in 0..6 {
        nodes.start(node, 0);
    }
    nodes.make(None);
    nodes.until_ready(0..6);
    Some(nodes)
}

/// The slots of each primary, in the order of their nodes' numbers, as one of them sees it.
fn slots(nodes: &Nodes) -> Vec<(usize, Vec<(u32, u32)>)> {
    let mut all: Vec<_> = nodes
        .say(0, "cluster nodes")
        .lines()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|words| words[2].contains("master") && words.len() > 8)
        .map(|words| {
            let (_, name) = words[1].split_once(',').expect("a name");
            let (name, _) = name.split_once('.').expect("a domain");
            let (_, number) = name.rsplit_once('-').expect("a number");
            let ranges = words[8..].iter().map(|range| {
                let (from, to) = range.split_once('-').unwrap_or((range, range));
                (from.parse().expect("a slot"), to.parse().expect("a slot"))
            });
            (number.parse().expect("a number"), ranges.collect())
        })
        .collect();
    all.sort();
    all
}

/// How many of the store's parts a node has, by where the parts' slots are.
fn parts(ranges: &[(u32, u32)], shards: u32) -> usize {
    (0..shards)
        .map(|part| (2 * part + 1) * 8192 / shards)
        .filter(|slot| ranges.iter().any(|(from, to)| (*from..=*to).contains(slot)))
        .count()
}

fn role(nodes: &Nodes, node: usize) -> String {
    nodes.say(node, "role").lines().next().unwrap_or_default().to_owned()
}

/// What has been written to whichever node has the key.
fn write(nodes: &Nodes, key: &str, value: &str) {
    let done = (0..6).any(|node| nodes.say(node, &format!("set {key} {value} ex 10000")) == "OK");
    assert!(done, "{key}");
}

fn read(nodes: &Nodes, key: &str) -> String {
    let answers = (0..6).map(|node| nodes.say(node, &format!("get {key}")));
    answers.into_iter().find(|answer| !answer.contains("MOVED")).expect("one has it")
}

fn succeed(output: &Output) {
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_job_makes_a_cluster_takes_nodes_in_and_does_nothing_where_all_is_done() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let cluster = Cluster::with_overlay(&manifests, OVERLAY);
    let Some(mut nodes) = Nodes::new(&cluster) else {
        return;
    };
    for node in 0..6 {
        nodes.start(node, 0);
        assert!(!nodes.is_ready(node));
    }
    nodes.make(None);
    nodes.until_ready(0..6);
    let thirds = [(0, vec![(0, 5460)]), (1, vec![(5461, 10921)]), (2, vec![(10922, 16383)])];
    assert_eq!(slots(&nodes), thirds);
    for node in 0..3 {
        assert!(nodes.say(node, "info replication").contains("connected_slaves:1"));
        assert_eq!(role(&nodes, node + 3), "slave");
    }
    assert_eq!(nodes.say(0, "config get maxmemory-policy").lines().last(), Some("noeviction"));
    assert!(nodes.say(0, "get {HHH}x").is_empty() || nodes.say(0, "get {HHH}x").contains("nodes:"));
    let again = nodes.make(None);
    assert_eq!(again, "6 nodes are one cluster\n");

    // Two more: a primary and its replica, which gets its share of the parts.
    nodes.start(6, 0);
    nodes.start(7, 0);
    nodes.make(Some(8));
    nodes.until_ready(0..8);
    succeed(&nodes.run(0, "sh /etc/redis/spread.sh"));
    eventually("everybody knows", || (slots(&nodes).len() == 4).then_some(()));
    let app = cluster.one("SpinApp");
    let shards = text(app, "/spec/variables/2/value").parse().expect("a number");
    for (node, ranges) in slots(&nodes) {
        assert_eq!(parts(&ranges, shards), 3, "{node}: {ranges:?}");
    }
    assert_eq!(nodes.say(3, "config get cluster-node-timeout").lines().last(), Some("3000"));
    nodes.until_ready(0..8);
}

#[test]
fn a_node_hands_over_when_it_ends_and_comes_back_elsewhere_and_without_its_volume() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let Some(mut nodes) = made(&manifests) else {
        return;
    };
    for key in 0..8 {
        write(&nodes, &format!("key{key}"), "value");
    }
    // On a busy machine Redis may give a try up.
    eventually("it has handed over", || {
        nodes.hand_over(1);
        (role(&nodes, 1) == "slave").then_some(())
    });
    let promoted = eventually("a replica has taken over", || {
        (3..6).find(|node| role(&nodes, *node) == "master")
    });
    nodes.stop(1);
    nodes.start(1, 1);
    nodes.until_ready(0..6);
    assert_eq!(role(&nodes, 1), "slave");
    for key in 0..8 {
        assert_eq!(read(&nodes, &format!("key{key}")), "value");
    }

    nodes.kill(1);
    nodes.lose_volume(1);
    eventually("it is missed", || {
        nodes.say(promoted, "cluster nodes").contains("slave,fail ").then_some(())
    });
    nodes.start(1, 2);
    assert!(!nodes.is_ready(1));
    let said = nodes.make(None);
    assert!(said.contains("is forgotten"), "{said}");
    nodes.until_ready(0..6);
    assert_eq!(role(&nodes, 1), "slave");
    assert_eq!(nodes.say(promoted, "cluster nodes").lines().count(), 6);
}

#[test]
fn the_password_of_all_nodes_changes_and_a_backup_of_them_can_be_restored() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let Some(mut nodes) = made(&manifests) else {
        return;
    };
    let new = nodes.path("task", "/new");
    fs::write(&new, "new\"one\"").expect("a file");
    succeed(&nodes.with_input(5, "sh /etc/redis/password.sh add", Some(&new)));
    assert_eq!(nodes.say(0, "ping"), "PONG");
    nodes.set_password("new\"one\"");
    succeed(&nodes.with_input(5, "sh /etc/redis/password.sh only", Some(&new)));
    nodes.until_ready(0..6);
    let old = nodes.path("task", "/old");
    fs::write(&old, PASSWORD).expect("a file");
    let refused = nodes.run(0, &format!("redis-cli -a \"$(cat {})\" ping", old.display()));
    assert!(!String::from_utf8_lossy(&refused.stdout).contains("PONG"));

    for key in 0..8 {
        write(&nodes, &format!("key{key}"), "value");
    }
    let backup = nodes.run(4, "sh /etc/redis/backup.sh");
    succeed(&backup);
    let archive = nodes.path("task", "/backup.tar");
    fs::write(&archive, backup.stdout).expect("a file");
    let objects = manifests.render("tasks/restore-cluster");
    let config = objects.iter().find(|object| object["kind"] == "ConfigMap");
    let script = text(config.expect("the script"), "/data/restore.sh");
    let refused = nodes.restore(script, &archive);
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains("not empty"));

    // Another cluster: the first three have their slots the other way round by now, and all nodes are new.
    for node in 0..6 {
        nodes.kill(node);
        nodes.lose_volume(node);
    }
    for node in 0..6 {
        nodes.start(node, 1);
    }
    nodes.make(None);
    nodes.until_ready(0..6);
    let restored = nodes.restore(script, &archive);
    succeed(&restored);
    let said = String::from_utf8_lossy(&restored.stdout).into_owned();
    assert!(said.contains("8 keys of 8 are there"), "{said}");
    assert_eq!(read(&nodes, "key7"), "value");
    assert!(
        (0..6).any(|node| nodes.say(node, "ttl key7").parse().is_ok_and(|ttl: i64| ttl > 9_000))
    );
}
