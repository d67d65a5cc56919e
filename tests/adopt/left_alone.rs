//! What is never touched.

use std::collections::{BTreeMap, BTreeSet};

use harness::Redis;
use path_records::record::{Members, RecordPath};
use redis::Connection;

use crate::script::{adopt, everything, hset, key};

/// A hash of each kind that can't be a record, by what the report says of it.
fn hashes() -> Vec<(&'static str, Vec<&'static [u8]>)> {
    vec![
        (
            "left alone, the name is not UTF-8",
            vec![b"\xff", b"a\xc3", b"\xed\xa0\x80/b", b"\xe6\xc3\xa9\xbc\xbc"],
        ),
        ("left alone, a control character in the name", vec![b"\0", b"a\nb", b"\x7f", b"\xc2\x85"]),
        ("left alone, a segment of the name is . or ..", vec![b".", b"a/..", b"../b", b"/./"]),
        (
            "left alone, the name is one of the service's own",
            vec![
                b"",
                b"/",
                b"-",
                b"-/live",
                b"/-/records",
                b".well-known/spin",
                b".well-known/spin/x",
                b"path-records:counts",
                b"path-records:a/b",
            ],
        ),
        (
            "left alone, the name makes a path of more than 1,024 bytes",
            vec![&[b'x'; RecordPath::MAX_BYTES], &[b' '; RecordPath::MAX_BYTES / 3 + 1]],
        ),
        (
            "left alone, named as a record but not encoded as one",
            vec![
                b"path-records:/a b",
                b"path-records:/%61",
                b"path-records:/%c3%a9",
                b"path-records:/%",
                b"path-records:/%zz",
                b"path-records:/\xc3\xa9",
            ],
        ),
    ]
}

