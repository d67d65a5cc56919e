//! What patches do.

mod costs;
mod heights;
mod letter;
mod oracle;

use super::*;
use crate::record::ETag;

const LIMIT: usize = 10_000;

fn apply(format: PatchFormat, record: &str, patch: &str) -> Result<String, PatchError> {
    let metadata = Metadata { etag: ETag::from_store("tag"), last_updated: Some(17), expiry: None };
    let members = Members::parse(record.as_bytes()).unwrap();
    let patch = Patch::parse(format, patch.as_bytes())?;
    let after = patch.apply(&members, &metadata, LIMIT)?;
    let json = String::from_utf8(after.representation(&metadata)).unwrap();
    let members = json.strip_suffix(r#""last_updated":17,"ttl":null}"#).unwrap();
    Ok(members.trim_end_matches(',').to_owned() + "}")
}

fn merge(record: &str, patch: &str) -> Result<String, PatchError> {
    apply(PatchFormat::Merge, record, patch)
}

fn json(record: &str, patch: &str) -> Result<String, PatchError> {
    apply(PatchFormat::Json, record, patch)
}

#[test]
fn what_is_left_alone_keeps_its_text() {
    let record = r#"{"n":12345678901234567890123,"s":"\u0041","x":{"y":1.0}}"#;
    assert_eq!(
        merge(record, r#"{"x":{"z":-0}}"#).as_deref(),
        Ok(r#"{"n":12345678901234567890123,"s":"\u0041","x":{"y":1.0,"z":-0}}"#)
    );
}

#[test]
fn what_is_moved_keeps_its_digits() {
    let patch =
        r#"[{"op":"move","from":"/a","path":"/b"},{"op":"add","path":"/c","value": 1e400 }]"#;
    assert_eq!(
        json(r#"{"a":[1.0,-0,12345678901234567890123]}"#, patch).as_deref(),
        Ok(r#"{"b":[1.0,-0,12345678901234567890123],"c":1e400}"#)
    );
}

#[test]
fn the_services_members_can_be_tested_but_not_changed() {
    let patch = r#"[{"op":"test","path":"/last_updated","value":17},
        {"op":"replace","path":"/ttl","value":1},{"op":"copy","from":"/last_updated","path":"/at"}]"#;
    assert_eq!(json("{}", patch).as_deref(), Ok(r#"{"at":17}"#));
    assert_eq!(merge("{}", r#"{"ttl":1,"last_updated":null}"#).as_deref(), Ok("{}"));
}

#[test]
fn tests_compare_numbers_by_what_they_are_worth() {
    assert!(json(r#"{"a":1}"#, r#"[{"op":"test","path":"/a","value":1.0}]"#).is_ok());
    assert!(matches!(
        json(r#"{"a":1}"#, r#"[{"op":"test","path":"/a","value":2}]"#),
        Err(PatchError::Failed(_))
    ));
}

#[test]
fn a_failed_operation_names_itself() {
    for patch in [
        r#"[{"op":"test","path":"/nothing","value":null}]"#,
        r#"[{"op":"remove","path":"/nothing"}]"#,
        r#"[{"op":"remove","path":"/list/-"}]"#,
        r#"[{"op":"add","path":"/list/9","value":1}]"#,
        r#"[{"op":"move","from":"/list","path":"/list/0"}]"#,
        r#"[{"op":"copy","from":"/nothing","path":"/a"}]"#,
    ] {
        let Err(PatchError::Failed(reason)) = json(r#"{"list":[1]}"#, patch) else {
            panic!("{patch}");
        };
        assert!(reason.starts_with("operation 0"), "{reason}");
    }
}

#[test]
fn what_is_no_patch_is_refused() {
    for patch in [
        "{}",
        r#"[{"op":"fly","path":"/a"}]"#,
        r#"[{"op":"remove","path":"a"}]"#,
        "[1]",
        r#"[{"op":"move","path":"/a"}]"#,
        r#"[{"op":"add","path":"/a"}]"#,
    ] {
        assert!(matches!(json("{}", patch), Err(PatchError::NotAPatch(_))), "{patch}");
    }
    assert!(matches!(json("{}", "[{"), Err(PatchError::Malformed(_))));
    assert!(matches!(merge("{}", "{x"), Err(PatchError::Malformed(_))));
}

#[test]
fn the_result_must_be_an_object() {
    assert_eq!(merge("{}", "[1]"), Err(PatchError::NotAnObject));
    assert_eq!(
        json("{}", r#"[{"op":"replace","path":"","value":1}]"#),
        Err(PatchError::NotAnObject)
    );
}

#[test]
fn copies_cannot_grow_without_bound() {
    let double = r#"{"op":"copy","from":"/a","path":"/a/-"}"#;
    let patch = format!("[{}]", vec![double; 60].join(","));
    assert_eq!(json(r#"{"a":["something"]}"#, &patch), Err(PatchError::TooLarge));
}

#[test]
fn nesting_cannot_grow_without_bound() {
    let deeper = r#"{"op":"move","from":"/a","path":"/b"},{"op":"add","path":"/a","value":{}},{"op":"move","from":"/b","path":"/a/a"}"#;
    let patch = |times: usize| format!("[{}]", vec![deeper; times].join(","));
    assert!(json(r#"{"a":{}}"#, &patch(126)).is_ok());
    assert!(matches!(json(r#"{"a":{}}"#, &patch(127)), Err(PatchError::Failed(_))));
}
