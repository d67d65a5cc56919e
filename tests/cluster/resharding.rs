//! Slots that move from node to node under load: no request fails.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use harness::secrets::{PASSWORD, READ_TOKEN, guarded_host};
use harness::{Event, Host, Page, RedisCluster, Shards, Steps};

use crate::common::{PARTS, segments};
use crate::ledger::Ledger;
use crate::load::during;

fn start() -> (RedisCluster, Shards, Vec<Host>) {
    let cluster = RedisCluster::options(3).password(PASSWORD).start();
    let shards = Shards::new(PARTS);
    let hosts = [0, 1].map(|node| cluster.serve(guarded_host(), &shards, node).start());
    (cluster, shards, hosts.into())
}

/// Moves each of some parts to another node, and waits a little where it has arrived.
fn move_parts(cluster: &RedisCluster, shards: &Shards, steps: Steps, load: &crate::load::Load) {
    for part in [0, 5, 11, 0] {
        let slot = shards.slot(part);
        cluster.move_slot(slot, (cluster.owner(slot) + 1) % 3, steps);
        load.go_on([part], 3);
    }
}

#[test]
fn no_request_fails_while_parts_are_moved_by_one_migrate_each() {
    let (cluster, shards, hosts) = start();
    let ledger = during(hosts, &shards, |load| move_parts(&cluster, &shards, Steps::AtOnce, load));
    assert_eq!(ledger.unavailable, 0);
    ledger.assert_kept(&cluster, &shards);
}

#[test]
fn no_request_fails_while_parts_with_few_records_are_moved_key_by_key() {
    let (cluster, shards, hosts) = start();
    let ledger =
        during(hosts, &shards, |load| move_parts(&cluster, &shards, Steps::KeyByKey, load));
    assert_eq!(ledger.unavailable, 0);
    ledger.assert_kept(&cluster, &shards);
}

#[test]
fn no_request_fails_while_a_node_is_added_and_gets_its_share() {
    let (mut cluster, shards, hosts) = start();
    let ledger = during(hosts, &shards, |load| {
        let new = cluster.add_primary();
        // One part of each of the others.
        let parts = [0, 4, 8];
        for part in parts {
            cluster.move_slot(shards.slot(part), new, Steps::AtOnce);
        }
        cluster.wait_until_healthy();
        assert!(parts.iter().all(|part| cluster.owner(shards.slot(*part)) == new));
        load.go_on(parts, 5);
    });
    assert_eq!(ledger.unavailable, 0);
    ledger.assert_kept(&cluster, &shards);
}

/// Follows a feed until `stop` is set and nothing is left: what became of each path, with the tags.
fn follow(host: &Host, start: String, stop: &AtomicBool) -> BTreeMap<String, Vec<Option<String>>> {
    let mut told: BTreeMap<String, Vec<_>> = BTreeMap::new();
    let mut next = start;
    loop {
        let ends = stop.load(Ordering::SeqCst);
        let request = host.get(&next).token(READ_TOKEN);
        let request = if ends { request } else { request.header("Prefer", "wait=2") };
        let page = Page::read(&request.send());
        if ends && page.changes.is_empty() {
            return told;
        }
        for change in page.changes {
            assert_ne!(change.event, Event::Expired, "{change:?}");
            told.entry(change.path).or_default().push(change.etag);
        }
        next = page.next;
    }
}

/// What was acknowledged below a first segment, in the same form.
fn acknowledged(ledger: &Ledger, word: &str) -> BTreeMap<String, Vec<Option<String>>> {
    let below = format!("/{word}/");
    let paths = ledger.writes.iter().filter(|(path, _)| path.starts_with(&below));
    let tags = paths.map(|(path, writes)| {
        let tags = writes.iter().map(|write| write.acknowledged.clone().expect("it was done").1);
        (path.clone(), tags.collect())
    });
    tags.collect()
}

#[test]
fn a_feed_goes_on_while_its_part_is_moved_and_leaves_out_nothing() {
    let (cluster, shards, hosts) = start();
    let parts: [u16; 2] = [0, 11];
    let words = parts.map(|part| segments(&shards)[usize::from(part)].clone());
    let own = cluster.serve(guarded_host(), &shards, 2).start();
    let begin = |word: &String| {
        let target = harness::changes_below(&format!("/{word}/"));
        Page::read(&own.get(&target).token(READ_TOKEN).send()).next
    };
    let starts = words.each_ref().map(begin);
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let followers = starts.map(|start| {
            let (own, stop) = (&own, &stop);
            scope.spawn(move || follow(own, start, stop))
        });
        let ledger = during(hosts, &shards, |load| {
            for (part, to) in [(0, 1), (11, 0), (0, 2)] {
                cluster.move_slot(shards.slot(part), to, Steps::AtOnce);
                load.go_on([part], 5);
            }
        });
        stop.store(true, Ordering::SeqCst);
        for (word, follower) in words.iter().zip(followers) {
            let told = follower.join().expect("every page is told");
            assert_eq!(told, acknowledged(&ledger, word), "below /{word}/");
        }
    });
}
