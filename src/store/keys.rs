//! The names of everything in Redis (contract, section 11).

use bytes::Bytes;

use crate::record::RecordPath;

/// Makes every key's name. Paths begin with `/`, so no record's key is one of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys(String);

impl Keys {
    /// Keys that begin with `prefix`.
    #[must_use]
    pub fn new(prefix: String) -> Self {
        Self(prefix)
    }

    /// What every key begins with.
    #[must_use]
    pub fn prefix(&self) -> Bytes {
        self.0.clone().into()
    }

    /// The hash that is a record.
    #[must_use]
    pub fn record(&self, path: &RecordPath) -> Bytes {
        self.named(path.as_str())
    }

    /// The sorted set of all paths.
    #[must_use]
    pub fn index(&self) -> Bytes {
        self.named("index")
    }

    /// The number of hits.
    #[must_use]
    pub fn count(&self) -> Bytes {
        self.named("count")
    }

    fn named(&self, name: &str) -> Bytes {
        format!("{}{name}", self.0).into()
    }
}
