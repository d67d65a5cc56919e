//! Names that stand in more than one place are the same in all of them.

use std::collections::BTreeSet;

use harness::workspace;
use path_records::http::problem::KINDS;
use path_records_stub::declared;
use serde_json::Value;

use crate::document;

fn source(path: &str) -> String {
    std::fs::read_to_string(workspace().join(path))
        .unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The codes of the service, each with its status.
fn codes_of_the_service() -> BTreeSet<(String, u16)> {
    KINDS.iter().map(|kind| (kind.code.to_owned(), kind.status.as_u16())).collect()
}

/// The codes in the document's responses, each with the status that it comes with.
fn codes_of_the_document() -> BTreeSet<(String, u16)> {
    let document = document::read();
    let responses = document["components"]["responses"].as_object().expect("responses");
    let mut codes = BTreeSet::new();
    for response in responses.values() {
        let Some(content) = response["content"].get("application/problem+json") else { continue };
        // That an answer has it is a check of its own (examples.rs, hooks.py).
        let status = content["example"]["status"].as_u64().expect("a status");
        let status = u16::try_from(status).expect("a status");
        let code = &content["schema"]["properties"]["code"];
        let one = code.get("const").into_iter();
        let several = code.get("enum").and_then(Value::as_array).into_iter().flatten();
        for code in one.chain(several) {
            let code = code.as_str().expect("a code").to_owned();
            codes.insert((code, status));
        }
    }
    codes
}

fn assert_in_readme<'a>(names: impl IntoIterator<Item = &'a String>) {
    let readme = source("README.md");
    let missing: Vec<_> =
        names.into_iter().filter(|name| !readme.contains(&format!("`{name}`"))).collect();
    assert!(missing.is_empty(), "README.md says nothing about {missing:?}");
}

#[test]
fn the_document_has_the_codes_of_the_service_and_no_others() {
    assert_eq!(codes_of_the_document(), codes_of_the_service());
}

#[test]
fn the_readme_has_every_code() {
    let codes = codes_of_the_service();
    assert_in_readme(codes.iter().map(|(code, _)| code));
}

#[test]
fn the_readme_has_every_variable() {
    assert_in_readme(declared().keys());
}

#[test]
fn the_document_has_the_version_of_the_package() {
    assert_eq!(document::read()["info"]["version"], env!("CARGO_PKG_VERSION"));
}
