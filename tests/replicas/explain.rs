//! Looks for an order of the operations on a record that explains every answer (linearizability).
//!
//! The search is Wing and Gong's: of the operations that are not in the order yet, each that had
//! begun before the first of them ended may be the next one. Three things keep it short. An operation
//! that fits and changes nothing is taken at once: it stands in nobody's way. Of the others, the one
//! whose tag is the oldest is tried first: tags begin with the time. And what was tried in vain, the
//! set of the operations done and the tag of the record they left, is not tried again.

use std::collections::HashSet;
use std::time::Instant;

use crate::model::{Answer, Call, Condition, State, step};

/// A request and its answer.
#[derive(Debug, Clone)]
pub struct Event {
    pub call: Call,
    pub condition: Condition,
    pub answer: Answer,
    pub begun: Instant,
    pub ended: Instant,
}

impl Event {
    /// The tag that came with the answer.
    fn tag(&self) -> Option<&str> {
        match &self.answer {
            Answer::Created(record) | Answer::Found(record) => Some(&record.etag),
            _ => None,
        }
    }
}

/// The record that is left if there is an order; else the most operations that one explains.
pub fn explain(history: &[Event]) -> Result<State, usize> {
    let mut events: Vec<&Event> = history.iter().collect();
    events.sort_by_key(|event| event.begun);
    let mut search = Search { events, tried: HashSet::new(), farthest: 0 };
    search.go_on(&mut Done::none(history.len()), &None).ok_or(search.farthest)
}

/// Which operations are in the order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Done {
    bits: Vec<u64>,
    count: usize,
}

impl Done {
    fn none(of: usize) -> Self {
        Self { bits: vec![0; of.div_ceil(64)], count: 0 }
    }

    fn has(&self, at: usize) -> bool {
        self.bits[at / 64] >> (at % 64) & 1 == 1
    }

    fn add(&mut self, at: usize) {
        self.bits[at / 64] |= 1 << (at % 64);
        self.count += 1;
    }

    fn take_back(&mut self, at: usize) {
        self.bits[at / 64] &= !(1 << (at % 64));
        self.count -= 1;
    }
}

struct Search<'a> {
    /// In the order in which they began.
    events: Vec<&'a Event>,
    tried: HashSet<(Done, Option<String>)>,
    farthest: usize,
}

