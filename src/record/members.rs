//! What a record holds: its members, each value as the JSON text that it was sent as.

use std::borrow::Cow;

use serde_json::value::RawValue;
use thiserror::Error;

use super::{
    LAST_UPDATED, Metadata, TTL, is_reserved,
    json::{brackets, integer_or_null, object, push_string},
    limits,
};

/// The members of a JSON object, without the two that belong to the service: unique names in byte
/// order, values as JSON text. No value ever passes through a number or a string of Rust's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Members<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Why a text is not the members of a record.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MembersError {
    /// Not JSON in UTF-8: what is wrong, and where.
    #[error("{reason} at line {line} column {column}")]
    Syntax {
        /// What is wrong.
        reason: String,
        /// The line, from 1.
        line: usize,
        /// The column in bytes, from 1.
        column: usize,
    },
    /// JSON, but no object.
    #[error("JSON, but no object")]
    NotAnObject,
    /// More members than one Redis command can carry.
    #[error("more than {} members", Members::MAX_COUNT)]
    TooMany,
}

impl<'a> Members<'a> {
    /// The deepest nesting of arrays and objects, the record itself included.
    pub const MAX_DEPTH: usize = limits::MAX_DEPTH;

    /// The most members of a record.
    pub const MAX_COUNT: usize = limits::MAX_MEMBERS;

    /// The members of the JSON object that `body` is the text of.
    pub fn parse(body: &'a [u8]) -> Result<Self, MembersError> {
        let text = utf8(body)?;
        let members = object(text)?;
        check_depth(text)?;
        Self::from_pairs(members)
    }

    /// Members from names and JSON texts; of a name that comes more than once, the last.
    pub fn from_pairs(mut pairs: Vec<(Cow<'a, str>, Cow<'a, str>)>) -> Result<Self, MembersError> {
        pairs.retain(|(name, _)| !is_reserved(name));
        // Stable: among equal names the last one sent stays last.
        pairs.sort_by(|(a, _), (b, _)| a.cmp(b));
        pairs.dedup_by(|later, kept| {
            let same = later.0 == kept.0;
            if same {
                std::mem::swap(later, kept);
            }
            same
        });
        if pairs.len() > Self::MAX_COUNT {
            return Err(MembersError::TooMany);
        }
        Ok(Self(pairs))
    }

    /// The JSON text that a value is stored as, without white space around it; `None` if it is none that
    /// a member can have.
    #[must_use]
    pub fn json_of_stored(stored: &str) -> Option<&str> {
        // The record around it is a level. What nests so deep has two brackets a level.
        let nests_too_deep =
            |text: &str| text.len() >= 2 * Self::MAX_DEPTH && nesting(text) >= Self::MAX_DEPTH;
        let value: &RawValue = serde_json::from_str(stored).ok()?;
        Some(value.get()).filter(|text| !nests_too_deep(text))
    }

    /// Names and JSON texts, in byte order of the names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_ref(), text.as_ref()))
    }

    /// The same, taken apart.
    pub(super) fn into_pairs(self) -> Vec<(Cow<'a, str>, Cow<'a, str>)> {
        self.0
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The JSON text of a member's value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let at = self.0.binary_search_by(|(other, _)| other.as_ref().cmp(name)).ok()?;
        self.0.get(at).map(|(_, text)| text.as_ref())
    }

    /// How long their JSON text is, in bytes; less what escaping adds to names.
    #[must_use]
    pub fn size(&self) -> usize {
        const QUOTES_COLON_COMMA: usize = 4;
        self.0.iter().map(|(name, text)| name.len() + text.len() + QUOTES_COLON_COMMA).sum()
    }

    /// The representation: the members, then `last_updated` and `ttl`.
    #[must_use]
    pub fn representation(&self, metadata: &Metadata) -> Vec<u8> {
        const SERVICE_MEMBERS: usize = 64;
        let mut json = Vec::with_capacity(self.size() + SERVICE_MEMBERS);
        self.open_object(&mut json);
        if !self.is_empty() {
            json.push(b',');
        }
        let last_updated = integer_or_null(metadata.last_updated);
        let ttl = integer_or_null(metadata.ttl());
        json.extend_from_slice(
            format!(r#""{LAST_UPDATED}":{last_updated},"{TTL}":{ttl}}}"#).as_bytes(),
        );
        json
    }

    /// Appends the object that has these members alone.
    pub fn push_object(&self, json: &mut Vec<u8>) {
        self.open_object(json);
        json.push(b'}');
    }

    fn open_object(&self, json: &mut Vec<u8>) {
        let mut before = b'{';
        if self.is_empty() {
            json.push(before);
        }
        for (name, text) in &self.0 {
            json.push(before);
            before = b',';
            push_string(json, name);
            json.push(b':');
            json.extend_from_slice(text.as_bytes());
        }
    }
}

