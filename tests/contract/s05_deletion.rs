//! Section 5: deletion below a prefix.

use harness::{Host, Served, Service, assert_problem};
use serde_json::Value;

use crate::common::{host, key};
use crate::s05_listing::{pages, paths, put_in_redis};

/// Deletes below a prefix, following `next`; gives how many each request deleted.
fn remove_all(host: &Host, target: &str) -> Vec<u64> {
    let mut deleted = Vec::new();
    let mut next = Some(target.to_owned());
    while let Some(target) = next {
        let answer = host.delete(&target).send();
        let document = answer.expect(200).json();
        deleted.push(document["deleted"].as_u64().expect("a number"));
        next = document["next"].as_str().map(str::to_owned);
        assert_eq!(document.as_object().expect("an object").len(), 2, "{answer}");
        assert!(deleted.len() < 100, "it ends");
    }
    deleted
}

#[test]
fn what_is_below_the_prefix_is_deleted_and_nothing_else() {
    let Service { host, redis } = &Service::start();
    for path in ["/a", "/a/", "/a/1", "/a/b/c", "/ab", "/b/1"] {
        host.put(path, "{}").send().expect(201);
    }
    assert_eq!(remove_all(host, "/-/records?prefix=/a/"), [3]);
    assert_eq!(paths(&pages(host, "/-/records")), ["/a", "/ab", "/b/1"]);
    assert_eq!(redis.run::<Vec<String>>(&["KEYS", "path-records:/*"]).len(), 3);
    assert_eq!(redis.run::<u64>(&["ZCARD", "path-records:due"]), 3);
    // A prefix is the beginning of a path, as in a listing.
    assert_eq!(remove_all(host, "/-/records?prefix=/a"), [2]);
    assert_eq!(remove_all(host, "/-/records?prefix=%2F"), [1]);
    assert_eq!(remove_all(host, "/-/records?prefix=/"), [0]);
    let counts = host.get("/").header("Accept", "application/json").send().json();
    assert_eq!(counts["records"], 0);
}

#[test]
fn a_thousand_are_deleted_at_a_time_and_next_is_null_when_none_is_left() {
    let Service { host, redis } = &Service::start();
    for (count, expected) in
        [(999, &[999][..]), (1000, &[1000]), (1001, &[1000, 1]), (2500, &[1000, 1000, 500])]
    {
        let paths: Vec<_> = (0..count).map(|number| format!("/d/{number:05}")).collect();
        put_in_redis(redis, &paths);
        assert_eq!(remove_all(host, "/-/records?prefix=/d/"), expected);
        assert_eq!(redis.run::<u64>(&["ZCARD", "path-records:index"]), 0);
    }
}

#[test]
fn records_that_are_gone_are_not_counted() {
    let Service { host, redis } = &Service::start();
    let all: Vec<_> = (0..3000).map(|number| format!("/d/{number:05}")).collect();
    put_in_redis(redis, &all);
    let mut connection = redis.connect();
    for path in all.iter().filter(|path| !path.ends_with("99")) {
        redis::cmd("DEL").arg(key(path)).exec(&mut connection).expect("deleted");
    }
    let deleted = remove_all(host, "/-/records?prefix=/d/");
    assert_eq!(deleted.iter().sum::<u64>(), 30, "{deleted:?}");
    assert_eq!(redis.run::<u64>(&["ZCARD", "path-records:index"]), 0);
}

#[test]
fn what_is_no_record_stays() {
    let Service { host, redis } = &Service::start();
    redis.run::<()>(&["SET", "path-records:/a/foreign", "x"]);
    redis.run::<()>(&["ZADD", "path-records:index", "0", "/a/foreign"]);
    for number in 0..1500 {
        redis.run::<()>(&["ZADD", "path-records:index", "0", &format!("/a/x{number}")]);
    }
    host.put("/a/z", "{}").send().expect(201);
    assert_eq!(remove_all(host, "/-/records?prefix=/a/").iter().sum::<u64>(), 1);
    assert_eq!(redis.run::<String>(&["GET", "path-records:/a/foreign"]), "x");
}

#[test]
fn the_prefix_must_be_given() {
    for (query, parameter) in [
        ("", "`prefix`"),
        ("?prefix=", "`prefix`"),
        ("?prefix=a", "`prefix`"),
        ("?prefix=/a&limit=5", "`limit`"),
        ("?prefix=/a&prefix=/b", "`prefix`"),
        ("?prefix=/a&after=x", "`after`"),
    ] {
        let answer = host().delete(&format!("/-/records{query}")).send();
        let detail = assert_problem(&answer, 400, "invalid-query");
        assert!(detail.contains(parameter), "{answer}");
    }
    let answer = host().delete("/-/records?prefix=/a").header("If-Match", "*").send();
    assert_problem(&answer, 400, "invalid-header");
}

#[test]
fn it_is_a_write_and_no_hit() {
    let service = Served::with(&[("write_token", "writer")]);
    let host = &service.host;
    assert_problem(&host.delete("/-/records?prefix=/").send(), 401, "unauthorized");
    let before = host.count();
    let answer: Value = host.delete("/-/records?prefix=/").token("writer").send().json();
    assert_eq!(answer, serde_json::json!({"deleted": 0, "next": null}));
    assert_eq!(host.count(), before + 1);
}
