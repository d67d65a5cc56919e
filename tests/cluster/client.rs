//! One client: what it sends, and what it learns from the answers.

use std::time::Instant;

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN};
use harness::{Batch, Host, Request, Response, responses};

use crate::ledger::{Ledger, Write};
use crate::load::Load;

/// A record that is certainly there, with the write that it holds.
#[derive(Debug, Clone)]
struct Known {
    path: String,
    etag: String,
    write: String,
}

/// A client and what it knows.
#[derive(Debug)]
pub struct Client<'a> {
    load: &'a Load,
    number: usize,
    rng: Rng,
    writes: usize,
    /// By part.
    known: Vec<Option<Known>>,
    /// How many losses it has heard of.
    losses: usize,
    pub ledger: Ledger,
}

impl<'a> Client<'a> {
    pub fn new(load: &'a Load, number: usize, seed: u64) -> Self {
        Self {
            load,
            number,
            rng: Rng::with_seed(seed),
            writes: 0,
            known: vec![None; load.shards().count().into()],
            losses: 0,
            ledger: Ledger::default(),
        }
    }

    /// Sends one request.
    pub fn turn(&mut self) {
        self.hear_of_losses();
        let part = self.rng.u16(..self.load.shards().count());
        let place = usize::from(part);
        match (self.rng.u8(..20), self.known[place].take()) {
            (0..8, _) | (_, None) => self.create(part),
            (8..12, Some(known)) => self.store(part, known, "PUT"),
            (12..15, Some(known)) => self.store(part, known, "PATCH"),
            (15, Some(known)) => self.delete(part, &known),
            (16, Some(known)) => {
                self.pair(part);
                self.known[place] = Some(known);
            }
            (_, Some(known)) => self.read(part, known),
        }
    }

    /// Where a primary was killed, nothing written before is certain.
    fn hear_of_losses(&mut self) {
        let losses = self.load.losses();
        if losses != self.losses {
            self.losses = losses;
            self.known.fill(None);
        }
    }

    /// One of the hosts.
    fn host(&mut self) -> &'a Host {
        self.load.host(&mut self.rng)
    }

    /// Sends a request; `None` if it was told that the store is unavailable, which only a broken part
    /// may tell.
    fn send(
        &mut self,
        part: u16,
        hits: u64,
        host: &Host,
        request: Request<'_>,
    ) -> Option<Response> {
        let load = self.load;
        let may_fail = load.may_fail(part);
        let token = if request.method() == "GET" { READ_TOKEN } else { WRITE_TOKEN };
        let answer = request.token(token).may_fail().send();
        if answer.status() < 500 {
            self.ledger.hits += hits;
            load.note(part, true);
            return Some(answer);
        }
        let may_fail = may_fail || load.may_fail(part);
        assert!(may_fail && answer.status() == 503, "in part {part}: {answer}\n{}", host.stderr());
        harness::assert_problem(&answer, 503, "store-unavailable");
        self.ledger.unavailable += 1;
        load.note(part, false);
        None
    }

    fn next_write(&mut self) -> String {
        self.writes += 1;
        format!("client {} write {}", self.number, self.writes)
    }

    /// Notes a write, and what is known by it.
    fn note(
        &mut self,
        path: &str,
        written: Option<&str>,
        begun: Instant,
        answer: Option<&Response>,
    ) {
        let written = written.map(str::to_owned);
        let etag = answer.and_then(|answer| answer.header("etag")).map(str::to_owned);
        let acknowledged = answer.map(|_| (Instant::now(), etag));
        let write = Write { written, begun, acknowledged };
        self.ledger.writes.entry(path.to_owned()).or_default().push(write);
    }

    fn stored(
        &mut self,
        part: u16,
        path: String,
        write: String,
        begun: Instant,
        answer: Option<Response>,
    ) {
        self.note(&path, Some(&write), begun, answer.as_ref());
        if let Some(answer) = answer {
            assert_holds(&answer, &write);
            let etag = answer.etag();
            self.known[usize::from(part)] = Some(Known { path, etag, write });
        }
    }

    fn create(&mut self, part: u16) {
        let write = self.next_write();
        let path = format!("/{}/{}/{}", self.load.word(part), self.number, self.writes);
        let (begun, json) = (Instant::now(), body(&write));
        let host = self.host();
        let request = host.put(&path, &json).header("If-None-Match", "*");
        let answer = self.send(part, 1, host, request);
        if let Some(answer) = &answer {
            answer.expect(201);
        }
        self.stored(part, path, write, begun, answer);
    }

    fn store(&mut self, part: u16, known: Known, method: &str) {
        let Known { path, etag, .. } = known;
        let write = self.next_write();
        let (begun, json) = (Instant::now(), body(&write));
        let host = self.host();
        let request = match method {
            "PUT" => host.put(&path, &json).header("If-Match", &etag),
            _ => host.merge(&path, &json),
        };
        let answer = self.send(part, 1, host, request);
        if let Some(answer) = &answer
            && self.has_lost(answer)
        {
            return;
        }
        self.stored(part, path, write, begun, answer);
    }

    fn delete(&mut self, part: u16, known: &Known) {
        let begun = Instant::now();
        let host = self.host();
        let request = host.delete(&known.path).header("If-Match", &known.etag);
        let answer = self.send(part, 1, host, request);
        if let Some(answer) = &answer {
            if self.has_lost(answer) {
                return;
            }
            answer.expect(204);
        }
        self.note(&known.path, None, begun, answer.as_ref());
    }

    fn read(&mut self, part: u16, known: Known) {
        let host = self.host();
        let answer = self.send(part, 1, host, host.get(&known.path));
        if let Some(answer) = &answer {
            if self.has_lost(answer) {
                return;
            }
            assert_holds(answer.expect(200), &known.write);
            assert_eq!(answer.etag(), known.etag, "{answer}");
        }
        self.known[usize::from(part)] = Some(known);
    }

    /// Writes two records by one batch.
    fn pair(&mut self, part: u16) {
        let write = self.next_write();
        let path =
            |name| format!("/{}/{}/{}-{name}", self.load.word(part), self.number, self.writes);
        let paths = ["a", "b"].map(path);
        let (begun, json) = (Instant::now(), body(&write));
        let batch = paths.iter().fold(Batch::new(), |batch, path| batch.put(path, &[], &json));
        let host = self.host();
        let answer = self.send(part, 2, host, batch.to(host));
        let tags: Vec<_> = answer.as_ref().map(responses).into_iter().flatten().collect();
        for (number, path) in paths.into_iter().enumerate() {
            let acknowledged = tags.get(number).map(|part| {
                assert_eq!(part.status, 201, "{part:?}");
                (Instant::now(), Some(part.etag()))
            });
            let write = Write { written: Some(write.clone()), begun, acknowledged };
            self.ledger.writes.insert(path, vec![write]);
        }
    }

    /// Whether a primary was killed meanwhile, so that this answer may tell that something is lost.
    fn has_lost(&self, answer: &Response) -> bool {
        [404, 412].contains(&answer.status()) && self.losses != self.load.losses()
    }
}

fn body(write: &str) -> String {
    format!(r#"{{"write":"{write}","again":"{write}"}}"#)
}

fn assert_holds(answer: &Response, write: &str) {
    assert_eq!(answer.expect(answer.status()).json()["write"], write, "another's: {answer}");
    assert_eq!(answer.json()["again"], write, "a mixture: {answer}");
}
