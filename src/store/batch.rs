//! Several records at once.

use super::{
    Argument, Call, Command, Delivery, Outcome, Part, Redis, Store, StoreError,
    command::{flag, number},
    keys::PartKeys,
    reply::Reply,
    script,
};
use crate::record::{RecordPath, limits};

/// What came of a batch.
#[derive(Debug)]
pub enum BatchOutcome {
    /// Everything was done.
    Done(Outcomes),
    /// One command can't be done, by its place and why; nothing was changed.
    Failed(usize, Outcome),
}

/// What came of each of several commands, in their order.
#[derive(Debug)]
pub struct Outcomes {
    reply: Reply,
    left: usize,
}

impl Outcomes {
    fn none() -> Self {
        Self { reply: Reply::new(Vec::new()), left: 0 }
    }
}

impl Iterator for Outcomes {
    type Item = Result<Outcome, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        Some(Outcome::read(&mut self.reply))
    }
}

/// What came of some of the writes of an import, by their places.
#[derive(Debug)]
pub struct Written {
    /// Which writes they are.
    pub places: Vec<usize>,
    /// What came of each, unless none was tried or nothing is known.
    pub outcomes: Result<Outcomes, StoreError>,
}

impl<R: Redis> Store<'_, R> {
    /// Whether records are in several parts, so that nothing can be done with them at one moment.
    pub fn are_spread<'p>(&self, paths: impl IntoIterator<Item = &'p RecordPath>) -> bool {
        let shards = self.keys().shards();
        let mut parts = paths.into_iter().map(|path| shards.part_of(path.as_str()));
        parts.next().is_some_and(|first| parts.any(|part| part != first))
    }

    /// Does several things with as many records of one part, each of another path, at one moment; or nothing, if
    /// one that changes its record can't be done. Each is a hit, if they are done.
    pub async fn execute_all(&self, commands: &[Command<'_>]) -> Result<BatchOutcome, StoreError> {
        let Some(first) = commands.first() else {
            return Ok(BatchOutcome::Done(Outcomes::none()));
        };
        let part = self.keys().of_path(first.path);
        let keys = [part.index(), part.count(), part.due()];
        let mut arguments = vec![
            flag(self.counts_hits()),
            number(&limits::MAX_BATCH_READ),
            number(&commands.len()),
        ];
        for command in commands {
            arguments.push(command.name().as_bytes().into());
            push(command, &mut arguments);
        }
        let keys = keys.into_iter().chain(records(&part, commands.iter().copied()));
        let reads = commands.iter().all(Command::reads);
        let delivery = if reads { Delivery::Repeatable } else { Delivery::AtMostOnce };
        let call = script::BATCH.on_part(&part, keys, arguments, delivery);
        let mut reply = self.send(call).await.map_err(|error| match error {
            // Nobody asks what became of a read.
            StoreError::OutcomeUnknown(reason) if reads => StoreError::Unavailable(reason),
            other => other,
        })?;
        if reply.text()? == "failed" {
            let place = usize::try_from(reply.count()?).unwrap_or_default();
            return Ok(BatchOutcome::Failed(place, Outcome::read(&mut reply)?));
        }
        Ok(BatchOutcome::Done(Outcomes { reply, left: commands.len() }))
    }

    /// Writes records, those of each part one after the other: each of them is written or not, whatever becomes of
    /// the others. None of it is a hit.
    pub async fn write_each(&self, writes: &[Command<'_>]) -> Vec<Written> {
        let shards = self.keys().shards();
        let mut groups: Vec<(Part, Vec<usize>)> = Vec::new();
        for (place, write) in writes.iter().enumerate() {
            let part = shards.part_of(write.path.as_str());
            match groups.iter_mut().find(|(other, _)| *other == part) {
                Some((_, places)) => places.push(place),
                None => groups.push((part, vec![place])),
            }
        }
        let parts: Vec<_> = groups.iter().map(|(part, _)| self.keys().of(*part)).collect();
        let calls: Vec<_> = groups
            .iter()
            .zip(&parts)
            .map(|((_, places), part)| import(part, places.iter().filter_map(|at| writes.get(*at))))
            .collect();
        let replies = self.execute_each(calls).await;
        let written = groups.into_iter().zip(replies).map(|((_, places), reply)| {
            let left = places.len();
            let outcomes = reply.map(|values| Outcomes { reply: Reply::new(values), left });
            Written { places, outcomes: outcomes.map_err(StoreError::from) }
        });
        written.collect()
    }
}

/// The command that writes records of one part.
fn import<'a>(
    part: &'a PartKeys,
    writes: impl Iterator<Item = &'a Command<'a>> + Clone,
) -> Call<'a> {
    let mut arguments = vec![number(&writes.clone().count())];
    let mut delivery = Delivery::Repeatable;
    for write in writes.clone() {
        push(write, &mut arguments);
        if write.delivery() == Delivery::AtMostOnce {
            delivery = Delivery::AtMostOnce;
        }
    }
    let keys = [part.index(), part.due()].into_iter().chain(records(part, writes.copied()));
    script::IMPORT.on_part(part, keys, arguments, delivery)
}

/// The keys of the commands' records.
fn records<'a>(
    part: &PartKeys,
    commands: impl Iterator<Item = Command<'a>>,
) -> impl Iterator<Item = Argument<'a>> {
    commands.map(|command| part.record(command.path).into_bytes().into())
}

/// Appends a command's path, conditions and own arguments, with how many of those there are.
fn push<'a>(command: &Command<'a>, arguments: &mut Vec<Argument<'a>>) {
    arguments.push(command.path.as_str().as_bytes().into());
    arguments.extend(command.conditions());
    arguments.push(number(&command.own_count()));
    command.push_own(arguments);
}
