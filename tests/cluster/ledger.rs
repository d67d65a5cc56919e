//! What clients know about what they have written, and whether it is there.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::{Duration, Instant};

use harness::{RedisCluster, Shards};

/// How far a replica may be behind its primary: what is acknowledged within this time before a primary
/// dies may be lost with it, since Redis acknowledges before its replicas have it.
const BEHIND: Duration = Duration::from_secs(1);

/// What one write made of a record; `None`: nothing, it was deleted.
type Written = Option<String>;

/// One write.
#[derive(Debug, Clone)]
pub struct Write {
    pub written: Written,
    pub begun: Instant,
    /// When it was acknowledged, and with which tag; `None`: its outcome is unknown.
    pub acknowledged: Option<(Instant, Option<String>)>,
}

/// Parts whose primary was killed, and when.
#[derive(Debug, Clone)]
pub struct Loss {
    pub parts: BTreeSet<u16>,
    pub killed: Instant,
}

/// The writes to each path, in their order. Behind one of unknown outcome comes no other.
#[derive(Debug, Default)]
pub struct Ledger {
    pub writes: BTreeMap<String, Vec<Write>>,
    /// How many requests were answered that stand for so many hits.
    pub hits: u64,
    /// How many were told that the store is unavailable.
    pub unavailable: u64,
    pub losses: Vec<Loss>,
}

impl Ledger {
    pub fn merge(&mut self, other: Self) {
        self.writes.extend(other.writes);
        self.hits += other.hits;
        self.unavailable += other.unavailable;
    }

    /// What there may be at a path.
    fn allowed(&self, writes: &[Write], part: u16) -> BTreeSet<Written> {
        let mut allowed = BTreeSet::new();
        for write in writes.iter().rev() {
            allowed.insert(write.written.clone());
            let Some((acknowledged, _)) = write.acknowledged else {
                continue;
            };
            let is_lost = |loss: &Loss| {
                let since = loss.killed.checked_sub(BEHIND).expect("the clock runs for longer");
                loss.parts.contains(&part) && write.begun < loss.killed && acknowledged > since
            };
            if !self.losses.iter().any(is_lost) {
                return allowed;
            }
        }
        allowed.insert(None);
        allowed
    }

    /// Fails unless the cluster holds what was acknowledged and nothing else than what was sent, each
    /// record once and in the index of its part.
    pub fn assert_kept(&self, cluster: &RedisCluster, shards: &Shards) {
        // None is on two nodes: that is looked at here.
        let keys = cluster.keys();
        let mut stored: BTreeMap<String, Written> = BTreeMap::new();
        let mut hits = 0;
        for part in 0..shards.count() {
            let prefix = shards.prefix(part);
            let paths = |key: &String| {
                let path = key.strip_prefix(&prefix)?;
                path.starts_with('/').then(|| path.to_owned())
            };
            let paths: BTreeSet<String> = keys.keys().filter_map(paths).collect();
            let index = shards.own(part, "index");
            let indexed: Vec<String> = cluster.run(&index, &["ZRANGE", &index, "0", "-1"]);
            assert_eq!(BTreeSet::from_iter(indexed), paths, "the index of part {part}");
            let count = shards.own(part, "count");
            hits += cluster.run::<Option<u64>>(&count, &["GET", &count]).unwrap_or_default();
            let node = cluster.node(cluster.owner(shards.slot(part)));
            for path in paths {
                let record: HashMap<Vec<u8>, String> = node.run(&["HGETALL", &shards.key(&path)]);
                let write = record[&b"write"[..]].trim_matches('"').to_owned();
                assert_eq!(record[&b"again"[..]], record[&b"write"[..]], "{path} is no mixture");
                stored.insert(path, Some(write));
            }
        }
        let mut acknowledged = 0;
        let mut lost = 0;
        for (path, writes) in &self.writes {
            let record = stored.remove(path).flatten();
            let allowed = self.allowed(writes, shards.part(path));
            assert!(
                allowed.contains(&record),
                "{path} holds {record:?}, and not {allowed:?}: {writes:#?}"
            );
            let last = writes.iter().rev().find(|write| write.acknowledged.is_some());
            acknowledged += usize::from(last.is_some());
            let is_unknown = writes.last().is_some_and(|write| write.acknowledged.is_none());
            lost += usize::from(!is_unknown && last.is_some_and(|last| last.written != record));
        }
        assert!(stored.is_empty(), "nobody has sent {stored:?}");
        if self.unavailable == 0 && self.losses.is_empty() {
            assert_eq!(hits, self.hits, "each request is a hit, once");
        } else if self.losses.is_empty() {
            assert!(hits >= self.hits, "{hits} hits of {}", self.hits);
        }
        println!(
            "{acknowledged} records, {lost} lost, {hits} hits, {} times 503",
            self.unavailable
        );
        assert!(acknowledged > 100, "the load was none: {acknowledged}");
    }
}
