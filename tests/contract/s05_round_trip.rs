//! Section 5: what is exported and imported elsewhere is the same, to the letter.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use fastrand::Rng;
use harness::{Host, Redis, Service, compact, members, setting};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::Value;

use crate::common::{at_once, key};
use crate::generate::{Spellings, object, record, spellings};

const RECORDS: usize = 10_000;

/// Of so many records one comes by a PUT, the others by import.
const PUT: usize = 10;

const PREFIX: &str = "/exported/";

/// What one import may have.
const LARGEST_IMPORT: usize = 4 << 20;

const NDJSON: &str = "application/x-ndjson";

/// A record as a client sends it.
struct Sent {
    spelling: String,
    value: String,
    ttl: Ttl,
}

#[derive(Debug, Clone, Copy)]
enum Ttl {
    Default,
    Never,
    Seconds(u64),
}

impl Ttl {
    /// Seconds to live from the write on; `None`: for ever.
    fn seconds(self) -> Option<u64> {
        match self {
            Self::Default => Some(31_104_000),
            Self::Never => None,
            Self::Seconds(seconds) => Some(seconds),
        }
    }
}

/// Times to live that end after the test.
fn ttl() -> impl Strategy<Value = Ttl> {
    prop_oneof![
        Just(Ttl::Default),
        Just(Ttl::Never),
        (600_u64..86_400).prop_map(Ttl::Seconds),
        (86_400_u64..=315_360_000).prop_map(Ttl::Seconds),
        Just(Ttl::Seconds(315_360_000)),
    ]
}

/// So many of what a strategy makes.
fn some<S: Strategy>(count: usize, strategy: &S, runner: &mut TestRunner) -> Vec<S::Value> {
    let make = || strategy.new_tree(runner).expect("it can be made").current();
    std::iter::repeat_with(make).take(count).collect()
}

