//! Section 13: what waiting leaves in Redis, what stands in its way there, and a Redis that is full.

use std::collections::BTreeMap;

use harness::{Host, Monitor, Page, Redis, Request, Service, assert_problem};

use crate::waiting::{LONG, blocked, feed, wait, wait_alone};

const ON_RECORD: &str = "path-records:changes:of:/docs/a";
const BELOW: &str = "path-records:changes:below:/docs/";
const DUE: &str = "path-records:changes:due:/docs/";
const WAITING: &str = "path-records:waiting";
const FOLLOWED: &str = "path-records:followed";

/// What other sections speak of.
const LASTING: [&str; 4] =
    ["path-records:/docs/a", "path-records:count", "path-records:due", "path-records:index"];

/// The keys that are there because somebody waits, each with its type and the milliseconds that it has left.
fn keys(redis: &Redis) -> BTreeMap<String, (String, i64)> {
    let keys: Vec<String> = redis.run(&["KEYS", "*"]);
    let others = keys.into_iter().filter(|key| !LASTING.contains(&&key[..]));
    others
        .map(|key| {
            let (kind, left) = (redis.run(&["TYPE", &key]), redis.run(&["PTTL", &key]));
            (key, (kind, left))
        })
        // What has expired between the two looks isn't there.
        .filter(|(_, (_, left))| *left != -2)
        .collect()
}

/// Fails unless there are these keys of these types, all of which expire within a quarter of an hour.
fn assert_keys(redis: &Redis, expected: &[(&str, &str)]) {
    let keys = keys(redis);
    let kinds = keys.iter().map(|(key, (kind, _))| (&key[..], &kind[..]));
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
    for (key, (_, left)) in keys {
        assert!(left > 0 && left < 15 * 60 * 1000, "{key} has {left} ms left");
    }
}

#[test]
fn who_waits_for_a_record_leaves_keys_that_expire() {
    let Service { host, redis } = &Service::start();
    let waiting = wait_alone(host.get("/docs/a").header("Prefer", LONG), redis);
    let there = [(ON_RECORD, "stream"), (FOLLOWED, "string"), (WAITING, "zset")];
    assert_keys(redis, &there);
    host.put("/docs/a", "{}").send().expect(201);
    waiting.told().expect(200);
    let etag = host.get("/docs/a").send().etag();
    let request = host.get("/docs/a").header("If-None-Match", etag);
    wait(request.header("Prefer", "wait=1")).at_the_end_of(1).expect(304);
    for (key, (_, left)) in keys(redis) {
        assert!(left > 0, "{key} stays for ever");
    }
}

#[test]
fn who_follows_a_prefix_leaves_keys_that_expire() {
    let Service { host, redis } = &Service::start();
    let next = feed(host, "/docs/");
    let mut there = vec![(BELOW, "stream"), (FOLLOWED, "string")];
    let without_due = keys(redis).into_keys().filter(|key| key != DUE).collect::<Vec<_>>();
    assert_eq!(without_due, [BELOW, FOLLOWED]);
    let waiting = wait_alone(host.get(&next).header("Prefer", LONG), redis);
    there.insert(1, (DUE, "stream"));
    there.push((WAITING, "zset"));
    assert_keys(redis, &there);
    let put = host.put("/docs/a", "{}").send();
    waiting.told().expect(200);
    // The entry itself.
    let entries: Vec<(String, Vec<String>)> =
        redis.run(&["XREVRANGE", BELOW, "+", "-", "COUNT", "1"]);
    let fields: Vec<_> = entries[0].1.chunks(2).map(|pair| (&pair[0][..], &pair[1][..])).collect();
    let updated = put.number("last_updated").to_string();
    let etag = put.etag();
    let expected = [
        ("path", "/docs/a"),
        ("event", "written"),
        ("etag", etag.trim_matches('"')),
        ("last_updated", &updated),
    ];
    assert_eq!(fields, expected);
}

