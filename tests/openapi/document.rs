//! The document itself.

use std::collections::BTreeMap;

use harness::{Served, workspace};
use serde_json::{Map, Value};

use crate::python;

/// Where it is in the source.
pub const PATH: &str = "src/endpoints/openapi.json";

/// The document as it is in the source.
pub fn read() -> Value {
    let text = std::fs::read_to_string(workspace().join(PATH)).expect("the document can be read");
    serde_json::from_str(&text).expect("the document is JSON")
}

#[test]
fn is_openapi_and_its_examples_match_their_schemas() {
    let Some(mut python) = python::command("python") else { return };
    let output = python
        .arg(python::directory().join("check_document.py"))
        .arg(workspace().join(PATH))
        .output()
        .expect("python runs");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn is_what_the_service_serves() {
    let answer = Served::shared().host.get("/-/openapi.json").send();
    assert_eq!(answer.expect(200).json(), read());
}

/// An operation's responses by their status, with what they refer to in place of the reference.
fn responses(document: &Value, operation: &Value) -> BTreeMap<String, Map<String, Value>> {
    let responses = operation["responses"].as_object().expect("an operation has responses");
    let resolved = responses.iter().map(|(status, response)| {
        let reference = response["$ref"].as_str().and_then(|name| name.strip_prefix('#'));
        let response = reference.map_or(Some(response), |pointer| document.pointer(pointer));
        (status.clone(), response.and_then(Value::as_object).expect("a response").clone())
    });
    resolved.collect()
}

/// Calls `check` with every path, method and operation.
fn for_each_operation(document: &Value, mut check: impl FnMut(&str, &str, &Value)) {
    for (path, item) in document["paths"].as_object().expect("paths") {
        for (method, operation) in item.as_object().expect("a path") {
            // Beside the methods stand the parameters that they share.
            if operation.is_object() {
                check(path, method, operation);
            }
        }
    }
}

#[test]
fn has_content_where_answers_have_it_and_nowhere_else() {
    let document = read();
    let mut without = 0;
    for_each_operation(&document, |path, method, operation| {
        for (status, response) in responses(&document, operation) {
            // RFC 9110, 6.4.1
            let none = method == "head" || status == "204" || status == "304";
            assert_eq!(response.contains_key("content"), !none, "{method} {path}: {status}");
            without += usize::from(none);
        }
    });
    assert!(without > 0, "this test no longer finds the responses");
}

#[test]
fn head_has_the_statuses_and_headers_of_get() {
    let document = read();
    let mut heads = 0;
    for_each_operation(&document, |path, method, head| {
        if method != "head" {
            return;
        }
        heads += 1;
        let get = &document["paths"][path]["get"];
        assert_eq!(head["parameters"], get["parameters"], "{path}");
        let headers = |operation: &Value| -> BTreeMap<_, _> {
            let responses = responses(&document, operation);
            responses.into_iter().map(|(status, it)| (status, it.get("headers").cloned())).collect()
        };
        assert_eq!(headers(head), headers(get), "{path}");
    });
    assert!(heads > 0, "this test no longer finds HEAD");
}
