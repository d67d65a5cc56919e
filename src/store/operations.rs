//! The operations on one record, and on the counters.

use super::{
    Argument, Command, Delivery, Keys, Outcome, Redis, StoreError, Value,
    command::flag,
    reply::Reply,
    script::{self, Script},
};
use crate::record::RecordPath;

/// The records, and the counters beside them, in one Redis.
#[derive(Debug)]
pub struct Store<'a, R> {
    redis: &'a R,
    keys: &'a Keys,
    count_hits: bool,
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

    pub(super) async fn run(
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

    pub(super) fn redis(&self) -> &R {
        self.redis
    }

    pub(super) fn keys(&self) -> &Keys {
        self.keys
    }
}
