//! Several records at once.

use super::{
    Argument, Command, Delivery, Outcome, Redis, Store, StoreError,
    command::{flag, number},
    reply::Reply,
    script,
};
use crate::record::limits;

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

impl<R: Redis> Store<'_, R> {
    /// Does several things with as many records, each of another path, at one moment; or nothing, if one
    /// that changes its record can't be done. Each is a hit, if they are done.
    pub async fn execute_all(&self, commands: &[Command<'_>]) -> Result<BatchOutcome, StoreError> {
        if commands.is_empty() {
            return Ok(BatchOutcome::Done(Outcomes::none()));
        }
        let keys = [self.keys().index(), self.keys().count(), self.keys().due()];
        let mut arguments = vec![flag(self.counts_hits()), number(&limits::MAX_BATCH_READ)];
        for command in commands {
            arguments.push(command.name().as_bytes().into());
            push(command, &mut arguments);
        }
        let keys = keys.map(|key| key.as_bytes().into()).into_iter().chain(self.records(commands));
        let eval = script::BATCH.eval(keys, arguments);
        let mut reply = if commands.iter().all(Command::reads) {
            // Nobody asks what became of a read.
            self.eval(eval, Delivery::Repeatable).await.map_err(|error| match error {
                StoreError::OutcomeUnknown(reason) => StoreError::Unavailable(reason),
                other => other,
            })?
        } else {
            self.eval(eval, Delivery::AtMostOnce).await?
        };
        if reply.text()? == "failed" {
            let place = usize::try_from(reply.count()?).unwrap_or_default();
            return Ok(BatchOutcome::Failed(place, Outcome::read(&mut reply)?));
        }
        Ok(BatchOutcome::Done(Outcomes { reply, left: commands.len() }))
    }

    /// Writes records, one after the other: each of them is written or not, whatever becomes of the others.
    /// None of it is a hit.
    pub async fn write_each(&self, writes: &[Command<'_>]) -> Result<Outcomes, StoreError> {
        if writes.is_empty() {
            return Ok(Outcomes::none());
        }
        let keys = [self.keys().index(), self.keys().due()];
        let mut arguments = Vec::new();
        for write in writes {
            push(write, &mut arguments);
        }
        let repeatable = writes.iter().all(|write| write.delivery() == Delivery::Repeatable);
        let delivery = if repeatable { Delivery::Repeatable } else { Delivery::AtMostOnce };
        let keys = keys.map(|key| key.as_bytes().into()).into_iter().chain(self.records(writes));
        let reply = self.eval(script::IMPORT.eval(keys, arguments), delivery).await?;
        Ok(Outcomes { reply, left: writes.len() })
    }

    /// The keys of the commands' records.
    fn records<'a>(&self, commands: &[Command<'_>]) -> impl Iterator<Item = Argument<'a>> {
        commands.iter().map(|command| self.keys().record(command.path).into_bytes().into())
    }
}

/// Appends a command's path, conditions and own arguments, with how many of those there are.
fn push<'a>(command: &Command<'a>, arguments: &mut Vec<Argument<'a>>) {
    arguments.push(command.path.as_str().as_bytes().into());
    arguments.extend(command.conditions());
    arguments.push(number(&command.own_count()));
    command.push_own(arguments);
}
