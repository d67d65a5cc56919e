//! Section 13: what a feed can't answer, and how long it remembers.

use std::time::Duration;

use harness::{Host, Monitor, Page, Redis, Served, Service, assert_problem, changes_below};

use crate::common::in_query;
use crate::s05_import::import;
use crate::waiting::{LONG, applied, feed, lines, wait};

/// The stream of a prefix.
fn stream(prefix: &str) -> String {
    format!("path-records:changes:below:{prefix}")
}

/// Fails unless a feed says that it has forgotten what came after this, however it is asked.
fn assert_forgotten(host: &Host, target: &str) {
    for limit in ["", "&limit=1", "&limit=1000"] {
        let target = format!("{target}{limit}");
        let detail = assert_problem(&host.get(&target).send(), 410, "changes-forgotten");
        assert!(!detail.contains("path-records:"), "the names in Redis are nobody's: {detail}");
        host.head(&target).send().expect(410);
        // There is nothing to wait for.
        wait(host.get(&target).header("Prefer", LONG)).told().expect(410);
    }
}

/// `next` with another cursor.
fn with_cursor(next: &str, cursor: &str) -> String {
    let (before, _) = next.split_once("after=").unwrap_or_else(|| panic!("no cursor in {next}"));
    format!("{before}after={cursor}")
}

#[test]
fn what_is_no_prefix_no_limit_and_no_cursor_is_refused() {
    let Service { host, redis } = &Service::start();
    let deep = format!("/{}", "s/".repeat(9));
    let mut monitor = Monitor::start(redis);
    for prefix in
        ["", "docs/", "/docs", "/docs/a", "/%ff/", "/%zz/", "*", "/*", &deep, "///////// /"]
    {
        let target = changes_below(&in_query(prefix));
        for request in [host.get(&target), host.get(&target).header("Prefer", LONG)] {
            let detail = assert_problem(&wait(request).told(), 400, "invalid-query");
            assert!(detail.contains("prefix"), "{prefix}: {detail}");
        }
        host.head(&target).send().expect(400);
    }
    for limit in ["", "0", "1001", "-1", "+1", "1.5", "x", "18446744073709551617"] {
        let target = format!("/-/changes?limit={}", in_query(limit));
        let detail = assert_problem(&host.get(&target).send(), 400, "invalid-query");
        assert!(detail.contains("limit"), "{limit}: {detail}");
    }
    for cursor in [
        "",
        "x",
        "-",
        "+",
        "$",
        ">",
        "*",
        "1-",
        "-1",
        "1-2-3",
        "1-x",
        "0x1-0",
        " 1-1",
        "1-1 ",
        "(1-1",
        "18446744073709551616-0",
        "1-18446744073709551616",
        "-1-1",
        "1.5-0",
    ] {
        let target = format!("/-/changes?after={}", in_query(cursor));
        let detail = assert_problem(&host.get(&target).send(), 400, "invalid-query");
        assert!(detail.contains("after"), "{cursor}: {detail}");
    }
    for target in [
        "/-/changes?x=1",
        "/-/changes?delimiter=/",
        "/-/changes?values=true",
        "/-/changes?wait=5",
        "/-/changes?prefix=/&prefix=/",
        "/-/changes?limit=1&limit=1",
    ] {
        assert_problem(&host.get(target).send(), 400, "invalid-query");
    }
    assert!(monitor.take().is_empty(), "nothing of it asks Redis");
}

#[test]
fn a_feed_is_read_only() {
    let Served { host, .. } = &Served::start();
    for request in [
        host.put("/-/changes", "{}"),
        host.post("/-/changes", "{}"),
        host.merge("/-/changes", "{}"),
        host.delete("/-/changes"),
        host.request("BREW", "/-/changes"),
    ] {
        let answer = request.send();
        assert_problem(&answer, 405, "method-not-allowed");
        assert_eq!(answer.list("allow"), ["get", "head", "options"], "{answer}");
    }
    let other = host.get("/-/changes/").send();
    assert_problem(&other, 404, "no-such-endpoint");
}

#[test]
fn a_cursor_that_nobody_was_given_is_forgotten() {
    let Served { host, .. } = &Served::start();
    let start = feed(host, "/docs/");
    host.put("/docs/a", "{}").send().expect(201);
    for cursor in ["1-0", "0-1", "1700000000000-0", "99999999999999-0"] {
        assert_forgotten(host, &with_cursor(&start, cursor));
    }
    // Nor was one for a prefix that nobody follows.
    assert_forgotten(host, "/-/changes?prefix=%2Fother%2F&after=1700000000000-0");
    assert_eq!(Page::read(&host.get(&start).send()).changes.len(), 1);
}

#[test]
fn a_feed_that_is_gone_has_forgotten() {
    let Service { host, redis } = &Service::start();
    for (at, prefix) in ["/", "/docs/"].into_iter().enumerate() {
        let before = feed(host, prefix);
        host.put(&format!("/docs/{at}"), "{}").send().expect(201);
        let middle = Page::read(&host.get(&before).send()).next;
        redis.run::<()>(&["DEL", &stream(prefix)]);
        assert_forgotten(host, &before);
        assert_forgotten(host, &middle);
        // Also when others follow it again.
        let again = feed(host, prefix);
        host.put(&format!("/docs/{at}"), "{}").send().expect(200);
        assert_forgotten(host, &before);
        assert_forgotten(host, &middle);
        assert_eq!(Page::read(&host.get(&again).send()).changes.len(), 1);
    }
}

