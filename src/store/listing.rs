//! Listing the paths of records.

use super::{Delivery, Redis, Store, StoreError, operations::flag, script};
use crate::record::{ETag, PathError, Remaining, normalise};

/// Which records to list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingQuery {
    /// What their paths begin with, normalised.
    pub prefix: String,
    /// Where the page begins; `None`: at the first.
    pub after: Option<ListingPosition>,
    /// How many entries a page has at the most.
    pub limit: u32,
    /// Whether paths that go on past the next `/` after the prefix are folded.
    pub fold: bool,
}

/// A place between two paths.
///
/// A page that ends with folded paths is continued behind them all: such a place ends with the byte
/// 7F, which no path holds and which comes after every other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListingPosition(String);

/// A page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The records.
    pub records: Vec<ListedRecord>,
    /// What other paths were folded into.
    pub prefixes: Vec<String>,
    /// Where the next page begins; `None`: this is the last one.
    pub next: Option<ListingPosition>,
}

/// A record in a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRecord {
    /// Its path, normalised.
    pub path: String,
    /// Seconds to live, rounded up; `None`: for ever.
    pub ttl: Option<u64>,
    /// When it was last written; `None`: unknown.
    pub last_updated: Option<u64>,
    /// The validator of its representation.
    pub etag: ETag,
}

const BEHIND_ALL: char = '\u{7f}';

impl ListingPosition {
    /// The position that a client gives: a path, or what a page's `next` named.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        match text.strip_suffix(BEHIND_ALL) {
            Some(folded) => Ok(Self(normalise(folded)? + "\u{7f}")),
            None => Ok(Self(normalise(text)?)),
        }
    }

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl ListingQuery {
    /// Where to begin, as ZRANGEBYLEX has it. Compared here, byte by byte: Lua compares by locale.
    fn start(&self) -> String {
        match &self.after {
            Some(ListingPosition(after)) if *after >= self.prefix => format!("({after}"),
            _ => format!("[{}", self.prefix),
        }
    }
}

impl<R: Redis> Store<'_, R> {
    /// A page of records.
    pub async fn list(&self, query: &ListingQuery) -> Result<Listing, StoreError> {
        /// How many paths of records that are gone one request steps over at the most; the next page
        /// goes on from there.
        const STEPS: u32 = 1000;
        let arguments = [
            self.keys().prefix().as_bytes().into(),
            query.prefix.as_bytes().into(),
            query.start().into_bytes().into(),
            query.limit.to_string().into_bytes().into(),
            flag(query.fold),
            query.limit.saturating_add(STEPS).to_string().into_bytes().into(),
            flag(self.counts_hits()),
        ];
        let keys = [self.keys().index(), self.keys().due()].map(|key| key.as_bytes().into());
        let eval = script::LIST.eval(keys, arguments);
        let mut reply = self.eval(eval, Delivery::Repeatable).await?;
        let next = reply.text()?;
        let next = next.strip_prefix('(').map(|after| ListingPosition(after.to_owned()));
        let count = reply.count()?;
        let mut records = Vec::new();
        for _ in 0..count {
            let path = reply.text()?;
            let remaining = reply.remaining()?;
            records.push(ListedRecord {
                path,
                ttl: remaining.map(Remaining::seconds),
                last_updated: reply.optional_count()?,
                etag: ETag::from_store(reply.text()?),
            });
        }
        let mut prefixes = Vec::new();
        while let Some(prefix) = reply.bytes() {
            prefixes.push(String::from_utf8_lossy(&prefix).into_owned());
        }
        Ok(Listing { records, prefixes, next })
    }
}
