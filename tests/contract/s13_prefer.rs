//! Section 13: `Prefer` (RFC 7240), in all its forms.

use std::time::{Duration, Instant};

use harness::{Request, Response, Served, Service, assert_problem, eventually};

use crate::common::{http_date, with_lines};
use crate::waiting::{LONG, applied, assert_lasted, feed, wait};

/// Lines of `Prefer`, and how many seconds they ask for.
const FORMS: [(&[&[u8]], Option<&str>); 59] = [
    (&[b"wait=5"], Some("5")),
    (&[b"wait=0"], Some("0")),
    (&[b"wait=60"], Some("60")),
    // A minute at most.
    (&[b"wait=61"], Some("60")),
    (&[b"wait=3600"], Some("60")),
    (&[b"wait=4294967297"], Some("60")),
    (&[b"wait=18446744073709551617"], Some("60")),
    (&[b"wait=99999999999999999999999999999999999999999"], Some("60")),
    // The name has no case, and whitespace may stand round the sign.
    (&[b"WAIT=5"], Some("5")),
    (&[b"wAiT=5"], Some("5")),
    (&[b"wait = 5"], Some("5")),
    (&[b"wait= 5"], Some("5")),
    (&[b"wait =5"], Some("5")),
    (&[b"wait\t=\t5"], Some("5")),
    (&[b"  wait=5  "], Some("5")),
    // The value may be quoted.
    (&[b"wait=\"5\""], Some("5")),
    (&[b"wait = \"5\""], Some("5")),
    (&[b"wait=\"\\5\""], Some("5")),
    (&[b"wait=\"\""], None),
    (&[b"wait=\"five\""], None),
    (&[b"wait=\"5"], None),
    (&[b"wait=5\""], None),
    (&[b"wait='5'"], None),
    // Parameters say nothing.
    (&[b"wait=5; foo"], Some("5")),
    (&[b"wait=5;foo=bar"], Some("5")),
    (&[b"wait=5 ; foo=\"a, wait=7\" ; bar"], Some("5")),
    (&[b"wait=5;"], Some("5")),
    (&[b"foo; wait=5"], None),
    (&[b"foo=1; wait=5"], None),
    // Several in one line, and several lines.
    (&[b"respond-async, wait=5"], Some("5")),
    (&[b"wait=5, respond-async"], Some("5")),
    (&[b"return=minimal; foo=\"some parameter\",wait=5,handling=lenient"], Some("5")),
    (&[b"respond-async", b"wait=5"], Some("5")),
    (&[b"wait=5", b"respond-async"], Some("5")),
    (&[b"respond-async", b"return=minimal", b"handling=strict, wait=5"], Some("5")),
    // Text is text.
    (&[b"foo=\"wait=9, wait=8\", wait=5"], Some("5")),
    (&[b"foo=\"a\\\", wait=9\", wait=5"], Some("5")),
    (&[b"foo=\"wait=5\""], None),
    (&[b"foo=\", wait=5, \""], None),
    // Empty elements of a list.
    (&[b", wait=5"], Some("5")),
    (&[b"wait=5,"], Some("5")),
    (&[b",, ,wait=5 ,,"], Some("5")),
    (&[b"", b"wait=5"], Some("5")),
    // The first one counts.
    (&[b"wait=5, wait=7"], Some("5")),
    (&[b"wait=5, WAIT=0"], Some("5")),
    (&[b"wait=5", b"wait=7"], Some("5")),
    // What is no number of whole seconds.
    (&[b"wait"], None),
    (&[b"wait="], None),
    (&[b"wait=-1"], None),
    (&[b"wait=+1"], None),
    (&[b"wait=1.5"], None),
    (&[b"wait=5s"], None),
    (&[b"wait=0x5"], None),
    (&[b"wait=1e1"], None),
    (&[b"wait=5 6"], None),
    (&[b"wait=\xd9\xa5"], None),
    // Other preferences.
    (&[b"waiting=5"], None),
    (&[b"x-wait=5"], None),
    (&[b"respond-async"], None),
];

#[test]
fn a_preference_is_read_in_every_form_and_what_is_none_is_ignored() {
    let Service { host, .. } = &Service::start();
    let next = feed(host, "/");
    host.put("/a", "{}").send().expect(201);
    for (lines, seconds) in FORMS {
        let expected = seconds.map(|seconds| format!("wait={seconds}"));
        for request in [host.get("/a"), host.head("/a"), host.get(&next), host.head(&next)] {
            let answer = with_lines(request, "Prefer", lines).send();
            assert_eq!(applied(answer.expect(200)), expected.as_deref(), "{answer}");
        }
    }
}

