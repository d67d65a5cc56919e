//! A store of the Flask service becomes one of this service, while this service works.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use harness::{Host, Redis, Service};
use redis::Connection;
use serde_json::Value;

use crate::script::{adopt, everything, hset, key, path_of, sorted_set};

const RECORDS: usize = 100_000;
const YEAR: u64 = 31_104_000;
const LAST_UPDATED: u64 = 1_485_246_805;

/// A hash as the Flask service wrote it: `hset testurl hello 999 last_updated 1485246805 ttl 31104000`,
/// and an expiry on the key.
struct Stored {
    name: String,
    path: String,
    hello: usize,
    /// In milliseconds since the epoch.
    expires: Option<u64>,
}

impl Stored {
    fn fields(&self) -> BTreeMap<String, String> {
        let fields = [
            ("hello", self.hello.to_string()),
            ("name", format!("Bob {}", self.hello)),
            ("last_updated", LAST_UPDATED.to_string()),
        ];
        fields.map(|(name, text)| (name.to_owned(), text)).into()
    }
}

fn now_ms(connection: &mut Connection) -> u64 {
    let (seconds, micros): (u64, u64) = redis::cmd("TIME").query(connection).expect("a time");
    seconds * 1000 + micros / 1000
}

/// What the Flask service wrote at all kinds of paths.
fn store(connection: &mut Connection, count: usize) -> Vec<Stored> {
    let now = now_ms(connection);
    let record = |number: usize| {
        let name = match number % 6 {
            0 => format!("testurl-{number}"),
            1 => format!("docs/{}/{number}", number % 97),
            2 => format!("some docs/é {number}"),
            3 => format!("collection/{number}/"),
            4 => format!("漢字/100%/{number}"),
            _ => format!("a//b?{number}"),
        };
        Stored {
            path: path_of(name.as_bytes()).expect("a path"),
            name,
            hello: number,
            expires: (!number.is_multiple_of(10)).then(|| now + (YEAR - number as u64) * 1000),
        }
    };
    let records: Vec<_> = (0..count).map(record).collect();
    for some in records.chunks(5000) {
        let mut pipe = redis::pipe();
        for record in some {
            let fields: Vec<_> = record.fields().into_iter().collect();
            pipe.cmd("HSET").arg(&record.name).arg(fields).arg("ttl").arg(YEAR).ignore();
            if let Some(expires) = record.expires {
                pipe.cmd("PEXPIREAT").arg(&record.name).arg(expires).ignore();
            }
        }
        pipe.exec(connection).expect("Redis takes them");
    }
    records
}

/// Uses the service while hashes are taken in: what is asked for is there as a whole or not yet, and
/// what is written in between goes its own way.
fn use_meanwhile(host: &Host, stored: &[Stored], meanwhile: impl Fn() -> bool) -> usize {
    let mut rng = Rng::new();
    let mut written = 0;
    while meanwhile() {
        let record = &stored[rng.usize(..stored.len())];
        let got = host.get(&record.path).send();
        if got.status() != 404 {
            assert_whole(host, record);
        }
        written += 1;
        let own = format!("/own/{written}");
        host.put(&format!("{own}?ttl=never"), r#"{"mine":true}"#).send().expect(201);
        host.get(&own).send().expect(200);
        host.get("/-/records?limit=10").send().expect(200);
        // Clients, not a load.
        std::thread::sleep(Duration::from_millis(5));
    }
    written
}

/// Fails unless the service shows all of a record.
fn assert_whole(host: &Host, record: &Stored) {
    let got = host.get(&record.path).send();
    let expected =
        [("hello", record.hello.to_string()), ("name", format!("\"Bob {}\"", record.hello))];
    let expected = expected.map(|(name, text)| (name.to_owned(), text));
    assert_eq!(got.expect(200).members(), expected);
    assert_eq!(got.number("last_updated"), LAST_UPDATED);
    assert_eq!(got.json()["ttl"].is_null(), record.expires.is_none(), "{got}");
}

/// All that the service lists, by path.
fn listed(host: &Host) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    let mut next = Some("/-/records?limit=1000".to_owned());
    while let Some(target) = next {
        let page = host.get(&target).send().expect(200).json();
        for record in page["records"].as_array().expect("a list") {
            let path = record["path"].as_str().expect("a path").to_owned();
            assert!(all.insert(path, record.clone()).is_none(), "twice: {record}");
        }
        next = page["next"].as_str().map(str::to_owned);
    }
    all
}

