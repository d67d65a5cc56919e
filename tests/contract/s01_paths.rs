//! Section 1: paths.

use harness::assert_problem;
use proptest::prelude::*;

use crate::common::{host, in_redis, path};
use crate::generate::{cases, spellings};

/// Fails unless what is stored at the first path is what the second gives.
fn assert_one_record(first: &str, second: &str) {
    let etag = host().put(first, r#"{"a":1}"#).send().expect(201).etag();
    assert_eq!(host().get(second).send().expect(200).etag(), etag);
}

#[test]
fn encodings_of_unreserved_characters_are_decoded() {
    let base = path("s1");
    for (written, normal) in [
        ("/a%7eb", "/a~b"),
        ("/a%7Ec", "/a~c"),
        ("/%61%62%63", "/abc"),
        ("/%41%5a%30", "/AZ0"),
        ("/%2d%2E%5f%7E", "/-._~"),
        ("/x%2e%2Ey", "/x..y"),
    ] {
        assert_one_record(&format!("{base}{written}"), &format!("{base}{normal}"));
        let exists: bool = in_redis("EXISTS", &format!("{base}{normal}"));
        assert!(exists, "{normal} is the normal form");
    }
}

#[test]
fn the_hex_of_other_characters_is_upper_cased() {
    let base = path("s1");
    assert_one_record(&format!("{base}/a%2fb"), &format!("{base}/a%2Fb"));
    assert_one_record(&format!("{base}/%c3%a9"), &format!("{base}/%C3%A9"));
    let exists: bool = in_redis("EXISTS", &format!("{base}/%C3%A9"));
    assert!(exists);
}

#[test]
fn a_path_with_an_encoded_slash_is_another_record_than_one_with_a_slash() {
    let base = path("s1");
    host().put(&format!("{base}/a%2Fb"), "{}").send().expect(201);
    host().get(&format!("{base}/a/b")).send().expect(404);
    host().put(&format!("{base}/a/b"), "{}").send().expect(201);
}

#[test]
fn paths_that_differ_in_slashes_at_the_end_are_different_records() {
    let base = path("s1");
    for (number, slashes) in ["", "/", "//", "///"].iter().enumerate() {
        let target = format!("{base}{slashes}");
        let json = format!("{{\"n\":{number}}}");
        host().put(&target, &json).send().expect(201);
    }
    for (number, slashes) in ["", "/", "//", "///"].iter().enumerate() {
        let answer = host().get(&format!("{base}{slashes}")).send();
        assert_eq!(answer.expect(200).number("n"), number as u64);
    }
}

#[test]
fn sub_delimiters_and_their_encodings_are_different_records() {
    let base = path("s1");
    for delimiter in "!$&'()*+,;=:@".bytes() {
        let raw = format!("{base}/{}", char::from(delimiter));
        let encoded = format!("{base}/%{delimiter:02X}");
        host().put(&raw, "{}").send().expect(201);
        host().put(&encoded, "{}").send().expect(201);
        host().get(&raw).send().expect(200);
    }
}

#[test]
fn any_utf_8_is_allowed_percent_encoded() {
    let base = path("s1");
    for text in ["é", "日本語", "😀", "\u{200b}", "\u{feff}", "a b", "\"<>\\^`{|}", "%", "?#"]
    {
        let encoded = crate::common::in_query(text);
        let target = format!("{base}/{encoded}");
        host().put(&target, r#"{"a":1}"#).send().expect(201);
        host().get(&target).send().expect(200);
    }
}

#[test]
fn paths_with_empty_segments_in_front_are_records() {
    let base = path("s1");
    assert_one_record(&format!("/{base}"), &format!("/{base}"));
    host().get(&base).send().expect(404);
    host().put("//", "{}").send().expect(201);
    host().get("//").send().expect(200);
}

#[test]
fn paths_that_only_look_like_service_paths_are_records() {
    for target in ["/-a", "/--", "/a/-/live", "/-.", "/_/", "//-/live"] {
        host().put(target, "{}").send().expect(201);
        host().get(target).send().expect(200);
    }
}

#[test]
fn what_spin_answers_itself_is_no_record_path() {
    // The host answers what is below; the component what the host leaves to it, in another encoding too.
    for target in ["/.well-known/spin", "/.well-known/%73pin/x", "/%2Ewell-known/spin/x/y"] {
        assert_problem(&host().get(target).send(), 404, "no-such-endpoint");
        assert_problem(&host().put(target, "{}").send(), 404, "no-such-endpoint");
    }
    host().get("/?path=/.well-known/spin").send().expect(400);
    for target in ["/.well-known/", "/.well-known/spine", "/.well-known/spin.json"] {
        host().put(target, "{}").send().expect(201);
        host().get(target).send().expect(200);
    }
}

#[test]
fn dots_that_are_not_a_whole_segment_are_allowed() {
    let base = path("s1");
    for name in ["...", ".a", "a.", "..a", "a..", ".%2F", "..%2f..", "a/.../b"] {
        let target = format!("{base}/{name}");
        host().put(&target, "{}").send().expect(201);
        host().get(&target).send().expect(200);
    }
}

#[test]
fn a_path_may_have_1024_bytes_after_normalisation_and_no_more() {
    let base = path("s1");
    let fill = |length: usize| format!("{base}/{}", "a".repeat(length - base.len() - 1));
    host().put(&fill(1024), "{}").send().expect(201);
    assert_problem(&host().put(&fill(1025), "{}").send(), 414, "path-too-long");
    // What shrinks when it is normalised is measured afterwards.
    let encoded = format!("{base}/{}", "%62".repeat(1024 - base.len() - 1));
    host().put(&encoded, "{}").send().expect(201);
    host().get(&encoded.replace("%62", "b")).send().expect(200);
    // Three bytes each.
    let begin = format!("{base}/x/");
    let encoded = format!("{begin}{}", "%2F".repeat((1024 - begin.len()) / 3));
    host().put(&encoded, "{}").send().expect(201);
    let encoded = format!("{begin}{}", "%2F".repeat((1024 - begin.len()) / 3 + 1));
    assert_problem(&host().put(&encoded, "{}").send(), 414, "path-too-long");
}

#[test]
fn what_is_refused_stores_nothing() {
    let service = harness::Service::start();
    let long = format!("/{}", "a".repeat(1024));
    for (target, status, code) in [
        ("/a%", 400, "invalid-path"),
        ("/%FF", 400, "invalid-path"),
        ("/a%00", 400, "invalid-path"),
        ("/a/../b", 400, "invalid-path"),
        (&long, 414, "path-too-long"),
        ("/%2D/x", 404, "no-such-endpoint"),
    ] {
        for request in [service.host.put(target, "{}"), service.host.get(target)] {
            assert_problem(&request.send(), status, code);
        }
    }
    let keys: Vec<String> = service.redis.run(&["KEYS", "*"]);
    assert!(keys.is_empty(), "{keys:?}");
}

proptest! {
    #![proptest_config(cases(150))]

    #[test]
    fn all_spellings_of_a_path_are_one_record(spellings in spellings()) {
        let base = path("s1");
        let normal = format!("{base}{}", spellings.normalised);
        let [first, second] = spellings.others.map(|other| format!("{base}{other}"));
        if normal.len() <= 1024 {
            assert_one_record(&first, &second);
            let exists: bool = in_redis("EXISTS", &normal);
            prop_assert!(exists, "the key of {first} ends with {normal}");
            host().delete(&normal).send().expect(204);
        }
    }
}
