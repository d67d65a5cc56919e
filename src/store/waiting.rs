//! Waiting until something changes: one record, or what is below a prefix.

use std::time::{Duration, Instant};

use uuid::Uuid;

use super::{
    Argument, Call, Command, Delivery, Outcome, Part, Redis, RedisError, Store, StoreError,
    command::{flag, number},
    reply::Reply,
    script,
};
use crate::record::{ETag, limits};

/// How often the connection of a waiter may break. A host may end every long wait; one that ends it at once must
/// not be asked again and again.
const MAX_BROKEN: u32 = 100;

/// A request that may wait.
#[derive(Debug)]
pub struct Waiter {
    name: String,
    until: Instant,
    places: u32,
    /// Whether it has a place in the first part while it waits in another.
    is_placed: bool,
    broken: u32,
    gave_up: bool,
}

/// What a request gets that may wait.
#[derive(Debug)]
pub struct Waited<T> {
    /// What there is.
    pub answer: T,
    /// Whether it would have waited longer, had there been a reason.
    pub honoured: bool,
}

/// Which changes to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangesQuery {
    /// What the paths begin with, normalised.
    pub prefix: String,
    /// The position behind which they are; `None`: those from now on.
    pub after: Option<String>,
    /// How many at the most.
    pub limit: u32,
}

/// What has happened.
#[derive(Debug)]
pub struct Changes {
    /// The changes, in their order.
    pub changes: Vec<Change>,
    /// The position behind them.
    pub next: String,
}

/// Something that has happened to a record.
#[derive(Debug)]
pub struct Change {
    /// Where the record is, or was.
    pub path: String,
    /// What has happened.
    pub event: Event,
}

/// What can happen to a record.
#[derive(Debug)]
pub enum Event {
    /// It was written.
    Written {
        /// The validator of its representation.
        etag: ETag,
        /// When, in seconds since the Unix epoch.
        last_updated: u64,
    },
    /// It was deleted.
    Deleted,
    /// It has expired.
    Expired,
}

impl Waiter {
    /// A request that may wait so long, if not too many wait already.
    #[must_use]
    pub fn new(time: Duration, places: u32) -> Self {
        let name = Uuid::now_v7().simple().to_string();
        Self {
            name,
            until: Instant::now() + time,
            places,
            is_placed: false,
            broken: 0,
            gave_up: false,
        }
    }

    /// As the scripts of a part take it: who, how many milliseconds are left, and how many may wait at once. Who
    /// waits in another part than the first takes a place there.
    fn arguments(&self, part: Part) -> [Argument<'static>; 3] {
        let places = if part == Part::FIRST { self.places } else { u32::MAX };
        [self.name(), number(&self.left()), number(&places)]
    }

    fn name(&self) -> Argument<'static> {
        self.name.clone().into_bytes().into()
    }

    /// How many milliseconds are left.
    fn left(&self) -> u128 {
        self.until.saturating_duration_since(Instant::now()).as_millis()
    }

    /// Whether a script that says this lets it wait, or would have.
    fn is_honoured(&self, outcome: &str) -> bool {
        outcome == "answers" && !self.gave_up
    }

    /// It finds nothing to wait on: its time is over, and it does not say that it waited.
    fn give_up(&mut self) {
        self.until = Instant::now();
        self.gave_up = true;
    }
}

