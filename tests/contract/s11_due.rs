//! Section 11: the index and the set of what is due, and section 6: the exact number of records.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use fastrand::Rng;
use harness::{Host, Redis, Service, eventually, setting};

use crate::common::key;
use crate::s05_import::import;
use crate::s05_listing::{pages, paths};

/// What Redis holds at one moment.
#[derive(Debug)]
struct Held {
    /// The records there are, each with the moment at which it expires (-1: never), in milliseconds.
    records: BTreeMap<String, i64>,
    index: BTreeSet<String>,
    due: BTreeMap<String, i64>,
    now: i64,
}

/// Everything at once, so that nothing can expire in between.
fn held(redis: &Redis) -> Held {
    const LOOK: &str = "
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        local records = {}
        for _, key in ipairs(redis.call('KEYS', 'path-records:/*')) do
            local ttl = redis.call('PTTL', key)
            if ttl ~= -2 then
                records[#records + 1] = string.sub(key, 14)
                records[#records + 1] = ttl == -1 and -1 or now + ttl
            end
        end
        local due = redis.call('ZRANGE', 'path-records:due', 0, -1, 'WITHSCORES')
        return {now, records, redis.call('ZRANGE', 'path-records:index', 0, -1), due}";
    type Look = (i64, Vec<(String, i64)>, BTreeSet<String>, Vec<(String, i64)>);
    let (now, records, index, due): Look = redis.run(&["EVAL", LOOK, "0"]);
    Held { records: records.into_iter().collect(), index, due: due.into_iter().collect(), now }
}

impl Held {
    /// Fails unless both sets say what is there, and of what has expired the same.
    fn assert_right(&self) {
        for (path, expires) in &self.records {
            assert!(self.index.contains(path), "{path} is not in the index: {self:?}");
            match self.due.get(path) {
                None => assert_eq!(*expires, -1, "{path} expires, and is not due: {self:?}"),
                Some(due) => {
                    assert!((due - expires).abs() < 1000, "{path} is due at {due}: {self:?}");
                }
            }
        }
        for path in &self.index {
            let due = self.due.get(path);
            let gone = due.is_some_and(|due| *due <= self.now + 50);
            assert!(gone || self.records.contains_key(path), "{path} has no record: {self:?}");
        }
        for path in self.due.keys() {
            assert!(self.index.contains(path), "{path} is due, and not in the index: {self:?}");
        }
    }
}

fn records(host: &Host) -> u64 {
    host.get("/").header("Accept", "application/json").send().number("records")
}

/// One of the requests that change what there is, or when it expires.
fn random_request(host: &Host, rng: &mut Rng) {
    let path = format!("/r/{}", rng.u8(..40));
    let ttl = rng.choice(["1", "2", "3", "60", "never"]).expect("there are some");
    let target = format!("{path}?ttl={ttl}");
    let other = format!("/r/{}x?ttl={ttl}", rng.u8(..5));
    let batch = |first: &str, method: &str| {
        let requests = format!(
            r#"{{"requests":[{{{first},"path":"{target}"}},
            {{"method":"{method}","path":"{other}","body":{{}}}}]}}"#
        );
        host.post("/-/batch", &requests).send()
    };
    let answer = match rng.u8(..20) {
        0..=3 => host.put(&target, "{}").send(),
        4 => host.put(&path, "{}").send(),
        5 => host.post(&format!("/r/?ttl={}", rng.u8(1..3)), "{}").send(),
        6 | 7 => host.request("PATCH", &target).send(),
        8 => host.merge(&target, r#"{"a":1}"#).send(),
        9 => host.merge(&path, r#"{"a":1}"#).send(),
        10 => host.get(&path).send(),
        11 | 12 => batch(r#""method":"PUT","body":{}"#, "PUT"),
        13 | 14 => batch(r#""method":"PATCH""#, "PUT"),
        15 => batch(r#""method":"PATCH","body":{"a":1}"#, "PATCH"),
        16 => import(
            host,
            &format!(
                "{{\"path\":\"{path}\",\"value\":{{}},\"ttl\":1}}\n{{\"path\":\"/r/i\",\"value\":{{}}}}"
            ),
        ),
        17 => host.delete(&format!("/-/records?prefix=/r/{}", rng.u8(1..4))).send(),
        _ => host.delete(&path).send(),
    };
    assert!(answer.status() < 500);
}

#[test]
fn whatever_is_written_both_sets_and_the_number_of_records_are_right() {
    let service = Service::start();
    let (host, redis) = (&service.host, &service.redis);
    let mut rng = Rng::with_seed(setting("SEED", fastrand::u64(..)));
    let until = Instant::now() + Duration::from_secs(8);
    let mut compared = 0;
    while Instant::now() < until {
        for _ in 0..rng.u8(1..10) {
            random_request(host, &mut rng);
        }
        let before = held(redis);
        before.assert_right();
        let counted = records(host);
        let after = held(redis);
        // Unless something has expired between the two looks.
        if before.records.keys().eq(after.records.keys()) {
            assert_eq!(counted, before.records.len() as u64, "{before:?}");
            compared += 1;
        }
    }
    assert!(compared > 10, "the number was compared {compared} times");
}

#[test]
fn what_has_expired_does_not_add_up() {
    const MANY: usize = 300;
    let service = Service::start();
    let host = &service.host;
    for number in 0..MANY {
        host.put(&format!("/short/{number}?ttl=1"), "{}").send().expect(201);
    }
    eventually("all have expired", || held(&service.redis).records.is_empty().then_some(()));
    assert_eq!(records(host), 0, "none is counted, though many are in the index");
    for number in 0..MANY / 4 {
        host.put(&format!("/long/{number}"), "{}").send().expect(201);
    }
    let held = held(&service.redis);
    assert_eq!(held.index.len(), MANY / 4, "writes have taken out all that has expired");
    assert_eq!(held.due.len(), MANY / 4);
}

#[test]
fn reads_take_out_what_has_expired() {
    let service = Service::start();
    let host = &service.host;
    host.put("/stays", "{}").send().expect(201);
    for number in 0..20 {
        host.put(&format!("/short/{number}?ttl=1"), "{}").send().expect(201);
    }
    eventually("all have expired", || (held(&service.redis).records.len() == 1).then_some(()));
    for _ in 0..5 {
        host.get("/stays").send().expect(200);
    }
    assert_eq!(held(&service.redis).index.len(), 1);
}

#[test]
fn without_counting_a_get_writes_nothing() {
    let service = Service::on(Redis::start(), Host::options().variable("count_hits", "off"));
    let (host, redis) = (&service.host, &service.redis);
    host.put("/a", "{}").send().expect(201);
    host.put("/short?ttl=1", "{}").send().expect(201);
    host.put("/moved?ttl=1000", "{}").send().expect(201);
    redis.run::<()>(&["PERSIST", &key("/moved")]);
    eventually("it has expired", || (held(redis).records.len() == 2).then_some(()));
    let changes = || redis.info("persistence", "rdb_changes_since_last_save");
    let before = (changes(), format!("{:?}", held(redis).due));
    let read = ["/a", "/short", "/moved", "/none", "/", "/?path=/a", "/?path=/short"];
    let listed = ["/-/records", "/-/records?delimiter=/", "/-/metrics"];
    for target in read.into_iter().chain(listed) {
        let answer = host.get(target).send();
        assert!([200, 404].contains(&answer.status()));
        host.head(target).send();
    }
    let requests: Vec<_> = ["/a", "/short", "/moved", "/none"]
        .iter()
        .map(|path| format!(r#"{{"method":"GET","path":"{path}"}}"#))
        .collect();
    host.post("/-/batch", &format!(r#"{{"requests":[{}]}}"#, requests.join(",")))
        .send()
        .expect(200);
    assert_eq!((changes(), format!("{:?}", held(redis).due)), before);
    assert_eq!(records(host), 2);
    assert_eq!(paths(&pages(host, "/-/records")), ["/a", "/moved"]);
}

/// What other programs do to a record that expires, or to one that doesn't.
const CHANGES: [(&str, &[&str]); 4] = [
    ("/expires", &["PERSIST"]),
    ("/expires", &["EXPIRE", "5000"]),
    ("/expires", &["DEL"]),
    ("/stays", &["EXPIRE", "5000"]),
];

#[test]
fn what_other_programs_change_is_put_right_when_a_request_meets_it() {
    for (path, change) in CHANGES {
        for meet in ["GET", "HEAD", "PATCH", "DELETE", "list", "batch"] {
            let service = Service::start();
            let (host, redis) = (&service.host, &service.redis);
            host.put("/expires?ttl=1000", "{}").send().expect(201);
            host.put("/stays?ttl=never", "{}").send().expect(201);
            let record = key(path);
            let mut command = vec![change[0], &record];
            command.extend(&change[1..]);
            redis.run::<redis::Value>(&command);
            let request = match meet {
                "list" => host.get("/-/records"),
                "batch" => host.post(
                    "/-/batch",
                    &format!(r#"{{"requests":[{{"method":"GET","path":"{path}"}}]}}"#),
                ),
                "PATCH" => host.merge(path, "{}"),
                method => host.request(method, path),
            };
            let answer = request.send();
            assert!(answer.status() < 500);
            println!("{change:?} {path}, then {meet}");
            held(redis).assert_right();
        }
    }
}

#[test]
fn a_store_that_has_no_set_of_what_is_due_comes_right() {
    let service = Service::start();
    let (host, redis) = (&service.host, &service.redis);
    let all: Vec<_> = (0..300).map(|number| format!("/n/{number:03}")).collect();
    for path in &all {
        host.put(&format!("{path}?ttl=1000"), "{}").send().expect(201);
    }
    redis.run::<()>(&["DEL", "path-records:due"]);
    host.get(&all[0]).send().expect(200);
    host.put(&all[1], "{}").send().expect(200);
    host.request("PATCH", &format!("{}?ttl=60", all[2])).send().expect(200);
    assert_eq!(held(redis).due.into_keys().collect::<Vec<_>>(), all[..3]);
    assert_eq!(paths(&pages(host, "/-/records?limit=100")), all);
    let held = held(redis);
    held.assert_right();
    assert_eq!(held.due.len(), all.len(), "a listing has met them all");
}
