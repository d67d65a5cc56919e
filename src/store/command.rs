//! What can be done with one record, and what comes of it.

use super::{
    Argument, Delivery, StoreError,
    reply::Reply,
    script::{self, Script},
};
use crate::record::{Conditions, ETag, EntityTags, Members, Metadata, RecordPath, Ttl};

/// Something to do with one record.
#[derive(Debug, Clone, Copy)]
pub struct Command<'a> {
    /// Where the record is.
    pub path: &'a RecordPath,
    /// What must hold of it.
    pub conditions: &'a Conditions,
    /// What to do.
    pub action: &'a Action<'a>,
}

/// What to do with a record.
#[derive(Debug)]
pub enum Action<'a> {
    /// Read it.
    Read,
    /// Read it so that it can be written back: fails where the write would, on what the index is.
    ReadToWrite,
    /// Store these members in place of whatever is there.
    Write(Members<'a>, WriteTtl),
    /// Give it another time to live, and change nothing else.
    Touch(Ttl),
    /// Delete it.
    Remove,
}

/// The time to live that a write gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WriteTtl {
    /// A new one.
    Set(Ttl),
    /// What remains of the old one.
    Keep,
}

/// What came of a command.
#[derive(Debug)]
pub enum Outcome {
    /// It was read, or has another time to live now.
    Found(Members<'static>, Metadata),
    /// It is there as `If-None-Match` or `If-Modified-Since` name it; nothing was changed.
    Matched(Metadata),
    /// It was written where there was none.
    Created(Metadata),
    /// It was written in the place of another.
    Replaced(Metadata),
    /// It was deleted.
    Removed,
    /// It is not there.
    Missing,
    /// It is not as the conditions want it; nothing was changed.
    PreconditionFailed,
    /// There is something else in its place; nothing was changed.
    Foreign,
    /// With what was read before it, it is more than can be read at once; nothing was changed.
    TooLarge,
}

impl<'a> Command<'a> {
    /// How many arguments of its own the command has.
    pub(super) fn own_count(&self) -> usize {
        match self.action {
            Action::Read | Action::Remove => 0,
            Action::ReadToWrite | Action::Touch(_) => 1,
            Action::Write(members, _) => 2 + 2 * members.len(),
        }
    }

    /// Appends the command's own arguments, as its script takes them behind the conditions.
    pub(super) fn push_own(&self, arguments: &mut Vec<Argument<'a>>) {
        match self.action {
            Action::Read | Action::Remove => {}
            Action::ReadToWrite => arguments.push(flag(true)),
            Action::Touch(ttl) => arguments.push(seconds_to_live(*ttl)),
            Action::Write(members, ttl) => {
                arguments.push(String::from(ETag::unique()).into_bytes().into());
                arguments.push(match ttl {
                    WriteTtl::Keep => b"keep"[..].into(),
                    WriteTtl::Set(ttl) => seconds_to_live(*ttl),
                });
                for (name, text) in members.iter() {
                    arguments.push(name.as_bytes().into());
                    arguments.push(text.as_bytes().into());
                }
            }
        }
    }

    /// The conditions, as scripts take them.
    pub(super) fn conditions(&self) -> [Argument<'a>; 4] {
        let seconds = |time: Option<i64>| {
            time.map(|time| time.to_string().into_bytes().into()).unwrap_or_default()
        };
        let conditions = self.conditions;
        [
            tags(conditions.if_match.as_ref()),
            tags(conditions.if_none_match.as_ref()),
            seconds(conditions.if_unmodified_since),
            seconds(conditions.if_modified_since),
        ]
    }

    /// The script that does it.
    pub(super) fn script(&self) -> &'static Script {
        match self.action {
            Action::Read | Action::ReadToWrite => &script::READ,
            Action::Write(..) => &script::WRITE,
            Action::Touch(_) => &script::TOUCH,
            Action::Remove => &script::REMOVE,
        }
    }

    /// Its name among several that are done at once.
    pub(super) fn name(&self) -> &'static str {
        match self.action {
            Action::Read | Action::ReadToWrite => "read",
            Action::Write(..) => "write",
            Action::Touch(_) => "touch",
            Action::Remove => "remove",
        }
    }

    /// Whether it changes nothing.
    pub(super) fn reads(&self) -> bool {
        matches!(self.action, Action::Read | Action::ReadToWrite)
    }

    /// A write that is repeated without conditions changes nothing the second time. A condition may hold
    /// the first time and not the second, so that the answer would be wrong.
    pub(super) fn delivery(&self) -> Delivery {
        match self.action {
            Action::Read | Action::ReadToWrite => Delivery::Repeatable,
            Action::Write(..) | Action::Remove if !self.conditions.stated => Delivery::Repeatable,
            _ => Delivery::AtMostOnce,
        }
    }
}

impl Outcome {
    /// The outcome that a script returns.
    pub(super) fn read(reply: &mut Reply) -> Result<Self, StoreError> {
        let outcome = reply.text()?;
        Ok(match outcome.as_str() {
            "found" => {
                let metadata = reply.metadata()?;
                Self::Found(reply.members()?, metadata)
            }
            "matched" => Self::Matched(reply.metadata()?),
            "created" => Self::Created(reply.metadata()?),
            "replaced" => Self::Replaced(reply.metadata()?),
            "removed" => Self::Removed,
            "missing" => Self::Missing,
            "precondition-failed" => Self::PreconditionFailed,
            "foreign" => Self::Foreign,
            "too-large" => Self::TooLarge,
            _ => return Err(StoreError::Foreign(format!("an unknown outcome: {outcome:?}"))),
        })
    }
}

pub(super) fn flag<'a>(on: bool) -> Argument<'a> {
    if on { b"1"[..].into() } else { Argument::default() }
}

/// A number as scripts take it.
pub(super) fn number<'a>(number: &impl ToString) -> Argument<'a> {
    number.to_string().into_bytes().into()
}

/// A time to live as scripts take it.
fn seconds_to_live<'a>(ttl: Ttl) -> Argument<'a> {
    match ttl {
        Ttl::Never => b"never"[..].into(),
        Ttl::Seconds(seconds) => number(&seconds),
    }
}

/// Tags as scripts take them. The commas make a list of none differ from no list.
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
