//! Clients that go on in all parts while something happens to the cluster.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN, assert_log_is_clean};
use harness::{Batch, Host, Request, Response, Shards, eventually, responses, setting};

use crate::common::segments;
use crate::ledger::{Ledger, Loss, Write};

const CLIENTS: usize = 6;

/// How long after the cluster is healthy again requests may still fail.
const RECOVERY: Duration = Duration::from_secs(1);

/// The clients and what is said to them.
#[derive(Debug)]
pub struct Load {
    hosts: Vec<Host>,
    shards: Shards,
    /// A first segment in each part.
    words: Vec<String>,
    /// The parts in which requests may fail now.
    broken: Mutex<BTreeSet<u16>>,
    losses: Mutex<Vec<Loss>>,
    stop: AtomicBool,
    done: Vec<AtomicUsize>,
    failed: Vec<AtomicUsize>,
}

/// Keeps clients busy on these hosts until `story` is told; the ledger then.
pub fn during(hosts: Vec<Host>, shards: &Shards, story: impl FnOnce(&Load)) -> Ledger {
    let seed = setting("SEED", 0x636c_7573_7465_7200);
    let counters = || (0..shards.count()).map(|_| AtomicUsize::new(0)).collect();
    let load = Load {
        hosts,
        shards: shards.clone(),
        words: segments(shards),
        broken: Mutex::default(),
        losses: Mutex::default(),
        stop: AtomicBool::new(false),
        done: counters(),
        failed: counters(),
    };
    let mut ledger = Ledger::default();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let load = &load;
                scope.spawn(move || load.run(number, seed.wrapping_add(number as u64)))
            })
            .collect();
        // Also where the story fails, so that the clients end.
        let stop = Stop(&load.stop);
        load.all_go_on(3);
        story(&load);
        load.all_go_on(3);
        drop(stop);
        for client in clients {
            ledger.merge(client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    load.hosts.iter().for_each(assert_log_is_clean);
    let numbers = |counters: &[AtomicUsize]| -> Vec<usize> {
        counters.iter().map(|counter| counter.load(Ordering::SeqCst)).collect()
    };
    println!("by part: done {:?}, failed {:?}", numbers(&load.done), numbers(&load.failed));
    ledger.losses = load.losses.into_inner().expect("no panic");
    ledger
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Load {
    /// The first segment of what the clients write in a part.
    pub fn word(&self, part: u16) -> &str {
        &self.words[usize::from(part)]
    }

    /// From here on requests to these parts may fail.
    pub fn breaks(&self, parts: impl IntoIterator<Item = u16>) {
        self.broken.lock().expect("no panic").extend(parts);
    }

    /// The primary of these parts was killed: what was acknowledged just before may be lost.
    pub fn may_have_lost(&self, parts: &BTreeSet<u16>) {
        let loss = Loss { parts: parts.clone(), killed: Instant::now() };
        self.losses.lock().expect("no panic").push(loss);
    }

    /// The cluster is healthy: after a moment no request may fail any more.
    pub fn is_mended(&self) {
        std::thread::sleep(RECOVERY);
        self.broken.lock().expect("no panic").clear();
        self.all_go_on(3);
    }

    /// Waits until so many more requests were done in each part.
    pub fn all_go_on(&self, more: usize) {
        self.go_on(0..self.shards.count(), more);
    }

    /// Waits until so many more requests were done in each of these parts.
    pub fn go_on(&self, parts: impl IntoIterator<Item = u16>, more: usize) {
        self.wait_for("requests succeed", &self.done, parts, more);
    }

    /// Waits until so many more requests to each of these parts have failed.
    pub fn fail(&self, parts: impl IntoIterator<Item = u16>, more: usize) {
        self.wait_for("requests fail", &self.failed, parts, more);
    }

    fn wait_for(
        &self,
        what: &str,
        counters: &[AtomicUsize],
        parts: impl IntoIterator<Item = u16>,
        more: usize,
    ) {
        let number = |part: usize| counters[part].load(Ordering::SeqCst);
        let goals: Vec<_> =
            parts.into_iter().map(usize::from).map(|part| (part, number(part) + more)).collect();
        eventually(what, || {
            assert!(!self.stop.load(Ordering::SeqCst), "a client has failed");
            goals.iter().all(|(part, goal)| number(*part) >= *goal).then_some(())
        });
    }

    fn may_fail(&self, part: u16) -> bool {
        self.broken.lock().expect("no panic").contains(&part)
    }

    fn losses(&self) -> usize {
        self.losses.lock().expect("no panic").len()
    }

    fn run(&self, number: usize, seed: u64) -> Ledger {
        // A client that fails must not leave the story waiting for it.
        let _stop = Stop(&self.stop);
        let mut client = Client {
            load: self,
            number,
            rng: Rng::with_seed(seed),
            writes: 0,
            known: vec![None; self.words.len()],
            losses: 0,
            ledger: Ledger::default(),
        };
        while !self.stop.load(Ordering::SeqCst) {
            client.turn();
        }
        client.ledger
    }
}

/// A record that is certainly there, with the write that it holds.
#[derive(Debug, Clone)]
struct Known {
    path: String,
    etag: String,
    write: String,
}

struct Client<'a> {
    load: &'a Load,
    number: usize,
    rng: Rng,
    writes: usize,
    /// By part.
    known: Vec<Option<Known>>,
    /// How many losses it has heard of.
    losses: usize,
    ledger: Ledger,
}

impl<'a> Client<'a> {
    fn turn(&mut self) {
        self.hear_of_losses();
        let part = self.rng.u16(..self.load.shards.count());
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
        let hosts = &self.load.hosts;
        &hosts[self.rng.usize(..hosts.len())]
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
        let place = usize::from(part);
        if answer.status() < 500 {
            self.ledger.hits += hits;
            load.done[place].fetch_add(1, Ordering::SeqCst);
            return Some(answer);
        }
        let may_fail = may_fail || load.may_fail(part);
        assert!(may_fail && answer.status() == 503, "in part {part}: {answer}\n{}", host.stderr());
        harness::assert_problem(&answer, 503, "store-unavailable");
        self.ledger.unavailable += 1;
        load.failed[place].fetch_add(1, Ordering::SeqCst);
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
