//! What `tokens` says: bearer tokens, each for a part of the tree.

use std::borrow::Cow;

use subtle::ConstantTimeEq;

use crate::record::{RecordPath, json, normalise};

/// A secret that a request is compared with. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token; `None`: no header can carry it, or there is nothing to carry.
    #[must_use]
    pub fn new(secret: String) -> Option<Self> {
        let visible = !secret.is_empty() && secret.bytes().all(|byte| byte.is_ascii_graphic());
        visible.then_some(Self(secret))
    }

    /// Whether `sent` is this token. How long that takes depends on its length alone.
    #[must_use]
    pub fn equals(&self, sent: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(sent).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope<'a> {
    /// The record at a path, normalised.
    Record(Cow<'a, str>),
    /// Whatever there is, or will be, whose path begins with this, normalised.
    Below(Cow<'a, str>),
    /// Several things, each of which is looked at by itself.
    Parts,
}

impl Scope<'_> {
    /// All that there is.
    pub const EVERYTHING: Self = Self::Below(Cow::Borrowed("/"));
}

/// Where a token opens the tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What the paths begin with, normalised; without a `/` at its end, the one path.
    pub prefix: Cow<'static, str>,
    /// Whether it may write there too.
    pub writes: bool,
}

impl Part {
    /// Whether all that a request is about lies here.
    #[must_use]
    pub fn covers(&self, scope: &Scope<'_>) -> bool {
        match scope {
            Scope::Record(path) if !self.prefix.ends_with('/') => *path == self.prefix,
            Scope::Below(_) if !self.prefix.ends_with('/') => false,
            Scope::Record(path) | Scope::Below(path) => path.starts_with(&*self.prefix),
            Scope::Parts => true,
        }
    }
}

/// The value of `tokens`: each with its part. An entry that can't be used is named by its place, because its
/// value is a secret.
pub fn parse(text: &str) -> Result<Vec<(Token, Part)>, String> {
    let mut tokens = Vec::new();
    if !text.is_empty() {
        let entries = json::array(text).ok_or("it must be a JSON array")?;
        for (entry, place) in entries.into_iter().zip(1_u32..) {
            tokens.push(
                parse_entry(entry)
                    .map_err(|why| format!("its entry {place} (the first is 1) has no {why}"))?,
            );
        }
    }
    Ok(tokens)
}

fn parse_entry(text: &str) -> Result<(Token, Part), &'static str> {
    let members = json::object::<&str>(text).unwrap_or_default();
    let member = |name| member(&members, name);
    // So many, and each of the three is there: then there is no other, and none comes twice.
    if members.len() != 3 {
        return Err("`token`, `prefix` and `can`, each once and nothing else");
    }
    let token = member("token").and_then(Token::new);
    let prefix = member("prefix")
        .and_then(|prefix| normalise(&prefix).ok())
        .filter(|prefix| prefix == "/" || RecordPath::from_normal_form(prefix.clone()).is_ok());
    let writes = match member("can").as_deref() {
        Some("read") => false,
        Some("write") => true,
        _ => return Err("`can` that is `read` or `write`"),
    };
    let token = token.ok_or("`token` of visible ASCII characters")?;
    let prefix = prefix.ok_or("`prefix` that is `/` or a record's path")?;
    Ok((token, Part { prefix: prefix.into(), writes }))
}

