//! Section 3: time to live.

use harness::{Served, assert_problem};

use crate::common::{assert_nearly, host, in_redis, path, stored, ttl};

const DEFAULT: u64 = 31_104_000;
const MOST: u64 = 315_360_000;

/// The key's own time to live, in seconds; `None`: it never expires.
fn expiry(path: &str) -> Option<u64> {
    let left: i64 = in_redis("PTTL", path);
    assert_ne!(left, -2, "there is no {path}");
    u64::try_from(left).ok().map(|left| left.div_ceil(1000))
}

#[test]
fn put_and_post_without_ttl_use_the_default() {
    let path = path("s3");
    let put = host().put(&path, "{}").send();
    assert_nearly(ttl(&put), DEFAULT);
    assert_nearly(expiry(&path), DEFAULT);
    let post = host().post(&format!("{path}/"), "{}").send();
    assert_nearly(ttl(&post), DEFAULT);
    assert_nearly(expiry(post.required("location")), DEFAULT);
}

#[test]
fn ttl_may_be_1_to_the_maximum() {
    for seconds in [1, 2, 60, DEFAULT, MOST - 1, MOST] {
        let path = path("s3");
        let put = host().put(&format!("{path}?ttl={seconds}"), "{}").send();
        assert_nearly(ttl(put.expect(201)), seconds);
        let post = host().post(&format!("{path}/?ttl={seconds}"), "{}").send();
        assert_nearly(ttl(post.expect(201)), seconds);
    }
}

#[test]
fn ttl_never_keeps_the_record() {
    let path = path("s3");
    let put = host().put(&format!("{path}?ttl=never"), "{}").send();
    assert_eq!(ttl(&put), None);
    assert_eq!(put.header("expires"), None);
    assert_eq!(expiry(&path), None);
    let post = host().post(&format!("{path}/?ttl=never"), "{}").send();
    assert_eq!(ttl(&post), None);
}

#[test]
fn put_sets_the_time_to_live_anew() {
    let path = path("s3");
    host().put(&format!("{path}?ttl=never"), "{}").send();
    assert_nearly(ttl(&host().put(&path, "{}").send()), DEFAULT);
    host().put(&format!("{path}?ttl=100"), "{}").send();
    assert_nearly(expiry(&path), 100);
    host().put(&format!("{path}?ttl=never"), "{}").send();
    assert_eq!(expiry(&path), None);
}

#[test]
fn patch_without_ttl_keeps_the_time_that_remains() {
    let path = path("s3");
    host().put(&format!("{path}?ttl=600"), "{}").send();
    assert_nearly(ttl(&host().merge(&path, r#"{"a":1}"#).send()), 600);
    assert_nearly(expiry(&path), 600);
    let removed = r#"[{"op":"remove","path":"/a"}]"#;
    assert_nearly(ttl(&host().patch(&path, removed).send()), 600);
    host().put(&format!("{path}?ttl=never"), "{}").send();
    assert_eq!(ttl(&host().merge(&path, r#"{"a":1}"#).send()), None);
    assert_eq!(expiry(&path), None);
}

#[test]
fn patch_with_ttl_sets_it() {
    let path = path("s3");
    host().put(&format!("{path}?ttl=600"), r#"{"a":1}"#).send();
    let target = format!("{path}?ttl=9000");
    assert_nearly(ttl(&host().merge(&target, "{}").send()), 9000);
    assert_nearly(expiry(&path), 9000);
    let target = format!("{path}?ttl=never");
    assert_eq!(ttl(&host().patch(&target, "[]").send()), None);
    assert_eq!(expiry(&path), None);
    let target = format!("{path}?ttl=50");
    assert_nearly(ttl(&host().merge(&target, "{}").send()), 50);
    assert_eq!(host().get(&path).send().members().len(), 1);
}

#[test]
fn get_never_extends_it() {
    let path = path("s3");
    host().put(&format!("{path}?ttl=100"), "{}").send();
    let before: i64 = in_redis("PEXPIRETIME", &path);
    for method in ["GET", "HEAD", "OPTIONS"] {
        host().request(method, &path).send();
    }
    let after: i64 = in_redis("PEXPIRETIME", &path);
    assert_eq!(before, after);
}

#[test]
fn a_record_is_gone_when_its_time_is_over() {
    let path = path("s3");
    host().put(&format!("{path}?ttl=1"), "{}").send().expect(201);
    harness::eventually("the record expires", || {
        (host().get(&path).send().status() == 404).then_some(())
    });
    assert_problem(&host().merge(&path, "{}").send(), 404, "record-not-found");
    host().delete(&path).send().expect(404);
    host().put(&path, "{}").send().expect(201);
}

#[test]
fn another_value_and_another_parameter_are_400_naming_them() {
    let path = stored("s3", "{}");
    let collection = format!("{path}/");
    let etag = host().get(&path).send().etag();
    for (query, name) in [("ttl=0", "ttl"), ("ttl=1.5", "ttl"), ("c%6Flour=1", "colour")] {
        for (method, base) in [("PUT", &path), ("POST", &collection), ("PATCH", &path)] {
            let target = format!("{base}?{query}");
            let content_type =
                if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
            let answer = host().request(method, &target).body(content_type, "{}").send();
            let detail = assert_problem(&answer, 400, "invalid-query");
            assert!(detail.contains(name), "{answer}");
        }
    }
    for request in [host().get(&format!("{path}?ttl=5")), host().delete(&format!("{path}?ttl=5"))] {
        assert_problem(&request.send(), 400, "invalid-query");
    }
    assert_eq!(host().get(&path).send().etag(), etag, "nothing was written");
}

#[test]
fn an_encoded_query_means_what_it_encodes_and_an_empty_one_nothing() {
    let path = path("s3");
    let put = host().put(&format!("{path}?t%74l=%31%30%30"), "{}").send();
    assert_nearly(ttl(put.expect(201)), 100);
    host().put(&format!("{path}?"), "{}").send().expect(200);
    host().get(&format!("{path}?")).send().expect(200);
}

#[test]
fn default_and_maximum_are_configured() {
    let service = Served::with(&[("default_ttl", "500"), ("max_ttl", "1000")]);
    let host = &service.host;
    assert_nearly(ttl(&host.put("/a", "{}").send()), 500);
    assert_nearly(ttl(&host.post("/a/", "{}").send()), 500);
    assert_nearly(ttl(&host.put("/a?ttl=1000", "{}").send()), 1000);
    assert_nearly(ttl(&host.merge("/a", "{}").send()), 1000);
    assert_problem(&host.put("/a?ttl=1001", "{}").send(), 400, "invalid-query");
    assert_eq!(ttl(&host.put("/a?ttl=never", "{}").send()), None);
}