impl<R: Redis> Store<'_, R> {
    /// Reads a record, and waits while it is as the conditions name it, or is not there if they name no tags.
    pub async fn await_change(
        &self,
        command: Command<'_>,
        mut waiter: Waiter,
    ) -> Result<Waited<Outcome>, StoreError> {
        let part = self.keys().shards().part_of(command.path.as_str());
        let mut hit = self.counts_hits();
        loop {
            let mut arguments = vec![command.path.as_str().as_bytes().into(), flag(hit)];
            arguments.extend(command.conditions());
            arguments.extend(waiter.arguments(part));
            let mut reply =
                self.run(&script::AWAIT, command.path, arguments, Delivery::Repeatable).await?;
            hit = false;
            match reply.text()?.as_str() {
                "waits" => self.wait(part, reply, &mut waiter).await?,
                other => {
                    let honoured = waiter.is_honoured(other);
                    self.leave(waiter).await;
                    return Ok(Waited { answer: Outcome::read(&mut reply)?, honoured });
                }
            }
        }
    }

    /// Reads what has happened below a prefix, and waits until something has, if a waiter asks; `None`: what
    /// followed the position is forgotten.
    pub async fn changes(
        &self,
        query: &ChangesQuery,
        mut waiter: Option<Waiter>,
    ) -> Result<Option<Waited<Changes>>, StoreError> {
        let part = self.keys().of(self.keys().shards().part_of(&query.prefix));
        let mut after = query.after.clone().unwrap_or_default();
        loop {
            let mut arguments: Vec<Argument<'_>> = vec![
                part.prefix().as_bytes().into(),
                query.prefix.as_bytes().into(),
                after.into_bytes().into(),
                number(&query.limit),
                number(&limits::FOLLOWED.as_millis()),
            ];
            match &waiter {
                Some(waiter) => arguments.extend(waiter.arguments(part.part())),
                None => arguments.push(Argument::default()),
            }
            let keys = [part.index(), part.due()];
            let call = script::FEED.on_part(&part, keys, arguments, Delivery::Repeatable);
            let mut reply = self.send(call).await?;
            match (reply.text()?.as_str(), &mut waiter) {
                ("forgotten", _) => return Ok(None),
                ("waits", Some(waiter)) => {
                    after = reply.text()?;
                    self.wait(part.part(), reply, waiter).await?;
                }
                (other, _) => {
                    let honoured = waiter.as_ref().is_some_and(|waiter| waiter.is_honoured(other));
                    if let Some(waiter) = waiter {
                        self.leave(waiter).await;
                    }
                    return Ok(Some(Waited { answer: Changes::read(&mut reply)?, honoured }));
                }
            }
        }
    }

    /// Whether what is below a prefix can be followed: it is where one part has it all.
    #[must_use]
    pub fn can_follow(&self, prefix: &str) -> bool {
        self.keys().shards().part_below(prefix).is_some()
    }

    /// Waits for what a script has named: how long, the streams, and the ids behind which.
    async fn wait(
        &self,
        part: Part,
        mut reply: Reply,
        waiter: &mut Waiter,
    ) -> Result<(), StoreError> {
        if part != Part::FIRST && !waiter.is_placed {
            waiter.is_placed = self.place(waiter, waiter.left()).await;
            if !waiter.is_placed {
                waiter.give_up();
                return Ok(());
            }
        }
        let time = reply.count()?;
        let mut arguments: Vec<Argument<'_>> =
            [&b"COUNT"[..], b"1", b"BLOCK"].map(Argument::from).into();
        arguments.push(number(&time));
        arguments.push(b"STREAMS"[..].into());
        arguments.extend(std::iter::from_fn(|| reply.bytes()).map(Argument::from));
        let delivery = Delivery::Repeatable;
        let read = Call::new(Some(part), "XREAD", arguments, delivery);
        match self.redis().wait(&read, Duration::from_millis(time)).await {
            Ok(_) => {}
            // The next look tells what is true then.
            Err(RedisError::NoReply(_)) if waiter.broken < MAX_BROKEN => waiter.broken += 1,
            Err(RedisError::NoReply(_) | RedisError::NotSent(_)) => waiter.give_up(),
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Takes a place in the first part for so many milliseconds, or with none gives it up; whether the waiter has
    /// it.
    async fn place(&self, waiter: &Waiter, time: u128) -> bool {
        let part = self.keys().of(Part::FIRST);
        let arguments =
            [part.prefix().as_bytes().into(), waiter.name(), number(&time), number(&waiter.places)];
        let call = script::PLACE.on_part(&part, [part.index()], arguments, Delivery::Repeatable);
        let placed = self.send(call).await.and_then(|mut reply| reply.count());
        placed.is_ok_and(|placed| placed == 1)
    }

    /// Gives the place in the first part up, if there is one. It comes free by itself, if that fails.
    async fn leave(&self, waiter: Waiter) {
        if waiter.is_placed {
            self.place(&waiter, 0).await;
        }
    }
}

impl Changes {
    fn read(reply: &mut Reply) -> Result<Self, StoreError> {
        let next = reply.text()?;
        let mut changes = Vec::new();
        for _ in 0..reply.count()? {
            let path = reply.text()?;
            let event = reply.text()?;
            let etag = reply.bytes().unwrap_or_default();
            let last_updated = reply.optional_count()?;
            let event = match event.as_str() {
                "written" => Event::Written {
                    etag: ETag::from_store(String::from_utf8_lossy(&etag)),
                    last_updated: last_updated.unwrap_or_default(),
                },
                "deleted" => Event::Deleted,
                "expired" => Event::Expired,
                _ => return Err(StoreError::Foreign(format!("an unknown event: {event:?}"))),
            };
            changes.push(Change { path, event });
        }
        Ok(Self { changes, next })
    }
}
