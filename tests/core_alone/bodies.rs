//! Section 2: what a body may be.

use harness::assert_problem;
use proptest::prelude::*;

use crate::common::{host, path, stored, with_lines};
use crate::generate::{cases, value};

#[test]
fn put_and_post_take_application_json_and_any_json_suffix() {
    for content_type in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=\"UTF-8\"",
        "Application/JSON",
        "application/vnd.api+json",
        "application/ld+json; profile=\"https://a.example/b\"",
        "text/x+json",
        "application/problem+JSON",
    ] {
        let path = path("s2");
        let put = host().request("PUT", &path).body(content_type, "{}");
        put.send().expect(201);
        let collection = format!("{path}/");
        let post = host().request("POST", &collection).body(content_type, "{}");
        post.send().expect(201);
    }
}

#[test]
fn another_type_is_415_and_the_detail_says_which_header_to_send() {
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/xml",
        "application/json-patch+json",
        "application/merge-patch+json",
        "Application/Merge-Patch+JSON; charset=utf-8",
        "application/jsonx",
        "application/+jsonx",
        "application/json+xml",
        "application/octet-stream",
        "json",
        "",
        "/",
        ";",
    ] {
        for (method, path) in [("PUT", path("s2")), ("POST", path("s2") + "/")] {
            let answer = host().request(method, &path).body(content_type, "{}").send();
            let detail = assert_problem(&answer, 415, "unsupported-media-type");
            assert!(
                detail.contains("Content-Type") && detail.contains("application/json"),
                "{answer}"
            );
            host().get(&path).send().expect(404);
        }
    }
}

#[test]
fn no_type_is_415_and_the_detail_says_which_header_to_send() {
    for (method, path) in [("PUT", path("s2")), ("POST", path("s2") + "/")] {
        let answer = host().request(method, &path).bare_body("{}").send();
        let detail = assert_problem(&answer, 415, "unsupported-media-type");
        assert!(detail.contains("Content-Type: application/json"), "{answer}");
    }
}

#[test]
fn an_encoded_body_is_415_and_the_answer_says_that_it_can_not_be() {
    let record = stored("s2", "{}");
    let missing = path("s2");
    let collection = format!("{missing}/");
    for lines in [
        &["gzip"][..],
        &["br"],
        &["deflate"],
        &["aws-chunked"],
        &["gzip, identity"],
        &["identity, gzip"],
        &["identity", "gzip"],
    ] {
        for request in [
            host().put(&missing, "{}"),
            host().post(&collection, "{}"),
            host().merge(&record, "{}"),
            host().patch(&record, "[]"),
        ] {
            let answer = with_lines(request, "Content-Encoding", lines).send();
            assert_problem(&answer, 415, "unsupported-media-type");
            assert_eq!(answer.required("accept-encoding"), "identity");
            assert_eq!((answer.header("accept"), answer.header("accept-patch")), (None, None));
        }
    }
    host().get(&missing).send().expect(404);
    for none in ["identity", "Identity", "identity, identity", ""] {
        let put = host().put(&path("s2"), "{}").header("Content-Encoding", none).send();
        put.expect(201);
    }
}

#[test]
fn an_answer_of_415_says_which_type_would_do() {
    let put = host().request("PUT", &path("s2")).body("text/plain", "{}").send();
    assert_eq!(put.expect(415).required("accept"), "application/json");
    let patch = host().request("PATCH", &stored("s2", "{}")).body("text/plain", "{}").send();
    assert!(patch.expect(415).required("accept-patch").contains("application/merge-patch+json"));
    for answer in [put, patch] {
        assert_eq!(answer.header("accept-encoding"), None);
    }
}

