//! What one record does when operations come one after the other: the contract in thirty lines.

use std::collections::BTreeMap;

/// Members by name, each with the text of its value.
pub type Members = BTreeMap<String, String>;

/// A record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub etag: String,
    pub members: Members,
    /// The time to live that its last writer gave it; `None`: for ever.
    pub ttl: Option<u64>,
}

/// A record, or that there is none.
pub type State = Option<Record>;

/// What a request wants of the record's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Nothing,
    /// `If-Match` with a tag.
    Match(String),
    /// `If-None-Match: *`
    Absent,
    /// `If-None-Match` with a tag.
    NoneMatch(String),
}

/// What a client asks for.
#[derive(Debug, Clone)]
pub enum Call {
    Put {
        members: Members,
        ttl: Option<u64>,
    },
    /// A merge patch; `None` as a value takes the member away, and as `ttl` keeps it.
    Merge {
        changes: Vec<(String, Option<String>)>,
        ttl: Option<u64>,
    },
    /// A JSON Patch: a test of a member, then another value for it.
    Swap {
        name: String,
        old: String,
        new: String,
    },
    Delete,
    Get,
}

/// What it is told.
#[derive(Debug, Clone)]
pub enum Answer {
    /// 201 and the representation.
    Created(Record),
    /// 200 and the representation.
    Found(Record),
    /// 204
    Deleted,
    /// 304 with a tag.
    NotModified(String),
    /// 404
    Missing,
    /// 409
    PatchFailed,
    /// 412
    PreconditionFailed,
}

/// What the record is after a call that was answered like this; `None` if that is no answer to the
/// call in this state.
pub fn step(state: &State, call: &Call, condition: &Condition, answer: &Answer) -> Option<State> {
    let unchanged = Some(state.clone());
    match (call, answer) {
        // Without the condition it would be 404 all the same, so the condition isn't looked at
        // (RFC 9110, 13.2.1).
        (Call::Merge { .. } | Call::Swap { .. } | Call::Delete | Call::Get, Answer::Missing) => {
            return unchanged.filter(Option::is_none);
        }
        (_, Answer::PreconditionFailed) => return unchanged.filter(|_| fails(state, condition)),
        (Call::Get, Answer::NotModified(etag)) => {
            let same = state.as_ref().is_some_and(|record| record.etag == *etag);
            return unchanged.filter(|_| same && fails(state, condition));
        }
        _ if fails(state, condition) => return None,
        _ => {}
    }
    match (call, answer, state) {
        (Call::Put { members, ttl }, Answer::Created(now), None)
        | (Call::Put { members, ttl }, Answer::Found(now), Some(_)) => {
            (now.members == *members && now.ttl == *ttl).then(|| Some(now.clone()))
        }
        (Call::Merge { changes, ttl }, Answer::Found(now), Some(old)) => {
            let mut members = old.members.clone();
            for (name, value) in changes {
                match value {
                    Some(value) => members.insert(name.clone(), value.clone()),
                    None => members.remove(name),
                };
            }
            let ttl = if ttl.is_some() { *ttl } else { old.ttl };
            (now.members == members && now.ttl == ttl).then(|| Some(now.clone()))
        }
        (Call::Swap { name, old, new }, Answer::Found(now), Some(before)) => {
            let mut members = before.members.clone();
            let replaced = members.insert(name.clone(), new.clone());
            let fits = replaced.as_ref() == Some(old);
            (fits && now.members == members && now.ttl == before.ttl).then(|| Some(now.clone()))
        }
        (Call::Swap { name, old, .. }, Answer::PatchFailed, Some(before)) => {
            unchanged.filter(|_| before.members.get(name) != Some(old))
        }
        (Call::Delete, Answer::Deleted, Some(_)) => Some(None),
        (Call::Get, Answer::Found(now), Some(old)) => unchanged.filter(|_| now == old),
        _ => None,
    }
}

fn fails(state: &State, condition: &Condition) -> bool {
    let etag = state.as_ref().map(|record| &record.etag);
    match condition {
        Condition::Nothing => false,
        Condition::Match(tag) => etag != Some(tag),
        Condition::Absent => etag.is_some(),
        Condition::NoneMatch(tag) => etag == Some(tag),
    }
}
