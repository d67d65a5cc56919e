//! Section 10: values of variables that can't be used.

use harness::{Response, assert_problem};
use path_records_stub::declared;

use crate::core_alone::Core;

/// Fails unless this value stops everything but the sign of life.
fn assert_misconfigured(name: &str, value: &str) {
    let core = Core::with(&[(name, value)]);
    let names_it = |answer: &Response, status| {
        let detail = assert_problem(answer, status, "misconfigured");
        assert!(detail.contains(name), "{name}={value}: {answer}");
        let tells = value.len() > 3 && detail.contains(value);
        assert!(!declared()[name].secret || !tells, "a secret: {answer}");
    };
    for target in ["/a", "/", "/-/records", "/-/metrics", "/-/openapi.json"] {
        names_it(&core.get(target).may_fail().send(), 500);
    }
    names_it(&core.put("/a", "{}").may_fail().send(), 500);
    names_it(&core.get("/-/ready").may_fail().send(), 503);
    core.request("HEAD", "/a").may_fail().send().expect(500);
    core.get("/-/live").send().expect(200);
    core.request("HEAD", "/-/live").send().expect(200);
    assert_eq!(core.asked(), 0);
}

#[test]
fn a_redis_address_with_anything_but_scheme_host_and_port_is_misconfigured() {
    for value in [
        "http://127.0.0.1:6379",
        "redis://user:secret@127.0.0.1:6379",
        "redis://user@127.0.0.1:6379",
        "redis://127.0.0.1:6379/1",
        "redis://127.0.0.1:6379?x=1",
        "redis://",
        "redis://:6379",
        "redis://127.0.0.1",
        "redis://127.0.0.1:0",
        "redis://127.0.0.1:99999",
        "redis://[::g]:6379",
        "127.0.0.1:6379",
        "",
    ] {
        assert_misconfigured("redis_address", value);
    }
}

#[test]
fn a_redis_database_that_is_no_number_is_misconfigured() {
    for value in ["x", "-1", "1.5", "0x1", ""] {
        assert_misconfigured("redis_database", value);
    }
}

#[test]
fn a_timeout_that_is_no_number_of_milliseconds_is_misconfigured() {
    for value in ["x", "-1", "0", "1.5", "2s", "3600001"] {
        assert_misconfigured("redis_timeout_ms", value);
    }
}

#[test]
fn a_time_to_live_that_is_no_number_of_seconds_is_misconfigured() {
    for value in ["x", "-1", "0", "1.5", "+5", "9223372036854775807", "99999999999999999999999"] {
        assert_misconfigured("default_ttl", value);
        assert_misconfigured("max_ttl", value);
    }
}

#[test]
fn a_default_above_the_maximum_is_misconfigured() {
    assert_misconfigured("default_ttl", "315360001");
}

#[test]
fn a_size_that_is_no_number_of_bytes_is_misconfigured() {
    for value in ["x", "-1", "0", "1", "1MB", "1 MiB"] {
        assert_misconfigured("max_record_bytes", value);
    }
}

#[test]
fn count_hits_other_than_on_and_off_is_misconfigured() {
    for value in ["yes", "true", "1", ""] {
        assert_misconfigured("count_hits", value);
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_misconfigured() {
    for value in ["two words", "tökens", "tab\there"] {
        assert_misconfigured("read_token", value);
        assert_misconfigured("write_token", value);
    }
}

#[test]
fn origins_that_are_none_are_misconfigured() {
    for value in [
        "a.example",
        "https://",
        "https://a.example/path",
        "https://a.example, b",
        "https://*.a.example",
    ] {
        assert_misconfigured("cors_allow_origins", value);
    }
}
