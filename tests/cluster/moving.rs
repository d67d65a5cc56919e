//! From one Redis to many and back, by export and import.

use std::collections::BTreeMap;

use fastrand::Rng;
use harness::{Host, Redis, Service, setting};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::common::{PARTS, Store, cluster};

const LINES: &str = "application/x-ndjson";
const RECORDS: usize = 700;

/// What an export says about a record that is the same wherever it is: its value to the letter, and
/// whether and when it expires.
#[derive(Debug, PartialEq, Eq)]
struct Record {
    value: String,
    ttl: Option<u64>,
}

/// A page after the other.
fn export(host: &Host) -> Vec<String> {
    let mut lines = Vec::new();
    let mut next = Some("/-/records?values=true&limit=300".to_owned());
    while let Some(target) = next {
        let page = host.get(&target).header("Accept", LINES).send();
        lines.extend(page.expect(200).text().lines().map(str::to_owned));
        next = page
            .header("link")
            .map(|link| link.trim_start_matches('<').split('>').next().expect("a link").to_owned());
        assert!(lines.len() <= RECORDS, "it ends");
    }
    lines
}

/// A line of an export; `value` is text, since there are numbers that only text can hold.
#[derive(serde::Deserialize)]
struct Line {
    path: String,
    value: Box<RawValue>,
    ttl: Option<u64>,
}

fn line(text: &String) -> Line {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn records(lines: &[String]) -> BTreeMap<String, Record> {
    let record = |text: &String| {
        let line = line(text);
        let value = line.value.get().to_owned();
        // It runs down while the test runs, from a multiple of this.
        let ttl = line.ttl.map(|ttl| ttl.next_multiple_of(10_000));
        (line.path, Record { value, ttl })
    };
    lines.iter().map(record).collect()
}

/// Imports lines; each is told of in its place.
fn import(host: &Host, lines: &[String], status: u64) {
    let answer = host.request("POST", "/-/records").body(LINES, lines.join("\n")).send();
    let results: Vec<Value> = answer
        .expect(200)
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(results.len(), lines.len(), "{answer}");
    for (number, (result, line)) in results.iter().zip(lines.iter().map(line)).enumerate() {
        assert_eq!(result["line"], number + 1, "{result}");
        assert_eq!(result["path"], line.path, "{result}");
        assert_eq!(result["status"], status, "{result}");
    }
}

fn some_records() -> Vec<String> {
    let mut rng = Rng::with_seed(setting("SEED", 0x6d6f_7665));
    let make = |number: usize| {
        let path = format!("/{}{}/{number}", rng.alphabetic(), rng.u8(..40));
        let ttl = match rng.u8(..3) {
            0 => "null".to_owned(),
            _ => (rng.u64(1..1000) * 10_000).to_string(),
        };
        let value = ["1.0", "-0", "1e400", "12345678901234567890123", r#""\u00e9""#, "[{}]"];
        let value = value[number % value.len()];
        format!(r#"{{"path":"{path}","ttl":{ttl},"value":{{"n":{number},"v":{value}}}}}"#)
    };
    (0..RECORDS).map(make).collect()
}

#[test]
fn an_export_of_one_redis_is_the_same_on_a_cluster_and_back_on_one() {
    let lines = some_records();
    let first = Service::start();
    import(&first.host, &lines, 201);
    let exported = export(&first.host);
    let expected = records(&exported);
    assert_eq!(expected.len(), RECORDS);

    let store = Store::start();
    import(&store.host, &exported, 201);
    let again = export(&store.host);
    let paths = |lines: &[String]| lines.iter().map(|text| line(text).path).collect::<Vec<_>>();
    assert_eq!(paths(&again), paths(&exported), "in the same order");
    assert_eq!(records(&again), expected);

    let last = Service::start();
    import(&last.host, &again, 201);
    assert_eq!(records(&export(&last.host)), expected);
}

#[test]
fn an_import_tells_of_each_line_in_its_place_whatever_part_it_is_for() {
    let store = Store::start();
    let paths = ["/a/1", "/b/1", "/c/1", "/d/1", "/e/1", "/f/1"];
    store.host.put(paths[2], "{}").send().expect(201);
    let mut lines: Vec<String> =
        paths.iter().map(|path| format!(r#"{{"path":"{path}","value":{{}}}}"#)).collect();
    lines.insert(3, "no JSON".to_owned());
    lines.insert(5, r#"{"path":"/a/../b","value":{}}"#.to_owned());
    // The same path twice: the second finds what the first has stored.
    lines.push(lines[0].clone());
    let import = store.host.request("POST", "/-/records").body(LINES, lines.join("\n"));
    let answer = import.header("If-None-Match", "*").send();
    let results: Vec<Value> = answer
        .expect(200)
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let told: Vec<_> =
        results.iter().map(|result| (result["line"].as_u64(), result["status"].as_u64())).collect();
    let expected = [201, 201, 412, 400, 201, 400, 201, 201, 412];
    let expected = (1..).zip(expected).map(|(line, status)| (Some(line), Some(status)));
    assert_eq!(told, expected.collect::<Vec<_>>(), "{answer}");
    for result in &results {
        if result["status"] == 201 {
            let path = result["path"].as_str().expect("a path");
            assert_eq!(result["etag"], store.host.get(path).send().etag());
        }
    }
}

#[test]
fn one_redis_with_parts_takes_what_a_cluster_has() {
    let store = Store::start();
    let lines = some_records();
    import(&store.host, &lines[..100], 201);
    let exported = export(&store.host);
    let redis = Redis::start();
    let other = Host::options().redis(&redis).variable("shards", PARTS.to_string()).start();
    import(&other, &exported, 201);
    assert_eq!(records(&export(&other)), records(&exported));
    // On one Redis and on many a record lies under the same name.
    let keys: Vec<String> = redis.run(&["KEYS", "path-records:{*}/*"]);
    let elsewhere = cluster().keys().into_keys().filter_map(|key| {
        let rest = key.strip_prefix(store.shards.key_prefix())?;
        rest.contains("}/").then(|| format!("path-records:{rest}"))
    });
    let (mut keys, mut elsewhere) = (keys, elsewhere.collect::<Vec<_>>());
    keys.sort();
    elsewhere.sort();
    assert_eq!(keys, elsewhere);
}
