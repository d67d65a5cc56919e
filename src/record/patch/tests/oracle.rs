//! Patches do what another implementation does.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;

const NAMES: [&str; 9] = ["a", "b", "c", "0", "1", "-", "~", "/", "é\""];

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Into::into),
        (-2..3).prop_map(Into::into),
        prop::sample::select(&NAMES[..]).prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            any_object(inner),
        ]
    })
}

fn any_object(value: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::btree_map(prop::sample::select(&NAMES[..]), value, 0..5)
        .prop_map(|members| Value::Object(named(members)))
}

fn named(members: impl IntoIterator<Item = (&'static str, Value)>) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn any_record() -> impl Strategy<Value = Value> {
    any_object(any_value())
}

fn any_pointer() -> impl Strategy<Value = String> {
    let token = prop_oneof![
        8 => prop::sample::select(&NAMES[..]),
        1 => prop::sample::select(&["00", "01", "4", "99", "", "ttl", "last_updated"][..]),
    ];
    prop::collection::vec(token, 0..4).prop_map(|tokens| {
        let escaped = tokens.iter().map(|token| token.replace('~', "~0").replace('/', "~1"));
        escaped.flat_map(|token| ["/".to_owned(), token]).collect()
    })
}

fn any_operation() -> impl Strategy<Value = Value> {
    let op = prop::sample::select(&["add", "replace", "remove", "move", "copy", "test"][..]);
    (op, any_pointer(), any_pointer(), any_value()).prop_map(
        |(op, path, from, value)| json!({"op": op, "path": path, "from": from, "value": value}),
    )
}

/// A value's text in one of several styles.
fn text(value: &Value, style: u8) -> String {
    let units = |string: &str| -> String {
        let escapes = string.encode_utf16().map(|unit| format!("\\u{unit:04x}"));
        escapes.collect::<Vec<_>>().concat()
    };
    match (value, style % 3) {
        (_, 0) => value.to_string(),
        (_, 1) => format!("{value:#}"),
        (Value::String(string), _) => format!("\"{}\"", units(string)),
        (Value::Array(items), _) => {
            let items: Vec<_> = items.iter().map(|item| text(item, style)).collect();
            format!("[ {} ]", items.join("\t, "))
        }
        (Value::Object(members), _) => {
            let member = |(name, value): (&String, &Value)| {
                format!("\"{}\"\n: {}", units(name), text(value, style))
            };
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(" ,"))
        }
        _ => value.to_string(),
    }
}

/// The record after the patch, as this service has it.
fn ours(
    format: PatchFormat,
    record: &Value,
    patch: &Value,
    style: u8,
) -> Result<Value, PatchError> {
    let after = apply(format, &text(record, style), &text(patch, style / 3))?;
    Ok(serde_json::from_str(&after).expect("the result is JSON"))
}

/// The same, as the other implementation has it; `None` if the patch fails.
fn theirs(record: &Value, patch: &Value) -> Option<Value> {
    let mut document = record.clone();
    let members = document.as_object_mut()?;
    members.insert("last_updated".to_owned(), 17.into());
    members.insert("ttl".to_owned(), Value::Null);
    let operations: ::json_patch::Patch = serde_json::from_value(patch.clone()).ok()?;
    ::json_patch::patch_unsafe(&mut document, &operations).ok()?;
    let members = document.as_object_mut()?;
    members.retain(|name, _| !crate::record::is_reserved(name));
    Some(document)
}

proptest! {
    #[test]
    fn a_json_patch_does_what_another_implementation_makes_of_it(
        record in any_record(),
        first in prop::collection::vec(any_operation(), 0..4),
        others in prop::collection::vec(any_operation(), 0..12),
        style: u8,
    ) {
        let patch = Value::Array(first);
        let expected = theirs(&record, &patch);
        prop_assert_eq!(ours(PatchFormat::Json, &record, &patch, style).ok(), expected);
        // Of many operations one almost always fails: those that don't, one after the other.
        let mut fitting = Vec::new();
        for operation in others {
            fitting.push(operation);
            if theirs(&record, &Value::Array(fitting.clone())).is_none() {
                fitting.pop();
            }
        }
        let patch = Value::Array(fitting);
        let expected = theirs(&record, &patch);
        prop_assert_eq!(ours(PatchFormat::Json, &record, &patch, style).ok(), expected);
    }

    #[test]
    fn a_merge_patch_does_what_another_implementation_makes_of_it(
        record in any_record(), patch in any_record(), style: u8,
    ) {
        let mut expected = record.clone();
        ::json_patch::merge(&mut expected, &patch);
        prop_assert_eq!(ours(PatchFormat::Merge, &record, &patch, style), Ok(expected));
    }
}
