//! Changes to a record's members: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902).

use std::borrow::Cow;

use json_patch::{
    AddOperation, CopyOperation, MoveOperation, PatchOperation, RemoveOperation, ReplaceOperation,
    TestOperation, jsonptr::PointerBuf,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, value::RawValue};

use super::{LAST_UPDATED, Members, MembersError, Stamp, TTL, is_reserved, members::utf8, tree};

/// The two formats of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchFormat {
    /// `application/merge-patch+json`
    Merge,
    /// `application/json-patch+json`
    Json,
}

/// A patch, parsed and not yet applied.
#[derive(Debug, Clone)]
pub enum Patch {
    /// RFC 7396: what the members are to look like, taken apart by [`tree`].
    Merge(Value),
    /// RFC 6902: operations, one after the other.
    Json(Vec<PatchOperation>),
}

/// Why a patch can't be read, or not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PatchError {
    /// Not a patch of its format.
    Malformed(MembersError),
    /// Not a patch of its format, although JSON; the sentence says why.
    NotAPatch(String),
    /// An operation can't be applied to the record as it is; the sentence says which and why.
    Failed(String),
    /// The result is no JSON object.
    NotAnObject,
    /// The result, or a step on the way to it, is larger than a record may be.
    TooLarge,
}

impl Patch {
    /// The patch that `body` is the text of.
    pub fn parse(format: PatchFormat, body: &[u8]) -> Result<Self, PatchError> {
        let text = utf8(body).map_err(PatchError::Malformed)?;
        let patch = tree::parse(text).map_err(PatchError::Malformed)?;
        match format {
            PatchFormat::Merge => Ok(Self::Merge(patch)),
            PatchFormat::Json => serde_json::from_str::<Vec<Operation>>(text)
                .map_err(|error| PatchError::NotAPatch(error.to_string()))?
                .into_iter()
                .map(Operation::into_operation)
                .collect::<Result<_, _>>()
                .map(Self::Json),
        }
    }

    /// The members after the change. What the patch leaves alone keeps its JSON text; what it moves
    /// keeps its text too. `max_bytes` is the largest record.
    pub fn apply(
        &self,
        members: &Members<'_>,
        stamp: &Stamp,
        max_bytes: usize,
    ) -> Result<Members<'static>, PatchError> {
        let before = document(members, stamp)?;
        let mut after = Value::Object(before.clone());
        match self {
            Self::Merge(patch) => json_patch::merge(&mut after, patch),
            Self::Json(patch) => apply_operations(&mut after, patch, max_bytes)?,
        }
        let Value::Object(after) = after else {
            return Err(PatchError::NotAnObject);
        };
        let pairs = after
            .into_iter()
            .filter(|(name, _)| !is_reserved(name))
            .map(|(name, value)| {
                let text = match members.get(&name) {
                    Some(text) if before.get(&name) == Some(&value) => text.to_owned(),
                    _ => tree::text(&value),
                };
                (Cow::Owned(name), Cow::Owned(text))
            })
            .collect();
        match Members::from_pairs(pairs) {
            Ok(members) if members.size() <= max_bytes => Ok(members),
            _ => Err(PatchError::TooLarge),
        }
    }
}

/// The representation that the client patches: the members and the two that belong to the service.
fn document(members: &Members<'_>, stamp: &Stamp) -> Result<Map<String, Value>, PatchError> {
    let mut document = Map::new();
    for (name, text) in members.iter() {
        document.insert(name.to_owned(), tree::parse(text).map_err(PatchError::Malformed)?);
    }
    for (name, number) in [(LAST_UPDATED, stamp.last_updated), (TTL, stamp.ttl())] {
        let value = number.map_or(Value::Null, |number| Value::String(number.to_string()));
        document.insert(name.to_owned(), value);
    }
    Ok(document)
}

/// An operation as it stands in a JSON Patch.
#[derive(Deserialize)]
struct Operation<'a> {
    #[serde(borrow)]
    op: Cow<'a, str>,
    path: PointerBuf,
    from: Option<PointerBuf>,
    #[serde(borrow, default, deserialize_with = "present")]
    value: Option<&'a RawValue>,
}

/// A value that is there, be it `null`.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    Deserialize::deserialize(deserializer).map(Some)
}

impl Operation<'_> {
    fn into_operation(self) -> Result<PatchOperation, PatchError> {
        let Self { op, path, from, value } = self;
        let lacks = |member: &str| PatchError::NotAPatch(format!("`{op}` needs `{member}`"));
        let value = || {
            let text = value.ok_or_else(|| lacks("value"))?.get();
            tree::parse(text).map_err(PatchError::Malformed)
        };
        let from = from.ok_or_else(|| lacks("from"));
        Ok(match op.as_ref() {
            "add" => PatchOperation::Add(AddOperation { path, value: value()? }),
            "replace" => PatchOperation::Replace(ReplaceOperation { path, value: value()? }),
            "test" => PatchOperation::Test(TestOperation { path, value: value()? }),
            "remove" => PatchOperation::Remove(RemoveOperation { path }),
            "move" => PatchOperation::Move(MoveOperation { path, from: from? }),
            "copy" => PatchOperation::Copy(CopyOperation { path, from: from? }),
            other => {
                return Err(PatchError::NotAPatch(format!("there is no operation `{other}`")));
            }
        })
    }
}

/// Applies operations one by one. The library's own `test` would compare texts, and its `copy` can double
/// a document with every operation; both are seen to here.
fn apply_operations(
    document: &mut Value,
    patch: &[PatchOperation],
    max_bytes: usize,
) -> Result<(), PatchError> {
    let mut copied = 0;
    for (at, operation) in patch.iter().enumerate() {
        let failed = |reason: &str| {
            let path = operation.path();
            PatchError::Failed(format!("operation {at}, at path `{path}`: {reason}"))
        };
        let placed = match operation {
            PatchOperation::Test(test) => {
                let value = document.pointer(test.path.as_str());
                if !value.is_some_and(|value| tree::equal(value, &test.value)) {
                    return Err(failed(match value {
                        Some(_) => "the value is another one",
                        None => "there is no such value",
                    }));
                }
                continue;
            }
            PatchOperation::Add(add) => Some(&add.value),
            PatchOperation::Replace(replace) => Some(&replace.value),
            PatchOperation::Move(r#move) => document.pointer(r#move.from.as_str()),
            PatchOperation::Copy(copy) => {
                let source = document.pointer(copy.from.as_str());
                copied += source.map_or(0, tree::text_size);
                if copied > max_bytes {
                    return Err(PatchError::TooLarge);
                }
                source
            }
            PatchOperation::Remove(_) => None,
        };
        let levels_above = operation.path().tokens().count();
        if placed.is_some_and(|value| levels_above + tree::depth(value) > Members::MAX_DEPTH) {
            return Err(failed("nesting deeper than 128"));
        }
        json_patch::patch_unsafe(document, std::slice::from_ref(operation))
            .map_err(|error| failed(&error.kind.to_string()))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::ETag;

    const LIMIT: usize = 10_000;

    fn apply(format: PatchFormat, record: &str, patch: &str) -> Result<String, PatchError> {
        let stamp = Stamp { etag: ETag::from_store("tag"), last_updated: Some(17), expiry: None };
        let members = Members::parse(record.as_bytes()).unwrap();
        let after = Patch::parse(format, patch.as_bytes())?.apply(&members, &stamp, LIMIT)?;
        let json = String::from_utf8(after.representation(&stamp)).unwrap();
        Ok(json.replace(r#""last_updated":17,"ttl":null}"#, "").trim_end_matches(',').to_owned()
            + "}")
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
}