/// The member of this name, if it is a string.
fn member(members: &[(Cow<'_, str>, &str)], name: &str) -> Option<String> {
    let (_, value) = members.iter().find(|(other, _)| other == name)?;
    json::string(value).map(Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_and_their_prefixes_normalised() {
        let text = r#" [{"token":"t","prefix":"/%7eteam/%c3%a9/","can":"read"},
            {"can":"write","prefix":"/","token":"\u0074"}, {"prefix":"/é","token":"u","can":"write"}] "#;
        let parsed = parse(text).unwrap();
        let part = |prefix, writes| Part { prefix: Cow::Borrowed(prefix), writes };
        let token = |secret: &str| Token::new(secret.to_owned()).unwrap();
        assert_eq!(
            parsed,
            [
                (token("t"), part("/~team/%C3%A9/", false)),
                (token("t"), part("/", true)),
                (token("u"), part("/%C3%A9", true)),
            ]
        );
        assert_eq!(parse(""), Ok(vec![]));
        assert_eq!(parse("[]"), Ok(vec![]));
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for text in [" ", "{}", "null", "[", "[{}", "[]]", "token", "[1,]", "\u{feff}[]"] {
            assert_eq!(parse(text), Err("it must be a JSON array".to_owned()), "{text}");
        }
    }

    #[test]
    fn an_entry_that_cant_be_used_is_named_by_its_place() {
        const GOOD: &str = r#"{"token":"s3cret-one","prefix":"/a/","can":"read"}"#;
        for (entry, why) in [
            ("null", "each once"),
            (r#""s3cret""#, "each once"),
            ("[]", "each once"),
            ("{}", "each once"),
            (r#"{"prefix":"/a/","can":"read"}"#, "each once"),
            (r#"{"prefix":"/a/","can":"read","s3cret":1}"#, "`token`"),
            (r#"{"token":"","prefix":"/a/","can":"read"}"#, "`token`"),
            (r#"{"token":"s3 cret","prefix":"/a/","can":"read"}"#, "`token`"),
            (r#"{"token":"s3cret\u0000","prefix":"/a/","can":"read"}"#, "`token`"),
            (r#"{"token":"s3crét","prefix":"/a/","can":"read"}"#, "`token`"),
            (r#"{"token":7,"prefix":"/a/","can":"read"}"#, "`token`"),
            (r#"{"token":null,"prefix":"/a/","can":"read"}"#, "`token`"),
            (r#"{"token":"s3cret","can":"read"}"#, "each once"),
            (r#"{"token":"s3cret","prefix":"","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"a/","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"/%","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"/%ff","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"/a/../b/","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"/-/","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"/\u0000","can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":["/a/"],"can":"read"}"#, "`prefix`"),
            (r#"{"token":"s3cret","prefix":"/a/"}"#, "each once"),
            (r#"{"token":"s3cret","prefix":"/a/","can":"Write"}"#, "`can`"),
            (r#"{"token":"s3cret","prefix":"/a/","can":["read"]}"#, "`can`"),
            (r#"{"token":"s3cret","prefix":"/a/","can":"read","s3cret":1}"#, "each once"),
            (r#"{"token":"s3cret","token":"s3cret","prefix":"/a/","can":"read"}"#, "each once"),
            (r#"{"token":"s3cret","can":"read","can":"read"}"#, "`prefix`"),
        ] {
            for (text, place) in [
                (format!("[{entry},{GOOD}]"), "entry 1 "),
                (format!("[{GOOD},{entry}]"), "entry 2 "),
            ] {
                let reason = parse(&text).expect_err(&text);
                assert!(reason.contains(place) && reason.contains(why), "{text}: {reason}");
                assert!(!reason.contains("s3cr"), "a secret: {reason}");
            }
        }
    }

    #[test]
    fn a_prefix_covers_what_lies_below_it_and_a_path_itself() {
        let part = |prefix| Part { prefix: Cow::Borrowed(prefix), writes: false };
        let record = |path| Scope::Record(Cow::Borrowed(path));
        let below = |path| Scope::Below(Cow::Borrowed(path));
        for (prefix, scope, covered) in [
            ("/a/", record("/a/x"), true),
            ("/a/", record("/a/"), true),
            ("/a/", record("/a/x/y"), true),
            ("/a/", record("/a"), false),
            ("/a/", record("/ab"), false),
            ("/a/", record("/b/a/x"), false),
            ("/a/", below("/a/"), true),
            ("/a/", below("/a/x"), true),
            ("/a/", below("/a"), false),
            ("/a/", below("/"), false),
            ("/a", record("/a"), true),
            ("/a", record("/a/"), false),
            ("/a", record("/ab"), false),
            ("/a", below("/a"), false),
            ("/a", below("/a/"), false),
            ("/", record("/a"), true),
            ("/", below("/"), true),
            ("/", below("/a"), true),
            ("/a", Scope::Parts, true),
        ] {
            assert_eq!(part(prefix).covers(&scope), covered, "{prefix} {scope:?}");
        }
    }
}
