//! Section 8: a foreign value under a record's key, or under one of the service's, is 500 `store-error`,
//! and nothing is changed.

use std::collections::BTreeMap;

use harness::{Host, Redis, Request, Response, Service, assert_problem};
use redis::{Cmd, Connection, ToRedisArgs, cmd};

use crate::common::{COUNT, DUE, INDEX, key};

/// What another program does to the store before a request comes.
struct Foreign {
    what: String,
    commands: Vec<Cmd>,
    /// Which of the requests need what it has changed.
    hurts: fn(Needs) -> bool,
}

/// What a request needs of the store, apart from counting a hit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// The record, which is there.
    Record,
    /// The record, and the index to write it.
    RecordAndIndex,
    /// A record that is not there, and the index.
    Index,
    /// The index, without counting a hit.
    OnlyIndex,
    /// Both counters.
    Counters,
    /// Both counters, without counting a hit.
    OnlyCounters,
    /// Both counters and the record.
    CountersAndRecord,
}

impl Needs {
    fn count(self) -> bool {
        self != Self::OnlyIndex
    }

    fn index(self) -> bool {
        self != Self::Record
    }

    fn record(self) -> bool {
        matches!(self, Self::Record | Self::RecordAndIndex | Self::CountersAndRecord)
    }
}

type Make = fn(&Host) -> Request<'_>;

const REQUESTS: [(Needs, Make); 24] = [
    (Needs::Record, |host| host.get("/a")),
    (Needs::Record, |host| host.head("/a")),
    (Needs::Record, |host| host.get("/a").header("If-None-Match", "*")),
    (Needs::Record, |host| host.get("/a").header("If-Match", "\"other\"")),
    (Needs::RecordAndIndex, |host| host.put("/a", "{}")),
    (Needs::RecordAndIndex, |host| host.put("/a", "{}").header("If-Match", "*")),
    (Needs::RecordAndIndex, |host| host.put("/a", "{}").header("If-None-Match", "*")),
    (Needs::RecordAndIndex, |host| host.merge("/a", "{}")),
    (Needs::RecordAndIndex, |host| host.patch("/a", "[]").header("If-Match", "*")),
    (Needs::RecordAndIndex, |host| host.delete("/a")),
    (Needs::RecordAndIndex, |host| host.delete("/a").header("If-Match", "\"other\"")),
    (Needs::Index, |host| host.get("/none")),
    (Needs::Index, |host| host.put("/none", "{}")),
    (Needs::Index, |host| host.merge("/none", "{}")),
    (Needs::Index, |host| host.delete("/none")),
    (Needs::Index, |host| host.post("/none/", "{}")),
    (Needs::OnlyIndex, |host| host.get("/-/records")),
    (Needs::Counters, |host| host.get("/")),
    (Needs::OnlyCounters, |host| host.get("/-/metrics")),
    (Needs::CountersAndRecord, |host| host.get("/?path=/a")),
    (Needs::OnlyIndex, |host| host.delete("/-/records?prefix=/")),
    (Needs::Index, |host| host.post("/-/batch", READS_AND_CREATES)),
    (Needs::RecordAndIndex, |host| host.post("/-/batch", CREATES_AND_DELETES)),
    (Needs::RecordAndIndex, |host| host.post("/-/batch", PATCHES_AND_CREATES)),
];

const READS_AND_CREATES: &str = r#"{"requests":[
    {"method":"GET","path":"/none"},
    {"method":"PUT","path":"/new","body":{}}]}"#;

const CREATES_AND_DELETES: &str = r#"{"requests":[
    {"method":"PUT","path":"/new","body":{}},
    {"method":"DELETE","path":"/a"}]}"#;

const PATCHES_AND_CREATES: &str = r#"{"requests":[
    {"method":"PATCH","path":"/a","body":{"b":1}},
    {"method":"PUT","path":"/new","body":{}}]}"#;

fn command(words: &[impl ToRedisArgs]) -> Cmd {
    let mut command = Cmd::new();
    command.arg(words);
    command
}

/// Values of each type but the key's own.
fn other_types(key: &str, own: &str, hurts: fn(Needs) -> bool) -> Vec<Foreign> {
    let types: [(&str, &[&str]); 6] = [
        ("string", &["SET", key, "a string"]),
        ("list", &["RPUSH", key, "a", "b"]),
        ("set", &["SADD", key, "a", "1"]),
        ("zset", &["ZADD", key, "1", "/a", "2", "b"]),
        ("hash", &["HSET", key, "a", "b"]),
        ("stream", &["XADD", key, "1-1", "a", "b"]),
    ];
    let others = types.into_iter().filter(|(name, _)| *name != own);
    others
        .map(|(name, words)| {
            // What other programs keep may expire, and still does so afterwards.
            let commands = [&["DEL", key], words, &["EXPIRE", key, "1000"]];
            let commands = commands.map(command).to_vec();
            Foreign { what: format!("a {name} at {key}"), commands, hurts }
        })
        .collect()
}

