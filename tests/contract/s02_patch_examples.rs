//! Section 2: the examples of RFC 6902 (appendix A) and RFC 7396 (appendix A).

use harness::assert_problem;
use serde_json::Value;

use crate::common::{host, stored};

/// The record without the service's members.
fn record(path: &str) -> Value {
    let mut record = host().get(path).send().json();
    let members = record.as_object_mut().expect("a record is an object");
    members.remove("ttl");
    members.remove("last_updated");
    record
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("the example is JSON")
}

#[test]
fn rfc_6902_appendix_a() {
    for (section, before, patch, after) in [
        (
            1,
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz","value":"qux"}]"#,
            r#"{"baz":"qux","foo":"bar"}"#,
        ),
        (
            2,
            r#"{"foo":["bar","baz"]}"#,
            r#"[{"op":"add","path":"/foo/1","value":"qux"}]"#,
            r#"{"foo":["bar","qux","baz"]}"#,
        ),
        (
            3,
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"remove","path":"/baz"}]"#,
            r#"{"foo":"bar"}"#,
        ),
        (
            4,
            r#"{"foo":["bar","qux","baz"]}"#,
            r#"[{"op":"remove","path":"/foo/1"}]"#,
            r#"{"foo":["bar","baz"]}"#,
        ),
        (
            5,
            r#"{"baz":"qux","foo":"bar"}"#,
            r#"[{"op":"replace","path":"/baz","value":"boo"}]"#,
            r#"{"baz":"boo","foo":"bar"}"#,
        ),
        (
            6,
            r#"{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}"#,
            r#"[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]"#,
            r#"{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}"#,
        ),
        (
            7,
            r#"{"foo":["all","grass","cows","eat"]}"#,
            r#"[{"op":"move","from":"/foo/1","path":"/foo/3"}]"#,
            r#"{"foo":["all","cows","eat","grass"]}"#,
        ),
        (
            8,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
            r#"[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]"#,
            r#"{"baz":"qux","foo":["a",2,"c"]}"#,
        ),
        (
            10,
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/child","value":{"grandchild":{}}}]"#,
            r#"{"foo":"bar","child":{"grandchild":{}}}"#,
        ),
        (
            11,
            r#"{"foo":"bar"}"#,
            r#"[{"op":"add","path":"/baz","value":"qux","xyz":123}]"#,
            r#"{"foo":"bar","baz":"qux"}"#,
        ),
        (
            14,
            r#"{"/":9,"~1":10}"#,
            r#"[{"op":"test","path":"/~01","value":10}]"#,
            r#"{"/":9,"~1":10}"#,
        ),
        (
            16,
            r#"{"foo":["bar"]}"#,
            r#"[{"op":"add","path":"/foo/-","value":["abc","def"]}]"#,
            r#"{"foo":["bar",["abc","def"]]}"#,
        ),
    ] {
        let path = stored("s2", before);
        host().patch(&path, patch).send().expect(200);
        assert_eq!(record(&path), json(after), "A.{section}");
    }
}

#[test]
fn rfc_6902_appendix_a_errors() {
    for (section, before, patch) in [
        (9, r#"{"baz":"qux"}"#, r#"[{"op":"test","path":"/baz","value":"bar"}]"#),
        (12, r#"{"foo":"bar"}"#, r#"[{"op":"add","path":"/baz/bat","value":"qux"}]"#),
        (15, r#"{"/":9,"~1":10}"#, r#"[{"op":"test","path":"/~01","value":"10"}]"#),
    ] {
        let path = stored("s2", before);
        assert_problem(&host().patch(&path, patch).send(), 409, "patch-failed");
        assert_eq!(record(&path), json(before), "A.{section}");
    }
}

#[test]
fn rfc_6902_appendix_a_13_is_not_carried_out() {
    let path = stored("s2", r#"{"foo":"bar"}"#);
    let patch = r#"[{"op":"add","path":"/baz","value":"qux","op":"remove"}]"#;
    let answer = host().patch(&path, patch).send();
    assert!([400, 409].contains(&answer.status()), "{answer}");
    assert_eq!(record(&path), json(r#"{"foo":"bar"}"#));
}

#[test]
fn rfc_7396_appendix_a() {
    for (before, patch, after) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"a":"b"}"#, r#"["c"]"#, r#"["c"]"#),
        (r#"{"a":"foo"}"#, r#""bar""#, r#""bar""#),
        (r#"{"e":null}"#, r#"{"a":1}"#, r#"{"e":null,"a":1}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        if before.starts_with('{') {
            let path = stored("s2", before);
            let answer = host().merge(&path, patch).send();
            if after.starts_with('{') {
                answer.expect(200);
                assert_eq!(record(&path), json(after), "{before} with {patch}");
            } else {
                assert_problem(&answer, 422, "not-an-object");
                assert_eq!(record(&path), json(before));
            }
        }
        // The same a level deeper, where a value need not be an object.
        let path = stored("s2", &format!(r#"{{"v":{before}}}"#));
        host().merge(&path, &format!(r#"{{"v":{patch}}}"#)).send().expect(200);
        assert_eq!(record(&path), json(&format!(r#"{{"v":{after}}}"#)), "{before} with {patch}");
    }
    // The one whose patch is `null`: a level deeper that removes the member.
    let path = stored("s2", r#"{"a":"foo"}"#);
    assert_problem(&host().merge(&path, "null").send(), 422, "not-an-object");
    host().merge(&path, r#"{"a":null}"#).send().expect(200);
    assert_eq!(record(&path), json("{}"));
}
