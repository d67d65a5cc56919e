//! Patches.

use std::fmt;

use path_records::record::{ETag, Members, Metadata, Patch, PatchError, PatchFormat, is_reserved};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::body::members_of;

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
    let metadata = Metadata { etag: ETag::from_store("tag"), last_updated: Some(1), expiry: None };
    let Ok(parsed) = Patch::parse(format, patch) else {
        return;
    };
    let document: Option<Value> = serde_json::from_slice(patch).ok();
    match parsed.apply(&members, &metadata, LIMIT) {
        Ok(after) => {
            let json = after.representation(&metadata);
            assert_eq!(Members::parse(&json).as_ref(), Ok(&after), "the result is a record");
            assert!(after.size() <= LIMIT);
            if let Some(document) = document {
                assert_rest_unchanged(format, &members, &document, &after);
                assert_merged(format, record, &document, &json);
            }
            if format == PatchFormat::Merge {
                for (name, patch) in members_of(patch).unwrap_or_default() {
                    if let (Some(before), Some(after)) = (members.get(&name), after.get(&name)) {
                        assert_letter(before, patch.get(), after);
                    }
                }
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

/// The members of an object that a merge patch doesn't name are there as before, to the letter and in the
/// same order; and so are those of the objects in it.
fn assert_letter(before: &str, patch: &str, after: &str) {
    let (Some(before), Some(patch), Some(after)) = (object(before), object(patch), object(after))
    else {
        return;
    };
    let last = |members: &[Member], name: &[u8]| {
        members.iter().rfind(|(other, _)| other == name).map(|(_, text)| text.clone())
    };
    let untouched = |members: &[Member]| -> Vec<Member> {
        let members = members.iter().filter(|(name, _)| last(&patch, name).is_none());
        members.cloned().collect()
    };
    assert_eq!(untouched(&before), untouched(&after));
    for (name, _) in &patch {
        let texts = [&before, &patch, &after].map(|members| last(members, name));
        if let [Some(before), Some(patch), Some(after)] = texts {
            assert_letter(&before, &patch, &after);
        }
    }
}

/// A name, as bytes that also stand for lone surrogates, and a text.
type Member = (Vec<u8>, String);

/// The members of an object in their order, duplicates and all.
fn object(json: &str) -> Option<Vec<Member>> {
    struct Name(Vec<u8>);
    impl<'de> Deserialize<'de> for Name {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_byte_buf(Names).map(Name)
        }
    }
    struct Names;
    impl Visitor<'_> for Names {
        type Value = Vec<u8>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("a name")
        }
        fn visit_bytes<E>(self, name: &[u8]) -> Result<Vec<u8>, E> {
            Ok(name.to_owned())
        }
    }
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<Member>;
        fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<Member>, A::Error> {
            let mut members = Vec::new();
            while let Some((Name(name), value)) = map.next_entry::<_, Box<RawValue>>()? {
                members.push((name, value.get().to_owned()));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(json).deserialize_map(Members).ok()
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
