//! Section 2: the methods on a record path.

use harness::{Response, Service, assert_problem};
use uuid::{Uuid, Version};

use crate::common::{assert_nearly, date, host, path, store, stored, ttl};

/// What every representation has.
fn assert_representation(answer: &Response) {
    assert_eq!(answer.required("content-type"), "application/json");
    assert_eq!(answer.required("cache-control"), "no-cache");
    let etag = answer.required("etag");
    assert!(etag.len() > 2 && etag.starts_with('"') && etag.ends_with('"'), "strong: {etag}");
    let modified = date(answer, "last-modified");
    assert_eq!(modified, answer.number("last_updated"));
    match ttl(answer) {
        None => assert_eq!(answer.header("expires"), None),
        Some(left) => {
            let expires = date(answer, "expires");
            let expected = store().now() + left;
            assert!(expires.abs_diff(expected) < 30, "{expires} for {expected}: {answer}");
        }
    }
}

#[test]
fn put_answers_201_where_there_was_no_record_and_200_where_there_was() {
    let path = path("s2");
    let first = host().put(&path, r#"{"a":1}"#).send();
    assert_representation(first.expect(201));
    let second = host().put(&path, r#"{"b":2}"#).send();
    assert_representation(second.expect(200));
    host().delete(&path).send().expect(204);
    host().put(&path, "{}").send().expect(201);
}

#[test]
fn put_stores_the_body_in_place_of_whatever_was_there() {
    let path = stored("s2", r#"{"a":1,"b":2}"#);
    let put = host().put(&path, r#"{"b":3,"c":4}"#).send();
    let expected = [("b", "3"), ("c", "4")].map(|(name, text)| (name.into(), text.into()));
    assert_eq!(put.members(), expected);
    assert_eq!(host().get(&path).send().members(), expected);
}

#[test]
fn put_answers_with_the_representation_that_get_gives() {
    let path = path("s2");
    let put = host().put(&format!("{path}?ttl=never"), r#"{"a":[1.0]}"#).send();
    let get = host().get(&path).send();
    assert_eq!(put.text(), get.text());
    for header in ["etag", "last-modified", "cache-control", "content-type"] {
        assert_eq!(put.required(header), get.required(header));
    }
}

#[test]
fn get_answers_with_the_representation() {
    let path = stored("s2", r#"{"a":1}"#);
    assert_representation(host().get(&path).send().expect(200));
    host().put(&format!("{path}?ttl=never"), "{}").send();
    assert_representation(host().get(&path).send().expect(200));
}

#[test]
fn get_of_no_record_says_that_the_thing_does_not_exist() {
    let detail = assert_problem(&host().get(&path("s2")).send(), 404, "record-not-found");
    assert!(detail.contains("thing doesn't exist"), "{detail}");
}

#[test]
fn delete_removes() {
    let path = stored("s2", "{}");
    host().delete(&path).send().expect(204);
    host().get(&path).send().expect(404);
    assert_problem(&host().delete(&path).send(), 404, "record-not-found");
    host().delete(&crate::common::path("s2")).send().expect(404);
}

#[test]
fn post_stores_at_the_path_and_a_new_uuidv7() {
    for base in [format!("{}/", path("s2")), format!("{}/é%2f/", path("s2")).replace('é', "%c3%a9")]
    {
        let post = host().post(&format!("{base}?ttl=900"), r#"{"a":1.0}"#).send();
        assert_representation(post.expect(201));
        assert_nearly(ttl(&post), 900);
        let location = post.required("location");
        let normal = base.replace("%2f", "%2F").replace("%c3%a9", "%C3%A9");
        let name = location.strip_prefix(&normal).unwrap_or_else(|| panic!("{post}"));
        let uuid: Uuid = name.parse().expect("a UUID");
        assert_eq!(uuid.get_version(), Some(Version::SortRand), "version 7");
        assert_eq!(name, uuid.hyphenated().to_string(), "in its usual form");
        let (seconds, _) = uuid.get_timestamp().expect("version 7 has one").to_unix();
        assert!(seconds.abs_diff(store().now()) < 60, "{seconds}");
        let get = host().get(location).send();
        assert_eq!(get.expect(200).etag(), post.etag());
        assert_eq!(get.member("a").as_deref(), Some("1.0"));
    }
}

#[test]
fn every_post_makes_a_record_of_its_own() {
    let base = format!("{}/", path("s2"));
    let locations: std::collections::BTreeSet<_> =
        (0..50).map(|_| host().post(&base, "{}").send().required("location").to_owned()).collect();
    assert_eq!(locations.len(), 50);
}

#[test]
fn options_tells_the_methods_and_others_are_405() {
    let methods = |answer: &Response| {
        let mut methods = answer.list("allow");
        methods.sort();
        methods
    };
    let (record, collection) = (stored("s2", "{}"), format!("{}/", path("s2")));
    for (target, expected) in [
        (&record, &["delete", "get", "head", "options", "patch", "put"][..]),
        (&collection, &["delete", "get", "head", "options", "patch", "post", "put"]),
    ] {
        let options = host().options_of(target).send();
        assert_eq!(methods(options.expect(204)), expected, "{options}");
        assert_eq!(options.list("accept-patch").len(), 2, "{options}");
        for method in ["TRACE", "PROPFIND", "X-CUSTOM"] {
            let answer = host().request(method, target).send();
            assert_problem(&answer, 405, "method-not-allowed");
            assert_eq!(methods(&answer), expected, "{answer}");
        }
    }
    assert_problem(&host().post(&record, "{}").send(), 405, "method-not-allowed");
}

#[test]
fn a_record_path_ending_in_a_slash_takes_all_methods() {
    let path = format!("{}/", path("s2"));
    host().put(&path, r#"{"a":1}"#).send().expect(201);
    host().merge(&path, r#"{"b":2}"#).send().expect(200);
    host().head(&path).send().expect(200);
    host().post(&path, "{}").send().expect(201);
    assert_eq!(host().get(&path).send().expect(200).members().len(), 2);
    host().delete(&path).send().expect(204);
}

#[test]
fn a_reader_sees_the_old_record_or_the_new_one_and_always_a_time_to_live() {
    let service = Service::start();
    let host = &service.host;
    let old = r#"{"a":"old","b":"old","c":"old","only_old":1}"#;
    let new = r#"{"a":"new","b":"new","c":"new","only_new":1,"d":[1,2,3]}"#;
    host.put("/x?ttl=1000", old).send().expect(201);
    let done = std::sync::atomic::AtomicBool::new(false);
    std::thread::scope(|scope| {
        let checks = scope.spawn(|| {
            let mut connection = service.redis.connect();
            let mut checks = 0;
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let ttl: i64 = redis::cmd("PTTL")
                    .arg("path-records:/x")
                    .query(&mut connection)
                    .expect("Redis answers");
                // -1: no time to live; -2: no record.
                assert!(ttl > 0, "PTTL is {ttl}");
                checks += 1;
            }
            checks
        });
        let reader = scope.spawn(|| {
            let mut seen = [0; 2];
            while !done.load(std::sync::atomic::Ordering::Relaxed) {
                let got = host.get("/x").send();
                let got = harness::compact(got.expect(200).text());
                let at = [old, new].iter().position(|json| {
                    harness::members(json)
                        .iter()
                        .all(|(name, value)| got.contains(&format!("\"{name}\":{value}")))
                });
                let at = at.unwrap_or_else(|| panic!("a mixture: {got}"));
                assert!(!(got.contains("only_old") && got.contains("only_new")), "{got}");
                seen[at] += 1;
            }
            seen
        });
        for _ in 0..150 {
            host.put("/x?ttl=1000", new).send().expect(200);
            host.put("/x?ttl=1000", old).send().expect(200);
        }
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        let seen = reader.join().expect("the reader saw no mixture");
        assert!(seen[0] > 0 && seen[1] > 0, "both were seen: {seen:?}");
        assert!(checks.join().expect("there was always a time to live") > 100);
    });
}
