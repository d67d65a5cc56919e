//! The names of everything in Redis (contract, section 11).

use crate::record::RecordPath;

/// Makes every key's name, but those of what is there only while somebody waits: scripts find them by the paths
/// that they come across (scripts/shared/followers.lua). Paths begin with `/`, so no record's key is one of the
/// others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    prefix: String,
    index: String,
    count: String,
    due: String,
}

impl Keys {
    /// Keys that begin with `prefix`.
    #[must_use]
    pub fn new(prefix: String) -> Self {
        let named = |name| format!("{prefix}{name}");
        Self { index: named("index"), count: named("count"), due: named("due"), prefix }
    }

    /// What every key begins with.
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
    pub fn index(&self) -> &str {
        &self.index
    }

    /// The number of hits.
    #[must_use]
    pub fn count(&self) -> &str {
        &self.count
    }

    /// The sorted set of the paths of records that expire, by when they do.
    #[must_use]
    pub fn due(&self) -> &str {
        &self.due
    }
}
