//! Looks for an order of the operations on a record that explains every answer (linearizability).
//!
//! The search is Wing and Gong's: of the operations that are not in the order yet, each that had
//! begun before the first of them ended may be the next one. Three things keep it short. An operation
//! that fits and changes nothing is taken at once: it stands in nobody's way. What was tried in vain,
//! the set of the operations done and the tag of the record they left, is not tried again. And no tag
//! ever comes back, so what was answered by a record stands directly behind the write that made it:
//! such chains are put into the order as a whole, and only where nothing has to stand before them.

use std::collections::{HashMap, HashSet};
use std::time::Instant;

use crate::model::{Answer, Call, Condition, Record, State, step};

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
    /// The record that came with the answer.
    fn record(&self) -> Option<&Record> {
        match &self.answer {
            Answer::Created(record) | Answer::Found(record) => Some(record),
            _ => None,
        }
    }

    /// Whether it leaves the record as it is, and doesn't find it missing.
    fn fits_in_a_chain(&self) -> bool {
        matches!(self.answer, Answer::PreconditionFailed | Answer::PatchFailed)
    }

    /// The tag that the record must have had before, if the answer tells; `records` are all that there
    /// were.
    fn needs<'a>(&'a self, records: &HashMap<&'a str, &'a Record>) -> Option<&'a str> {
        match (&self.call, &self.condition, &self.answer) {
            (_, _, Answer::Missing | Answer::PreconditionFailed) => None,
            (Call::Get, _, Answer::Found(Record { etag, .. }))
            | (_, _, Answer::NotModified(etag))
            | (_, Condition::Match(etag), _) => Some(etag),
            (Call::Merge { .. } | Call::Swap { .. }, _, Answer::Found(_)) => {
                let fits = |record: &Record| {
                    let before = Some(record.clone());
                    step(&before, &self.call, &Condition::Nothing, &self.answer).is_some()
                };
                let mut before = records.iter().filter(|(_, record)| fits(record));
                let (etag, _) = before.next()?;
                before.next().is_none().then_some(*etag)
            }
            _ => None,
        }
    }
}

/// The record that is left if there is an order; else how many operations the search put in one.
pub fn explain(history: &[Event]) -> Result<State, usize> {
    let mut events: Vec<&Event> = history.iter().collect();
    events.sort_by_key(|event| event.begun);
    let chains = Chains::of(&events);
    let mut search = Search { events, chains, tried: HashSet::new(), farthest: 0 };
    let end = search.go_on(&mut Done::none(history.len()), &None);
    end.ok_or(search.farthest)
}

/// Operations between which no other can stand that changes the record or finds it missing: a write,
/// and all that was answered by what it made.
struct Chains<'a> {
    /// The operations that were answered by the record with this tag.
    behind: HashMap<&'a str, Vec<usize>>,
    /// The operation that each one's chain begins with; `None`: it is in no chain.
    first: Vec<Option<usize>>,
    /// When the last to begin of a chain's operations began, by its first operation.
    last_begun: HashMap<usize, Instant>,
}

impl<'a> Chains<'a> {
    fn of(events: &[&'a Event]) -> Self {
        let made = |(at, event): (usize, &&'a Event)| {
            let record = event.record().filter(|_| !matches!(event.call, Call::Get))?;
            Some((record.etag.as_str(), (at, record)))
        };
        let made: HashMap<&str, (usize, &Record)> =
            events.iter().enumerate().filter_map(made).collect();
        let records = made.iter().map(|(etag, (_, record))| (*etag, *record)).collect();
        let needs: Vec<_> = events.iter().map(|event| event.needs(&records)).collect();
        let mut chains =
            Self { behind: HashMap::new(), first: Vec::new(), last_begun: HashMap::new() };
        for (at, event) in events.iter().enumerate() {
            if let Some(etag) = needs[at] {
                chains.behind.entry(etag).or_default().push(at);
            }
            let mut first = at;
            // Where tags lie, there may be no beginning.
            for _ in 0..events.len() {
                match needs[first].and_then(|etag| made.get(etag)) {
                    Some((maker, _)) => first = *maker,
                    None => break,
                }
            }
            let is_in_one = event.record().is_some() || needs[at].is_some();
            chains.first.push(is_in_one.then_some(first));
            let last = chains.last_begun.entry(first).or_insert(event.begun);
            *last = event.begun.max(*last);
        }
        chains
    }
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
    chains: Chains<'a>,
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
        let behind = state.as_ref().and_then(|now| self.chains.behind.get(now.etag.as_str()));
        let mut behind = behind.into_iter().flatten().filter(|at| !done.has(**at));
        match (behind.next(), behind.next()) {
            (None, _) => writes.retain(|(at, _)| self.may_begin(*at, done)),
            (Some(only), None) => writes.retain(|(at, _)| at == only),
            (Some(_), Some(_)) => return None,
        }
        writes.sort_by_key(|(at, _)| self.events[*at].ended);
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

    /// Whether nothing has to stand before the chain that begins with this operation.
    fn may_begin(&self, first: usize, done: &Done) -> bool {
        let Some(last_begun) = self.chains.last_begun.get(&first) else {
            return true;
        };
        (0..self.events.len()).all(|at| {
            let event = self.events[at];
            done.has(at)
                || self.chains.first[at] == Some(first)
                || self.chains.first[at].is_none() && event.fits_in_a_chain()
                || event.ended >= *last_begun
        })
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
    use crate::model::Members;

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
        assert!(explain(&events).is_err());
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
