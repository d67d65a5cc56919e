//! The operations on records and counters.

use std::borrow::Cow;

use super::{
    Argument, Delivery, Keys, Redis, StoreError, Value,
    reply::{Reply, utf8},
    script::{self, Script},
};
use crate::record::{Conditions, ETag, EntityTags, Members, Metadata, RecordPath, Ttl};

/// The records, and the counters beside them, in one Redis.
#[derive(Debug)]
pub struct Store<'a, R> {
    redis: &'a R,
    keys: &'a Keys,
    count_hits: bool,
}

/// What came of reading a record.
#[derive(Debug)]
pub enum ReadOutcome {
    /// It is there, and the conditions hold.
    Found(Members<'static>, Metadata),
    /// It is there as `If-None-Match` or `If-Modified-Since` name it.
    Matched(Metadata),
    /// It is not as `If-Match` or `If-Unmodified-Since` want it.
    PreconditionFailed,
    /// It is not there.
    Missing,
}

/// What came of writing a record.
#[derive(Debug)]
pub enum WriteOutcome {
    /// There was none, and there is now.
    Created(Metadata),
    /// It is in the place of another.
    Replaced(Metadata),
    /// A condition doesn't hold; nothing was changed.
    PreconditionFailed,
}

/// What came of deleting a record.
#[derive(Debug, PartialEq, Eq)]
pub enum RemoveOutcome {
    /// It is gone.
    Removed,
    /// It wasn't there.
    Missing,
    /// A condition doesn't hold; nothing was changed.
    PreconditionFailed,
}

/// The time to live that a write gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteTtl {
    /// A new one.
    Set(Ttl),
    /// What remains of the old one.
    Keep,
}

/// The counters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    /// Hits since the store was created.
    pub hits: u64,
    /// How many records there are.
    pub records: u64,
}

impl<'a, R: Redis> Store<'a, R> {
    /// The store in a Redis. With `count_hits` every operation that stands for a request counts it.
    pub fn new(redis: &'a R, keys: &'a Keys, count_hits: bool) -> Self {
        Self { redis, keys, count_hits }
    }

    /// The same store, with operations that count no hit: for a request that has been counted.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        Self { redis: self.redis, keys: self.keys, count_hits: false }
    }

    /// Reads a record.
    pub async fn read(
        &self,
        path: &RecordPath,
        conditions: &Conditions,
    ) -> Result<ReadOutcome, StoreError> {
        self.read_with(path, self.arguments(path, conditions)).await
    }

    /// Reads a record that is to be written back; fails where the write would, on what the index is.
    pub async fn read_for_patch(
        &self,
        path: &RecordPath,
        conditions: &Conditions,
    ) -> Result<ReadOutcome, StoreError> {
        let mut arguments = self.arguments(path, conditions);
        arguments.push(flag(true));
        self.read_with(path, arguments).await
    }

    async fn read_with(
        &self,
        path: &RecordPath,
        arguments: Vec<Argument<'_>>,
    ) -> Result<ReadOutcome, StoreError> {
        read_outcome(self.run(script::READ, path, arguments, Delivery::Repeatable).await?)
    }

    /// Writes a record.
    pub async fn write(
        &self,
        path: &RecordPath,
        members: &Members<'_>,
        ttl: WriteTtl,
        conditions: &Conditions,
    ) -> Result<WriteOutcome, StoreError> {
        let etag = ETag::unique();
        let mut arguments = self.arguments(path, conditions);
        arguments.reserve(2 + 2 * members.len());
        arguments.push(etag.as_str().as_bytes().into());
        arguments.push(match ttl {
            WriteTtl::Keep => b"keep"[..].into(),
            WriteTtl::Set(ttl) => seconds_to_live(ttl),
        });
        for (name, text) in members.iter() {
            arguments.push(name.as_bytes().into());
            arguments.push(text.as_bytes().into());
        }
        let delivery = delivery(conditions);
        let mut reply = self.run(script::WRITE, path, arguments, delivery).await?;
        match reply.text()?.as_str() {
            "created" => Ok(WriteOutcome::Created(reply.metadata()?)),
            "replaced" => Ok(WriteOutcome::Replaced(reply.metadata()?)),
            "precondition-failed" | "matched" => Ok(WriteOutcome::PreconditionFailed),
            other => Err(unknown(other)),
        }
    }

    /// Gives a record another time to live, and changes nothing else.
    pub async fn touch(
        &self,
        path: &RecordPath,
        ttl: Ttl,
        conditions: &Conditions,
    ) -> Result<ReadOutcome, StoreError> {
        let mut arguments = self.arguments(path, conditions);
        arguments.push(seconds_to_live(ttl));
        let reply = self.run(script::TOUCH, path, arguments, Delivery::AtMostOnce).await?;
        read_outcome(reply)
    }

    /// Deletes a record.
    pub async fn remove(
        &self,
        path: &RecordPath,
        conditions: &Conditions,
    ) -> Result<RemoveOutcome, StoreError> {
        let arguments = self.arguments(path, conditions);
        let delivery = delivery(conditions);
        let mut reply = self.run(script::REMOVE, path, arguments, delivery).await?;
        match reply.text()?.as_str() {
            "removed" => Ok(RemoveOutcome::Removed),
            "missing" => Ok(RemoveOutcome::Missing),
            "precondition-failed" | "matched" => Ok(RemoveOutcome::PreconditionFailed),
            other => Err(unknown(other)),
        }
    }

    /// Counts a hit of the service, and reads the counters.
    pub async fn count(&self) -> Result<Counts, StoreError> {
        let keys = [self.keys.index(), self.keys.count(), self.keys.due()];
        let arguments = [flag(self.count_hits), self.keys.prefix().as_bytes().into()];
        let eval = script::COUNT.eval(keys.map(|key| key.as_bytes().into()), arguments);
        let mut reply = self.eval(eval, Delivery::Repeatable).await?;
        Ok(Counts { hits: reply.count()?, records: reply.count()? })
    }

    /// Reads how many hits a record has had; `None`: there is no record. That is a hit of the service.
    pub async fn record_hits(&self, path: &RecordPath) -> Result<Option<u64>, StoreError> {
        let arguments = vec![path.as_str().as_bytes().into(), flag(self.count_hits)];
        self.run(script::RECORD_HITS, path, arguments, Delivery::Repeatable).await?.optional_count()
    }

    /// Makes sure that Redis answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.redis.execute("PING", &[], Delivery::Repeatable).await?;
        Ok(())
    }

    async fn run(
        &self,
        script: Script,
        path: &RecordPath,
        arguments: Vec<Argument<'_>>,
        delivery: Delivery,
    ) -> Result<Reply, StoreError> {
        let keys = [
            self.keys.record(path).into_bytes().into(),
            self.keys.index().as_bytes().into(),
            self.keys.count().as_bytes().into(),
            self.keys.due().as_bytes().into(),
        ];
        self.eval(script.eval(keys, arguments), delivery).await
    }

    pub(super) async fn eval(
        &self,
        arguments: Vec<Argument<'_>>,
        delivery: Delivery,
    ) -> Result<Reply, StoreError> {
        let values: Vec<Value> = self.redis.execute("EVAL", &arguments, delivery).await?;
        Ok(Reply::new(values))
    }

    /// Whether hits are counted: where they aren't, no GET writes anything.
    pub(super) fn counts_hits(&self) -> bool {
        self.count_hits
    }

    pub(super) fn keys(&self) -> &Keys {
        self.keys
    }

    /// What every script on a record takes first.
    fn arguments<'b>(&self, path: &'b RecordPath, conditions: &'b Conditions) -> Vec<Argument<'b>> {
        let seconds = |time: Option<i64>| {
            time.map(|time| time.to_string().into_bytes().into()).unwrap_or_default()
        };
        vec![
            path.as_str().as_bytes().into(),
            flag(self.count_hits),
            tags(conditions.if_match.as_ref()),
            tags(conditions.if_none_match.as_ref()),
            seconds(conditions.if_unmodified_since),
            seconds(conditions.if_modified_since),
        ]
    }
}

