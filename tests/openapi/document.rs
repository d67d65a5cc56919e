//! The document itself.

use harness::{Service, workspace};
use serde_json::Value;

use crate::python;

const PATH: &str = "src/endpoints/openapi.json";

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
    let answer = Service::shared().host.get("/-/openapi.json").send();
    assert_eq!(answer.expect(200).json(), read());
}
