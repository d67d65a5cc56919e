//! No wake-up is lost: whoever waits is told, whenever a write comes between its first look and its waiting.
//!
//! Who is not told is answered as well, at the end of its time; so what counts is when the answer comes.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use fastrand::Rng;
use harness::{Batch, Exchange, Host, Page, Response, changes_below, setting};

use crate::replicas::{Replicas, reading, writing};

const CLIENTS: usize = 12;
const ROUNDS: usize = 70;

/// How long they wait at the most.
const WAIT: &str = "wait=45";

/// How soon who is told is answered, also on a busy machine. Nobody waits as long without being told.
const TOLD: Duration = Duration::from_secs(20);

/// What a client knows of its record.
#[derive(Debug)]
struct Record {
    path: String,
    /// `None`: there is none.
    etag: Option<String>,
}

impl Record {
    /// Waits until it is another one.
    fn wait<'a>(&'a self, host: &'a Host, rng: &mut Rng) -> Exchange<'a> {
        let request = if rng.bool() { host.get(&self.path) } else { host.head(&self.path) };
        let request = reading(request).header("Prefer", WAIT);
        match &self.etag {
            Some(etag) => request.header("If-None-Match", etag).start(),
            None => request.start(),
        }
    }

    /// Changes it, or stores or deletes it; the tag that it has then.
    fn change(&self, host: &Host, rng: &mut Rng) -> Option<String> {
        let path = &self.path[..];
        let body = format!(r#"{{"number":{}}}"#, rng.u64(..));
        let request = match (&self.etag, rng.u8(..10)) {
            (None, 0..5) | (Some(_), 0..2) => host.put(path, &body),
            (_, 5) | (Some(_), 2) => {
                let batch = Batch::new().put(&format!("{path}-beside"), &[], "{}");
                let batch = batch.put(path, &[], &body);
                let parts = harness::responses(&writing(batch.to(host)).send());
                return Some(parts[1].etag());
            }
            (None, _) => host.put(path, &body).header("If-None-Match", "*"),
            (Some(etag), 3) => host.put(path, &body).header("If-Match", etag),
            (Some(_), 4 | 6) => host.merge(path, &body),
            (Some(_), _) => host.delete(path),
        };
        let answer = writing(request).send();
        assert!(answer.status() < 300, "{answer}");
        (answer.status() != 204).then(|| answer.etag())
    }
}

/// Fails unless an answer shows this version of a record.
fn assert_shows(answer: &Response, etag: Option<&String>) {
    match etag {
        Some(etag) => assert_eq!(answer.expect(200).etag(), *etag),
        None => drop(answer.expect(404)),
    }
}

/// Lets a moment pass: mostly none, often about as long as a request takes, now and then longer.
fn moment(rng: &mut Rng) {
    match rng.u8(..10) {
        0..3 => {}
        3..9 => sleep(Duration::from_micros(rng.u64(..4_000))),
        _ => sleep(Duration::from_micros(rng.u64(..30_000))),
    }
}

/// The answer of one who waited since then, and was told.
fn told(waiting: Exchange, begun: Instant) -> Response {
    let answer = waiting.finish();
    assert!(begun.elapsed() < TOLD, "a wake-up is lost: {answer}");
    assert_eq!(answer.required("preference-applied"), WAIT, "{answer}");
    answer
}

/// Lets waits and writes meet at random; how many waited.
fn meet(replicas: &Replicas, number: usize, rng: &mut Rng) -> usize {
    let prefix = format!("/met/{number}/");
    let mut record = Record { path: format!("{prefix}record"), etag: None };
    let start = reading(replicas.host(0).get(&changes_below(&prefix))).send();
    let mut next = Page::read(&start).next;
    let mut waited = 0;
    for _ in 0..ROUNDS {
        let [one, other] = [0, 1].map(|host| replicas.host(host + rng.usize(..2)));
        let begun = Instant::now();
        let on_feed =
            reading(replicas.host(rng.usize(..2)).get(&next)).header("Prefer", WAIT).start();
        let on_record = [one, other].map(|host| record.wait(host, rng));
        moment(rng);
        let etag = record.change(replicas.host(rng.usize(..2)), rng);
        for waiting in on_record {
            assert_shows(&told(waiting, begun), etag.as_ref());
        }
        let page = Page::read(&told(on_feed, begun));
        let last = page.changes.last().expect("it is told of something");
        assert_eq!(last.etag, etag, "{page:?}");
        assert!(page.changes.len() <= 2, "the record and the one beside: {page:?}");
        next = page.next;
        record.etag = etag;
        waited += 3;
    }
    waited
}

#[test]
fn no_wake_up_is_lost_however_waits_and_writes_meet() {
    let replicas = Replicas::start();
    let seed = setting("SEED", 0x0077_616b_6575_7073);
    let waited = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..CLIENTS {
            let (replicas, waited) = (&replicas, &waited);
            scope.spawn(move || {
                let mut rng = Rng::with_seed(seed.wrapping_add(number as u64));
                waited.fetch_add(meet(replicas, number, &mut rng), Ordering::Relaxed);
            });
        }
    });
    let waited = waited.into_inner();
    println!("{waited} waited");
    assert!(waited > 2_000, "{waited} waited");
}

#[test]
fn a_crowd_that_waits_for_one_record_is_told_of_each_change() {
    const CROWD: usize = 24;
    const CHANGES: usize = 25;
    let replicas = Replicas::start();
    let seed = setting("SEED", 0x0063_726f_7764);
    let first = writing(replicas.host(0).put("/crowd", r#"{"number":0}"#)).send().etag();
    let told_of_last = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for number in 0..CROWD {
            let (replicas, told_of_last) = (&replicas, &told_of_last);
            let mut etag = first.clone();
            scope.spawn(move || {
                let (mut rng, mut seen) = (Rng::with_seed(seed.wrapping_add(number as u64)), 0);
                while seen < CHANGES as u64 {
                    let begun = Instant::now();
                    let request = reading(replicas.host(rng.usize(..)).get("/crowd"));
                    let request = request.header("Prefer", WAIT).header("If-None-Match", &etag);
                    let answer = told(request.start(), begun);
                    assert_ne!(answer.expect(200).etag(), etag, "{answer}");
                    let number = answer.number("number");
                    assert!(number > seen, "{number} after {seen}");
                    (etag, seen) = (answer.etag(), number);
                }
                told_of_last.fetch_add(1, Ordering::Relaxed);
            });
        }
        let mut rng = Rng::with_seed(seed);
        for number in 1..=CHANGES {
            sleep(Duration::from_millis(rng.u64(..60)));
            let body = format!(r#"{{"number":{number}}}"#);
            writing(replicas.host(number).put("/crowd", &body)).send().expect(200);
        }
    });
    assert_eq!(told_of_last.into_inner(), CROWD);
}