impl Search<'_> {
    /// More than a search ever needs; so a mistake in it ends it before the memory does.
    const MOST_TRIED: usize = 1_000_000;

    fn go_on(&mut self, done: &mut Done, state: &State) -> Option<State> {
        self.farthest = self.farthest.max(done.count);
        if done.count == self.events.len() {
            return Some(state.clone());
        }
        let etag = state.as_ref().map(|record| record.etag.clone());
        if !self.tried.insert((done.clone(), etag)) {
            return None;
        }
        assert!(self.tried.len() < Self::MOST_TRIED, "the search takes too long");
        let mut writes = Vec::new();
        for at in self.open(done) {
            let Event { call, condition, answer, .. } = self.events[at];
            match step(state, call, condition, answer) {
                Some(next) if next == *state => {
                    done.add(at);
                    let end = self.go_on(done, state);
                    done.take_back(at);
                    return end;
                }
                Some(next) => writes.push((at, next)),
                None => {}
            }
        }
        writes.sort_by_key(|(at, _)| self.events[*at].tag());
        for (at, next) in writes {
            done.add(at);
            let end = self.go_on(done, &next);
            done.take_back(at);
            if end.is_some() {
                return end;
            }
        }
        None
    }

    /// The operations any of which may be the next.
    fn open(&self, done: &Done) -> Vec<usize> {
        let open = || (0..self.events.len()).filter(|at| !done.has(*at));
        let Some(first_end) = open().map(|at| self.events[at].ended).min() else {
            return Vec::new();
        };
        open().take_while(|at| self.events[*at].begun <= first_end).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::model::{Members, Record};

    fn record(number: u8) -> Record {
        let members = Members::from([("n".to_owned(), number.to_string())]);
        Record { etag: format!("\"{number}\""), members, ttl: Some(number.into()) }
    }

    /// Operations with the times at which they begin and end.
    fn history(events: Vec<(u64, u64, Call, Condition, Answer)>) -> Vec<Event> {
        let start = Instant::now();
        let at = |time| start + Duration::from_secs(time);
        let event = |(begun, ended, call, condition, answer)| Event {
            call,
            condition,
            answer,
            begun: at(begun),
            ended: at(ended),
        };
        events.into_iter().map(event).collect()
    }

    fn put(number: u8) -> Call {
        let Record { members, ttl, .. } = record(number);
        Call::Put { members, ttl }
    }

    fn created(number: u8) -> (Call, Condition, Answer) {
        (put(number), Condition::Nothing, Answer::Created(record(number)))
    }

    fn replaced(number: u8, condition: Condition) -> (Call, Condition, Answer) {
        (put(number), condition, Answer::Found(record(number)))
    }

    fn read(number: u8) -> (Call, Condition, Answer) {
        (Call::Get, Condition::Nothing, Answer::Found(record(number)))
    }

    fn during(
        begun: u64,
        ended: u64,
        what: (Call, Condition, Answer),
    ) -> (u64, u64, Call, Condition, Answer) {
        (begun, ended, what.0, what.1, what.2)
    }

    #[test]
    fn what_overlaps_may_come_in_any_order() {
        let plain = Condition::Nothing;
        let events = history(vec![
            during(0, 9, replaced(2, plain)),
            during(1, 8, created(1)),
            during(2, 3, read(1)),
            during(4, 7, read(2)),
        ]);
        assert_eq!(explain(&events).expect("an order"), Some(record(2)));
    }

    #[test]
    fn a_stale_read_has_no_explanation() {
        let plain = Condition::Nothing;
        let events = history(vec![
            during(0, 1, created(1)),
            during(2, 3, replaced(2, plain)),
            during(4, 5, read(1)),
        ]);
        assert_eq!(explain(&events), Err(2));
    }

    #[test]
    fn a_value_that_comes_back_has_no_explanation() {
        let plain = Condition::Nothing;
        let events = history(vec![
            during(0, 1, created(1)),
            during(2, 9, replaced(2, plain)),
            during(3, 4, read(2)),
            during(5, 6, read(1)),
        ]);
        assert!(explain(&events).is_err());
    }

    #[test]
    fn two_winners_have_no_explanation() {
        let tag = || Condition::Match(record(1).etag);
        let events = history(vec![
            during(0, 1, created(1)),
            during(2, 5, replaced(2, tag())),
            during(2, 5, replaced(3, tag())),
        ]);
        assert!(explain(&events).is_err());
    }

    #[test]
    fn a_loser_without_a_winner_has_no_explanation() {
        let tag = Condition::Match(record(1).etag);
        let events = history(vec![
            during(0, 1, created(1)),
            during(2, 5, (put(2), tag, Answer::PreconditionFailed)),
        ]);
        assert!(explain(&events).is_err());
    }

    #[test]
    fn a_lost_change_has_no_explanation() {
        let merge = |name: &str| Call::Merge {
            changes: vec![(name.to_owned(), Some("1".to_owned()))],
            ttl: None,
        };
        let merged = |etag: &str, names: &[&str]| {
            let mut record = record(1);
            etag.clone_into(&mut record.etag);
            record.members.extend(names.iter().map(|name| ((*name).to_owned(), "1".to_owned())));
            Answer::Found(record)
        };
        let events = |second: Answer| {
            history(vec![
                during(0, 1, created(1)),
                during(2, 5, (merge("a"), Condition::Nothing, merged("a", &["a"]))),
                during(2, 5, (merge("b"), Condition::Nothing, second)),
            ])
        };
        assert!(explain(&events(merged("b", &["a", "b"]))).is_ok());
        assert!(explain(&events(merged("b", &["b"]))).is_err());
    }

    #[test]
    fn another_writers_time_to_live_has_no_explanation() {
        let mut mixed = record(1);
        mixed.ttl = Some(2);
        let events = history(vec![
            during(0, 1, created(1)),
            during(2, 3, (Call::Get, Condition::Nothing, Answer::Found(mixed))),
        ]);
        assert!(explain(&events).is_err());
    }
}