/// Hashes that the service can't read, under names that could be records'.
fn fill_with_unreadable(connection: &mut Connection) -> [(&'static str, usize); 2] {
    let mut count = 0;
    for prefix in ["", "path-records:/"] {
        for (field, value) in [
            (&b"\xc3"[..], &b"1"[..]),
            (b"v", b"\x80\x04\x95pickled"),
            (b"", b"\xc0\xaf"),
            (b"v", b"half of one: \xe6\xbc"),
        ] {
            count += 1;
            let name = format!("{prefix}unreadable-{count}");
            hset(connection, &name, b"good", b"1");
            hset(connection, &name, field, value);
        }
    }
    // Of a service with another key_prefix: by its fields of its own it isn't the Flask service's.
    hset(connection, "other-records:/a", b"\xffhits", b"1");
    let wide: Vec<_> = (0..=Members::MAX_COUNT).map(|number| (number, 1)).collect();
    for some in wide.chunks(10_000) {
        redis::cmd("HSET").arg("wide").arg(some).exec(connection).expect("Redis takes it");
    }
    [
        ("left alone, the name or value of a field is not UTF-8", count + 1),
        ("left alone, more than 500,000 fields", 1),
    ]
}

/// Other types, under names that could be records'.
fn fill_with_other_types(connection: &mut Connection) -> (&'static str, usize) {
    let commands = [
        "SET text 1",
        "RPUSH list 1",
        "SADD set 1",
        "ZADD sorted 1 a",
        "XADD stream 1-1 a 1",
        "PFADD log a",
    ];
    for command in commands {
        for name_prefix in ["", "path-records:/"] {
            let mut words = command.split(' ');
            let mut line = redis::cmd(words.next().expect("a name"));
            line.arg(format!("{name_prefix}{}", words.next().expect("a key")));
            for word in words {
                line.arg(word);
            }
            line.exec(connection).expect("Redis takes it");
        }
    }
    ("left alone, no hash", commands.len() * 2)
}

#[test]
fn whatever_cannot_be_a_record_is_left_alone_and_counted() {
    let redis = Redis::start();
    let mut connection = redis.connect();
    let mut expected = BTreeMap::new();
    for (outcome, names) in hashes() {
        for name in &names {
            hset(&mut connection, name, b"v", b"1");
        }
        expected.insert(outcome, names.len());
    }
    expected.extend(fill_with_unreadable(&mut connection));
    expected.extend([fill_with_other_types(&mut connection)]);
    let before = everything(&redis);
    let adoption = adopt(&redis);
    assert!(before == everything(&redis), "something was changed: {:?}", adoption.said);
    for (outcome, count) in &expected {
        assert_eq!(adoption.count(outcome), *count, "{outcome}: {:?}", adoption.said);
    }
    assert_eq!(adoption.left_alone(), expected.values().sum::<usize>(), "{:?}", adoption.said);
    assert_eq!(adoption.count("renamed to records"), 0);
}

#[test]
fn a_record_that_is_there_is_never_overwritten_and_the_hash_is_named() {
    let redis = Redis::start();
    let mut connection = redis.connect();
    hset(&mut connection, key("/a%20b"), b"v", b"\"the record's\"");
    redis::cmd("SET")
        .arg(key("/text"))
        .arg("no record")
        .exec(&mut connection)
        .expect("Redis takes it");
    hset(&mut connection, "a b", b"v", b"another's");
    hset(&mut connection, "text", b"v", b"another's");
    for name in ["twice", "/twice"] {
        hset(&mut connection, name, b"v", b"one of two");
    }
    for _ in 0..2 {
        let adoption = adopt(&redis);
        assert_eq!(adoption.count("left alone, there is a record already"), 3);
        let line =
            adoption.said.iter().find(|line| line.contains("record already")).expect("a line");
        let names: BTreeSet<_> =
            line.split_once("such as ").expect("names").1.split(", ").collect();
        assert!(names.contains("a%20b") && names.contains("text") && names.len() == 3, "{line}");
        let kept: String = redis.run(&["HGET", "path-records:/a%20b", "v"]);
        assert_eq!(kept, "\"the record's\"");
        let not_taken: String = redis.run(&["HGET", "a b", "v"]);
        assert_eq!(not_taken, "another's");
    }
}

#[test]
fn the_services_own_keys_are_left_alone() {
    let redis = Redis::start();
    let mut connection = redis.connect();
    redis.run::<()>(&["SET", "path-records:count", "5"]);
    redis.run::<()>(&["XADD", "path-records:changes:/docs/", "1-1", "path", "/docs/a"]);
    redis.run::<()>(&["ZADD", "path-records:index", "0", "/gone"]);
    redis.run::<()>(&["ZADD", "path-records:due", "1", "/gone"]);
    let before = everything(&redis);
    for from in ["", "path-records:"] {
        let adoption = crate::script::adopt_from(&redis, "path-records:", from);
        assert_eq!(adoption.left_alone(), 0, "{:?}", adoption.said);
        assert_eq!(before, everything(&redis));
    }
    for name in ["path-records:count", "path-records:changes", "path-records:changes:/a"] {
        redis.run::<()>(&["DEL", name]);
        hset(&mut connection, name, b"v", b"1");
    }
    let before = everything(&redis);
    let adoption = crate::script::adopt_from(&redis, "path-records:", "path-records:");
    assert_eq!(adoption.count("left alone, the name is one of the service's own"), 3);
    assert_eq!(before, everything(&redis));
}

#[test]
fn the_names_that_are_said_can_be_shown_by_any_terminal() {
    let redis = Redis::start();
    let mut connection = redis.connect();
    let long = vec![b'\x07'; 100_000];
    for name in [&b"\x1b[2J"[..], b"\xff\xfe", b"a\nb: 5", &long] {
        hset(&mut connection, name, b"v", b"1");
    }
    // `adopt` fails where what was said is not ASCII.
    let adoption = adopt(&redis);
    assert_eq!(adoption.left_alone(), 4);
    assert!(adoption.said.iter().all(|line| line.len() < 500), "{:?}", adoption.said);
    assert!(adoption.said.iter().any(|line| line.contains("%1B%5B2J")), "{:?}", adoption.said);
}