/// Records with every kind of path, value and time to live, by their normalised path; a few of them are
/// so large that they end a page. Each is put together from a stock of pieces, since those take long
/// to make.
fn records() -> BTreeMap<String, Sent> {
    let seed = setting("SEED", 0x7472_6970);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let paths = some(RECORDS / 4, &spellings(), &mut runner);
    let (spaces, members): (Vec<_>, Vec<_>) =
        some(RECORDS / 10, &record(), &mut runner).into_iter().unzip();
    let members = members.concat();
    let ttls = some(RECORDS / 10, &ttl(), &mut runner);

    let mut rng = Rng::with_seed(seed);
    let mut records = BTreeMap::new();
    while records.len() < RECORDS {
        let number = records.len();
        let [begin, end] = [(); 2].map(|()| &paths[rng.usize(..paths.len())]);
        let spell = |spelling: fn(&Spellings) -> &String| {
            format!("{PREFIX}{}{}", &spelling(begin)[1..], spelling(end))
        };
        let mut members: Vec<_> =
            (0..rng.usize(..8)).map(|_| members[rng.usize(..members.len())].clone()).collect();
        if number.is_multiple_of(RECORDS / 8) {
            let size = if number == 0 { 1_020_000 } else { 300_000 + number };
            members.push((r#""large""#.to_owned(), format!("\"{}\"", "\\u00e9".repeat(size / 6))));
        }
        let value = object(spaces[rng.usize(..spaces.len())], &members);
        let spelling =
            spell(if rng.bool() { |path| &path.others[0] } else { |path| &path.others[1] });
        let ttl = ttls[rng.usize(..ttls.len())];
        records.insert(spell(|path| &path.normalised), Sent { spelling, value, ttl });
    }
    records
}

/// A line for an import. Line ends between tokens become blanks.
fn line(sent: &Sent) -> String {
    let ttl = match sent.ttl {
        Ttl::Default => String::new(),
        Ttl::Never => r#","ttl":null"#.to_owned(),
        Ttl::Seconds(seconds) => format!(r#","ttl":{seconds}"#),
    };
    let (path, value) = (Value::from(&sent.spelling[..]), sent.value.replace(['\r', '\n'], " "));
    format!(r#"{{"path":{path},"value":{value}{ttl}}}"#)
}

/// Imports lines in requests of at most 4 MiB. Each is a record that wasn't there.
fn import(host: &Host, lines: &[String]) {
    let mut rest = lines;
    let mut requests = 0;
    while !rest.is_empty() {
        let mut size = 0;
        let fits = |line: &&String| {
            size += line.len() + 1;
            size <= LARGEST_IMPORT
        };
        let (some, after) = rest.split_at(rest.iter().take_while(fits).count());
        let answer = host.request("POST", "/-/records").body(NDJSON, some.join("\n") + "\n").send();
        assert_eq!(answer.expect(200).required("content-type"), NDJSON);
        let told = answer.text().lines().enumerate();
        let told: Vec<Value> = told
            .map(|(at, told)| {
                let told: Value = serde_json::from_str(told).expect("a line is JSON");
                assert_eq!(told["line"], at + 1, "{told}");
                assert_eq!(told["status"], 201, "{told} for {}", some[at]);
                told
            })
            .collect();
        assert_eq!(told.len(), some.len(), "a line for a line");
        rest = after;
        requests += 1;
    }
    assert!(requests > 1, "one request is not several");
}

/// Stores the records by HTTP, most of them by import.
fn store(host: &Host, records: &BTreeMap<String, Sent>) {
    let (puts, imports): (Vec<_>, Vec<_>) =
        records.values().enumerate().partition(|(at, _)| at.is_multiple_of(PUT));
    let next = AtomicUsize::new(0);
    at_once(4, |_| {
        while let Some((_, sent)) = puts.get(next.fetch_add(1, Ordering::Relaxed)) {
            let query = match sent.ttl {
                Ttl::Default => String::new(),
                Ttl::Never => "?ttl=never".to_owned(),
                Ttl::Seconds(seconds) => format!("?ttl={seconds}"),
            };
            host.put(&format!("{}{query}", sent.spelling), &sent.value).send().expect(201);
        }
    });
    let lines: Vec<_> = imports.into_iter().map(|(_, sent)| line(sent)).collect();
    import(host, &lines);
}

/// The lines of all pages below the prefix.
fn export(host: &Host) -> Vec<String> {
    let mut lines = Vec::new();
    let mut next = Some(format!("/-/records?prefix={PREFIX}&values=true&limit=1000"));
    while let Some(target) = next {
        let page = host.get(&target).header("Accept", NDJSON).send();
        assert_eq!(page.expect(200).required("content-type"), NDJSON);
        let before = lines.len();
        lines.extend(page.text().lines().map(str::to_owned));
        assert!(lines.len() > before, "a page has an entry: {page}");
        next = page.header("link").map(|link| {
            let target =
                link.strip_prefix('<').and_then(|link| link.strip_suffix(r#">; rel="next""#));
            target.unwrap_or_else(|| panic!("no link to a next page: {page}")).to_owned()
        });
    }
    lines
}

/// Writes and deletes beside the prefix until it is told to stop; how often.
fn disturb(host: &Host, stop: &AtomicBool) -> usize {
    const BESIDE: [&str; 5] = ["/exported", "/exported-", "/exported0", "/exporte/", "/f/"];
    let mut turns = 0;
    while !stop.load(Ordering::Relaxed) {
        let path = format!("{}{}", BESIDE[turns % BESIDE.len()], turns / 2 % 7);
        if turns.is_multiple_of(3) {
            host.delete(&path).send();
        } else {
            host.put(&path, r#"{"beside":"the prefix"}"#).send();
        }
        turns += 1;
    }
    turns
}

/// Names and values, as they lie in Redis.
type Members = BTreeMap<Vec<u8>, Vec<u8>>;

/// A record as it lies in Redis: what must be the same elsewhere, and when it expires, in
/// milliseconds since the epoch.
struct Stored {
    members: Members,
    expires: Option<i64>,
}

fn stored<'a>(redis: &Redis, paths: impl Iterator<Item = &'a String>) -> Vec<Stored> {
    let mut connection = redis.connect();
    let paths: Vec<_> = paths.collect();
    let mut stored = Vec::new();
    for some in paths.chunks(500) {
        let mut pipe = redis::pipe();
        for path in some {
            pipe.hgetall(key(path));
        }
        let hashes: Vec<Members> = pipe.query(&mut connection).expect("Redis answers");
        let mut pipe = redis::pipe();
        pipe.atomic();
        for path in some {
            pipe.pttl(key(path));
        }
        pipe.cmd("TIME");
        let mut left: Vec<redis::Value> = pipe.query(&mut connection).expect("Redis answers");
        let time = left.pop().expect("the time");
        let (seconds, micros): (i64, i64) = redis::from_redis_value(&time).expect("the time");
        let now = seconds * 1000 + micros / 1000;
        for (mut members, left) in hashes.into_iter().zip(left) {
            let left: i64 = redis::from_redis_value(&left).expect("milliseconds");
            assert!(!members.is_empty() && left != -2, "a record is missing");
            members.retain(|name, _| name[..] != *b"last_updated" && name.first() != Some(&0xff));
            stored.push(Stored { members, expires: (left >= 0).then_some(now + left) });
        }
    }
    stored
}

/// Members without the whitespace between the tokens of their values.
fn compacted(members: &Members) -> Members {
    let text = |value: &[u8]| compact(std::str::from_utf8(value).expect("values are UTF-8"));
    members.iter().map(|(name, value)| (name.clone(), text(value).into_bytes())).collect()
}

fn has_line_ends(members: &Members) -> bool {
    members.values().flatten().any(|byte| matches!(byte, b'\r' | b'\n'))
}

/// What a record's hash has to hold, without whitespace between tokens.
fn expected(value: &str) -> Members {
    let members =
        members(value).into_iter().filter(|(name, _)| name != "ttl" && name != "last_updated");
    members.map(|(name, value)| (name.into_bytes(), value.into_bytes())).collect()
}

/// The store's clock, in milliseconds.
fn clock(redis: &Redis) -> i64 {
    let (seconds, micros): (i64, i64) = redis.run(&["TIME"]);
    seconds * 1000 + micros / 1000
}

#[test]
fn what_is_exported_and_imported_elsewhere_is_the_same_to_the_letter() {
    let records = records();
    let (source, target) = (Service::start(), Service::start());
    let begun = clock(&source.redis);
    store(&source.host, &records);
    let stop = AtomicBool::new(false);
    let lines = std::thread::scope(|scope| {
        let others = [(); 2].map(|()| scope.spawn(|| disturb(&source.host, &stop)));
        let lines = export(&source.host);
        stop.store(true, Ordering::Relaxed);
        let turns = others.map(|other| other.join().expect("no panic"));
        assert!(turns.iter().all(|turns| *turns > 10), "others wrote meanwhile: {turns:?}");
        lines
    });
    assert_eq!(lines.len(), RECORDS, "each record is exported once");
    import(&target.host, &lines);
    let took = clock(&target.redis) - begun;

    let index: Vec<String> = target.redis.run(&["ZRANGE", "path-records:index", "0", "-1"]);
    assert!(index.iter().eq(records.keys()), "other paths than those that were stored");
    let before = stored(&source.redis, records.keys());
    let after = stored(&target.redis, records.keys());
    for (((path, sent), before), after) in records.iter().zip(before).zip(after) {
        let sent_members = expected(&sent.value);
        assert!(compacted(&before.members) == sent_members, "{path} is not what was sent");
        // A line holds no line's end, so one that stood between tokens is another blank elsewhere.
        let same = if has_line_ends(&before.members) {
            compacted(&after.members) == sent_members
        } else {
            after.members == before.members
        };
        assert!(same, "{path} is another record elsewhere");
        assert_eq!(before.expires.is_some(), sent.ttl.seconds().is_some(), "{path}");
        assert_eq!(after.expires.is_some(), before.expires.is_some(), "{path}");
        let (Some(seconds), Some(before), Some(after)) =
            (sent.ttl.seconds(), before.expires, after.expires)
        else {
            continue;
        };
        let given = begun + i64::try_from(seconds).expect("not so many") * 1000;
        assert!((given..=given + took).contains(&before), "{path}: {given}, {before}");
        // What is left is written in whole seconds, and starts anew when it is imported.
        assert!(
            (before - 1000..=before + took + 1000).contains(&after),
            "{path}: {before}, {after}"
        );
    }
    let counted = target.host.get("/").header("Accept", "application/json").send();
    assert_eq!(counted.number("records"), RECORDS as u64);
}
