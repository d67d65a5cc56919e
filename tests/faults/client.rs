//! One client: what it sends, and what it learns from the answers.

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN};
use harness::{Host, Request, Response};

use crate::accounts;
use crate::ledger::{Entry, Ledger, WriteName, padding, place};

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The service did it, or said rightly that it can't be done.
    Done,
    /// 503
    Unavailable,
    /// 507
    Full,
    /// There was no answer, since the host was killed.
    NoAnswer,
}

/// A client and what it knows.
#[derive(Debug)]
pub struct Client {
    number: usize,
    rng: Rng,
    writes: usize,
    pub ledger: Ledger,
}

impl Client {
    pub fn new(number: usize, seed: u64) -> Self {
        let rng = Rng::with_seed(seed.wrapping_add(number as u64));
        Self { number, rng, writes: 0, ledger: Ledger::default() }
    }

    /// Which client it is.
    pub fn number(&self) -> usize {
        self.number
    }

    /// Sends one request, or those of a transfer.
    pub fn turn(&mut self, host: &Host) -> Outcome {
        self.ledger.requests += 1;
        let outcome = match self.rng.u8(..100) {
            0..10 => {
                let name = self.next_write();
                let Ledger { transfers, hits, .. } = &mut self.ledger;
                transfers.transfer(host, &mut self.rng, &name, hits)
            }
            10..15 => accounts::read_all(host, &mut self.ledger.hits),
            _ => {
                let outcome = self.request(host);
                self.ledger.hits += usize::from(outcome == Outcome::Done);
                outcome
            }
        };
        self.ledger.unavailable += usize::from(outcome == Outcome::Unavailable);
        outcome
    }

    fn request(&mut self, host: &Host) -> Outcome {
        match (self.rng.u8(..100), self.known()) {
            (0..25, _) | (_, None) => self.create(host),
            (25..45, Some((path, tag))) => self.replace(host, &path, &tag),
            (45..60, Some((path, _))) => self.patch(host, &path),
            (60..66, Some((path, tag))) => self.delete(host, &path, &tag),
            (66..72, _) => self.post(host),
            (72..76, _) => Self::count(host),
            (_, Some((path, _))) => self.read(host, &path),
        }
    }

    /// A record that is certainly there, unless one of the unknown writes has followed.
    fn known(&mut self) -> Option<(String, String)> {
        const RECENT: usize = 40;
        let certain = self.ledger.entries.iter().rev().take(RECENT).filter_map(|(path, entry)| {
            entry.certain.as_ref().map(|(_, tag)| (path.clone(), tag.clone()))
        });
        let certain: Vec<_> = certain.collect();
        let choice = self.rng.usize(..certain.len().max(1));
        certain.into_iter().nth(choice)
    }

    fn next_write(&mut self) -> WriteName {
        self.writes += 1;
        format!("client {} write {}", self.number, self.writes)
    }

    fn entry(&mut self, path: &str) -> &mut Entry {
        self.ledger.entries.entry(path.to_owned()).or_default()
    }

    fn create(&mut self, host: &Host) -> Outcome {
        let write = self.next_write();
        let path = format!("/load/{}/{:06}", self.number, self.writes);
        let answer = answer(host.put(&path, &body(&path, &write)));
        self.stored(&path, &write, answer.as_ref())
    }

    fn replace(&mut self, host: &Host, path: &str, tag: &str) -> Outcome {
        let write = self.next_write();
        let answer = answer(host.put(path, &body(path, &write)).header("If-Match", tag));
        self.stored(path, &write, answer.as_ref())
    }

    fn patch(&mut self, host: &Host, path: &str) -> Outcome {
        let write = self.next_write();
        let answer = answer(host.merge(path, &body(path, &write)));
        self.stored(path, &write, answer.as_ref())
    }

    /// Notes a write to this client's record.
    fn stored(&mut self, path: &str, write: &WriteName, answer: Option<&Response>) -> Outcome {
        let entry = self.entry(path);
        let outcome = outcome(answer);
        match answer.map(Response::status) {
            Some(200 | 201) => {
                let answer = answer.expect("it has a status");
                assert_eq!(what(answer, path), *write, "another request's answer: {answer}");
                *entry = Entry::default();
                entry.certain = Some((write.clone(), answer.etag()));
                entry.acknowledged = true;
            }
            Some(404) => entry.assert_may_be_missing(path),
            Some(412) => entry.assert_may_have_changed(path),
            // That one says that nothing was stored.
            Some(507) => {}
            _ => entry.maybe.push(write.clone()),
        }
        outcome
    }