/// Numbers of hits that this service can't have written.
const NO_NUMBERS: [&str; 14] = [
    "",
    "abc",
    "1.5",
    "1e3",
    "0x10",
    "007",
    "-0",
    "-1",
    "+1",
    " 1",
    "nan",
    "9007199254740993",
    "9223372036854775806",
    "9223372036854775807",
];

fn foreign_values() -> Vec<Foreign> {
    let mut all = other_types(INDEX, "zset", Needs::index);
    all.extend(other_types(COUNT, "string", Needs::count));
    all.extend(other_types(DUE, "zset", |_| true));
    all.extend(other_types(&key("/a"), "hash", Needs::record));
    let record = key("/a");
    for number in NO_NUMBERS {
        let commands = vec![command(&["SET", COUNT, number])];
        all.push(Foreign { what: format!("{COUNT} {number}"), commands, hurts: Needs::count });
        let hset = [b"HSET", record.as_bytes(), b"\xffhits", number.as_bytes()];
        let what = format!("hits {number} of a record");
        all.push(Foreign { what, commands: vec![command(&hset)], hurts: Needs::record });
    }
    // `GET /?path=` shows no tag.
    let hurts = |needs: Needs| needs.record() && needs != Needs::CountersAndRecord;
    for tag in [&b""[..], b"a\"b", b"a b", b"\xc3("] {
        let hset = [b"HSET", record.as_bytes(), b"\xffetag", tag];
        let what = format!("tag {tag:?} of a record");
        all.push(Foreign { what, commands: vec![command(&hset)], hurts });
    }
    all
}

/// Everything that a Redis holds, and which keys expire.
fn dump(redis: &mut Connection) -> BTreeMap<String, (Vec<u8>, bool)> {
    let keys: Vec<String> = cmd("KEYS").arg("*").query(redis).expect("Redis answers");
    let dump = |key: String| {
        let value = cmd("DUMP").arg(&key).query(redis).expect("Redis answers");
        let ttl: i64 = cmd("PTTL").arg(&key).query(redis).expect("Redis answers");
        (key, (value, ttl >= 0))
    };
    keys.into_iter().map(dump).collect()
}

/// Empties the store, stores a record, and has another program do its work.
fn prepare(host: &Host, redis: &mut Connection, foreign: &Foreign) {
    cmd("FLUSHALL").exec(redis).expect("Redis answers");
    host.put("/a", r#"{"a":1}"#).send().expect(201);
    for command in &foreign.commands {
        command.exec(redis).expect("Redis takes it");
    }
}

fn assert_store_error(answer: &Response) {
    if answer.is_head() {
        answer.expect(500);
    } else {
        assert_problem(answer, 500, "store-error");
    }
}

#[test]
fn a_foreign_value_is_500_store_error_and_nothing_is_changed() {
    let service = Service::start();
    let (host, mut redis) = (&service.host, service.redis.connect());
    for foreign in foreign_values() {
        for (needs, request) in REQUESTS {
            if !(foreign.hurts)(needs) {
                continue;
            }
            prepare(host, &mut redis, &foreign);
            let before = dump(&mut redis);
            let request = request(host).may_fail();
            println!("{request} with {}", foreign.what);
            assert_store_error(&request.send());
            assert_eq!(dump(&mut redis), before);
        }
    }
    let log = host.stderr();
    assert!(log.contains("\"store-error\"") && !log.contains("\"store-unavailable\""), "{log}");
}

#[test]
fn so_it_is_when_memory_is_full() {
    let redis = Redis::options().set("maxmemory-policy", "noeviction").start();
    let service = Service::on(redis, Host::options());
    let (host, mut redis) = (&service.host, service.redis.connect());
    let limit = |bytes: &str| {
        let mut redis = service.redis.connect();
        command(&["CONFIG", "SET", "maxmemory", bytes]).exec(&mut redis).expect("Redis takes it");
    };
    for foreign in foreign_values() {
        // A write may be refused for lack of memory instead.
        let others = REQUESTS.iter().filter(|(needs, request)| {
            let request = request(host).to_string();
            (foreign.hurts)(*needs)
                && ["GET", "HEAD", "DELETE"].iter().any(|m| request.starts_with(m))
        });
        for (_, request) in others {
            prepare(host, &mut redis, &foreign);
            let before = dump(&mut redis);
            limit("1");
            let request = request(host).may_fail();
            println!("{request} with {}", foreign.what);
            assert_store_error(&request.send());
            limit("0");
            assert_eq!(dump(&mut redis), before);
        }
    }
}

#[test]
fn what_needs_none_of_a_foreign_value_goes_on() {
    let service = Service::start();
    let (host, mut redis) = (&service.host, service.redis.connect());
    for foreign in foreign_values() {
        prepare(host, &mut redis, &foreign);
        for (needs, request) in REQUESTS {
            if !(foreign.hurts)(needs) {
                let answer = request(host).send();
                assert!(answer.status() < 500, "{answer} with {}", foreign.what);
            }
        }
    }
}
