//! Section 2: what a body may be.

use harness::{Request, Response, assert_problem};
use path_records_stub::replies;

use crate::core_alone::Core;

/// Both ways to store a body, and a path for each.
const STORING: [(&str, &str); 2] = [("PUT", "/a"), ("POST", "/a/")];

/// The answer to a PUT or POST of a body that Redis is sent, if it is.
fn store((method, path): (&str, &str), content_type: &str, body: impl AsRef<[u8]>) -> Response {
    let core = Core::start();
    let answer =
        core.reply(replies::created()).request(method, path).body(content_type, body).send();
    let expected = usize::from(answer.status() == 201);
    assert_eq!(core.asked(), expected, "what is refused never reaches Redis: {answer}");
    answer
}

/// A request of every kind that has a body.
fn changes(core: &Core) -> [Request<'_, Core>; 4] {
    [
        core.put("/a", "{}"),
        core.post("/a/", "{}"),
        core.merge("/a", "{}"),
        core.request("PATCH", "/a").body("application/json-patch+json", "[]"),
    ]
}

/// The answer to a PUT of JSON.
fn put(body: impl AsRef<[u8]>) -> Response {
    store(STORING[0], "application/json", body)
}

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
        for storing in STORING {
            store(storing, content_type, "{}").expect(201);
        }
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
        for storing in STORING {
            let answer = store(storing, content_type, "{}");
            let detail = assert_problem(&answer, 415, "unsupported-media-type");
            assert!(
                detail.contains("Content-Type") && detail.contains("application/json"),
                "{answer}"
            );
        }
    }
}

#[test]
fn no_type_is_415_and_the_detail_says_which_header_to_send() {
    for (method, path) in STORING {
        let core = Core::start();
        let answer = core.request(method, path).bare_body("{}").send();
        let detail = assert_problem(&answer, 415, "unsupported-media-type");
        assert!(detail.contains("Content-Type: application/json"), "{answer}");
    }
}

#[test]
fn an_encoded_body_is_415_and_the_answer_says_that_it_can_not_be() {
    for lines in [
        &["gzip"][..],
        &["br"],
        &["deflate"],
        &["aws-chunked"],
        &["gzip, identity"],
        &["identity, gzip"],
        &["identity", "gzip"],
    ] {
        let core = Core::start();
        for request in changes(&core) {
            let answer = lines
                .iter()
                .fold(request, |request, line| request.header("Content-Encoding", line))
                .send();
            assert_problem(&answer, 415, "unsupported-media-type");
            assert_eq!(answer.required("accept-encoding"), "identity");
            assert_eq!((answer.header("accept"), answer.header("accept-patch")), (None, None));
        }
        assert_eq!(core.asked(), 0);
    }
    for none in ["identity", "Identity", "identity, identity", ""] {
        let core = Core::start();
        core.reply(replies::created());
        core.put("/a", "{}").header("Content-Encoding", none).send().expect(201);
    }
}

#[test]
fn an_answer_of_415_says_which_type_would_do() {
    let core = Core::start();
    let put = core.request("PUT", "/a").body("text/plain", "{}").send();
    assert_eq!(put.expect(415).required("accept"), "application/json");
    let patch = core.request("PATCH", "/a").body("text/plain", "{}").send();
    assert!(patch.expect(415).required("accept-patch").contains("application/merge-patch+json"));
    for answer in [put, patch] {
        assert_eq!(answer.header("accept-encoding"), None);
    }
}

#[test]
fn a_part_of_a_record_does_not_replace_the_whole() {
    let core = Core::start();
    for range in ["bytes 0-1/10", "bytes 0-1/*", "bytes */10", "records 0-1/2", ""] {
        for request in changes(&core) {
            let answer = request.header("Content-Range", range).send();
            let detail = assert_problem(&answer, 400, "invalid-header");
            assert!(detail.contains("`Content-Range`"), "{answer}");
        }
    }
    assert_eq!(core.asked(), 0);
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
        let answer = put(body);
        let detail = assert_problem(&answer, 400, "invalid-json");
        assert!(detail.contains(&format!("line {line}")), "line {line}: {answer}");
        // 0: which column is a matter of taste.
        let wanted = if column == 0 { "column ".to_owned() } else { format!("column {column}") };
        assert!(detail.contains(&wanted), "{wanted}: {answer}");
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
        let answer = put(body);
        let detail = assert_problem(&answer, 400, "invalid-json");
        assert!(detail.contains("line 1") && detail.contains("column "), "{answer}");
    }
}

#[test]
fn a_name_with_a_lone_surrogate_is_400() {
    for body in [r#"{"\ud800":1}"#, r#"{"a\udc00b":1}"#, r#"{"\ud800\ud800":1}"#] {
        assert_problem(&put(body), 400, "invalid-json");
    }
}

#[test]
fn json_that_is_no_object_is_422() {
    for body in ["[]", "[{}]", "null", "true", "1", "1.0", "\"{}\"", " \n[1,2]\n"] {
        for storing in STORING {
            let answer = store(storing, "application/json", body);
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
        let deepest = nested(128, shape, "1");
        let value = put(&deepest).expect(201).member("a").expect("it is there");
        assert_eq!(format!("{{\"a\":{value}}}"), deepest);
        for depth in [129, 130, 10_000] {
            assert_problem(&put(nested(depth, shape, "1")), 400, "invalid-json");
        }
    }
    // Without its end it is no JSON, however deep.
    let answer = put(format!("{{\"a\":{}", "[".repeat(500_000)));
    assert_problem(&answer, 400, "invalid-json");
    // Brackets in strings do not nest.
    let text = format!("{{\"a\":\"{}\"}}", "[{".repeat(1000));
    put(text).expect(201);
}
