//! The operations on one record, and on the counters.

use super::{
    Argument, Call, Command, Delivery, Keys, Outcome, Part, Redis, RedisError, Replied, StoreError,
    command::flag,
    keys::PartKeys,
    reply::Reply,
    script::{self, Script},
};
use crate::record::{RecordPath, limits};

/// The records, and the counters beside them.
#[derive(Debug)]
pub struct Store<'a, R> {
    redis: &'a R,
    keys: &'a Keys,
    count_hits: bool,
}

/// The counters.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Hits since the store was created.
    pub hits: u64,
    /// How many records there are.
    pub records: u64,
    /// How many paths are noted with when they expire; counted only where no hit is.
    pub due: u64,
    /// How many requests wait; counted only where no hit is.
    pub waiting: u64,
}

impl<'a, R: Redis> Store<'a, R> {
    /// The store in a Redis. With `count_hits` every operation that stands for a request counts it.
    pub fn new(redis: &'a R, keys: &'a Keys, count_hits: bool) -> Self {
        Self { redis, keys, count_hits }
    }

    /// The same store, with operations that count no hit: for a request that has been counted, or will be.
    #[must_use]
    pub fn uncounted(&self) -> Self {
        Self { redis: self.redis, keys: self.keys, count_hits: false }
    }

    /// Does something with one record.
    pub async fn execute(&self, command: Command<'_>) -> Result<Outcome, StoreError> {
        let mut arguments = Vec::with_capacity(6 + command.own_count());
        arguments.push(command.path.as_str().as_bytes().into());
        arguments.push(flag(self.count_hits));
        arguments.extend(command.conditions());
        command.push_own(&mut arguments);
        let delivery = command.delivery();
        Outcome::read(&mut self.run(command.script(), command.path, arguments, delivery).await?)
    }

    /// Counts a hit of the service, and reads the counters.
    pub async fn count(&self) -> Result<Counts, StoreError> {
        let parts = self.keys.of_all();
        let calls = parts.iter().map(|part| {
            let is_hit = self.count_hits && part.part() == Part::FIRST;
            count_of(part, is_hit)
        });
        let mut counts = Counts::default();
        for (mut reply, part) in self.send_each(calls.collect()).await?.into_iter().zip(&parts) {
            counts.hits += reply.count()?;
            counts.records += reply.count()?;
            counts.due += reply.count().unwrap_or_default();
            // The first part has the places of all.
            if part.part() == Part::FIRST {
                counts.waiting = reply.count().unwrap_or_default();
            }
        }
        Ok(counts)
    }

    /// Reads how many hits a record has had; `None`: there is no record. That is a hit of the service.
    pub async fn record_hits(&self, path: &RecordPath) -> Result<Option<u64>, StoreError> {
        let arguments = vec![path.as_str().as_bytes().into(), flag(self.count_hits)];
        self.run(&script::RECORD_HITS, path, arguments, Delivery::Repeatable)
            .await?
            .optional_count()
    }

    /// Makes sure that Redis answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        let delivery = Delivery::Repeatable;
        self.send(Call::new(None, "PING", Vec::new(), delivery)).await?;
        Ok(())
    }

    pub(super) async fn run(
        &self,
        script: &'static Script,
        path: &RecordPath,
        arguments: Vec<Argument<'_>>,
        delivery: Delivery,
    ) -> Result<Reply, StoreError> {
        let part = self.keys.of_path(path);
        let record = part.record(path).into_bytes().into();
        let keys = [record, part.index(), part.count(), part.due()];
        self.send(script.on_part(&part, keys, arguments, delivery)).await
    }

    /// Sends commands for several parts, and gives the replies; fails with the first that fails.
    pub(super) async fn send_each(&self, calls: Vec<Call<'_>>) -> Result<Vec<Reply>, StoreError> {
        let mut replies = Vec::with_capacity(calls.len());
        let mut calls = calls.into_iter();
        loop {
            let some: Vec<_> = calls.by_ref().take(limits::PARTS_AT_ONCE).collect();
            if some.is_empty() {
                return Ok(replies);
            }
            for reply in self.execute_each(some).await {
                replies.push(Reply::new(reply?));
            }
        }
    }

    /// Sends commands for several parts, all at once where that can be.
    pub(super) async fn execute_each(&self, calls: Vec<Call<'_>>) -> Vec<Replied> {
        let mut replies = self.redis.execute_each(&calls).await;
        for (reply, call) in replies.iter_mut().zip(calls) {
            if let Err(RedisError::NoScript(_)) = reply
                && let Some(call) = call.with_text()
            {
                *reply = self.redis.execute(&call).await;
            }
        }
        replies
    }

    pub(super) async fn send(&self, call: Call<'_>) -> Result<Reply, StoreError> {
        let mut reply = self.redis.execute(&call).await;
        if let Err(RedisError::NoScript(_)) = reply
            && let Some(call) = call.with_text()
        {
            reply = self.redis.execute(&call).await;
        }
        Ok(Reply::new(reply?))
    }

    /// Whether hits are counted: where they aren't, no GET writes anything.
    pub(super) fn counts_hits(&self) -> bool {
        self.count_hits
    }

    pub(super) fn redis(&self) -> &R {
        self.redis
    }

    pub(super) fn keys(&self) -> &Keys {
        self.keys
    }
}

/// The command that counts in one part, and a hit if it is one.
fn count_of(part: &PartKeys, is_hit: bool) -> Call<'_> {
    let keys = [part.index(), part.count(), part.due()];
    let arguments = [flag(is_hit), part.prefix().as_bytes().into()];
    script::COUNT.on_part(part, keys, arguments, Delivery::Repeatable)
}
