//! Patches.

use path_records::record::{ETag, Members, Patch, PatchError, PatchFormat, Stamp, is_reserved};
use serde_json::{Map, Value};

const LIMIT: usize = 100_000;

/// A patch changes what it names and leaves the text of everything else alone. The input's first byte
/// chooses the format; a zero byte is between the record and the patch.
pub fn patch(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let format = if choice % 2 == 0 { PatchFormat::Merge } else { PatchFormat::Json };
    let at = data.iter().position(|byte| *byte == 0).unwrap_or(data.len());
    let (record, patch) = data.split_at(at);
    let patch = patch.get(1..).unwrap_or_default();
    let Ok(members) = Members::parse(record) else {
        return;
    };
    let stamp = Stamp { etag: ETag::from_store("tag"), last_updated: Some(1), expiry: None };
    let Ok(parsed) = Patch::parse(format, patch) else {
        return;
    };
    let document: Option<Value> = serde_json::from_slice(patch).ok();
    match parsed.apply(&members, &stamp, LIMIT) {
        Ok(after) => {
            let json = after.representation(&stamp);
            assert_eq!(Members::parse(&json).as_ref(), Ok(&after), "the result is a record");
            assert!(after.size() <= LIMIT);
            if let Some(document) = document {
                assert_rest_unchanged(format, &members, &document, &after);
                assert_merged(format, record, &document, &json);
            }
        }
        Err(PatchError::NotAnObject) => {
            let object = document.is_some_and(|patch| patch.is_object());
            assert!(format == PatchFormat::Json || !object, "an object merges to an object");
        }
        Err(PatchError::Failed(_)) => assert!(format == PatchFormat::Json, "a merge can't fail"),
        Err(PatchError::TooLarge) => assert!(record.len() + patch.len() > LIMIT / 10),
        Err(PatchError::Malformed(_) | PatchError::NotAPatch(_)) => {}
    }
}

/// Members that the patch doesn't name are there as before, to the letter.
fn assert_rest_unchanged(format: PatchFormat, before: &Members, patch: &Value, after: &Members) {
    let named: Vec<String> = match (format, patch) {
        (PatchFormat::Merge, Value::Object(patch)) => patch.keys().cloned().collect(),
        (PatchFormat::Json, Value::Array(operations)) => {
            let pointers = operations.iter().flat_map(|operation| {
                ["path", "from"].iter().filter_map(|name| operation[name].as_str())
            });
            let first = |pointer: &str| pointer.split('/').nth(1).map(unescape);
            let named: Option<Vec<String>> = pointers.map(first).collect();
            match named {
                Some(named) => named,
                // An operation on the whole record.
                None => return,
            }
        }
        _ => return,
    };
    for (name, text) in before.iter().filter(|(name, _)| !named.iter().any(|other| other == name)) {
        assert_eq!(after.get(name), Some(text), "{name:?} was not named");
    }
}

/// A name out of a JSON Pointer (RFC 6901).
fn unescape(token: &str) -> String {
    token.replace("~1", "/").replace("~0", "~")
}

/// A merge is what RFC 7396 says.
fn assert_merged(format: PatchFormat, record: &[u8], patch: &Value, after: &[u8]) {
    let (PatchFormat::Merge, Ok(before), Ok(after)) =
        (format, serde_json::from_slice::<Value>(record), serde_json::from_slice::<Value>(after))
    else {
        return;
    };
    assert_eq!(own(merge(Some(before), patch)), own(after));
}

/// RFC 7396, section 2, in its own words.
fn merge(target: Option<Value>, patch: &Value) -> Value {
    let Value::Object(patch) = patch else {
        return patch.clone();
    };
    let mut target = match target {
        Some(Value::Object(target)) => target,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            target.remove(name);
        } else {
            let old = target.remove(name);
            target.insert(name.clone(), merge(old, value));
        }
    }
    Value::Object(target)
}

/// An object without the members that belong to the service.
fn own(mut value: Value) -> Value {
    if let Value::Object(members) = &mut value {
        members.retain(|name, _| !is_reserved(name));
    }
    value
}
