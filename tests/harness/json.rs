//! JSON as text: the contract promises the text of values, so no test may compare parsed numbers.

use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// The members of a JSON object in the order they stand there: the name, and the value's text without
/// whitespace between tokens.
pub fn members(object: &str) -> Vec<(String, String)> {
    struct Members;

    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, String)>;

        fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
            formatter.write_str("a JSON object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                members.push((name, compact(value.get())));
            }
            Ok(members)
        }
    }

    let mut deserializer = serde_json::Deserializer::from_str(object);
    deserializer
        .deserialize_map(Members)
        .and_then(|members| deserializer.end().map(|()| members))
        .unwrap_or_else(|error| panic!("no JSON object: {error}: {object}"))
}

/// JSON text without the whitespace between its tokens.
pub fn compact(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    let (mut in_string, mut escaped) = (false, false);
    for character in json.chars() {
        if in_string {
            in_string = escaped || character != '"';
            escaped = !escaped && character == '\\';
        } else if character == '"' {
            in_string = true;
        } else if matches!(character, ' ' | '\t' | '\r' | '\n') {
            continue;
        }
        text.push(character);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whitespace_goes_only_between_tokens() {
        assert_eq!(
            compact("{ \"a b\\\" \" :\n[ 1.0 ,\t\"\\\\\" ] }"),
            "{\"a b\\\" \":[1.0,\"\\\\\"]}"
        );
    }

    #[test]
    fn members_keep_their_order_and_their_text() {
        assert_eq!(
            members("{\"b\": 1.0, \"a\": [ 1e400 ], \"\\u0061\": \"\\u0061\"}"),
            [
                ("b".to_owned(), "1.0".to_owned()),
                ("a".to_owned(), "[1e400]".to_owned()),
                ("a".to_owned(), "\"\\u0061\"".to_owned()),
            ]
        );
    }
}
