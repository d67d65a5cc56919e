//! Section 1: paths that are refused.

use harness::assert_problem;

use crate::core_alone::Core;

/// Fails unless this is no path, whatever is asked of it.
fn assert_refused(target: &str, status: u16, code: &str) {
    let core = Core::start();
    for method in ["GET", "PUT", "PATCH", "DELETE"] {
        let answer = core.request(method, target).body("application/json", "{}").send();
        assert_problem(&answer, status, code);
    }
    core.request("HEAD", target).send().expect(status);
    assert_eq!(core.asked(), 0, "{target}");
}

#[test]
fn a_malformed_percent_encoding_is_refused() {
    for target in ["/a%", "/a%2", "/a%zz", "/a%2/b", "/%%41", "/%-1", "/%+1a"] {
        assert_refused(target, 400, "invalid-path");
    }
}

#[test]
fn an_encoding_that_is_not_utf_8_is_refused() {
    for target in ["/%FF", "/a%C3", "/a%c3/%a9", "/%C0%AF", "/%ED%A0%80", "/%F5%80%80%80", "/%80"] {
        assert_refused(target, 400, "invalid-path");
    }
}

#[test]
fn a_control_character_is_refused() {
    let ascii = (0..0x20).chain([0x7f]).map(|byte: u8| format!("/a%{byte:02X}b"));
    let others = ["/%C2%80", "/%c2%85", "/%C2%9F"].map(str::to_owned);
    for target in ascii.chain(others) {
        assert_refused(&target, 400, "invalid-path");
    }
}

#[test]
fn a_dot_segment_is_refused() {
    for target in [
        "/.",
        "/..",
        "/./a",
        "/../a",
        "/a/.",
        "/a/..",
        "/a/./b",
        "/a/../b",
        "/%2e",
        "/%2E%2e/a",
        "/a/.%2e",
        "/../-/live",
        "/./",
    ] {
        assert_refused(target, 400, "invalid-path");
    }
}

#[test]
fn more_than_1024_bytes_after_normalisation_are_refused() {
    assert_refused(&format!("/{}", "a".repeat(1024)), 414, "path-too-long");
    // Three bytes each, after normalisation too.
    assert_refused(&format!("/aa{}", "%2F".repeat(341)), 414, "path-too-long");
    let core = Core::start();
    let collection = format!("/{}/", "a".repeat(1022));
    assert_problem(&core.post(&collection, "{}").send(), 414, "path-too-long");
    assert_eq!(core.asked(), 0, "the path of the new record would be too long");
}

#[test]
fn everything_from_the_service_prefix_on_is_no_record_path() {
    let core = Core::start();
    for target in [
        "/-",
        "/-/",
        "/-/x",
        "/%2d",
        "/%2D/x",
        "/-/x/y",
        "/-/live/",
        "/-/LIVE",
        "/-/records/x",
        "/-//live",
        "/-/live%2F",
        "/-/a%20b",
        "/-/metrics.json",
    ] {
        assert_problem(&core.get(target).send(), 404, "no-such-endpoint");
        core.request("HEAD", target).send().expect(404);
        let answer = core.put(target, "{}").send();
        assert!([404, 405].contains(&answer.status()), "{answer}");
    }
    core.get("/%2D/live").send().expect(200);
    assert_eq!(core.asked(), 0);
}