#[test]
fn it_is_said_to_be_applied_on_every_answer() {
    let Served { host, .. } = &Served::start();
    let etag = host.put("/a", "{}").send().etag();
    for method in ["GET", "HEAD"] {
        let (same, other) = ([("If-None-Match", &etag[..])], [("If-None-Match", "\"other\"")]);
        for (request, status) in [
            (host.request(method, "/a"), 200),
            (host.request(method, "/a").headers(&same), 304),
            (host.request(method, "/a").header("If-None-Match", "*"), 304),
            (host.request(method, "/a").headers(&other), 200),
            (host.request(method, "/none"), 404),
            (host.request(method, "/none").headers(&other), 404),
        ] {
            let answer = request.header("Prefer", "wait=0").send();
            assert_eq!(applied(answer.expect(status)), Some("wait=0"), "{answer}");
        }
    }
    let missing = host.get("/none").header("Prefer", "wait=0").send();
    assert!(assert_problem(&missing, 404, "record-not-found").contains("thing doesn't exist"));
}

#[test]
fn who_waits_is_answered_when_the_time_is_over() {
    let Service { host, .. } = &Service::start();
    let put = host.put("/a", "{}").send();
    for (request, status) in [
        (host.get("/a").header("If-None-Match", put.etag()), 304),
        (host.head("/a").header("If-None-Match", put.etag()), 304),
        (host.get("/none"), 404),
        (host.head("/none"), 404),
        (host.get("/-/changes"), 200),
    ] {
        let begun = Instant::now();
        let answer = request.header("Prefer", "wait=1").send();
        assert_lasted(begun, Duration::from_secs(1), &answer);
        assert_eq!(applied(answer.expect(status)), Some("wait=1"), "{answer}");
        if status == 304 {
            assert_eq!(answer.etag(), put.etag());
        }
    }
}

/// Asks it to wait; fails if it does.
fn at_once(request: Request<'_>) -> Response {
    wait(request.header("Prefer", LONG)).told()
}

#[test]
fn what_is_not_the_answer_that_is_waited_for_comes_at_once() {
    let Served { host, .. } = &Served::start();
    let put = host.put("/a", "{}").send();
    let etag = put.etag();
    let (same, other) = ([("If-None-Match", &etag[..])], [("If-None-Match", "\"other\"")]);
    let unmet = [("If-Match", "\"other\"")];
    for (request, status) in [
        (host.get("/a"), 200),
        (host.get("/a").headers(&other), 200),
        // The client has seen it there: that it is gone is news.
        (host.get("/none").headers(&same), 404),
        (host.get("/a").headers(&unmet), 412),
        (host.get("/a").headers(&unmet).headers(&same), 412),
        (host.get("/a?x=1"), 400),
        (host.get("/-/changes?prefix=x"), 400),
        (host.get("/a").header("If-Modified-Since", http_date(1)), 200),
    ] {
        at_once(request).expect(status);
    }
    // A date can't tell two writes of one second apart.
    let date = http_date(put.number("last_updated"));
    eventually("the second of the write is over", || {
        let answer = at_once(host.get("/a").header("If-Modified-Since", &date));
        (answer.status() == 304).then_some(())
    });
}

#[test]
fn nothing_else_waits() {
    let Service { host, .. } = &Service::start();
    let etag = host.put("/a", "{}").send().etag();
    let batch = format!(
        r#"{{"requests":[
            {{"method":"GET","path":"/none","headers":{{"Prefer":"{LONG}"}}}},
            {{"method":"GET","path":"/a","headers":{{"Prefer":"{LONG}","If-None-Match":{etag:?}}}}}]}}"#
    );
    for (request, status) in [
        (host.put("/b", "{}"), 201),
        (host.put("/a", "{}").header("If-Match", "\"other\""), 412),
        (host.merge("/none", "{}"), 404),
        (host.delete("/none"), 404),
        (host.post("/c/", "{}"), 201),
        (host.options_of("/a"), 204),
        (host.options_of("/-/changes"), 204),
        (host.post("/-/batch", &batch), 200),
        (host.get("/"), 200),
        (host.get("/?path=/none"), 404),
        (host.get("/-/records?prefix=/none/"), 200),
        (host.delete("/-/records?prefix=/none/"), 200),
        (host.get("/-/metrics"), 200),
        (host.get("/-/live"), 200),
        (host.get("/-/none"), 404),
    ] {
        let answer = at_once(request);
        assert_eq!(applied(answer.expect(status)), None, "{answer}");
    }
}
