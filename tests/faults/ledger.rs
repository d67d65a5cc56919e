//! What clients know about the records that they have written, each its own.

use std::collections::{BTreeMap, HashMap, HashSet};

use harness::Redis;

use crate::accounts::{Transfers, is_of_accounts};

/// The name of one write, which it stored.
pub type WriteName = String;

/// What is known about a record.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// The last acknowledged write and its tag, unless a delete was acknowledged since.
    pub certain: Option<(WriteName, String)>,
    /// Whether a write or a delete was acknowledged at all.
    pub acknowledged: bool,
    /// Writes that may have been applied, or may still be: their outcome is unknown. Each is of the
    /// kind that can't undo an acknowledged one that came later.
    pub maybe: Vec<WriteName>,
    /// Whether a delete's outcome is unknown.
    pub maybe_gone: bool,
}

impl Entry {
    /// Whether the record may hold this write.
    pub fn allows(&self, write: &str) -> bool {
        let certain = self.certain.as_ref().is_some_and(|(certain, _)| certain == write);
        certain || self.maybe.iter().any(|maybe| maybe == write)
    }

    /// Whether there may be no record.
    pub fn allows_nothing(&self) -> bool {
        self.certain.is_none() || self.maybe_gone
    }
}

/// The entries by path.
#[derive(Debug, Default)]
pub struct Ledger {
    pub entries: BTreeMap<String, Entry>,
    /// What is known about transfers between the accounts, which all clients share.
    pub transfers: Transfers,
    /// How many answers stand for a hit.
    pub hits: usize,
    /// How many were told that the store is unavailable.
    pub unavailable: usize,
    /// How many requests were sent.
    pub requests: usize,
}

impl Ledger {
    pub fn merge(&mut self, other: Self) {
        self.entries.extend(other.entries);
        self.transfers.merge(other.transfers);
        self.hits += other.hits;
        self.unavailable += other.unavailable;
        self.requests += other.requests;
    }

    /// Fails unless Redis holds what was acknowledged, and nothing else than what was sent.
    pub fn assert_kept(&self, redis: &Redis) {
        let keys: Vec<String> = redis.run(&["KEYS", "path-records:/*"]);
        let index: HashSet<String> = redis
            .run::<Vec<String>>(&["ZRANGE", "path-records:index", "0", "-1"])
            .into_iter()
            .collect();
        assert_eq!(index.len(), keys.len(), "the index has nothing else");
        let mut stored = HashMap::new();
        for key in keys {
            let path = key.trim_start_matches("path-records:").to_owned();
            assert!(index.contains(&path), "{path} is in the index");
            if !is_of_accounts(&path) {
                let record = whole(redis, &path, &key);
                stored.insert(path, record);
            }
        }
        self.transfers.assert_kept(redis);
        let mut acknowledged = 0;
        for (path, entry) in &self.entries {
            acknowledged += usize::from(entry.acknowledged);
            match stored.get(path) {
                None => assert!(entry.allows_nothing(), "{path} is lost: {entry:?}"),
                Some((write, etag)) => {
                    assert!(entry.allows(write), "{path} holds {write}: {entry:?}");
                    if let Some((certain, tag)) = &entry.certain {
                        assert!(certain != write || tag == etag, "{path} has {etag}: {entry:?}");
                    }
                }
            }
        }
        // A POST whose answer was lost has stored a record whose path nobody was told.
        for path in stored.keys().filter(|path| !path.contains("/posted/")) {
            assert!(self.entries.contains_key(path), "{path} was never sent");
        }
        let hits: usize = redis.run(&["GET", "path-records:count"]);
        assert!(hits >= self.hits, "{} answers, and {hits} hits", self.hits);
        println!("{acknowledged} records of {} requests, {hits} hits", self.requests);
        assert!(acknowledged > 100, "the load was none: {acknowledged}");
    }
}

/// Which write a record holds, and its tag; fails if it is a mixture or has no time to live.
fn whole(redis: &Redis, path: &str, key: &str) -> (WriteName, String) {
    let fields: HashMap<Vec<u8>, String> = redis.run(&["HGETALL", key]);
    let field = |name: &[u8]| fields.get(name).unwrap_or_else(|| panic!("{path}: {fields:?}"));
    let write = field(b"write");
    assert_eq!(field(b"again"), write, "{path} is no mixture");
    assert_eq!(field(b"padding").len(), padding(write).len() + 2, "{path} is whole");
    assert_eq!(*field(b"place"), format!("\"{}\"", place(path)), "another record's data");
    let ttl: i64 = redis.run(&["TTL", key]);
    assert!(ttl > 0, "{path} has a time to live: {ttl}");
    let write = write.trim_matches('"').to_owned();
    (write, format!("\"{}\"", field(b"\xffetag")))
}

/// Some text, now and then a long one, that follows from the name of the write.
pub fn padding(write: &str) -> String {
    let sum: usize = write.bytes().map(usize::from).sum();
    "p".repeat(if sum.is_multiple_of(16) { 60_000 } else { sum % 50 })
}

/// What a record says about where it is: its path, or that of the collection to which it was posted.
pub fn place(path: &str) -> &str {
    path.split_inclusive("/posted/").next().unwrap_or_default()
}
