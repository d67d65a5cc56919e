//! Section 5: values in listings, and listings as lines.

use harness::{Host, Response, Served, Service, assert_problem};
use serde_json::Value;

use crate::common::host;
use crate::s05_listing::pages;

const LINES: &str = "application/x-ndjson";

/// Follows `Link` from `target` to the last page of lines.
pub fn pages_of_lines(host: &Host, target: &str) -> Vec<Response> {
    let mut pages = Vec::new();
    let mut next = Some(target.to_owned());
    while let Some(target) = next {
        let page = host.get(&target).header("Accept", LINES).send();
        assert_eq!(page.expect(200).required("content-type"), LINES);
        next = page.header("link").map(|link| {
            let target =
                link.strip_prefix('<').and_then(|rest| rest.strip_suffix(">; rel=\"next\""));
            target.expect("a link to the next page").to_owned()
        });
        pages.push(page);
        assert!(pages.len() < 2000, "the pages end");
    }
    pages
}

/// The lines on these pages.
pub fn lines(pages: &[Response]) -> Vec<String> {
    pages.iter().flat_map(|page| page.text().lines().map(str::to_owned)).collect()
}

#[test]
fn values_are_what_was_sent_without_the_services_members() {
    let Served { host, .. } = &Served::start();
    let text = r#"{"a":1.0,"b":-0,"c":12345678901234567890123,"d":"\u0041\/","e":[ 1 ,2],"":1E+5}"#;
    host.put("/a", text).send().expect(201);
    host.put("/b", r#"{"last_updated":1,"ttl":2}"#).send().expect(201);
    let page = host.get("/-/records?values=true").send();
    let sorted =
        r#"{"":1E+5,"a":1.0,"b":-0,"c":12345678901234567890123,"d":"\u0041\/","e":[ 1 ,2]}"#;
    assert!(page.expect(200).text().contains(&format!("\"value\":{sorted}}}")), "{page}");
    assert_eq!(page.json()["records"][1]["value"], serde_json::json!({}));
    for target in ["/-/records", "/-/records?values=false"] {
        assert!(!host.get(target).send().text().contains("value"), "{target}");
    }
}

#[test]
fn lines_are_the_same_entries() {
    let Served { host, .. } = &Served::start();
    for path in ["/a", "/a/1", "/a/2", "/b", "/b/", "/c/1", "/d"] {
        host.put(path, r#"{"n":1.0}"#).send().expect(201);
    }
    for query in ["", "?values=true", "?delimiter=/", "?delimiter=/&values=true&prefix=/a"] {
        let target = format!("/-/records{query}");
        let page = host.get(&target).send().expect(200).json();
        let mut expected: Vec<(String, Value)> = Vec::new();
        for record in page["records"].as_array().expect("a list") {
            expected.push((record["path"].as_str().expect("a path").to_owned(), record.clone()));
        }
        for prefix in page["prefixes"].as_array().expect("a list") {
            let name = prefix.as_str().expect("a path").to_owned();
            expected.push((name, serde_json::json!({ "prefix": prefix })));
        }
        expected.sort_by(|one, other| one.0.cmp(&other.0));
        let answer = host.get(&target).header("Accept", LINES).send();
        let found: Vec<Value> = answer
            .text()
            .lines()
            .map(|line| serde_json::from_str(line).expect("a line is JSON"))
            .collect();
        assert_eq!(found, expected.into_iter().map(|(_, entry)| entry).collect::<Vec<_>>());
        assert!(answer.text().ends_with('\n'), "{answer}");
        assert!(answer.list("vary").contains(&"accept".to_owned()), "{answer}");
    }
    let none = host.get("/-/records?prefix=/x").header("Accept", LINES).send();
    assert_eq!((none.status(), none.text()), (200, ""));
}

#[test]
fn following_link_leads_over_all_lines_once() {
    let Served { host, .. } = &Served::start();
    let paths: Vec<String> =
        (0..25).map(|number| format!("/f{}/r{number:02}", number % 4)).collect();
    for path in &paths {
        host.put(path, "{}").send().expect(201);
    }
    for limit in [1, 7, 25, 100] {
        let target = format!("/-/records?values=true&limit={limit}");
        let found: Vec<String> = lines(&pages_of_lines(host, &target))
            .iter()
            .map(|line| {
                let entry: Value = serde_json::from_str(line).expect("a line is JSON");
                assert_eq!(entry["value"], serde_json::json!({}));
                entry["path"].as_str().expect("a path").to_owned()
            })
            .collect();
        let mut expected = paths.clone();
        expected.sort();
        assert_eq!(found, expected);
        let folded = format!("/-/records?delimiter=/&limit={limit}");
        assert_eq!(lines(&pages_of_lines(host, &folded)).len(), 4);
    }
}

/// How many bytes the values on a page are.
fn size_of_values(page: &Response) -> (usize, usize) {
    let records = page.member("records").expect("records");
    let count = page.json()["records"].as_array().expect("a list").len();
    (count, records.len())
}

#[test]
fn a_page_ends_where_its_values_exceed_a_mebibyte() {
    let Service { host, .. } = &Service::start();
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(300_000));
    let largest = format!(r#"{{"a":"{}"}}"#, "x".repeat((1 << 20) - 10));
    for number in 0..7 {
        host.put(&format!("/large/{number}"), &large).send().expect(201);
    }
    for number in 0..2 {
        host.put(&format!("/largest/{number}"), &largest).send().expect(201);
    }
    let pages = pages_of_lines(host, "/-/records?values=true");
    let counts: Vec<_> = pages.iter().map(|page| page.text().lines().count()).collect();
    assert_eq!(counts, [3, 3, 1, 1, 1]);
    let (count, size) = size_of_values(&host.get("/-/records?values=true").send());
    assert_eq!(count, 3);
    assert!((900_000..1 << 20).contains(&size), "{size}");
    // Without values they are on one.
    assert_eq!(pages_of_lines(host, "/-/records").len(), 1);
}

#[test]
fn values_is_true_or_false() {
    for value in ["", "1", "TRUE", "yes"] {
        let answer = host().get(&format!("/-/records?values={value}")).send();
        let detail = assert_problem(&answer, 400, "invalid-query");
        assert!(detail.contains("`values`"), "{answer}");
    }
}

#[test]
fn what_another_program_wrote_is_left_out_or_has_a_value() {
    let Service { host, redis } = &Service::start();
    host.put("/b", r#"{"x":1}"#).send().expect(201);
    redis.run::<()>(&["HSET", "path-records:/a", "plain", "no json", "number", "1.50"]);
    redis.run::<()>(&["SET", "path-records:/c", "no hash"]);
    let mut connection = redis.connect();
    redis::cmd("HSET")
        .arg("path-records:/d")
        .arg("x")
        .arg(b"\xff\xfe")
        .exec(&mut connection)
        .expect("set");
    for path in ["/a", "/c", "/d"] {
        redis.run::<()>(&["ZADD", "path-records:index", "0", path]);
    }
    let page = host.get("/-/records?values=true").send();
    let records = page.expect(200).json()["records"].clone();
    let listed: Vec<_> =
        records.as_array().expect("a list").iter().map(|each| &each["path"]).collect();
    assert_eq!(listed, ["/a", "/b"]);
    assert!(page.text().contains(r#""value":{"number":1.50,"plain":"no json"}"#), "{page}");
}

#[test]
fn a_page_of_large_records_of_another_program_ends_early_too() {
    let Service { host, redis } = &Service::start();
    let large = "x".repeat(300_000);
    let paths: Vec<_> = (0..10).map(|number| format!("/{number}")).collect();
    for path in &paths {
        // Without a tag of the service's it has one that follows all that it holds.
        redis.run::<()>(&["HSET", &format!("path-records:{path}"), "a", &large]);
        redis.run::<()>(&["ZADD", "path-records:index", "0", path]);
    }
    let found = pages(host, "/-/records");
    assert_eq!(crate::s05_listing::paths(&found), paths);
    assert_eq!(found.len(), 4);
}
