//! Section 13: how many requests wait at once.

use std::time::Duration;

use harness::{Host, Request, Service, changes_below, eventually};

use crate::waiting::{LONG, applied, blocked, feed, wait};

/// Waits for the first write of a path.
fn first<'a>(host: &'a Host, path: &'a str) -> Request<'a> {
    host.get(path).header("Prefer", LONG)
}

/// Fails unless it is answered at once, and not because it is asked to wait.
fn assert_finds_no_place(request: Request<'_>) {
    let answer = wait(request).told();
    assert_eq!(applied(&answer), None, "{answer}");
}

/// Waits until there is a place for one who waits a second.
fn until_there_is_a_place(host: &Host) {
    eventually("there is a place", || {
        let answer = host.get("/none").header("Prefer", "wait=1").send();
        applied(&answer).map(drop)
    });
}

#[test]
fn with_max_waiting_0_nobody_waits() {
    let Service { host, redis } = &Service::with(&[("max_waiting", "0")]);
    let etag = host.put("/a", "{}").send().etag();
    assert_finds_no_place(first(host, "/none"));
    assert_finds_no_place(host.get("/a").header("If-None-Match", etag).header("Prefer", LONG));
    assert_finds_no_place(host.get("/-/changes").header("Prefer", LONG));
    // Feeds need nobody to wait.
    let next = feed(host, "/");
    host.put("/b", "{}").send().expect(201);
    let page = harness::Page::read(&wait(host.get(&next).header("Prefer", LONG)).told());
    assert_eq!(page.changes[0].path, "/b");
    let waiting: usize = redis.run(&["EXISTS", "path-records:waiting"]);
    assert_eq!(waiting, 0);
}

#[test]
fn where_as_many_wait_as_may_the_next_is_answered_at_once() {
    let Service { host, redis } = &Service::with(&[("max_waiting", "3")]);
    let below = changes_below("/docs/");
    let on_record = wait(first(host, "/a"));
    let on_other = wait(first(host, "/b"));
    let on_feed = wait(host.get(&below).header("Prefer", LONG));
    blocked(redis, 3);
    let etag = host.put("/c", "{}").send().etag();
    for _ in 0..3 {
        assert_finds_no_place(first(host, "/d"));
        assert_finds_no_place(host.get("/c").header("If-None-Match", &etag).header("Prefer", LONG));
        assert_finds_no_place(host.get(&below).header("Prefer", LONG));
    }
    on_record.assert_waits();
    // Who is answered leaves a place.
    host.put("/a", "{}").send().expect(201);
    on_record.told().expect(200);
    until_there_is_a_place(host);
    let on_place = wait(first(host, "/place"));
    blocked(redis, 3);
    assert_finds_no_place(first(host, "/d"));
    host.put("/docs/a", "{}").send().expect(201);
    on_feed.told().expect(200);
    // And so does who has waited in vain.
    for _ in 0..2 {
        until_there_is_a_place(host);
    }
    for (path, waiting) in [("/b", on_other), ("/place", on_place)] {
        waiting.assert_waits();
        host.put(path, "{}").send().expect(201);
        waiting.told().expect(200);
    }
}

#[test]
fn who_need_not_wait_takes_no_place() {
    let Service { host, redis } = &Service::with(&[("max_waiting", "1")]);
    host.put("/a", "{}").send().expect(201);
    for _ in 0..10 {
        let answer = host.get("/a").header("Prefer", LONG).send();
        assert_eq!(applied(answer.expect(200)), Some(LONG), "{answer}");
        let answer = host.get("/none").header("Prefer", "wait=0").send();
        assert_eq!(applied(answer.expect(404)), Some("wait=0"), "{answer}");
    }
    let waiting = wait(first(host, "/b"));
    blocked(redis, 1);
    host.put("/b", "{}").send().expect(201);
    waiting.told().expect(200);
}

#[test]
fn a_client_that_goes_leaves_its_place_at_the_end_of_its_time() {
    let Service { host, redis } = &Service::with(&[("max_waiting", "2")]);
    let gone: Vec<_> = (0..2).map(|_| host.get("/a").header("Prefer", "wait=3").start()).collect();
    blocked(redis, 2);
    drop(gone);
    until_there_is_a_place(host);
    let waiting = wait(first(host, "/place"));
    blocked(redis, 1);
    host.put("/place", "{}").send().expect(201);
    waiting.told().expect(200);
}

#[test]
fn all_the_others_go_on_while_many_wait() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a", "{}").send().etag();
    let paths: Vec<_> = (0..60).map(|number| format!("/w/{number}")).collect();
    let waiting: Vec<_> = paths.iter().map(|path| wait(first(host, path))).collect();
    blocked(redis, paths.len());
    let begun = std::time::Instant::now();
    for number in 0..100 {
        host.put(&format!("/o/{number}"), "{}").send().expect(201);
        host.get("/a").header("If-None-Match", &etag).send().expect(304);
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "they wait for those who wait");
    for waiting in &waiting {
        waiting.assert_waits();
    }
    for (path, waiting) in paths.iter().zip(waiting) {
        let put = host.put(path, "{}").send();
        assert_eq!(waiting.told().expect(200).etag(), put.etag());
    }
}
