//! Section 13: waiting for what happens to one record.

use std::time::{Duration, Instant};

use harness::{Host, Request, Response, Service, assert_problem};

use crate::common::{date, key};
use crate::s05_import::import;
use crate::waiting::{LONG, applied, assert_lasted, blocked, wait, wait_alone};

/// Waits for something else than this version of `/a`.
fn other_than<'a>(host: &'a Host, method: &'a str, etag: &str) -> Request<'a> {
    host.request(method, "/a").header("If-None-Match", etag).header("Prefer", LONG)
}

/// Waits for a record to be stored at `/a`.
fn first(host: &Host) -> Request<'_> {
    host.get("/a").header("Prefer", LONG)
}

/// What another client does; it gives the answer.
type Change = (&'static str, fn(&Host) -> Response);

/// Each way to write a record that is there.
const WRITES: [Change; 6] = [
    ("PUT", |host| host.put("/a", r#"{"b":1}"#).send()),
    ("a merge patch", |host| host.merge("/a", r#"{"c":1}"#).send()),
    ("a JSON patch", |host| host.patch("/a", r#"[{"op":"add","path":"/d","value":1}]"#).send()),
    ("PUT in a batch", |host| in_batch(host, r#"{"method":"PUT","path":"/a","body":{}}"#)),
    ("PATCH in a batch", |host| in_batch(host, r#"{"method":"PATCH","path":"/a","body":{"e":1}}"#)),
    ("an import", |host| import(host, r#"{"path":"/a","value":{"f":1}}"#)),
];

/// Each way to delete a record.
const DELETIONS: [Change; 3] = [
    ("DELETE", |host| host.delete("/a").send()),
    ("DELETE in a batch", |host| in_batch(host, r#"{"method":"DELETE","path":"/a"}"#)),
    ("DELETE of what is below a prefix", |host| host.delete("/-/records?prefix=/").send()),
];

/// A batch of this request and another one.
fn in_batch(host: &Host, request: &str) -> Response {
    let body = format!(r#"{{"requests":[{{"method":"GET","path":"/z"}},{request}]}}"#);
    host.post("/-/batch", &body).send()
}

/// What is true now.
fn now(host: &Host) -> Response {
    host.get("/a").send()
}

#[test]
fn the_next_write_is_told_of_whatever_it_is() {
    let Service { host, redis } = &Service::start();
    host.put("/a", "{}").send().expect(201);
    for (what, write) in WRITES {
        println!("{what}");
        let etag = now(host).etag();
        let waiting = wait_alone(other_than(host, "GET", &etag), redis);
        let written = write(host);
        assert!(written.status() < 300, "{written}");
        let told = waiting.told();
        assert_eq!(applied(told.expect(200)), Some(LONG), "{told}");
        let now = now(host);
        assert_ne!(told.etag(), etag, "{told}");
        assert_eq!((told.etag(), told.members()), (now.etag(), now.members()));
    }
}

#[test]
fn deletion_is_told_of_whatever_deletes() {
    let Service { host, redis } = &Service::start();
    for (what, delete) in DELETIONS {
        println!("{what}");
        let etag = host.put("/a", "{}").send().expect(201).etag();
        let waiting = wait_alone(other_than(host, "GET", &etag), redis);
        let deleted = delete(host);
        assert!(deleted.status() < 300, "{deleted}");
        let told = waiting.told();
        assert!(assert_problem(&told, 404, "record-not-found").contains("thing doesn't exist"));
        assert_eq!(applied(&told), Some(LONG), "{told}");
    }
}

#[test]
fn the_first_write_is_told_of_whatever_it_is() {
    let Service { host, redis } = &Service::start();
    for (what, write) in WRITES {
        if what.contains("PATCH") || what.contains("patch") {
            // They change what is there.
            continue;
        }
        println!("{what}");
        let waiting = wait_alone(first(host), redis);
        let written = write(host);
        assert!(written.status() < 300, "{written}");
        let told = waiting.told();
        assert_eq!(applied(told.expect(200)), Some(LONG), "{told}");
        assert_eq!(told.etag(), now(host).etag());
        host.delete("/a").send().expect(204);
    }
}

#[test]
fn head_waits_as_get_does() {
    let Service { host, redis } = &Service::start();
    let waiting = wait_alone(host.head("/a").header("Prefer", LONG), redis);
    let etag = host.put("/a", r#"{"a":1}"#).send().etag();
    assert_eq!(waiting.told().expect(200).etag(), etag);
    let waiting = wait_alone(other_than(host, "HEAD", &etag), redis);
    let next = host.put("/a", r#"{"a":2}"#).send().etag();
    let told = waiting.told();
    assert_eq!((told.expect(200).etag(), applied(&told)), (next.clone(), Some(LONG)));
    assert_eq!(told.required("content-length"), now(host).required("content-length"));
    let waiting = wait_alone(other_than(host, "HEAD", &next), redis);
    host.delete("/a").send().expect(204);
    waiting.told().expect(404);
}

#[test]
fn all_who_wait_are_told() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a", "{}").send().etag();
    let list = format!("\"other\", {etag}");
    let waiting: Vec<_> = (0..20)
        .map(|number| match number % 4 {
            0 => wait(other_than(host, "GET", &etag)),
            1 => wait(other_than(host, "HEAD", &etag)),
            2 => wait(other_than(host, "GET", &list)),
            // As long as there is one at all.
            _ => wait(other_than(host, "GET", "*")),
        })
        .collect();
    blocked(redis, 20);
    let written = host.put("/a", r#"{"a":1}"#).send();
    let mut still = Vec::new();
    for (number, waiting) in waiting.into_iter().enumerate() {
        if number % 4 == 3 {
            still.push(waiting);
        } else {
            assert_eq!(waiting.told().expect(200).etag(), written.etag());
        }
    }
    blocked(redis, still.len());
    still.iter().for_each(super::waiting::Waiting::assert_waits);
    host.delete("/a").send().expect(204);
    for waiting in still {
        waiting.told().expect(404);
    }
}

#[test]
fn what_changes_nothing_or_another_record_ends_no_wait() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a?ttl=1000", "{}").send().etag();
    let waiting = wait_alone(other_than(host, "GET", &etag), redis);
    host.request("PATCH", "/a?ttl=2000").send().expect(200);
    host.request("PATCH", "/a?ttl=never").send().expect(200);
    host.put("/a", "{}").header("If-Match", "\"other\"").send().expect(412);
    host.put("/a", "{}").header("If-None-Match", "*").send().expect(412);
    host.patch("/a", r#"[{"op":"test","path":"/n","value":1}]"#).send().expect(409);
    host.put("/a", "[]").send().expect(422);
    host.get("/a").send().expect(200);
    for path in ["/", "/a/", "/a/b", "/A", "/%61a", "/b"] {
        if path != "/" {
            host.put(path, "{}").send().expect(201);
            host.delete(path).send().expect(204);
        }
    }
    host.delete("/-/records?prefix=/b").send().expect(200);
    let refused = r#"{"requests":[{"method":"PUT","path":"/a","body":{"never":1}},
        {"method":"PATCH","path":"/none","body":{}}]}"#;
    host.post("/-/batch", refused).send().expect(404);
    waiting.assert_waits();
    let etag = host.put("/a", "{}").send().etag();
    assert_eq!(waiting.told().expect(200).etag(), etag);
}

#[test]
fn the_record_may_have_another_spelling() {
    let Service { host, redis } = &Service::start();
    let waiting = wait_alone(host.get("/%7e%c3%a9%2f").header("Prefer", LONG), redis);
    host.put("/~%C3%A9%2F", "{}").send().expect(201);
    waiting.told().expect(200);
}

#[test]
fn expiry_is_told_of_to_the_second() {
    let Service { host, redis } = &Service::start();
    for (method, counts) in [("GET", 1), ("HEAD", 2)] {
        let begun = Instant::now();
        let put = host.put("/a?ttl=2", "{}").send();
        assert_eq!(put.expect(201).number("ttl"), 2);
        let waiting = wait_alone(other_than(host, method, &put.etag()), redis);
        waiting.assert_waits();
        let told = waiting.told();
        assert_lasted(begun, Duration::from_secs(2), &told);
        assert_eq!(applied(told.expect(404)), Some(LONG), "{told}");
        assert_eq!(host.count(), counts * 3, "the PUT, who waited, and who asks");
    }
}

#[test]
fn expiry_is_told_of_where_another_program_has_brought_it_about() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a?ttl=3", "{}").send().etag();
    let waiting = wait_alone(other_than(host, "GET", &etag), redis);
    // Nobody tells of that; but who waits looks again when the record was due.
    redis.run::<()>(&["DEL", &key("/a")]);
    waiting.told().expect(404);
}

#[test]
fn a_time_to_live_that_is_shortened_is_told_of_in_time() {
    let Service { host, redis } = &Service::start();
    for (number, before) in ["1000", "never", "never"].into_iter().enumerate() {
        let etag = host.put(&format!("/a?ttl={before}"), "{}").send().expect(201).etag();
        let waiting = wait_alone(other_than(host, "GET", &etag), redis);
        let begun = Instant::now();
        if number == 2 {
            in_batch(host, r#"{"method":"PATCH","path":"/a?ttl=2"}"#).expect(200);
        } else {
            let touched = host.request("PATCH", "/a?ttl=2").send();
            assert_eq!(touched.expect(200).etag(), etag);
        }
        let told = waiting.told();
        assert_lasted(begun, Duration::from_secs(2), &told);
        told.expect(404);
    }
}

#[test]
fn a_time_to_live_that_is_lengthened_ends_no_wait() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a?ttl=2", "{}").send().etag();
    let request = host.get("/a").header("If-None-Match", &etag).header("Prefer", "wait=4");
    let waiting = wait_alone(request, redis);
    host.request("PATCH", "/a?ttl=1000").send().expect(200);
    let answer = waiting.at_the_end_of(4);
    assert_eq!(answer.expect(304).etag(), etag);
    let expires = date(&now(host), "expires");
    assert!(expires > date(&now(host), "last-modified") + 900, "{expires}");
}

#[test]
fn a_record_that_is_deleted_and_stored_anew_has_changed() {
    let Service { host, redis } = &Service::start();
    for round in 0..20 {
        let body = format!(r#"{{"round":{round}}}"#);
        let old = host.put("/a", &body).send().etag();
        let waiting = wait_alone(other_than(host, "GET", &old), redis);
        host.delete("/a").send().expect(204);
        let new = host.put("/a", &body).send().expect(201).etag();
        let told = waiting.told();
        match told.status() {
            200 => assert_eq!(told.etag(), new),
            _ => drop(assert_problem(&told, 404, "record-not-found")),
        }
    }
}

#[test]
fn a_record_that_is_stored_and_deleted_at_once_disturbs_nobody() {
    let Service { host, redis } = &Service::start();
    for _ in 0..20 {
        let waiting = wait_alone(first(host), redis);
        let passing = host.put("/a", "{}").send().expect(201).etag();
        host.delete("/a").send().expect(204);
        let lasting = host.put("/a", "{}").send().expect(201).etag();
        let told = waiting.told();
        assert!([passing, lasting].contains(&told.expect(200).etag()), "{told}");
        host.delete("/a").send().expect(204);
    }
}

#[test]
fn who_waits_is_one_hit_and_is_counted_at_the_beginning() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a", "{}").send().etag();
    let waiting = wait_alone(other_than(host, "GET", &etag), redis);
    assert_eq!(host.count_of("/a"), 2, "the PUT, and who waits");
    // Looks that find nothing new are none.
    host.request("PATCH", "/a?ttl=1000").send().expect(200);
    host.request("PATCH", "/a?ttl=2000").send().expect(200);
    host.put("/a", "{}").send().expect(200);
    waiting.told().expect(200);
    assert_eq!(host.count_of("/a"), 5);
    let request = host.get("/a").header("If-None-Match", now(host).etag());
    wait(request.header("Prefer", "wait=1")).at_the_end_of(1).expect(304);
    assert_eq!(host.count_of("/a"), 7);
    let hits = host.count();
    wait(host.get("/none").header("Prefer", "wait=1")).at_the_end_of(1).expect(404);
    assert_eq!(host.count(), hits + 2, "who waited, and who asks");
    let waiting = wait_alone(host.get("/new").header("Prefer", LONG), redis);
    host.put("/new", "{}").send().expect(201);
    waiting.told().expect(200);
    assert_eq!(host.count_of("/new"), 1, "it was not there when the other one came");
}

#[test]
fn without_counting_a_request_waits_too() {
    let Service { host, redis } = &Service::with(&[("count_hits", "off")]);
    let etag = host.put("/a?ttl=1000", "{}").send().etag();
    let waiting = wait_alone(other_than(host, "GET", &etag), redis);
    host.request("PATCH", "/a?ttl=1").send().expect(200);
    waiting.told().expect(404);
    let waiting = wait_alone(first(host), redis);
    host.put("/a", "{}").send().expect(201);
    waiting.told().expect(200);
    let count: Option<u64> = redis.run(&["GET", "path-records:count"]);
    assert_eq!(count.unwrap_or_default(), 0);
}

#[test]
fn who_waits_needs_what_a_reader_needs() {
    let Service { host, redis } = &Service::with(&[("read_token", "r"), ("write_token", "w")]);
    for target in ["/a", "/-/changes"] {
        wait(host.get(target).header("Prefer", LONG)).told().expect(401);
        wait(host.get(target).header("Prefer", LONG).token("x")).told().expect(401);
    }
    let waiting = wait_alone(host.get("/a").header("Prefer", LONG).token("r"), redis);
    host.put("/a", "{}").token("w").send().expect(201);
    waiting.told().expect(200);
}

#[test]
fn a_client_is_told_over_http_2_too() {
    let Service { host, redis } = &Service::start();
    let etag = host.put("/a", "{}").send().etag();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| other_than(host, "GET", &etag).send_over_http2());
        blocked(redis, 1);
        let new = host.put("/a", "{}").send().etag();
        let told = waiting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        assert_eq!(told.expect(200).etag(), new);
    });
    blocked(redis, 0);
}
