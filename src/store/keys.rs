//! The names of everything in Redis (contract, section 11).

use std::borrow::Cow;

use super::{
    Argument,
    part::{Part, Shards},
};
use crate::record::RecordPath;

/// Makes every key's name. Where the records are in several parts, each has keys of its own, which a Redis Cluster
/// has on one node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
    shards: Shards,
    /// The keys of the only part.
    only: Option<PartKeys>,
}

/// The keys of a part. Those of what is there only while somebody waits are not among them: scripts find them by
/// the paths that they come across (scripts/shared/followers.lua). Paths begin with `/`, so no record's key is one
/// of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PartKeys {
    part: Part,
    prefix: String,
    index: String,
    count: String,
    due: String,
    absent: Option<String>,
}

impl Keys {
    /// Keys that begin with `prefix`, of a store with so many parts.
    #[must_use]
    pub fn new(prefix: String, shards: Shards) -> Self {
        let only = shards.is_one().then(|| PartKeys::new(Part::FIRST, prefix.clone(), None));
        Self { prefix, shards, only }
    }

    /// In how many parts the records are kept.
    #[must_use]
    pub fn shards(&self) -> Shards {
        self.shards
    }

    /// How many parts the store was made with.
    #[must_use]
    pub fn noted_shards(&self) -> String {
        format!("{}shards", self.prefix)
    }

    /// The index of a store that was made with one part.
    #[must_use]
    pub fn index_of_one(&self) -> String {
        format!("{}index", self.prefix)
    }

    /// The keys of a part.
    #[must_use]
    pub fn of(&self, part: Part) -> Cow<'_, PartKeys> {
        if let Some(only) = &self.only {
            return Cow::Borrowed(only);
        }
        let prefix = format!("{}{{{}}}", self.prefix, self.shards.tag(part));
        let absent = Some(format!("{prefix}absent"));
        Cow::Owned(PartKeys::new(part, prefix, absent))
    }

    /// The keys of a path's part.
    #[must_use]
    pub fn of_path(&self, path: &RecordPath) -> Cow<'_, PartKeys> {
        self.of(self.shards.part_of(path.as_str()))
    }

    /// The keys of each part.
    #[must_use]
    pub fn of_all(&self) -> Vec<Cow<'_, PartKeys>> {
        self.shards.parts().map(|part| self.of(part)).collect()
    }
}

impl PartKeys {
    fn new(part: Part, prefix: String, absent: Option<String>) -> Self {
        let named = |name| format!("{prefix}{name}");
        let (index, count, due) = (named("index"), named("count"), named("due"));
        Self { part, prefix, index, count, due, absent }
    }

    /// The part.
    #[must_use]
    pub fn part(&self) -> Part {
        self.part
    }

    /// What every key of the part begins with.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The hash that is a record.
    #[must_use]
    pub fn record(&self, path: &RecordPath) -> String {
        format!("{}{}", self.prefix, path.as_str())
    }

    /// The sorted set of all paths.
    #[must_use]
    pub fn index(&self) -> Argument<'_> {
        self.index.as_bytes().into()
    }

    /// The number of hits.
    #[must_use]
    pub fn count(&self) -> Argument<'_> {
        self.count.as_bytes().into()
    }

    /// The sorted set of the paths of records that expire, by when they do.
    #[must_use]
    pub fn due(&self) -> Argument<'_> {
        self.due.as_bytes().into()
    }

    /// A key that is never there, and that every script names where there are several parts. While a cluster moves
    /// a slot from node to node key by key, it executes no command that names a key which isn't there beside others
    /// (TRYAGAIN): so no script finds one half of a part.
    #[must_use]
    pub fn absent(&self) -> Option<Argument<'_>> {
        self.absent.as_ref().map(|key| key.as_bytes().into())
    }
}
