//! What the store says about a record, beside its members.

use std::time::{Duration, SystemTime};

use super::ETag;

/// A record's metadata at one moment, by the store's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
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
    /// Milliseconds left.
    pub remaining_ms: u64,
    /// The store's time, in milliseconds since the Unix epoch.
    pub now_ms: u64,
}

impl Stamp {
    /// The time to live in seconds, rounded up, so that a record that is there never says 0.
    #[must_use]
    pub fn ttl(&self) -> Option<u64> {
        self.expiry.map(|expiry| expiry.remaining_ms.div_ceil(1000).max(1))
    }
}

impl Expiry {
    /// The moment of deletion, in the whole seconds that HTTP dates have. A key's expiry is one
    /// moment, so this does not move while `ttl` runs down.
    #[must_use]
    pub fn at(self) -> u64 {
        self.now_ms.saturating_add(self.remaining_ms) / 1000
    }
}

/// A moment as an HTTP date (RFC 9110, 5.6.7); `None` past the year 9999, which it can't say.
#[must_use]
pub fn http_date(seconds: u64) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    (seconds < YEAR_10000)
        .then(|| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)))
}