#[test]
fn who_waits_at_a_feed_that_disappears_is_told() {
    let Service { host, redis } = &Service::start();
    let start = feed(host, "/docs/");
    let waiting = crate::waiting::wait_alone(host.get(&start).header("Prefer", LONG), redis);
    redis.run::<()>(&["DEL", &stream("/docs/")]);
    let again = feed(host, "/docs/");
    host.put("/docs/a", "{}").send().expect(201);
    let told = waiting.told();
    assert_problem(&told, 410, "changes-forgotten");
    assert_eq!(Page::read(&host.get(&again).send()).changes.len(), 1);
}

/// Imports so many records, and tells of their paths.
fn many(host: &Host, begin: &str, count: usize) -> Vec<String> {
    let paths: Vec<_> = (0..count).map(|number| format!("{begin}{number:05}")).collect();
    for paths in paths.chunks(500) {
        import(host, &lines(paths)).expect(200);
    }
    paths
}

/// The paths that a feed tells of since, in pages of 1,000.
fn paths(host: &Host, start: &str) -> Vec<String> {
    let (mut paths, mut target) = (Vec::new(), format!("{start}&limit=1000"));
    loop {
        let page = Page::read(&host.get(&target).send());
        if page.changes.is_empty() {
            return paths;
        }
        paths.extend(page.changes.into_iter().map(|change| change.path));
        target = page.next;
    }
}

#[test]
fn at_least_the_last_1000_changes_are_kept_and_what_was_trimmed_is_forgotten() {
    let Service { host, redis } = &Service::start();
    for prefix in ["/", "/docs/"] {
        let start = feed(host, prefix);
        let first = many(host, &format!("/docs{prefix}a"), 1000);
        assert_eq!(paths(host, &start), first, "1,000 are kept");
        let half = Page::read(&host.get(&format!("{start}&limit=500")).send());
        assert_eq!(half.changes.len(), 500);
        let half = half.next.replace("&limit=500", "");
        let second = many(host, &format!("/docs{prefix}b"), 500);
        assert_eq!(paths(host, &half), [&first[500..], &second].concat());
        // So many that the first is forgotten.
        many(host, &format!("/docs{prefix}c"), 3000);
        assert_forgotten(host, &start);
        assert_forgotten(host, &half);
        let kept: usize = redis.run(&["XLEN", &stream(prefix)]);
        assert!((1000..2000).contains(&kept), "{kept} are kept");
        redis.run::<()>(&["DEL", &stream(prefix)]);
    }
}

#[test]
fn who_never_leaves_1000_changes_behind_is_never_left_behind() {
    let Service { host, .. } = &Service::start();
    let mut next = feed(host, "/");
    for round in 0..8 {
        let written = many(host, &format!("/a/{round}/"), 900);
        let mut seen = Vec::new();
        while seen.len() < written.len() {
            let page = Page::read(&host.get(&format!("{next}&limit=1000")).send());
            assert!(!page.changes.is_empty(), "{} of {} are told", seen.len(), written.len());
            seen.extend(page.changes.into_iter().map(|change| change.path));
            next = page.next.replace("&limit=1000", "");
        }
        assert_eq!(seen, written);
    }
}

#[test]
fn a_feed_needs_a_read_token() {
    let Service { host, redis } = &Service::with(&[("read_token", "r"), ("write_token", "w")]);
    let mut monitor = Monitor::start(redis);
    for method in ["GET", "HEAD"] {
        host.request(method, "/-/changes").send().expect(401);
        host.request(method, "/-/changes").token("x").send().expect(401);
    }
    assert!(monitor.take().is_empty());
    let page = Page::read(&host.get("/-/changes").token("r").send());
    host.put("/a", "{}").token("w").send().expect(201);
    host.get(&page.next).send().expect(401);
    for token in ["r", "w"] {
        let page = Page::read(&host.get(&page.next).token(token).send());
        assert_eq!(page.changes.len(), 1);
    }
}

#[test]
fn a_page_of_another_origin_may_read_what_was_applied() {
    let origin = "https://a.example";
    let Service { host, .. } = &Service::with(&[("cors_allow_origins", origin)]);
    let request = host.get("/-/changes").header("Origin", origin).header("Prefer", "wait=0");
    let answer = request.send();
    assert_eq!(applied(answer.expect(200)), Some("wait=0"), "{answer}");
    assert_eq!(answer.required("access-control-allow-origin"), origin);
    let exposed = answer.list("access-control-expose-headers");
    assert!(exposed.contains(&"preference-applied".to_owned()), "{answer}");
}

/// Keys that are left for so long must outlast two requests that are ten minutes apart.
#[test]
fn a_feed_lasts_longer_than_ten_minutes_from_the_last_request() {
    let Service { host, redis } = &Service::start();
    let left = |redis: &Redis| Duration::from_millis(redis.run(&["PTTL", &stream("/docs/")]));
    let next = feed(host, "/docs/");
    assert!(left(redis) > Duration::from_mins(10) && left(redis) < Duration::from_mins(20));
    redis.run::<()>(&["PEXPIRE", &stream("/docs/"), "5000"]);
    host.put("/docs/a", "{}").send().expect(201);
    assert!(left(redis) <= Duration::from_secs(5), "a write is no reader");
    host.get(&next).send().expect(200);
    assert!(left(redis) > Duration::from_mins(10), "{:?}", left(redis));
}
