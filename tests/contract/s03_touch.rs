//! Section 3: PATCH with `ttl` and without a body gives a new time to live and changes nothing else.

use harness::{Served, assert_problem};

use crate::common::{assert_nearly, date, host, http_date, in_redis, path, store, stored, ttl};

/// All that Redis holds of a record but its hits and its time to live.
fn fields(path: &str) -> Vec<(Vec<u8>, Vec<u8>)> {
    let fields: Vec<(Vec<u8>, Vec<u8>)> = in_redis("HGETALL", path);
    fields.into_iter().filter(|(name, _)| name != b"\xffhits").collect()
}

#[test]
fn a_touch_gives_a_new_time_to_live_and_changes_nothing_else() {
    let path = stored("s3", r#"{"n":1.0,"s":"\u0041"}"#);
    let before = host().get(&path).send();
    let held = fields(&path);
    for (query, seconds) in [("60", Some(60)), ("never", None), ("1000", Some(1000))] {
        let touched = host().request("PATCH", &format!("{path}?ttl={query}")).send();
        assert_eq!(touched.expect(200).members(), before.members());
        assert_eq!(touched.etag(), before.etag());
        assert_eq!(touched.member("last_updated"), before.member("last_updated"));
        assert_eq!(touched.header("last-modified"), before.header("last-modified"));
        assert_eq!(fields(&path), held);
        let left: i64 = in_redis("PTTL", &path);
        if let Some(seconds) = seconds {
            assert_nearly(ttl(&touched), seconds);
            assert_nearly(u64::try_from(left).ok().map(|left| left.div_ceil(1000)), seconds);
            let expires = date(&touched, "expires");
            assert!(expires.abs_diff(store().now() + seconds) <= 30, "{touched}");
        } else {
            assert_eq!((ttl(&touched), left), (None, -1));
            assert_eq!(touched.header("expires"), None);
        }
        assert_eq!(host().get(&path).send().member("ttl"), touched.member("ttl"));
    }
}

#[test]
fn an_announced_empty_body_is_none() {
    let path = stored("s3", "{}");
    let target = format!("{path}?ttl=60");
    assert_nearly(ttl(&host().request("PATCH", &target).bare_body("").send()), 60);
}

#[test]
fn a_touch_meets_the_conditions() {
    let path = stored("s3", "{}");
    let (etag, target) = (host().get(&path).send().etag(), format!("{path}?ttl=60"));
    let touch =
        |name: &str, value: &str| host().request("PATCH", &target).header(name, value).send();
    for (name, value) in [
        ("If-Match", "\"other\""),
        ("If-None-Match", "*"),
        ("If-None-Match", etag.as_str()),
        ("If-Unmodified-Since", &http_date(1)),
    ] {
        assert_problem(&touch(name, value), 412, "precondition-failed");
        let left: u64 = in_redis("TTL", &path);
        assert!(left > 60, "{name} has let it through");
    }
    assert_problem(&touch("If-Match", "*, *"), 400, "invalid-header");
    for (name, value) in
        [("If-Match", etag.as_str()), ("If-Match", "*"), ("If-None-Match", "\"x\"")]
    {
        assert_nearly(ttl(touch(name, value).expect(200)), 60);
    }
}

#[test]
fn a_record_that_is_not_there_can_not_be_touched() {
    let path = path("s3");
    let target = format!("{path}?ttl=60");
    assert_problem(&host().request("PATCH", &target).send(), 404, "record-not-found");
    let answer = host().request("PATCH", &target).header("If-Match", "\"x\"").send();
    assert_problem(&answer, 404, "record-not-found");
    let exists: bool = in_redis("EXISTS", &path);
    assert!(!exists);
}

#[test]
fn what_is_no_touch_is_refused_as_before() {
    let path = stored("s3", "{}");
    let patch = |query: &str| format!("{path}{query}");
    // Without `ttl`; with a body that has no type; with a type that has no body.
    for (request, status, code) in [
        (host().request("PATCH", &path), 415, "unsupported-media-type"),
        (host().request("PATCH", &patch("?ttl=60")).bare_body("{}"), 415, "unsupported-media-type"),
        (
            host().request("PATCH", &patch("?ttl=60")).body("text/plain", ""),
            415,
            "unsupported-media-type",
        ),
        (
            host().request("PATCH", &patch("?ttl=60")).body("application/merge-patch+json", ""),
            400,
            "invalid-json",
        ),
        (host().request("PATCH", &patch("?ttl=0")), 400, "invalid-query"),
        (
            host().request("PATCH", &patch("?ttl=60")).header("Content-Range", "bytes 0-1/2"),
            400,
            "invalid-header",
        ),
    ] {
        assert_problem(&request.send(), status, code);
    }
    let left: u64 = in_redis("TTL", &path);
    assert!(left > 60);
}

#[test]
fn a_touch_is_a_hit() {
    let service = Served::start();
    service.host.put("/a", "{}").send().expect(201);
    service.host.request("PATCH", "/a?ttl=60").send().expect(200);
    let hits = service.host.get("/?path=/a").header("Accept", "application/json").send();
    assert_eq!(hits.number("count"), 2);
    assert_eq!(service.host.count(), 4);
}
