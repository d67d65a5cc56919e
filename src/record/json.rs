//! JSON as text: objects taken apart into the texts of their members, and what JSON is written with.

use std::{borrow::Cow, fmt, marker::PhantomData};

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::MembersError;

/// The members of the object that `text` is, as they came: names decoded, values as their text, duplicates
/// and all.
pub fn object<'a, T: From<&'a str>>(text: &'a str) -> Result<Vec<(Cow<'a, str>, T)>, MembersError> {
    match serde_json::from_str(text) {
        Ok(Object(members)) => Ok(members),
        // Another kind of value is refused at its first byte; is the rest JSON at all?
        Err(error) if error.is_data() => Err(match serde_json::from_str::<IgnoredAny>(text) {
            Ok(_) => MembersError::NotAnObject,
            Err(error) => MembersError::of(&error, text),
        }),
        Err(error) => Err(MembersError::of(&error, text)),
    }
}

/// The texts of the items of the array that `text` is; `None` if it is none.
#[must_use]
pub fn array(text: &str) -> Option<Vec<&str>> {
    let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    Some(items.into_iter().map(RawValue::get).collect())
}

/// The string that `text` is; `None` if it is none.
#[must_use]
pub fn string(text: &str) -> Option<Cow<'_, str>> {
    serde_json::from_str(text).ok().map(|Name(string)| string)
}

/// The text of a JSON number, or of `null`.
#[must_use]
pub fn integer_or_null(number: Option<u64>) -> Cow<'static, str> {
    number.map_or(Cow::Borrowed("null"), |number| Cow::Owned(number.to_string()))
}

/// Appends a string's JSON text.
pub fn push_string(json: &mut Vec<u8>, string: &str) {
    let needs_escape = |byte: u8| byte < b' ' || byte == b'"' || byte == b'\\';
    if string.bytes().any(needs_escape) {
        // Writing a string to a vector can't fail.
        let _ = serde_json::to_writer(json, string);
    } else {
        json.push(b'"');
        json.extend_from_slice(string.as_bytes());
        json.push(b'"');
    }
}

/// Where the brackets of JSON are, and how deep it is behind each.
pub fn brackets(json: &str) -> impl Iterator<Item = (usize, usize)> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().enumerate().filter_map(move |(at, byte)| {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            _ if in_string => {}
            b'[' | b'{' => {
                depth += 1;
                return Some((at, depth));
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                return Some((at, depth));
            }
            _ => {}
        }
        None
    })
}

/// A JSON object as it came: names decoded, values as their text, duplicates and all.
struct Object<'a, T>(Vec<(Cow<'a, str>, T)>);

impl<'de, T: From<&'de str>> Deserialize<'de> for Object<'de, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);
        impl<'de, T: From<&'de str>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<'de, T>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a JSON object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(Name(name)) = map.next_key()? {
                    let value: &RawValue = map.next_value()?;
                    members.push((name, value.get().into()));
                }
                Ok(Object(members))
            }
        }
        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

/// A member's name, borrowed where nothing in it is escaped.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}
