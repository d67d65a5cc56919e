//! Fifty feeds over three hosts, while writers keep them busy: each change once, in the order in which it
//! happened, whoever asks.

use std::collections::{BTreeMap, HashMap};
use std::sync::Barrier;
use std::time::Duration;

use fastrand::Rng;
use harness::Event::{Deleted, Expired, Written};
use harness::{Batch, Change, Event, Host, Page, changes_below, responses, setting};

use crate::replicas::{Replicas, reading, writing};

const FEEDS: usize = 50;
const WRITERS: usize = 8;
const RECORDS: usize = 4;
/// So many that a feed remembers them all, however slow it is.
const TURNS: usize = 50;

/// Whose feeds there are; each writer writes below one of the deepest.
const PREFIXES: [&str; 6] =
    ["/", "/load/", "/load/a/", "/load/b/", "/load/a/x/", "/load/b/y/z/1/2/3/"];

/// What is written last, so that all feeds know when they are through.
const END: &str = "end";

/// What was acknowledged about each record, in its order.
type Acknowledged = BTreeMap<String, Vec<(Event, Option<String>)>>;

/// One who writes to records of its own.
struct Writer<'a> {
    replicas: &'a Replicas,
    rng: Rng,
    directory: String,
    acknowledged: Acknowledged,
    /// The tags of batches: they stand together in each feed that has them all.
    batches: Vec<Vec<String>>,
}