/// Fails unless each record has exactly its members in Redis, so no `ttl`, and what it expires at.
fn assert_kept(redis: &Redis, stored: &[Stored]) {
    let (index, due) = (sorted_set(redis, "index"), sorted_set(redis, "due"));
    let mut connection = redis.connect();
    for some in stored.chunks(5000) {
        let mut pipe = redis::pipe();
        for record in some {
            pipe.cmd("HGETALL").arg(key(&record.path));
        }
        let hashes: Vec<BTreeMap<Vec<u8>, String>> =
            pipe.query(&mut connection).expect("Redis has them");
        for (record, mut hash) in some.iter().zip(hashes) {
            // The service counts hits in a field of its own.
            hash.retain(|name, _| name.first() != Some(&0xff));
            let expected =
                record.fields().into_iter().map(|(name, text)| (name.into_bytes(), text));
            assert_eq!(hash, expected.collect(), "{}", record.name);
            let path = &record.path;
            assert_eq!(index.get(path), Some(&0), "{path}");
            let at = due.get(path);
            assert_eq!(at.is_some(), record.expires.is_some(), "{path}");
            if let (Some(at), Some(expires)) = (at, record.expires) {
                // What may pass between two commands of a script is as good as nothing.
                assert!(at.abs_diff(expires) < 10_000, "{path}: {at} instead of {expires}");
            }
        }
    }
}

#[test]
fn a_store_of_the_flask_service_is_taken_in_while_the_service_works() {
    let service = Service::start();
    let (host, redis) = (&service.host, &service.redis);
    let mut connection = redis.connect();
    host.put("/from-before?ttl=never", "{}").send().expect(201);
    let stored = store(&mut connection, RECORDS);
    redis.run::<()>(&["SET", "count", "12345"]);
    redis.run::<()>(&["RPUSH", "queue", "a", "b"]);
    hset(&mut connection, "session:1", b"v", b"\x80\x04\x95pickled");
    hset(&mut connection, "from-before", b"v", b"1");

    let (adoption, written) = std::thread::scope(|scope| {
        let adopting = scope.spawn(|| adopt(redis));
        let written = use_meanwhile(host, &stored, || !adopting.is_finished());
        (adopting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), written)
    });
    assert_eq!(adoption.count("renamed to records"), RECORDS, "{:?}", adoption.said);
    assert_eq!(adoption.count("left alone, no hash"), 2);
    assert_eq!(adoption.count("left alone, the name or value of a field is not UTF-8"), 1);
    assert_eq!(adoption.count("left alone, there is a record already"), 1);
    assert!(adoption.steps().count() > 100, "steps are small");
    assert!(written > 10, "the service was used meanwhile: {written}");

    assert_kept(redis, &stored);
    let before = now_ms(&mut connection);
    let listed = listed(host);
    let after = now_ms(&mut connection);
    assert_eq!(listed.len(), RECORDS + written + 1);
    for record in &stored {
        let path = &record.path;
        let entry = listed.get(path).unwrap_or_else(|| panic!("{path} is not listed"));
        assert_eq!(entry["last_updated"], LAST_UPDATED, "{entry}");
        match (record.expires, entry["ttl"].as_u64()) {
            (None, None) => assert!(entry["ttl"].is_null(), "{entry}"),
            (Some(expires), Some(ttl)) => {
                let left = [after, before].map(|now| (expires - now).div_ceil(1000));
                assert!((left[0]..=left[1]).contains(&ttl), "{entry} has {left:?} s");
            }
            other => panic!("{other:?}: {entry}"),
        }
    }
    for record in stored.iter().step_by(RECORDS / 100) {
        assert_whole(host, record);
    }
    let base = host.get("/").header("Accept", "application/json").send();
    assert_eq!(base.number("records"), (RECORDS + written + 1) as u64);

    let before = everything(redis);
    let again = adopt(redis);
    assert_eq!(again.count("renamed to records"), 0, "{:?}", again.said);
    assert_eq!(again.count("put into the index, named as records already"), 0, "{:?}", again.said);
    assert_eq!(again.left_alone(), adoption.left_alone(), "{:?}", again.said);
    assert!(before == everything(redis), "the second time changed something");
}