#[test]
fn where_nobody_waits_there_is_nothing_and_a_write_says_nothing() {
    let Service { host, redis } = &Service::start();
    let mut monitor = Monitor::start(redis);
    let etag = host.put("/docs/a", "{}").send().etag();
    host.merge("/docs/a", "{}").send().expect(200);
    host.request("PATCH", "/docs/a?ttl=60").send().expect(200);
    host.get("/docs/a").header("If-None-Match", etag).send().expect(200);
    host.post("/docs/", "{}").send().expect(201);
    host.delete("/-/records?prefix=/docs/").send().expect(200);
    host.post("/-/batch", r#"{"requests":[{"method":"PUT","path":"/docs/a","body":{}}]}"#).send();
    let looks: Vec<_> = monitor.take();
    assert!(looks.len() > 20, "{looks:?}");
    for command in looks.iter().filter(|command| command.scripted) {
        assert!(!command.line.contains("changes:"), "{}", command.line);
        assert_ne!(command.name, "XADD", "{}", command.line);
    }
    // Who need not wait leaves nothing either.
    host.get("/docs/a").header("Prefer", LONG).send().expect(200);
    host.get("/docs/none").header("Prefer", "wait=0").send().expect(404);
    assert_eq!(keys(redis).into_keys().collect::<Vec<_>>(), Vec::<String>::new());
}

#[test]
fn a_write_tells_nobody_but_those_who_wait() {
    let Service { host, redis } = &Service::start();
    let on_other = wait(host.get("/other/a").header("Prefer", LONG));
    let on_docs = wait(host.get("/-/changes?prefix=/docs/").header("Prefer", LONG));
    blocked(redis, 2);
    for path in ["/docs2/a", "/docs", "/x/docs/a", "/a/b/c/d/e/f/g/h/i/j/k"] {
        host.put(path, "{}").send().expect(201);
    }
    let streams = keys(redis).into_iter().filter(|(_, (kind, _))| kind == "stream");
    let mut streams: Vec<_> = streams.map(|(key, _)| key).collect();
    streams.sort();
    assert_eq!(streams, [BELOW, DUE, "path-records:changes:of:/other/a"]);
    on_other.assert_waits();
    on_docs.assert_waits();
    host.put("/other/a", "{}").send().expect(201);
    host.put("/docs/a", "{}").send().expect(201);
    on_other.told().expect(200);
    on_docs.told().expect(200);
}

/// Everything in Redis.
fn dump(redis: &Redis) -> BTreeMap<String, Vec<u8>> {
    let keys: Vec<String> = redis.run(&["KEYS", "*"]);
    let dump = |key: String| (redis.run(&["DUMP", &key]), key);
    keys.into_iter().map(dump).map(|(value, key)| (key, value)).collect()
}

/// Fails unless it is 500, and nothing is changed.
fn assert_store_error(redis: &Redis, request: Request<'_>) {
    let before = dump(redis);
    let answer = wait(request.may_fail()).told();
    if answer.is_head() {
        answer.expect(500);
    } else {
        assert_problem(&answer, 500, "store-error");
    }
    assert_eq!(dump(redis), before, "{answer}");
}

#[test]
fn a_foreign_value_under_a_key_of_those_who_wait_is_500_and_nothing_is_changed() {
    let Service { host, redis } = &Service::start();
    let on_record: fn(&Host) -> Request<'_> = |host| host.get("/docs/new").header("Prefer", LONG);
    let on_feed: fn(&Host) -> Request<'_> =
        |host| host.get("/-/changes?prefix=/docs/").header("Prefer", LONG);
    for (key, asks) in [
        ("path-records:changes:of:/docs/new", on_record),
        (WAITING, on_record),
        (FOLLOWED, on_record),
        (BELOW, on_feed),
        (DUE, on_feed),
        (WAITING, on_feed),
        (FOLLOWED, on_feed),
    ] {
        let values = [&["SET", key, "foreign"][..], &["RPUSH", key, "a"], &["HSET", key, "a", "b"]];
        // There any string will do.
        for value in &values[usize::from(key == FOLLOWED)..] {
            redis.run::<()>(&["FLUSHALL"]);
            host.put("/docs/a", "{}").send().expect(201);
            redis.run::<redis::Value>(value);
            println!("{value:?}");
            assert_store_error(redis, asks(host));
        }
    }
}

/// What meets the streams of `/docs/a`.
const WRITES: [fn(&Host) -> Request<'_>; 8] = [
    |host| host.put("/docs/a", r#"{"b":1}"#),
    |host| host.merge("/docs/a", r#"{"b":1}"#),
    |host| host.patch("/docs/a", r#"[{"op":"add","path":"/b","value":1}]"#),
    |host| host.delete("/docs/a"),
    |host| host.request("PATCH", "/docs/a?ttl=5"),
    |host| host.delete("/-/records?prefix=/docs/"),
    |host| {
        host.post(
            "/-/batch",
            r#"{"requests":[{"method":"PUT","path":"/first","body":{}},
            {"method":"PUT","path":"/docs/a","body":{}}]}"#,
        )
    },
    |host| {
        host.post(
            "/-/batch",
            r#"{"requests":[{"method":"PUT","path":"/first","body":{}},
            {"method":"DELETE","path":"/docs/a"}]}"#,
        )
    },
];

