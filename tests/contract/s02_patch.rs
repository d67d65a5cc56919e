//! Section 2: PATCH.

use harness::assert_problem;

use crate::common::{assert_members, assert_nearly, host, path, stored, ttl};

#[test]
fn a_merge_patch_changes_some_members() {
    let path = stored("s2", r#"{"a":1,"b":{"c":1,"d":2},"e":3}"#);
    let answer = host().merge(&path, r#"{"a":null,"b":{"c":5},"f":[null]}"#).send();
    assert_eq!(answer.expect(200).required("content-type"), "application/json");
    assert_members(&path, &[("b", r#"{"c":5,"d":2}"#), ("e", "3"), ("f", "[null]")]);
    assert_eq!(host().get(&path).send().etag(), answer.etag());
}

#[test]
fn a_json_patch_changes_some_members() {
    let path = stored("s2", r#"{"a":1,"b":[1,2,3],"e":3}"#);
    let patch = r#"[
        {"op":"test","path":"/a","value":1},
        {"op":"remove","path":"/a"},
        {"op":"add","path":"/b/1","value":9},
        {"op":"replace","path":"/e","value":"x"},
        {"op":"copy","from":"/b/0","path":"/c"},
        {"op":"move","from":"/e","path":"/f~1~0"}
    ]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(&path, &[("b", "[1,9,2,3]"), ("c", "1"), ("f/~", "\"x\"")]);
}

#[test]
fn patch_takes_its_two_types_and_no_others() {
    let path = stored("s2", r#"{"a":1}"#);
    for content_type in
        ["application/merge-patch+json; charset=utf-8", "Application/Merge-Patch+JSON"]
    {
        let request = host().request("PATCH", &path).body(content_type, r#"{"b":1}"#);
        request.send().expect(200);
    }
    let request = host().request("PATCH", &path);
    request.body("application/JSON-Patch+json;x=y", "[]").send().expect(200);
    for content_type in ["application/json", "text/plain", "application/x+json", ""] {
        let request = host().request("PATCH", &path).body(content_type, "{}");
        let answer = request.send();
        let detail = assert_problem(&answer, 415, "unsupported-media-type");
        assert!(detail.contains("Content-Type"), "{answer}");
        let patches = answer.list("accept-patch");
        assert!(patches.contains(&"application/merge-patch+json".to_owned()), "{answer}");
        assert!(patches.contains(&"application/json-patch+json".to_owned()), "{answer}");
    }
    let answer = host().request("PATCH", &path).bare_body("{}").send();
    assert_problem(&answer, 415, "unsupported-media-type");
}

#[test]
fn patch_of_no_record_is_404() {
    let path = path("s2");
    assert_problem(&host().merge(&path, r#"{"a":1}"#).send(), 404, "record-not-found");
    assert_problem(&host().patch(&path, "[]").send(), 404, "record-not-found");
    host().get(&path).send().expect(404);
}

#[test]
fn a_json_patch_whose_test_or_path_fails_is_409_and_changes_nothing() {
    let path = stored("s2", r#"{"a":1,"b":[1]}"#);
    let etag = host().get(&path).send().etag();
    for operation in [
        r#"{"op":"test","path":"/a","value":2}"#,
        r#"{"op":"test","path":"/a","value":"1"}"#,
        r#"{"op":"test","path":"/x","value":null}"#,
        r#"{"op":"remove","path":"/x"}"#,
        r#"{"op":"replace","path":"/x","value":1}"#,
        r#"{"op":"add","path":"/x/y","value":1}"#,
        r#"{"op":"add","path":"/b/3","value":1}"#,
        r#"{"op":"remove","path":"/b/-"}"#,
        r#"{"op":"remove","path":"/b/01"}"#,
        r#"{"op":"add","path":"/b/01","value":1}"#,
        r#"{"op":"add","path":"/b/+0","value":1}"#,
        r#"{"op":"add","path":"/b/x","value":1}"#,
        r#"{"op":"move","from":"/x","path":"/y"}"#,
        r#"{"op":"copy","from":"/x","path":"/y"}"#,
        r#"{"op":"add","path":"/a/0","value":1}"#,
    ] {
        // What came before the failure is undone with it.
        let patch = format!(r#"[{{"op":"add","path":"/new","value":1}},{operation}]"#);
        assert_problem(&host().patch(&path, &patch).send(), 409, "patch-failed");
    }
    assert_eq!(host().get(&path).send().etag(), etag);
    assert_members(&path, &[("a", "1"), ("b", "[1]")]);
}

#[test]
fn a_move_into_its_own_child_fails() {
    let path = stored("s2", r#"{"a":{"b":1}}"#);
    let patch = r#"[{"op":"move","from":"/a","path":"/a/b"}]"#;
    let answer = host().patch(&path, patch).send();
    assert!([400, 409].contains(&answer.status()), "{answer}");
    assert_members(&path, &[("a", r#"{"b":1}"#)]);
}

#[test]
fn a_patch_document_that_is_malformed_is_400() {
    let path = stored("s2", r#"{"a":1}"#);
    for patch in [
        "{",
        "[",
        "",
        "{}",
        "null",
        "1",
        "[1]",
        "[[]]",
        r#"[{"path":"/a"}]"#,
        r#"[{"op":"frob","path":"/a"}]"#,
        r#"[{"op":"add","path":"/a"}]"#,
        r#"[{"op":"add","value":1}]"#,
        r#"[{"op":"move","path":"/a"}]"#,
        r#"[{"op":"add","path":"a","value":1}]"#,
        r#"[{"op":"add","path":1,"value":1}]"#,
    ] {
        host().patch(&path, patch).send().expect(400);
    }
    for patch in ["{", "", "{\"a\":}", "{\"a\":1} x"] {
        assert_problem(&host().merge(&path, patch).send(), 400, "invalid-json");
    }
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(128), "]".repeat(128));
    assert_problem(&host().merge(&path, &deep).send(), 400, "invalid-json");
    assert_members(&path, &[("a", "1")]);
}

#[test]
fn a_result_that_is_no_object_is_422() {
    let path = stored("s2", r#"{"a":[1]}"#);
    for patch in ["[1]", "null", "1", "\"x\"", "true"] {
        assert_problem(&host().merge(&path, patch).send(), 422, "not-an-object");
    }
    for operation in [
        r#"{"op":"replace","path":"","value":[1]}"#,
        r#"{"op":"add","path":"","value":null}"#,
        r#"{"op":"copy","from":"/a","path":""}"#,
        r#"{"op":"copy","from":"/a/0","path":""}"#,
    ] {
        let patch = format!("[{operation}]");
        assert_problem(&host().patch(&path, &patch).send(), 422, "not-an-object");
    }
    assert_members(&path, &[("a", "[1]")]);
}

#[test]
fn a_json_patch_may_replace_the_whole_record() {
    let path = stored("s2", r#"{"a":1,"b":{"c":1.0}}"#);
    let patch = r#"[{"op":"replace","path":"","value":{"x":1.50}}]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(&path, &[("x", "1.50")]);
    let path = stored("s2", r#"{"a":1,"b":{"c":1.0}}"#);
    let patch = r#"[{"op":"copy","from":"/b","path":""}]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(&path, &[("c", "1.0")]);
}

#[test]
fn a_result_that_nests_too_deep_is_refused() {
    let deep = format!("{{\"a\":{}1{}}}", "[".repeat(100), "]".repeat(100));
    let path = stored("s2", &deep);
    let inner = format!("{}1{}", "[".repeat(60), "]".repeat(60));
    let at = "/0".repeat(99);
    let patch = format!(r#"[{{"op":"replace","path":"/a{at}/0","value":{inner}}}]"#);
    let answer = host().patch(&path, &patch).send();
    assert!([400, 409, 422].contains(&answer.status()), "{answer}");
    // What is stored can always be read and sent back.
    let got = host().get(&path).send();
    host().put(&path, got.text()).send().expect(200);
}

#[test]
fn the_services_members_cannot_be_patched() {
    let path = path("s2");
    host().put(&format!("{path}?ttl=800"), r#"{"a":1}"#).send().expect(201);
    let updated = host().get(&path).send().number("last_updated");
    let answer = host().merge(&path, r#"{"ttl":5,"last_updated":1,"b":2}"#).send();
    assert_nearly(ttl(answer.expect(200)), 800);
    assert!(answer.number("last_updated") >= updated);
    let answer = host().merge(&path, r#"{"ttl":null,"last_updated":null}"#).send();
    assert_nearly(ttl(answer.expect(200)), 800);
    let patch =
        r#"[{"op":"add","path":"/ttl","value":5},{"op":"add","path":"/last_updated","value":1}]"#;
    let answer = host().patch(&path, patch).send();
    assert_nearly(ttl(answer.expect(200)), 800);
    assert!(answer.number("last_updated") >= updated);
    assert_members(&path, &[("a", "1"), ("b", "2")]);
}

#[test]
fn an_empty_patch_is_taken() {
    let path = stored("s2", r#"{"a":1}"#);
    host().merge(&path, "{}").send().expect(200);
    host().patch(&path, "[]").send().expect(200);
    assert_members(&path, &[("a", "1")]);
}

#[test]
fn a_patch_may_empty_a_record() {
    let path = stored("s2", r#"{"a":1}"#);
    host().merge(&path, r#"{"a":null}"#).send().expect(200);
    assert_members(&path, &[]);
}