#[test]
fn a_part_of_a_record_does_not_replace_the_whole() {
    let record = stored("s2", r#"{"a":1}"#);
    let collection = format!("{}/", path("s2"));
    let etag = host().get(&record).send().etag();
    for range in ["bytes 0-1/10", "bytes 0-1/*", "bytes */10", "records 0-1/2", ""] {
        for request in [
            host().put(&record, "{}"),
            host().post(&collection, "{}"),
            host().merge(&record, "{}"),
            host().patch(&record, "[]"),
        ] {
            let answer = request.header("Content-Range", range).send();
            let detail = assert_problem(&answer, 400, "invalid-header");
            assert!(detail.contains("`Content-Range`"), "{answer}");
        }
    }
    assert_eq!(host().get(&record).send().etag(), etag);
}

#[test]
fn a_body_that_is_no_json_is_400_with_line_and_column() {
    for (body, line, column) in [
        ("{\"a\":1,}", 1, 8),
        ("{\n  \"a\": tru\n}", 2, 0),
        ("{\"a\":01}", 1, 0),
        ("{'a':1}", 1, 2),
        ("{\"a\":\"\u{1}\"}", 1, 0),
        ("{\"a\":1}\n\nx", 3, 1),
        ("{\"a\":NaN}", 1, 0),
        ("{\"a\":\"\\x\"}", 1, 0),
        ("{\"a\":\"\\u12\"}", 1, 0),
        ("{\"a\":.5}", 1, 0),
        ("{\"a\":1.}", 1, 0),
        ("{\"a\":+1}", 1, 0),
        ("{\"a\":1e}", 1, 0),
        ("{\"a\" 1}", 1, 0),
        ("{\"a\":1 \"b\":2}", 1, 0),
        ("{\"a\":1}{\"b\":2}", 1, 8),
        ("{\"a\":[1,2}", 1, 0),
        ("{", 1, 0),
        ("", 1, 0),
        ("  \n ", 2, 0),
        ("\u{feff}{}", 1, 0),
        ("{/* c */}", 1, 0),
    ] {
        let path = path("s2");
        let answer = host().put(&path, body).send();
        let detail = assert_problem(&answer, 400, "invalid-json");
        assert!(detail.contains(&format!("line {line}")), "line {line}: {answer}");
        // 0: which column is a matter of taste.
        let wanted = if column == 0 { "column ".to_owned() } else { format!("column {column}") };
        assert!(detail.contains(&wanted), "{wanted}: {answer}");
        host().get(&path).send().expect(404);
    }
}

#[test]
fn a_body_that_is_not_utf_8_is_400() {
    for body in [
        &b"{\"a\":\"\xff\"}"[..],
        b"{\"a\":\"\xc3\"}",
        b"{\"a\xe9\":1}",
        b"\xff\xfe{\0}\0",
        b"{\"a\":\"\xed\xa0\x80\"}",
        b"{\"a\":[{\"b\":\"\xc0\xaf\"}]}",
    ] {
        let path = path("s2");
        let answer = host().request("PUT", &path).body("application/json", body).send();
        let detail = assert_problem(&answer, 400, "invalid-json");
        assert!(detail.contains("line 1") && detail.contains("column "), "{answer}");
    }
}

#[test]
fn a_name_with_a_lone_surrogate_is_400() {
    for body in [r#"{"\ud800":1}"#, r#"{"a\udc00b":1}"#, r#"{"\ud800\ud800":1}"#] {
        let answer = host().put(&path("s2"), body).send();
        assert_problem(&answer, 400, "invalid-json");
    }
}

#[test]
fn json_that_is_no_object_is_422() {
    for body in ["[]", "[{}]", "null", "true", "1", "1.0", "\"{}\"", " \n[1,2]\n"] {
        for (method, path) in [("PUT", path("s2")), ("POST", path("s2") + "/")] {
            let answer = host().request(method, &path).body("application/json", body).send();
            assert_problem(&answer, 422, "not-an-object");
        }
    }
}

/// An object that nests so deep, itself included.
fn nested(depth: usize, (open, close): (&str, &str), begin: &str) -> String {
    let inner = depth - 1;
    format!("{{\"a\":{}{begin}{}}}", open.repeat(inner), close.repeat(inner))
}

#[test]
fn nesting_may_be_128_deep_and_no_deeper() {
    for shape in [("[", "]"), ("{\"a\":", "}")] {
        let path = path("s2");
        let deepest = nested(128, shape, "1");
        let put = host().put(&path, &deepest).send();
        let value = put.expect(201).member("a").expect("it is there");
        assert_eq!(format!("{{\"a\":{value}}}"), deepest);
        for depth in [129, 130, 10_000] {
            let answer = host().put(&path, &nested(depth, shape, "1")).send();
            assert_problem(&answer, 400, "invalid-json");
        }
    }
    // Without its end it is no JSON, however deep.
    let answer = host().put(&path("s2"), &format!("{{\"a\":{}", "[".repeat(500_000))).send();
    assert_problem(&answer, 400, "invalid-json");
    // Brackets in strings do not nest.
    let text = format!("{{\"a\":\"{}\"}}", "[{".repeat(1000));
    host().put(&path("s2"), &text).send().expect(201);
}

#[test]
fn what_is_refused_changes_nothing() {
    let path = stored("s2", r#"{"a":1}"#);
    let before = host().get(&path).send();
    for (content_type, body) in [
        ("text/plain", "{}"),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "{\"\\ud800\":1}"),
    ] {
        let answer = host().request("PUT", &path).body(content_type, body).send();
        assert!((400..500).contains(&answer.status()), "{answer}");
    }
    let after = host().get(&path).send();
    assert_eq!(after.etag(), before.etag());
    assert_eq!(after.members(), before.members());
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
