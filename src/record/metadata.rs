//! What the store says about a record, beside its members.

use super::ETag;

/// A record's metadata at one moment, by the store's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The validator of the representation.
    pub etag: ETag,
    /// When the record was last written, in seconds since the Unix epoch; unknown for a hash that
    /// another program wrote.
    pub last_updated: Option<u64>,
    /// When the store deletes the record; `None`: never.
    pub expiry: Option<Expiry>,
}

/// When the store deletes a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Expiry {
    /// The time that is left.
    pub remaining: Remaining,
    /// The store's time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

/// The time until the store deletes a record, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remaining(pub u64);

impl Metadata {
    /// The time to live in seconds; `None`: for ever.
    #[must_use]
    pub fn ttl(&self) -> Option<u64> {
        self.expiry.map(|expiry| expiry.remaining.seconds())
    }
}

impl Remaining {
    /// Whole seconds, rounded up, so that a record that is there never says 0.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0.div_ceil(1000).max(1)
    }
}

impl Expiry {
    /// The moment of deletion, in the whole seconds that HTTP dates have. A key's expiry is one
    /// moment, so this does not move while `ttl` runs down.
    #[must_use]
    pub fn at(self) -> u64 {
        self.now_ms.saturating_add(self.remaining.0) / 1000
    }
}
