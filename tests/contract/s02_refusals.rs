//! Section 2: bodies that are refused, one of each kind.

use harness::assert_problem;
use proptest::prelude::*;

use crate::common::{host, path, stored};
use crate::generate::{cases, value};

#[test]
fn what_is_refused_changes_nothing() {
    let path = stored("s2", r#"{"a":1}"#);
    let collection = format!("{path}/");
    let before = host().get(&path).send();
    let deep = format!("{{\"a\":{}", "[".repeat(500_000));
    for (content_type, body, status, code) in [
        ("text/plain", &b"{}"[..], 415, "unsupported-media-type"),
        ("", b"{}", 415, "unsupported-media-type"),
        ("application/merge-patch+json", b"{}", 415, "unsupported-media-type"),
        ("application/json", b"{", 400, "invalid-json"),
        ("application/json", b"", 400, "invalid-json"),
        ("application/json", b"{\"a\":\"\xff\"}", 400, "invalid-json"),
        ("application/json", b"{\"\\ud800\":1}", 400, "invalid-json"),
        ("application/json", deep.as_bytes(), 400, "invalid-json"),
        ("application/json", b"[]", 422, "not-an-object"),
    ] {
        for (method, target) in [("PUT", &path), ("POST", &collection)] {
            let answer = host().request(method, target).body(content_type, body).send();
            assert_problem(&answer, status, code);
        }
    }
    let answer = host().request("PUT", &path).bare_body("{}").send();
    let detail = assert_problem(&answer, 415, "unsupported-media-type");
    assert!(detail.contains("Content-Type: application/json"), "{answer}");
    let answer = host().put(&path, "{}").header("Content-Encoding", "gzip").send();
    assert_problem(&answer, 415, "unsupported-media-type");
    let after = host().get(&path).send();
    assert_eq!(after.etag(), before.etag());
    assert_eq!(after.members(), before.members());
}

#[test]
fn any_json_suffix_and_the_deepest_nesting_are_taken() {
    let path = path("s2");
    let deepest = format!("{{\"a\":{}1{}}}", "[".repeat(127), "]".repeat(127));
    let put = host().request("PUT", &path).body("application/vnd.api+json; a=b", &deepest);
    put.send().expect(201);
    assert_eq!(host().get(&path).send().expect(200).member("a").map(|text| text.len()), Some(255));
}

proptest! {
    #![proptest_config(cases(100))]

    #[test]
    fn a_body_cut_short_is_never_taken(value in value(), at in any::<prop::sample::Index>()) {
        let whole = format!("{{\"a\":{value}}}");
        let cut = whole.floor_char_boundary(at.index(whole.len()));
        let answer = host().put(&path("s2"), &whole[..cut]).send();
        assert_problem(&answer, 400, "invalid-json");
    }
}