#[test]
fn a_hash_with_a_records_name_is_put_into_both_sets() {
    let service = Service::start();
    let (host, redis) = (&service.host, &service.redis);
    // One that the service wrote.
    host.put("/own?ttl=500", r#"{"a":1}"#).send().expect(201);
    redis.run::<()>(&["ZREM", "path-records:index", "/own"]);
    redis.run::<()>(&["ZREM", "path-records:due", "/own"]);
    // A record in neither, in the index alone (as the service before `due` left them), with another
    // time in `due`, and one that expired there but lives.
    for (path, expire) in
        [("/neither", "500"), ("/index", "500"), ("/other-time", "500"), ("/lives", "")]
    {
        redis.run::<()>(&["HSET", &format!("path-records:{path}"), "a", "1", "ttl", "5"]);
        if !expire.is_empty() {
            redis.run::<()>(&["EXPIRE", &format!("path-records:{path}"), expire]);
        }
    }
    redis.run::<()>(&[
        "ZADD",
        "path-records:index",
        "0",
        "/index",
        "0",
        "/other-time",
        "0",
        "/lives",
    ]);
    redis.run::<()>(&["ZADD", "path-records:due", "99000000000000", "/other-time", "9", "/lives"]);
    let adoption = adopt(redis);
    assert_eq!(
        adoption.count("put into the index, named as records already"),
        5,
        "{:?}",
        adoption.said
    );
    assert_eq!(sorted_set(redis, "index").len(), 5);
    let due = sorted_set(redis, "due");
    assert_eq!(due.keys().collect::<Vec<_>>(), ["/index", "/neither", "/other-time", "/own"]);
    let now = now_ms(&mut redis.connect());
    for (path, at) in due {
        assert!(at <= now + 500_000 && at > now, "{path} is due at {at}, now is {now}");
    }
    assert_eq!(listed(host).len(), 5);
    for path in ["/neither", "/index", "/other-time", "/lives"] {
        let fields: Vec<String> = redis.run(&["HKEYS", &format!("path-records:{path}")]);
        assert_eq!(fields, ["a"], "{path}");
    }
    assert_eq!(adopt(redis).count("put into the index, named as records already"), 0);
}

#[test]
fn a_record_with_no_field_but_ttl_is_not_lost() {
    let service = Service::start();
    service.redis.run::<()>(&["HSET", "only", "ttl", "5"]);
    assert_eq!(adopt(&service.redis).count("renamed to records"), 1);
    let got = service.host.get("/only").send();
    assert_eq!(got.expect(200).members(), []);
    assert!(got.json()["ttl"].is_null(), "{got}");
    assert!(listed(&service.host).contains_key("/only"));
}

#[test]
fn a_record_that_was_taken_in_is_one_like_any_other() {
    let service = Service::start();
    let host = &service.host;
    let stored = store(&mut service.redis.connect(), 6);
    adopt(&service.redis);
    for record in &stored {
        let path = &record.path;
        assert_whole(host, record);
        let etag = host.get(path).send().etag();
        host.get(path).header("If-None-Match", &etag).send().expect(304);
        let patched = host.merge(path, r#"{"hello":1000}"#).header("If-Match", &etag).send();
        assert_eq!(patched.expect(200).member("name"), Some(format!("\"Bob {}\"", record.hello)));
        assert_eq!(patched.json()["ttl"].is_null(), record.expires.is_none(), "{patched}");
        host.put(path, "{}").send().expect(200);
        host.delete(path).send().expect(204);
        host.get(path).send().expect(404);
    }
    assert_eq!(listed(host).len(), 0);
}