impl Writer<'_> {
    fn host(&mut self) -> &Host {
        let number = self.rng.usize(..);
        self.replicas.host(number)
    }

    fn path(&mut self) -> String {
        format!("{}{}", self.directory, self.rng.usize(..RECORDS))
    }

    fn note(&mut self, path: &str, event: Event, etag: Option<String>) {
        self.acknowledged.entry(path.to_owned()).or_default().push((event, etag));
    }

    fn turn(&mut self) {
        let (path, body) = (self.path(), format!(r#"{{"n":{}}}"#, self.rng.u32(..)));
        match self.rng.u8(..20) {
            0..9 => {
                let etag = writing(self.host().put(&path, &body)).send().etag();
                self.note(&path, Written, Some(etag));
            }
            9..12 => {
                let answer = writing(self.host().merge(&path, &body)).send();
                if answer.status() == 200 {
                    self.note(&path, Written, Some(answer.etag()));
                }
            }
            12..14 => {
                let answer = writing(self.host().delete(&path)).send();
                if answer.status() == 204 {
                    self.note(&path, Deleted, None);
                }
            }
            14 => {
                let directory = self.directory.clone();
                let answer = writing(self.host().post(&directory, &body)).send();
                self.note(answer.expect(201).required("location"), Written, Some(answer.etag()));
            }
            15 => self.import(),
            16 => {
                // What changes nothing is told to nobody.
                let refused = self.host().put(&path, &body).header("If-Match", "\"other\"");
                writing(refused).send().expect(412);
                writing(self.host().request("PATCH", &format!("{path}?ttl=5000"))).send();
            }
            _ => self.batch(),
        }
    }

    fn import(&mut self) {
        let paths = [self.path(), self.path()];
        let line = |path: &String| format!("{{\"path\":\"{path}\",\"value\":{{}}}}\n");
        let text: String = paths.iter().map(line).collect();
        let request = self.host().request("POST", "/-/records");
        let answer = writing(request.body("application/x-ndjson", &text)).send();
        for (path, line) in paths.iter().zip(answer.expect(200).text().lines()) {
            let line: serde_json::Value = serde_json::from_str(line).expect("JSON");
            self.note(path, Written, line["etag"].as_str().map(str::to_owned));
        }
    }

    fn batch(&mut self) {
        let paths: Vec<_> =
            (0..RECORDS).map(|record| format!("{}{record}", self.directory)).collect();
        let batch = paths.iter().fold(Batch::new(), |batch, path| batch.put(path, &[], "{}"));
        let tags: Vec<_> = responses(&writing(batch.to(self.host())).send())
            .iter()
            .map(harness::Part::etag)
            .collect();
        for (path, tag) in paths.iter().zip(&tags) {
            self.note(path, Written, Some(tag.clone()));
        }
        self.batches.push(tags);
    }

    /// Stores records that expire, and deletes all the others at once.
    fn finish(&mut self) {
        for number in 0..2 {
            let path = format!("{}short-{number}", self.directory);
            let target = format!("{path}?ttl=1");
            let etag = writing(self.host().put(&target, "{}")).send().etag();
            self.note(&path, Written, Some(etag));
            self.note(&path, Expired, None);
        }
        std::thread::sleep(Duration::from_millis(1200));
        let target = format!("/-/records?prefix={}", self.directory);
        writing(self.host().delete(&target)).send().expect(200);
        for events in self.acknowledged.values_mut() {
            if matches!(events.last(), Some((Written, _))) {
                events.push((Deleted, None));
            }
        }
    }
}

/// One who follows.
fn follow(replicas: &Replicas, prefix: &str, begin: &Barrier, mut rng: Rng) -> Vec<Change> {
    let target = changes_below(prefix);
    let start = Page::read(&reading(replicas.host(rng.usize(..)).get(&target)).send());
    assert_eq!(start.changes, []);
    begin.wait();
    let limit = rng.choice([2, 10, 100, 1000]).expect("there are some");
    let (mut all, mut next) = (Vec::new(), format!("{}&limit={limit}", start.next));
    let end = format!("{prefix}{END}");
    loop {
        let request = reading(replicas.host(rng.usize(..)).get(&next));
        let seconds = rng.u8(1..30);
        let answer = request.header("Prefer", format!("wait={seconds}")).send();
        let page = Page::read(&answer);
        assert!(page.changes.len() <= limit, "{answer}");
        all.extend(page.changes);
        if all.last().is_some_and(|change| change.path == end) {
            return all;
        }
        next = page.next;
    }
}

/// What a feed has told of each record, in its order.
fn by_record(changes: &[Change]) -> Acknowledged {
    let mut records = Acknowledged::new();
    for change in changes.iter().filter(|change| !change.path.ends_with(END)) {
        let events = records.entry(change.path.clone()).or_default();
        events.push((change.event, change.etag.clone()));
    }
    records
}

/// Fails unless the entries of each batch stand together, in its order.
fn assert_batches_are_whole(changes: &[Change], batches: &[Vec<String>]) {
    let places: HashMap<_, _> = changes
        .iter()
        .enumerate()
        .filter_map(|(at, change)| change.etag.as_ref().map(|etag| (etag, at)))
        .collect();
    for batch in batches {
        let at: Vec<_> = batch.iter().map(|etag| places[etag]).collect();
        assert!(at.is_sorted_by(|one, next| one + 1 == *next), "{batch:?} stands at {at:?}");
    }
}

#[test]
fn fifty_feeds_tell_of_each_change_once_and_in_order() {
    let replicas = Replicas::start();
    let seed = setting("SEED", 0x0066_6565_6473);
    // A feed over several parts there is not.
    let prefixes = if replicas.store.parts() == 1 { &PREFIXES } else { &PREFIXES[1..] };
    let begin = Barrier::new(FEEDS + WRITERS);
    let (feeds, writers) = std::thread::scope(|scope| {
        let (replicas, begin) = (&replicas, &begin);
        let feeds: Vec<_> = (0..FEEDS)
            .map(|number| {
                let prefix = prefixes[number % prefixes.len()];
                let rng = Rng::with_seed(seed.wrapping_add(number as u64));
                (prefix, scope.spawn(move || follow(replicas, prefix, begin, rng)))
            })
            .collect();
        let writers: Vec<_> = (0..WRITERS)
            .map(|number| {
                let directory = format!("{}{number}/", PREFIXES[2 + number % 4]);
                let rng = Rng::with_seed(seed.wrapping_mul(3).wrapping_add(number as u64));
                let (acknowledged, batches) = (Acknowledged::new(), Vec::new());
                let mut writer = Writer { replicas, rng, directory, acknowledged, batches };
                scope.spawn(move || {
                    begin.wait();
                    (0..TURNS).for_each(|_| writer.turn());
                    writer.finish();
                    (writer.acknowledged, writer.batches)
                })
            })
            .collect();
        let writers: Vec<_> = writers.into_iter().map(|writer| joined(writer.join())).collect();
        // The feeds of the deepest prefixes are through first.
        for prefix in prefixes.iter().rev() {
            let path = format!("{prefix}{END}");
            writing(replicas.host(0).put(&path, "{}")).send().expect(201);
        }
        let feeds: Vec<_> =
            feeds.into_iter().map(|(prefix, feed)| (prefix, joined(feed.join()))).collect();
        (feeds, writers)
    });
    let (mut acknowledged, mut batches) = (Acknowledged::new(), Vec::new());
    for (own, own_batches) in writers {
        acknowledged.extend(own);
        batches.extend(own_batches);
    }
    let (_, everything) = &feeds[0];
    println!("{} changes, {} batches", everything.len(), batches.len());
    assert!(everything.len() > 300 && batches.len() > 20, "the load was none");
    assert_eq!(by_record(everything), acknowledged, "each change once, in its record's order");
    assert_batches_are_whole(everything, &batches);
    for (prefix, told) in &feeds {
        // What is told when it is over depends on when a feed looked last.
        let end = format!("{prefix}{END}");
        let below = everything.iter().filter(|change| change.path.starts_with(prefix));
        let to_the_end = below.take_while(|change| change.path != end);
        assert!(to_the_end.eq(&told[..told.len() - 1]), "{prefix}: another order: {told:#?}");
    }
}

/// What a thread gave.
fn joined<T>(end: std::thread::Result<T>) -> T {
    end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
