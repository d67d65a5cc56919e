//! A step that can't be done changes nothing, and the loop ends with Redis's own words.

use harness::Redis;

use crate::script::{Adoption, adopt, everything, hset, with_arguments};

/// Fails unless the script stopped without a change, with such a message.
fn assert_refused(redis: &Redis, message: &str, run: impl FnOnce() -> Adoption) {
    let before = everything(redis);
    let adoption = run();
    assert!(!adoption.is_done());
    assert!(adoption.said.iter().any(|line| line.contains(message)), "{:?}", adoption.said);
    assert_eq!(before, everything(redis), "{message}");
}

#[test]
fn a_full_redis() {
    let redis = Redis::start();
    for number in 0..50 {
        hset(&mut redis.connect(), format!("hash-{number}"), b"ttl", b"1");
        hset(&mut redis.connect(), format!("hash-{number}"), b"v", b"1");
    }
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    assert_refused(&redis, "OOM", || adopt(&redis));
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(adopt(&redis).count("renamed to records"), 50);
}

#[test]
fn other_values_where_the_services_are() {
    for name in ["index", "due"] {
        let redis = Redis::start();
        hset(&mut redis.connect(), "a", b"v", b"1");
        redis.run::<()>(&["SET", &format!("path-records:{name}"), "1"]);
        assert_refused(&redis, "WRONGTYPE", || adopt(&redis));
        redis.run::<()>(&["DEL", &format!("path-records:{name}")]);
        assert_eq!(adopt(&redis).count("renamed to records"), 1, "{name}");
    }
}

#[test]
fn a_prefix_too_few_or_too_many() {
    let redis = Redis::start();
    hset(&mut redis.connect(), "a", b"v", b"1");
    for arguments in ["", "path-records:", "path-records: '' x"] {
        assert_refused(&redis, "two arguments", || with_arguments(&redis, arguments));
    }
}

#[test]
fn a_replica() {
    let redis = Redis::start();
    hset(&mut redis.connect(), "a", b"v", b"1");
    redis.run::<()>(&["REPLICAOF", "127.0.0.1", "1"]);
    assert_refused(&redis, "READONLY", || adopt(&redis));
}