#[test]
fn a_write_that_can_not_tell_changes_nothing() {
    let Service { host, redis } = &Service::start();
    let elsewhere = wait_alone(host.get("/elsewhere").header("Prefer", LONG), redis);
    host.put("/docs/a?ttl=1000", "{}").send().expect(201);
    for key in [ON_RECORD, BELOW, "path-records:changes:below:/"] {
        for write in WRITES {
            let request = write(host);
            if request.target().contains("ttl=5") && key != ON_RECORD {
                // That is told on other streams.
                continue;
            }
            redis.run::<()>(&["SET", key, "foreign"]);
            println!("{request} with a string at {key}");
            assert_store_error(redis, request);
            redis.run::<()>(&["DEL", key]);
        }
    }
    elsewhere.assert_waits();
    host.put("/elsewhere", "{}").send().expect(201);
    elsewhere.told().expect(200);
}

/// Sets how much memory Redis may take.
fn limit(redis: &Redis, bytes: &str) {
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", bytes]);
}

#[test]
fn where_the_store_is_full_those_who_wait_are_told_of_what_happens() {
    let redis = Redis::options().set("maxmemory-policy", "noeviction").start();
    let service = Service::on(redis, Host::options());
    let (host, redis) = (&service.host, &service.redis);
    let etag = host.put("/docs/a", "{}").send().etag();
    let start = feed(host, "/docs/");
    let change = || host.get("/docs/a").header("If-None-Match", &etag);
    let waiting = wait_alone(change().header("Prefer", LONG), redis);
    limit(redis, "1");
    // A read is answered, whether it may wait or not.
    for (request, status) in
        [(change(), 304), (host.get("/docs/none"), 404), (host.get(&start), 200)]
    {
        request.header("Prefer", "wait=1").send().expect(status);
    }
    host.get("/docs/a").header("Prefer", LONG).send().expect(200);
    assert_problem(&host.put("/docs/a", "{}").may_fail().send(), 507, "store-full");
    waiting.assert_waits();
    host.delete("/docs/a").send().expect(204);
    waiting.told().expect(404);
    let page = Page::read(&host.get(&start).send());
    assert_eq!(page.changes[0].told(), ("/docs/a", harness::Event::Deleted, None));
    limit(redis, "0");
    let waiting = wait_alone(host.get("/docs/b").header("Prefer", LONG), redis);
    host.put("/docs/b", "{}").send().expect(201);
    waiting.told().expect(200);
    blocked(redis, 0);
}

#[test]
fn another_prefix_of_keys_is_another_store() {
    let service = Service::with(&[("key_prefix", "other:")]);
    let (host, redis) = (&service.host, &service.redis);
    let second = Host::start(redis);
    let waiting = wait_alone(host.get("/a").header("Prefer", LONG), redis);
    let keys: Vec<String> = redis.run(&["KEYS", "*"]);
    assert!(keys.iter().all(|key| key.starts_with("other:")), "{keys:?}");
    second.put("/a", "{}").send().expect(201);
    waiting.assert_waits();
    host.put("/a", "{}").send().expect(201);
    waiting.told().expect(200);
}