    fn delete(&mut self, host: &Host, path: &str, tag: &str) -> Outcome {
        let answer = answer(host.delete(path).header("If-Match", tag));
        let entry = self.entry(path);
        match answer.as_ref().map(Response::status) {
            Some(204) => *entry = Entry { acknowledged: true, ..Entry::default() },
            Some(404) => entry.assert_may_be_missing(path),
            Some(412) => entry.assert_may_have_changed(path),
            _ => entry.maybe_gone = true,
        }
        outcome(answer.as_ref())
    }

    fn read(&mut self, host: &Host, path: &str) -> Outcome {
        let answer = answer(host.get(path));
        let entry = self.entry(path);
        match &answer {
            Some(found) if found.status() == 200 => {
                let write = what(found, path);
                assert!(entry.allows(&write), "{entry:?} can't be {found}");
                entry.certain = Some((write, found.etag()));
            }
            Some(missing) if missing.status() == 404 => entry.assert_may_be_missing(path),
            _ => {}
        }
        outcome(answer.as_ref())
    }

    fn post(&mut self, host: &Host) -> Outcome {
        let write = self.next_write();
        let collection = format!("/load/{}/posted/", self.number);
        let answer = answer(host.post(&collection, &body(&collection, &write)));
        if let Some(created) = answer.as_ref().filter(|answer| answer.status() == 201) {
            assert_eq!(what(created, &collection), write, "another request's: {created}");
            let path = created.required("location").to_owned();
            let certain = Some((write, created.etag()));
            *self.entry(&path) = Entry { certain, acknowledged: true, ..Entry::default() };
        }
        outcome(answer.as_ref())
    }

    fn count(host: &Host) -> Outcome {
        let answer = answer(host.get("/").header("Accept", "application/json"));
        if let Some(found) = answer.as_ref().filter(|answer| answer.status() == 200) {
            assert!(found.number("count") > 0 && found.number("records") < 1_000_000, "{found}");
        }
        outcome(answer.as_ref())
    }
}

impl Entry {
    fn assert_may_be_missing(&mut self, path: &str) {
        assert!(self.maybe_gone, "{path} is lost: {self:?}");
        self.certain = None;
    }

    fn assert_may_have_changed(&self, path: &str) {
        let unknown = self.maybe_gone || !self.maybe.is_empty();
        assert!(unknown, "somebody else wrote {path}: {self:?}");
    }
}

/// Sends a request; `None` if the host was killed before it answered.
fn answer(request: Request) -> Option<Response> {
    let reads = request.to_string().starts_with("GET");
    let token = if reads { READ_TOKEN } else { WRITE_TOKEN };
    request.token(token).may_fail().try_send().ok()
}

/// How a request ended that was answered like this.
pub fn outcome(answer: Option<&Response>) -> Outcome {
    let Some(answer) = answer else {
        return Outcome::NoAnswer;
    };
    match answer.status() {
        200 | 201 | 204 | 404 | 412 => Outcome::Done,
        503 => Outcome::Unavailable,
        507 => Outcome::Full,
        _ => panic!("no clean failure: {answer}"),
    }
}

fn body(path: &str, write: &WriteName) -> String {
    let padding = padding(&format!("\"{write}\""));
    let place = place(path);
    format!(r#"{{"place":"{place}","write":"{write}","again":"{write}","padding":"{padding}"}}"#)
}

/// Which write a representation is of; fails if it is of another record, or a mixture.
fn what(answer: &Response, path: &str) -> WriteName {
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap_or_else(|| panic!("{name}: {answer}"));
    assert_eq!(text("place"), place(path), "another record's data: {answer}");
    assert_eq!(text("write"), text("again"), "a mixture: {answer}");
    let write = text("write").to_owned();
    assert_eq!(text("padding"), padding(&format!("\"{write}\"")), "a part: {answer}");
    write
}