impl MembersError {
    /// What the parser found wrong with `text`. It names the last byte that it has read: where that
    /// is a line's end, the line before it is the one with the fault.
    pub(crate) fn of(error: &serde_json::Error, text: &str) -> Self {
        let (mut line, mut column) = (error.line(), error.column());
        if column == 0 && line > 1 {
            line -= 1;
            column = text.split('\n').nth(line - 1).map_or(0, str::len) + 1;
        }
        let mut reason = error.to_string();
        // The library says the place too; it is given once, by whoever shows this.
        if let Some(at) = reason.find(" at line ") {
            reason.truncate(at);
        }
        Self::Syntax { reason, line, column: column.max(1) }
    }
}

/// The text that `body` is.
pub fn utf8(body: &[u8]) -> Result<&str, MembersError> {
    std::str::from_utf8(body).map_err(|error| {
        let before = body.get(..error.valid_up_to()).unwrap_or_default();
        syntax_error(before, "invalid UTF-8")
    })
}

/// A syntax error right behind `before`.
fn syntax_error(before: &[u8], reason: &str) -> MembersError {
    let mut lines = before.rsplit(|byte| *byte == b'\n');
    let column = lines.next().unwrap_or_default().len() + 1;
    MembersError::Syntax { reason: reason.to_owned(), line: lines.count() + 1, column }
}

/// Refuses JSON that nests deeper than [`Members::MAX_DEPTH`]; `json` is known to be JSON.
pub(crate) fn check_depth(json: &str) -> Result<(), MembersError> {
    match brackets(json).find(|(_, depth)| *depth > Members::MAX_DEPTH) {
        None => Ok(()),
        Some((at, _)) => {
            let before = json.as_bytes().get(..at).unwrap_or_default();
            Err(syntax_error(before, &format!("nesting deeper than {}", Members::MAX_DEPTH)))
        }
    }
}

/// How deep arrays and objects nest in `json`, which is known to be JSON.
fn nesting(json: &str) -> usize {
    brackets(json).map(|(_, depth)| depth).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::ETag;

    fn metadata() -> Metadata {
        Metadata { etag: ETag::from_store("tag"), last_updated: Some(17), expiry: None }
    }

    fn stored(json: &str) -> String {
        let members = Members::parse(json.as_bytes()).unwrap();
        let text = String::from_utf8(members.representation(&metadata())).unwrap();
        text.strip_suffix(r#""last_updated":17,"ttl":null}"#).unwrap().to_owned()
    }

    #[test]
    fn values_keep_their_text() {
        for value in [
            "1.0",
            "12345678901234567890123",
            "-0",
            "1e400",
            "1E+5",
            r#""\u0041\/""#,
            "[ 1 ,2]",
            "{ }",
        ] {
            assert_eq!(stored(&format!("{{ \"a\" : {value} }}")), format!("{{\"a\":{value},"));
        }
    }

    #[test]
    fn the_last_of_duplicate_names_wins() {
        assert_eq!(stored(r#"{"b":0,"a":1,"\u0061":2,"a":3}"#), r#"{"a":3,"b":0,"#);
    }

    #[test]
    fn the_services_members_are_ignored() {
        assert_eq!(
            stored(r#"{"ttl":"x","last_updated":{},"tt\u006c":1,"ttl ":1}"#),
            r#"{"ttl ":1,"#
        );
    }

    #[test]
    fn names_are_escaped_again() {
        assert_eq!(stored(r#"{"\"\\\n":1}"#), r#"{"\"\\\n":1,"#);
    }

    #[test]
    fn other_values_are_no_object() {
        for json in ["[]", "1", "null", "\"x\"", " true "] {
            assert_eq!(Members::parse(json.as_bytes()), Err(MembersError::NotAnObject), "{json}");
        }
    }

    #[test]
    fn what_is_no_json_says_where() {
        let place = |json: &[u8]| match Members::parse(json) {
            Err(MembersError::Syntax { line, column, .. }) => (line, column),
            other => panic!("{other:?}"),
        };
        assert_eq!(place(b"{\"a\":1,\n  x}"), (2, 3));
        assert_eq!(place(b"{\"a\":\n\"\xff\"}"), (2, 2));
        assert_eq!(place(b"{\n  \"a\": tru\n}"), (2, 11));
        assert_eq!(place(b""), (1, 1));
        for json in ["", "{", "[1", "{\"a\":1}x", "{\"a\":01}", "{'a':1}", r#"{"\ud800":1}"#] {
            place(json.as_bytes());
        }
    }

    #[test]
    fn nesting_is_limited() {
        let nested = |depth: usize| {
            format!("{{\"[\\\"\":{}{}}}", "[".repeat(depth - 1), "]".repeat(depth - 1))
        };
        assert!(Members::parse(nested(128).as_bytes()).is_ok());
        assert!(matches!(
            Members::parse(nested(129).as_bytes()),
            Err(MembersError::Syntax { line: 1, column: 135, .. })
        ));
    }

    proptest! {
        #[test]
        fn no_input_panics(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Members::parse(&body);
        }

        #[test]
        fn a_representation_reads_as_the_same_members(
            names in proptest::collection::btree_set("\\PC{0,8}", 0..8)
        ) {
            let pairs = names.iter().map(|name| (Cow::from(name.as_str()), Cow::from("0"))).collect();
            let members = Members::from_pairs(pairs).unwrap();
            let json = members.representation(&metadata());
            prop_assert_eq!(Members::parse(&json), Ok(members));
        }
    }
}
