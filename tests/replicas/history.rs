//! What many clients did, record by record.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::time::Instant;

use crate::explain::{Event, explain};
use crate::model::{Answer, Call, Condition, Members, Record, State};
use crate::replicas::Replicas;
use crate::workload::GRID;

/// All requests to records and their answers, by path.
#[derive(Debug, Default)]
pub struct History {
    events: BTreeMap<String, Vec<Event>>,
    /// How many batches were refused: what failed in them is an answer, and no hit.
    refused: usize,
}

impl History {
    pub fn add(&mut self, path: &str, event: Event) {
        self.events.entry(path.to_owned()).or_default().push(event);
    }

    /// Notes what a batch was refused for, which says something about one record only.
    pub fn add_refused(&mut self, path: &str, event: Event) {
        self.add(path, event);
        self.refused += 1;
    }

    /// How many requests were answered.
    pub fn requests(&self) -> usize {
        self.events.values().map(Vec::len).sum()
    }

    /// How many batches were refused.
    pub fn refused(&self) -> usize {
        self.refused
    }
}

/// Fails unless an order of the operations explains every answer and what Redis holds afterwards,
/// and unless every hit was counted. Gives how many kinds of answers there were.
pub fn explained(history: &History, replicas: &Replicas) -> usize {
    let hits = history.requests() - history.refused;
    assert_eq!(replicas.hits(), hits, "each request is a hit, once");
    assert_no_tag_twice(history);
    let index: HashSet<String> = replicas.store.index().into_iter().collect();
    let mut kinds = BTreeMap::new();
    for (path, events) in &history.events {
        let mut events = events.clone();
        for event in &events {
            *kinds.entry(kind(&event.answer)).or_insert(0) += 1;
        }
        let state = in_redis(path, replicas);
        assert_eq!(index.contains(path), state.is_some(), "{path} in the index");
        let answer = state.map_or(Answer::Missing, Answer::Found);
        let now = Instant::now();
        let condition = Condition::Nothing;
        events.push(Event { call: Call::Get, condition, answer, begun: now, ended: now });
        if let Err(farthest) = explain(&events) {
            panic!(
                "no order explains the answers for {path}, at most {farthest} of them: {events:#?}"
            );
        }
    }
    println!("{} records, answers: {kinds:?}", history.events.len());
    kinds.len()
}

fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Created(_) => "created",
        Answer::Found(_) => "found",
        Answer::Deleted => "deleted",
        Answer::NotModified(_) => "not modified",
        Answer::Missing => "missing",
        Answer::PatchFailed => "patch failed",
        Answer::PreconditionFailed => "precondition failed",
    }
}

/// Every write has a tag of its own, over all records.
fn assert_no_tag_twice(history: &History) {
    let mut tags = HashSet::new();
    for event in history.events.values().flatten() {
        let (Answer::Created(record) | Answer::Found(record)) = &event.answer else {
            continue;
        };
        if !matches!(event.call, Call::Get) {
            assert!(tags.insert(&record.etag), "two writes gave {}", record.etag);
        }
    }
}

/// The record as another program finds it in Redis.
fn in_redis(path: &str, replicas: &Replicas) -> State {
    let key = replicas.store.key(path);
    let fields: HashMap<Vec<u8>, String> = replicas.store.run(&key, &["HGETALL", &key]);
    if fields.is_empty() {
        return None;
    }
    let milliseconds: i64 = replicas.store.run(&key, &["PTTL", &key]);
    let etag = format!("\"{}\"", fields[&b"\xffetag"[..]]);
    let members: Members = fields
        .into_iter()
        .filter(|(name, _)| name[0] != 0xff && name != b"last_updated")
        .map(|(name, text)| (String::from_utf8(name).expect("a member's name"), text))
        .collect();
    let ttl = u64::try_from(milliseconds).ok().map(|left| given(left.div_ceil(1000)));
    Some(Record { etag, members, ttl })
}

/// The time to live that was given, of which so much is left.
pub fn given(left: u64) -> u64 {
    left.next_multiple_of(GRID)
}
