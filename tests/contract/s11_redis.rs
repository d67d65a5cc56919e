//! Section 11: in Redis.

use std::collections::BTreeMap;

use harness::{Command, Host, Monitor, Request, Served, Service, Store};

use crate::common::{assert_nearly, in_redis, stored};

/// The fields of the hash that is the record at a path.
fn fields(store: &Store, path: &str) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let key = store.key(path);
    store.run(&key, &["HGETALL", &key])
}

#[test]
fn a_record_is_one_hash_with_a_field_per_member() {
    let service = Served::start();
    let json = r#"{"a":1.0,"é":"\u0061","":{ "x" : [1, 2] },"n":null}"#;
    let put = service.host.put("/testurl", json).send();
    let mut fields = fields(&service.store, "/testurl");
    let own: Vec<_> = fields.keys().filter(|name| name.first() == Some(&0xff)).cloned().collect();
    assert!(!own.is_empty());
    for name in own {
        fields.remove(&name);
    }
    let updated = fields.remove(b"last_updated".as_slice()).expect("it is a field");
    assert_eq!(String::from_utf8_lossy(&updated), put.number("last_updated").to_string());
    let fields: Vec<_> = fields
        .iter()
        .map(|(name, text)| {
            let [name, text] = [name, text].map(|bytes| std::str::from_utf8(bytes).expect("UTF-8"));
            (name, harness::compact(text))
        })
        .collect();
    let expected = [("", r#"{"x":[1,2]}"#), ("a", "1.0"), ("n", "null"), ("é", r#""\u0061""#)];
    assert_eq!(fields, expected.map(|(name, text)| (name, text.to_owned())));
}

#[test]
fn its_expiry_is_the_keys_own() {
    let service = Service::start();
    service.host.put("/a?ttl=500", "{}").send();
    let left: u64 = service.redis.run(&["TTL", "path-records:/a"]);
    assert_nearly(Some(left), 500);
    service.host.put("/a?ttl=never", "{}").send();
    let left: i64 = service.redis.run(&["TTL", "path-records:/a"]);
    assert_eq!(left, -1);
}

#[test]
fn a_put_leaves_no_old_field() {
    let service = Served::start();
    service.host.put("/a", r#"{"old":1,"both":2}"#).send();
    service.host.put("/a", r#"{"new":1,"both":3}"#).send();
    let fields = fields(&service.store, "/a");
    let names: Vec<_> = fields.keys().filter(|name| name.first() != Some(&0xff)).collect();
    assert_eq!(names, [&b"both"[..], b"last_updated", b"new"]);
}

#[test]
fn the_key_ends_with_the_normalised_path() {
    let path = stored("s11", "{}");
    for (target, normal) in [("/%7e%c3%a9%2f", "/~%C3%A9%2F"), ("/a:b@c", "/a:b@c")] {
        let target = format!("{path}{target}");
        crate::common::host().put(&target, "{}").send().expect(201);
        let exists: bool = in_redis("EXISTS", &format!("{path}{normal}"));
        assert!(exists, "{normal}");
    }
}

#[test]
fn the_index_is_a_sorted_set_of_the_paths_all_at_score_0() {
    let service = Service::start();
    let host = &service.host;
    host.put("/b", "{}").send();
    host.put("/a%7e", "{}").send();
    let made = host.post("/c/", "{}").send();
    host.merge("/b", "{}").send();
    let index = || -> Vec<(String, f64)> {
        service.redis.run(&["ZRANGE", "path-records:index", "0", "-1", "WITHSCORES"])
    };
    let expected = ["/a~", "/b", made.required("location")].map(|path| (path.to_owned(), 0.0));
    assert_eq!(index(), expected);
    host.delete("/b").send();
    assert_eq!(index().len(), 2);
    host.get("/none").send();
    assert_eq!(index().len(), 2);
}

#[test]
fn the_count_is_the_number_of_hits() {
    let service = Service::start();
    service.host.put("/a", "{}").send();
    service.host.get("/a").send();
    service.host.get("/none").send();
    let count: u64 = service.redis.run(&["GET", "path-records:count"]);
    assert_eq!(count, 3);
    service.redis.run::<()>(&["SET", "path-records:count", "41"]);
    assert_eq!(service.host.get("/").send().text(), "Count is 42.\n");
}

#[test]
fn nothing_but_records_the_count_and_two_sets_is_kept() {
    let service = Service::start();
    let host = &service.host;
    host.put("/a", "{}").send();
    host.merge("/a", "{}").send();
    host.put("/b", "{}").send();
    host.delete("/b").send();
    host.get("/-/records").send();
    host.get("/-/metrics").send();
    host.get("/?path=/a").send();
    let mut keys: Vec<String> = service.redis.run(&["KEYS", "*"]);
    keys.sort();
    let expected = ["/a", "count", "due", "index"].map(|name| format!("path-records:{name}"));
    assert_eq!(keys, expected);
}

/// The commands a host itself says for a request, but for those that open a connection.
fn round_trips(commands: &[Command]) -> Vec<&str> {
    let opening = ["CLIENT", "HELLO", "AUTH", "SELECT"];
    commands
        .iter()
        .filter(|command| !command.scripted && !opening.contains(&command.name.as_str()))
        .map(|command| command.name.as_str())
        .collect()
}

/// A request of each operation, in an order in which each does something; and how many scripts it is.
fn operations(host: &Host) -> Vec<(Request<'_>, usize)> {
    let batch = r#"{"requests":[{"method":"PUT","path":"/c","body":{}}]}"#;
    let line = "{\"path\":\"/i\",\"value\":{}}\n";
    vec![
        (host.put("/a", r#"{"a":1}"#), 1),
        (host.put("/a", r#"{"a":1}"#).header("If-Match", "*"), 1),
        (host.get("/a"), 1),
        (host.head("/a"), 1),
        (host.get("/a").header("If-None-Match", "*"), 1),
        (host.get("/none"), 1),
        (host.merge("/a", r#"{"b":1}"#), 2),
        (host.patch("/a", r#"[{"op":"remove","path":"/b"}]"#), 2),
        (host.merge("/none", "{}"), 1),
        (host.request("PATCH", "/a?ttl=9"), 1),
        (host.post("/a/", "{}"), 1),
        (host.post("/-/batch", batch), 1),
        (host.request("POST", "/-/records").body("application/x-ndjson", line), 1),
        (host.get("/"), 1),
        (host.get("/").header("Accept", "application/json"), 1),
        (host.get("/?path=/a"), 1),
        (host.get("/-/records"), 1),
        (host.get("/-/records?delimiter=/"), 1),
        (host.get("/-/changes"), 1),
        (host.get("/-/ready"), 1),
        (host.delete("/a"), 1),
        (host.delete("/a"), 1),
        (host.delete("/-/records?prefix=/a/"), 1),
    ]
}

#[test]
fn every_operation_is_one_round_trip_and_one_script_and_patch_two() {
    let service = Service::start();
    let host = &service.host;
    // Redis keeps the scripts that it has been sent.
    for (request, _) in operations(host) {
        assert!(request.send().status() < 500);
    }
    let mut monitor = Monitor::start(&service.redis);
    for (request, scripts) in operations(host) {
        let what = request.to_string();
        assert!(request.send().status() < 500);
        let commands = monitor.take();
        assert_eq!(round_trips(&commands), vec!["EVALSHA"; scripts], "{what}: {commands:#?}");
    }
}

#[test]
fn a_redis_that_does_not_have_a_script_is_sent_its_text_and_the_write_happens_once() {
    let service = Service::start();
    let host = &service.host;
    let mut monitor = Monitor::start(&service.redis);
    for (request, scripts) in operations(host) {
        service.redis.run::<()>(&["SCRIPT", "FLUSH"]);
        let _ = monitor.take();
        let what = request.to_string();
        assert!(request.send().status() < 500);
        let commands = monitor.take();
        assert_eq!(round_trips(&commands), ["EVALSHA", "EVAL"].repeat(scripts), "{what}");
    }
    // As the last but one left it: each of the writes above has one effect.
    let records: Vec<String> = service.redis.run(&["ZRANGE", "path-records:index", "0", "-1"]);
    assert_eq!(records, ["/c", "/i"]);
}

#[test]
fn a_user_who_may_send_scripts_but_not_run_them_by_their_digests_is_served() {
    let service = Service::start();
    service.redis.run::<()>(&["ACL", "SETUSER", "default", "-evalsha"]);
    for (request, _) in operations(&service.host) {
        let what = request.to_string();
        assert!(request.send().status() < 500, "{what}");
    }
}

#[test]
fn records_survive_a_restart_of_the_host() {
    let service = Service::start();
    let put = service.host.put("/a", r#"{"a":1.0}"#).send();
    let Service { host, redis } = service;
    let status = host.terminate();
    assert!(status.success(), "{status}");
    let host = Host::start(&redis);
    assert_eq!(host.get("/a").send().expect(200).etag(), put.etag());
    assert_eq!(host.count(), 3);
    host.kill();
    let host = Host::start(&redis);
    assert_eq!(host.count(), 4);
}
