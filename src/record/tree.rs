//! JSON taken apart for a patch, without losing a digit: arrays, objects and `null` are themselves,
//! and every other value is a [`Value::String`] that holds its JSON text. The patch library only
//! moves values about, so it never needs to know.

use serde::de::IgnoredAny;
use serde_json::{Map, Value};

use super::{
    MembersError,
    members::{check_depth, push_string},
    number::Decimal,
};

/// Takes JSON apart.
pub fn parse(json: &str) -> Result<Value, MembersError> {
    // First its syntax, which takes no stack, then its depth, which bounds the recursion of all that
    // follows.
    let failed = |error| MembersError::of(&error, json);
    serde_json::from_str::<IgnoredAny>(json).map_err(failed)?;
    check_depth(json)?;
    Parser { rest: json }.value().map_err(failed)
}

/// The JSON text of a value that has been taken apart.
pub fn text(value: &Value) -> String {
    let mut json = Vec::new();
    push_text(&mut json, value);
    String::from_utf8(json).unwrap_or_default()
}

fn push_text(json: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Array(items) => {
            json.push(b'[');
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    json.push(b',');
                }
                push_text(json, item);
            }
            json.push(b']');
        }
        Value::Object(members) => {
            json.push(b'{');
            for (at, (name, value)) in members.iter().enumerate() {
                if at > 0 {
                    json.push(b',');
                }
                push_string(json, name);
                json.push(b':');
                push_text(json, value);
            }
            json.push(b'}');
        }
        Value::String(text) => json.extend_from_slice(text.as_bytes()),
        _ => json.extend_from_slice(b"null"),
    }
}

/// Whether two values are equal as RFC 6902 section 4.6 has it: numbers by what they are worth,
/// strings by their characters, all else by what it is.
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (Value::String(a), Value::String(b)) => a == b || equal_scalars(a, b),
        _ => a == b,
    }
}

fn equal_scalars(a: &str, b: &str) -> bool {
    let characters = |text: &str| serde_json::from_str::<String>(text).ok();
    match (Decimal::parse(a), Decimal::parse(b)) {
        (Some(a), Some(b)) => a == b,
        (None, None) => characters(a).is_some_and(|a| characters(b) == Some(a)),
        _ => false,
    }
}

/// How deep arrays and objects nest in a value.
pub fn depth(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

/// About how long a value's text is, in bytes.
pub fn text_size(value: &Value) -> usize {
    const PUNCTUATION: usize = 4;
    PUNCTUATION
        + match value {
            Value::String(text) => text.len(),
            Value::Array(items) => items.iter().map(text_size).sum(),
            Value::Object(members) => {
                members.iter().map(|(name, value)| name.len() + text_size(value)).sum()
            }
            _ => 0,
        }
}

/// Walks through a text that is known to be JSON.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn value(&mut self) -> Result<Value, serde_json::Error> {
        self.skip_whitespace();
        match self.rest.bytes().next() {
            Some(b'[') => {
                let mut items = Vec::new();
                while self.more(b']') {
                    items.push(self.value()?);
                }
                Ok(Value::Array(items))
            }
            Some(b'{') => {
                let mut members = Map::new();
                while self.more(b'}') {
                    let name = serde_json::from_str(self.scalar())?;
                    self.skip_whitespace();
                    self.take(1);
                    members.insert(name, self.value()?);
                }
                Ok(Value::Object(members))
            }
            _ => Ok(match self.scalar() {
                "null" => Value::Null,
                text => Value::String(text.to_owned()),
            }),
        }
    }

    /// Steps over the opening bracket, or the comma, before the next item; at the closing bracket,
    /// `close`, steps over that and says that there is none.
    fn more(&mut self, close: u8) -> bool {
        self.skip_whitespace();
        let ended = self.take(1).as_bytes() == [close];
        self.skip_whitespace();
        let empty = !ended && self.rest.as_bytes().first() == Some(&close);
        if empty {
            self.take(1);
        }
        !ended && !empty
    }

    /// The text of a string, a number or a literal.
    fn scalar(&mut self) -> &'a str {
        let bytes = self.rest.as_bytes();
        let end = if bytes.first() == Some(&b'"') {
            let mut escaped = false;
            let closing = bytes.iter().skip(1).position(|byte| {
                let closes = *byte == b'"' && !escaped;
                escaped = *byte == b'\\' && !escaped;
                closes
            });
            closing.map(|at| at + 2)
        } else {
            bytes.iter().position(|byte| b",:]} \t\r\n".contains(byte))
        };
        self.take(end.unwrap_or(bytes.len()))
    }

    fn skip_whitespace(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\r', '\n']);
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scalars_are_kept_to_the_letter() {
        for json in [
            "1e400",
            "-0",
            "1.0",
            "12345678901234567890123",
            r#""\u0041\"\\""#,
            "true",
            "null",
            "[]",
            "{}",
            r#"[1E+5,{"a":[[],{}],"b":"]}"},null,false]"#,
        ] {
            assert_eq!(text(&parse(json).unwrap()), json);
            assert_eq!(text(&parse(&format!(" {json}\n")).unwrap()), json);
        }
        assert_eq!(
            text(&parse("[ 1 ,\t{ \"b\" : 2 , \"a\":3 } ]").unwrap()),
            r#"[1,{"a":3,"b":2}]"#
        );
    }

    #[test]
    fn equality_is_that_of_json_patch() {
        for (a, b) in [
            ("1", "1.0"),
            ("[1,{\"a\":2}]", "[1.0,{\"a\":2e0}]"),
            (r#""\u0041""#, r#""A""#),
            ("null", "null"),
            (r#""\ud800""#, r#""\ud800""#),
        ] {
            assert!(equal(&parse(a).unwrap(), &parse(b).unwrap()), "{a} {b}");
        }
        for (a, b) in [
            ("1", "\"1\""),
            ("0", "false"),
            ("0", "null"),
            ("true", "false"),
            ("[1]", "[1,1]"),
            ("{\"a\":1}", "{\"b\":1}"),
            ("\"null\"", "null"),
            (r#""\ud800""#, r#""\ud801""#),
        ] {
            assert!(!equal(&parse(a).unwrap(), &parse(b).unwrap()), "{a} {b}");
        }
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            "\\PC{0,6}".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
                prop::collection::btree_map("\\PC{0,4}", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn taking_apart_and_putting_together_changes_nothing(value in any_json(), pretty: bool) {
            let json = if pretty { format!("{value:#}") } else { value.to_string() };
            prop_assert_eq!(text(&parse(&json).unwrap()), value.to_string());
        }
    }
}
