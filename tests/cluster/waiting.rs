//! Requests that wait, for what happens on another node than the one that the host was told.

use std::time::{Duration, Instant};

use harness::{Change, Event, Exchange, Host, Page, Request, Response, changes_below, eventually};

use crate::common::{Store, segments};

/// What a request says that is to be told of something long before its time is over.
const LONG: &str = "wait=40";

/// How soon it is told. Only who is not told answers later.
const SOON: Duration = Duration::from_secs(20);

/// A request that waits for a change.
#[derive(Debug)]
pub struct Waiting<'a> {
    exchange: Exchange<'a>,
    begun: Instant,
}

impl<'a> Waiting<'a> {
    /// Sends it, and returns when the store knows that somebody waits in this part.
    pub fn begin(request: Request<'a>, store: &Store, part: u16) -> Self {
        let begun = Instant::now();
        let exchange = request.header("Prefer", LONG).start();
        let streams = store.shards.own(part, "changes");
        eventually("somebody waits in the part", || {
            let keys = store.keys();
            keys.keys().any(|key| key.starts_with(&streams)).then_some(())
        });
        Self { exchange, begun }
    }

    /// The answer, which comes because of what has happened.
    pub fn told(self) -> Response {
        let answer = self.exchange.finish();
        assert!(self.begun.elapsed() < SOON, "not told, but answered at the end: {answer}");
        assert_eq!(answer.header("preference-applied"), Some(LONG), "{answer}");
        answer
    }
}

/// Where a feed begins that tells of what happens from now on.
pub fn feed(host: &Host, prefix: &str) -> String {
    Page::read(&host.get(&changes_below(prefix)).send()).next
}

#[test]
fn who_waits_for_a_record_is_told_whichever_node_it_is_on() {
    let store = Store::start();
    let hosts = [0, 1, 2].map(|node| store.another(node));
    for (number, word) in segments(&store.shards).iter().enumerate() {
        let path = format!("/{word}/a");
        let part = store.shards.part(&path);
        let (here, there) = (&hosts[number % 3], &hosts[(number + 1) % 3]);
        let waiting = Waiting::begin(here.get(&path), &store, part);
        let etag = there.put(&path, "{}").send().expect(201).etag();
        assert_eq!(waiting.told().expect(200).etag(), etag);
        let waiting = Waiting::begin(here.get(&path).header("If-None-Match", &etag), &store, part);
        there.delete(&path).send().expect(204);
        waiting.told().expect(404);
    }
}

#[test]
fn who_waits_at_a_feed_is_told_whichever_node_it_is_on() {
    let store = Store::start();
    let hosts = [0, 1, 2].map(|node| store.another(node));
    for (number, word) in segments(&store.shards).iter().enumerate() {
        let (path, prefix) = (format!("/{word}/a/b"), format!("/{word}/a/"));
        let part = store.shards.part(&path);
        let (here, there) = (&hosts[number % 3], &hosts[(number + 1) % 3]);
        let start = feed(here, &prefix);
        let waiting = Waiting::begin(here.get(&start), &store, part);
        there.put(&format!("/{word}/other"), "{}").send().expect(201);
        let etag = there.put(&path, "{}").send().expect(201).etag();
        let page = Page::read(&waiting.told());
        let told: Vec<_> = page.changes.iter().map(Change::told).collect();
        assert_eq!(told, [(&path[..], Event::Written, Some(&etag[..]))]);
        // What has happened since then another host tells at once.
        there.delete(&path).send().expect(204);
        let page = Page::read(&there.get(&page.next).header("Prefer", LONG).send());
        let told: Vec<_> = page.changes.iter().map(Change::told).collect();
        assert_eq!(told, [(&path[..], Event::Deleted, None)]);
    }
}

#[test]
fn the_places_of_those_who_wait_are_for_all_parts_together() {
    let store = Store::with(12, &[("max_waiting", "2")]);
    let words = segments(&store.shards);
    let paths = [0, 5, 11].map(|part: usize| format!("/{}/a", words[part]));
    let waiting: Vec<_> = paths[..2]
        .iter()
        .map(|path| Waiting::begin(store.host.get(path), &store, store.shards.part(path)))
        .collect();
    let third = store.host.get(&paths[2]).header("Prefer", LONG).send();
    assert_eq!(third.expect(404).header("preference-applied"), None, "{third}");
    for (path, waiting) in paths.iter().zip(waiting) {
        store.host.put(path, "{}").send().expect(201);
        waiting.told().expect(200);
    }
    let waiting = Waiting::begin(store.host.get(&paths[2]), &store, store.shards.part(&paths[2]));
    store.host.put(&paths[2], "{}").send().expect(201);
    waiting.told().expect(200);
}