/// A write that is repeated without conditions changes nothing the second time. A condition may hold
/// the first time and not the second, so that the answer would be wrong.
fn delivery(conditions: &Conditions) -> Delivery {
    if conditions.stated { Delivery::AtMostOnce } else { Delivery::Repeatable }
}

/// An outcome that no script names.
fn unknown(outcome: &str) -> StoreError {
    StoreError::Foreign(format!("an unknown outcome: {outcome:?}"))
}

/// What came of reading a record, or of giving it another time to live.
fn read_outcome(mut reply: Reply) -> Result<ReadOutcome, StoreError> {
    match reply.text()?.as_str() {
        "missing" => Ok(ReadOutcome::Missing),
        "precondition-failed" => Ok(ReadOutcome::PreconditionFailed),
        "matched" => Ok(ReadOutcome::Matched(reply.metadata()?)),
        "found" => {
            let metadata = reply.metadata()?;
            Ok(ReadOutcome::Found(members(reply)?, metadata))
        }
        other => Err(unknown(other)),
    }
}

pub(super) fn flag<'a>(on: bool) -> Argument<'a> {
    if on { b"1"[..].into() } else { Argument::default() }
}

/// A time to live as the scripts take it.
fn seconds_to_live<'a>(ttl: Ttl) -> Argument<'a> {
    match ttl {
        Ttl::Never => b"never"[..].into(),
        Ttl::Seconds(seconds) => seconds.to_string().into_bytes().into(),
    }
}

/// Tags as the scripts take them. The commas make a list of none differ from no list.
fn tags<'a>(tags: Option<&EntityTags>) -> Argument<'a> {
    match tags {
        None => Argument::default(),
        Some(EntityTags::Any) => b"*"[..].into(),
        Some(EntityTags::Listed(tags)) => {
            let quoted: Vec<String> = tags.iter().map(|tag| format!("\"{tag}\"")).collect();
            format!(",{}", quoted.join(",")).into_bytes().into()
        }
    }
}

/// The members in what is left of a reply: a hash's fields and values. The service's own fields are
/// none; a value that is no JSON text is a string.
fn members(mut reply: Reply) -> Result<Members<'static>, StoreError> {
    const OWN_FIELD: u8 = 0xff;
    let mut pairs = Vec::new();
    while let (Some(name), Some(value)) = (reply.bytes(), reply.bytes()) {
        if name.first() != Some(&OWN_FIELD) {
            pairs.push((Cow::Owned(utf8(name)?), Cow::Owned(json_text(utf8(value)?))));
        }
    }
    Members::from_pairs(pairs)
        .map_err(|_| StoreError::Foreign("a hash with too many fields".to_owned()))
}

/// The JSON text that a field's value is, or that of the string that it is. What this service has stored
/// is JSON, but other programs may write the same hashes, and nothing marks what they wrote: unless each
/// value is looked at, a representation may be no JSON.
fn json_text(value: String) -> String {
    match Members::json_of_stored(&value) {
        Some(text) if text.len() == value.len() => value,
        Some(text) => text.to_owned(),
        // A string always has a JSON text.
        None => serde_json::to_string(&value).unwrap_or_default(),
    }
}
