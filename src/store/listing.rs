//! Listing and deleting what is below a prefix.

use super::{
    Call, Delivery, Redis, Store, StoreError,
    command::{flag, number},
    keys::PartKeys,
    merge::Merged,
    reply::Reply,
    script,
};
use crate::record::{ETag, Members, PathError, Remaining, limits, normalise};

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
    /// Whether to read the members too.
    pub values: bool,
}

/// A place between two paths.
///
/// A page that ends with folded paths is continued behind them all: such a place ends with the byte
/// 7F, which no path holds and which comes after every other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
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
    /// Its members, where they were asked for.
    pub members: Option<Members<'static>>,
}

/// What came of deleting records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removal {
    /// How many were deleted.
    pub deleted: u64,
    /// Where to go on; `None`: none is left.
    pub next: Option<ListingPosition>,
}

const BEHIND_ALL: char = '\u{7f}';

impl ListingPosition {
    /// The position that a client gives: a path, or what a page's `next` named.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        match text.strip_suffix(BEHIND_ALL) {
            Some(folded) => Ok(Self::behind_prefix(&normalise(folded)?)),
            None => Ok(Self(normalise(text)?)),
        }
    }

    /// The position behind a record.
    #[must_use]
    pub fn behind_record(record: &ListedRecord) -> Self {
        Self(record.path.clone())
    }

    /// The position behind all paths that are folded into a prefix.
    #[must_use]
    pub fn behind_prefix(prefix: &str) -> Self {
        Self(format!("{prefix}{BEHIND_ALL}"))
    }

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How many paths of records that are gone one request steps over at the most; the next one goes on from
/// there.
const STEPS: u32 = 1000;

/// How often all parts are asked for one page at the most.
const ROUNDS: u32 = 32;

/// Where to begin, as ZRANGEBYLEX has it. Compared here, byte by byte: Lua compares by locale.
fn start(prefix: &str, after: Option<&ListingPosition>) -> String {
    match after {
        Some(ListingPosition(after)) if after.as_str() >= prefix => format!("({after}"),
        _ => format!("[{prefix}"),
    }
}

/// Where to go on, as a script returns it.
fn next(reply: &mut Reply) -> Result<Option<ListingPosition>, StoreError> {
    let next = reply.text()?;
    Ok(next.strip_prefix('(').map(|after| ListingPosition(after.to_owned())))
}

impl Listing {
    fn read(reply: &mut Reply, with_values: bool) -> Result<Self, StoreError> {
        let next = next(reply)?;
        let count = reply.count()?;
        let mut records = Vec::new();
        for _ in 0..count {
            let path = reply.text()?;
            let ttl = reply.remaining()?.map(Remaining::seconds);
            let last_updated = reply.optional_count()?;
            let etag = ETag::from_store(reply.text()?);
            let members = with_values.then(|| reply.members()).transpose();
            // What is no record is left out: else nobody could list what is beside it.
            if let Ok(members) = members {
                records.push(ListedRecord { path, ttl, last_updated, etag, members });
            }
        }
        let mut prefixes = Vec::new();
        while let Some(prefix) = reply.bytes() {
            prefixes.push(String::from_utf8_lossy(&prefix).into_owned());
        }
        Ok(Self { records, prefixes, next })
    }
}

impl<R: Redis> Store<'_, R> {
    /// A page of records. It ends early where more than [`limits::MAX_PAGE_BYTES`] of members would have to be
    /// read, unless they are those of its first record.
    pub async fn list(&self, query: &ListingQuery) -> Result<Listing, StoreError> {
        let keys = self.keys();
        if let Some(part) = keys.shards().part_below(&query.prefix) {
            let part = keys.of(part);
            let call = self.page(&part, query, limits::MAX_PAGE_BYTES);
            return Listing::read(&mut self.send(call).await?, query.values);
        }
        let mut merged = Merged::new(query.limit);
        let mut query = query.clone();
        // Each part reads its share of what a page may have: where values are large, the page isn't full then.
        let room = limits::MAX_PAGE_BYTES / limits::PARTS_AT_ONCE;
        let all = keys.of_all();
        for _ in 0..ROUNDS {
            for parts in all.chunks(limits::PARTS_AT_ONCE) {
                let calls = parts.iter().map(|part| self.page(part, &query, room)).collect();
                for mut reply in self.send_each(calls).await? {
                    merged.add(Listing::read(&mut reply, query.values)?);
                }
            }
            query.after = merged.goes_on();
            if query.after.is_none() || !query.values {
                break;
            }
        }
        Ok(merged.finish())
    }

    /// The command for a part's page, which reads so many bytes of members.
    fn page<'a>(&self, part: &'a PartKeys, query: &'a ListingQuery, room: usize) -> Call<'a> {
        let arguments = [
            part.prefix().as_bytes().into(),
            query.prefix.as_bytes().into(),
            start(&query.prefix, query.after.as_ref()).into_bytes().into(),
            number(&query.limit),
            flag(query.fold),
            number(&query.limit.saturating_add(STEPS)),
            flag(self.counts_hits()),
            flag(query.values),
            number(&room),
        ];
        script::LIST.on_part(part, [part.index(), part.due()], arguments, Delivery::Repeatable)
    }

    /// Deletes records whose paths begin with a prefix, normalised: at most [`limits::MAX_REMOVED`], those of each
    /// part at one moment.
    pub async fn remove_all(
        &self,
        prefix: &str,
        after: Option<&ListingPosition>,
    ) -> Result<Removal, StoreError> {
        let keys = self.keys();
        let parts = match keys.shards().part_below(prefix) {
            Some(part) => vec![keys.of(part)],
            None => keys.of_all(),
        };
        let share = limits::MAX_REMOVED / u32::try_from(parts.len()).unwrap_or(u32::MAX).max(1);
        let mut removal = Removal { deleted: 0, next: None };
        let calls = parts.iter().map(|part| removal_of(part, prefix, after, share));
        for mut reply in self.send_each(calls.collect()).await? {
            // A part that has gone on further will find nothing there the next time.
            let next = next(&mut reply)?;
            removal.next = first(removal.next, next);
            removal.deleted += reply.count()?;
        }
        Ok(removal)
    }
}

/// The command that deletes records of one part, at most so many.
fn removal_of<'a>(
    part: &'a PartKeys,
    prefix: &'a str,
    after: Option<&ListingPosition>,
    limit: u32,
) -> Call<'a> {
    let arguments = [
        part.prefix().as_bytes().into(),
        prefix.as_bytes().into(),
        start(prefix, after).into_bytes().into(),
        number(&limit),
        number(&(limit + STEPS)),
    ];
    script::REMOVE_ALL.on_part(part, [part.index(), part.due()], arguments, Delivery::AtMostOnce)
}

/// The first of two positions where something goes on, if it does.
pub(super) fn first(
    one: Option<ListingPosition>,
    other: Option<ListingPosition>,
) -> Option<ListingPosition> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
