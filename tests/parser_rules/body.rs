//! Bodies of PUT and POST.

use std::collections::BTreeMap;

use http::{Method, Uri};
use path_records::record::{ETag, Members, MembersError, Metadata, is_reserved};
use path_records_stub::replies;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{answer, code};

/// A body is the members that another JSON parser finds in it, to the letter, or no record.
pub fn body(data: &[u8]) {
    let parsed = Members::parse(data);
    let response = answer(&Method::PUT, Uri::from_static("/x"), data, replies::created());
    match parsed {
        Ok(members) => {
            let expected = members_of(data).expect("another parser reads it too");
            assert_same(&members, &expected);
            let metadata =
                Metadata { etag: ETag::from_store("tag"), last_updated: Some(1), expiry: None };
            let again = members.representation(&metadata);
            assert_eq!(Members::parse(&again).as_ref(), Ok(&members), "what came can be sent back");
            assert_eq!(response.status(), 201, "{response:?}");
        }
        Err(MembersError::NotAnObject) => {
            let value: Box<RawValue> = serde_json::from_slice(data).expect("it is JSON");
            assert!(!value.get().starts_with('{'), "it is an object");
            assert_eq!(response.status(), 422, "{response:?}");
        }
        Err(MembersError::Syntax { line, .. }) => {
            let deep =
                matches!(serde_json::from_slice::<Value>(data), Err(error) if is_deep(&error));
            assert!(deep || members_of(data).is_none(), "it is an object");
            assert!(line <= data.split(|byte| *byte == b'\n').count(), "a line that is there");
            assert_eq!(code(&response), "invalid-json", "{response:?}");
        }
        Err(MembersError::TooMany) => assert!(data.len() > Members::MAX_COUNT),
    }
}

/// Names and texts as `serde_json` finds them, without the service's two.
pub fn members_of(data: &[u8]) -> Option<BTreeMap<String, Box<RawValue>>> {
    let mut members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(data).ok()?;
    members.retain(|name, _| !is_reserved(name));
    Some(members)
}

/// Fails unless both hold the same text under the same names.
pub fn assert_same(members: &Members<'_>, expected: &BTreeMap<String, Box<RawValue>>) {
    let expected = expected.iter().map(|(name, text)| (name.as_str(), text.get()));
    assert!(members.iter().eq(expected), "{members:?}");
}

/// Whether JSON was refused for nesting as deep as a record may not.
pub fn is_deep(error: &serde_json::Error) -> bool {
    error.to_string().contains("recursion limit")
}
