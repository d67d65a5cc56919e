//! Section 13: feeds that wait.

use harness::Event::{Deleted, Written};
use harness::{Page, Response, Service};

use crate::s13_feed::{all, assert_told, page};
use crate::waiting::{LONG, applied, blocked, feed, wait, wait_alone};

#[test]
fn a_feed_waits_until_there_is_something() {
    let Service { host, redis } = &Service::start();
    // From now on, without knowing where it goes on from.
    let target = harness::changes_below("/docs/");
    let waiting = wait_alone(host.get(&target).header("Prefer", LONG), redis);
    host.put("/other/a", "{}").send().expect(201);
    waiting.assert_waits();
    let a = host.put("/docs/a", "{}").send().etag();
    let told = waiting.told();
    assert_eq!(applied(&told), Some(LONG), "{told}");
    let first = Page::read(&told);
    assert_told(&first.changes, &[("/docs/a", Written, Some(&a))]);
    // And on.
    let waiting = wait_alone(host.get(&first.next).header("Prefer", LONG), redis);
    host.delete("/docs/a").send().expect(204);
    let second = Page::read(&waiting.told());
    assert_told(&second.changes, &[("/docs/a", Deleted, None)]);
    // What is there already is told of at once.
    let told = wait(host.get(&first.next).header("Prefer", LONG)).told();
    assert_eq!(applied(&told), Some(LONG), "{told}");
    assert_told(&Page::read(&told).changes, &[("/docs/a", Deleted, None)]);
    // And where nothing is, that is what the end of the time brings.
    let answer = wait(host.get(&second.next).header("Prefer", "wait=1")).at_the_end_of(1);
    assert_eq!(applied(&answer), Some("wait=1"), "{answer}");
    let third = Page::read(&answer);
    assert_eq!(third.changes, []);
    let b = host.put("/docs/b", "{}").send().etag();
    assert_told(&all(host, &third.next), &[("/docs/b", Written, Some(&b))]);
}

#[test]
fn nothing_is_left_out_between_two_requests_of_a_feed_that_waits_in_vain() {
    let Service { host, .. } = &Service::start();
    let mut target = harness::changes_below("/");
    for number in 0..3 {
        let answer = wait(host.get(&target).header("Prefer", "wait=1")).at_the_end_of(1);
        target = Page::read(&answer).next;
        let path = format!("/a/{number}");
        host.put(&path, "{}").send().expect(201);
        let page = page(host, &target);
        assert_eq!(page.changes.len(), 1, "{page:?}");
        assert_eq!(page.changes[0].path, path);
        target = page.next;
    }
}

#[test]
fn head_of_a_feed_is_as_get() {
    let Service { host, redis } = &Service::start();
    let start = feed(host, "/");
    let waiting = wait_alone(host.head(&start).header("Prefer", LONG), redis);
    host.put("/a", "{}").send().expect(201);
    let head = waiting.told();
    let get = host.get(&start).header("Prefer", LONG).send();
    for header in ["content-type", "content-length", "cache-control", "preference-applied"] {
        assert_eq!(head.expect(200).required(header), get.required(header));
    }
}

#[test]
fn all_who_follow_are_told_of_each_change() {
    let Service { host, redis } = &Service::start();
    let prefixes = ["/", "/docs/", "/docs/a/"];
    let starts = prefixes.map(|prefix| feed(host, prefix));
    let mut waiting = Vec::new();
    for number in 0..15 {
        waiting.push(wait(host.get(&starts[number % 3]).header("Prefer", LONG)));
    }
    blocked(redis, waiting.len());
    let etag = host.put("/docs/a/b", "{}").send().etag();
    for waiting in waiting {
        let page = Page::read(&waiting.told());
        assert_told(&page.changes, &[("/docs/a/b", Written, Some(&etag))]);
    }
}

/// What `/` counts.
fn count(answer: &Response) -> u64 {
    answer.expect(200).number("count")
}

#[test]
fn a_feed_is_no_hit_and_its_conditions_are_ignored() {
    let Service { host, .. } = &Service::start();
    let counted = || count(&host.get("/").header("Accept", "application/json").send());
    let before = counted();
    let start = feed(host, "/");
    for (name, value) in [
        ("If-None-Match", "*"),
        ("If-Match", "\"other\""),
        ("If-Modified-Since", "Fri, 31 Dec 2100 23:59:59 GMT"),
        ("If-Unmodified-Since", "Thu, 01 Jan 1970 00:00:00 GMT"),
        ("If-Match", "nonsense"),
    ] {
        host.get(&start).header(name, value).send().expect(200);
    }
    wait(host.get(&start).header("Prefer", "wait=1")).at_the_end_of(1).expect(200);
    assert_eq!(counted(), before + 1);
}

#[test]
fn what_a_client_reads_between_pages_is_there() {
    // A change is told of when it is there to be read, not before.
    let Service { host, redis } = &Service::start();
    let mut target = feed(host, "/");
    for number in 0..30 {
        let waiting = wait_alone(host.get(&target).header("Prefer", LONG), redis);
        let path = format!("/r/{number}");
        let put = host.put(&path, "{}").send().etag();
        let page = Page::read(&waiting.told());
        assert_told(&page.changes, &[(&path, Written, Some(&put))]);
        assert_eq!(host.get(&path).send().expect(200).etag(), put);
        target = page.next;
    }
    blocked(redis, 0);
}
