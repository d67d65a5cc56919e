//! Who may do what: the one check that every way to a record goes through. Bearer tokens (RFC 6750).

use std::borrow::Cow;

use http::{HeaderMap, header};

use super::{
    problem::{Challenge, Problem},
    tokens::{Part, Scope, Token},
};

/// Who may do what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// What reading takes; `None`: nothing, if there are no `tokens`.
    pub read_token: Option<Token>,
    /// What writing takes; `None`: nothing, if there are no `tokens`. It also reads.
    pub write_token: Option<Token>,
    /// Tokens for parts of the tree. Where there is one, nobody reads or writes without a token.
    pub tokens: Vec<(Token, Part)>,
}

/// What a request does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Intent {
    /// It only looks.
    Read,
    /// It changes records.
    Write,
    /// One or the other: what that is shows when it has been read.
    Either,
}

const READS: Part = Part { prefix: Cow::Borrowed("/"), writes: false };
const WRITES: Part = Part { prefix: Cow::Borrowed("/"), writes: true };

impl Access {
    /// Lets a request through, or says why not. What it is about is asked only where it matters.
    pub fn check<'a>(
        &self,
        intent: Intent,
        scope: &dyn Fn() -> Scope<'a>,
        headers: &HeaderMap,
    ) -> Result<(), Problem> {
        let is_open = match intent {
            Intent::Read => self.read_token.is_none(),
            Intent::Write => self.write_token.is_none(),
            Intent::Either => self.read_token.is_none() || self.write_token.is_none(),
        };
        if is_open && self.tokens.is_empty() {
            return Ok(());
        }
        let Some(sent) = bearer(headers) else {
            return Err(Problem::Unauthorized(Challenge::Missing));
        };
        let (mut known, mut inside, mut allowed) = (false, false, false);
        // All, always: the time taken tells nothing about which.
        for (token, part) in self.all() {
            if token.equals(sent) {
                known = true;
                let covers = part.prefix == "/" || part.covers(&scope());
                inside |= covers;
                allowed |= covers && (part.writes || intent != Intent::Write);
            }
        }
        match (known, inside, allowed) {
            (_, _, true) => Ok(()),
            (false, ..) => Err(Problem::Unauthorized(Challenge::Unknown)),
            (true, inside, false) => Err(Problem::Forbidden {
                inside,
                prefixes: self
                    .all()
                    .filter(|(token, _)| token.equals(sent))
                    .map(|(_, part)| part.clone())
                    .collect(),
            }),
        }
    }

    /// The tokens, each with its part of the tree; one may come again with another.
    fn all(&self) -> impl Iterator<Item = (&Token, &Part)> {
        let read = self.read_token.iter().map(|token| (token, &READS));
        let write = self.write_token.iter().map(|token| (token, &WRITES));
        read.chain(write).chain(self.tokens.iter().map(|(token, part)| (token, part)))
    }
}

/// The token that a request carries.
fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let field = headers.get(header::AUTHORIZATION)?.as_bytes();
    let (scheme, token) = field.split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn check(
        read: &str,
        write: &str,
        intent: Intent,
        sent: Option<&'static str>,
    ) -> Result<(), Problem> {
        let access = Access {
            read_token: Token::new(read.to_owned()),
            write_token: Token::new(write.to_owned()),
            tokens: Vec::new(),
        };
        let sent = sent.map(|field| (header::AUTHORIZATION, HeaderValue::from_static(field)));
        let never = || unreachable!("a token for everything opens everything");
        access.check(intent, &never, &sent.into_iter().collect())
    }

    fn forbidden(inside: bool, prefixes: &[(&'static str, bool)]) -> Problem {
        let part = |&(prefix, writes): &(&'static str, bool)| part(prefix, writes);
        Problem::Forbidden { inside, prefixes: prefixes.iter().map(part).collect() }
    }

    fn part(prefix: &'static str, writes: bool) -> Part {
        Part { prefix: Cow::Borrowed(prefix), writes }
    }

    #[test]
    fn each_token_opens_what_it_is_for() {
        use Intent::{Either, Read, Write};
        let missing = || Err(Problem::Unauthorized(Challenge::Missing));
        let unknown = || Err(Problem::Unauthorized(Challenge::Unknown));
        for (read, write, intent, sent, result) in [
            ("", "", Read, None, Ok(())),
            ("", "", Write, Some("Bearer x"), Ok(())),
            ("r", "w", Read, None, missing()),
            ("r", "w", Write, None, missing()),
            ("r", "w", Read, Some("Bearer r"), Ok(())),
            ("r", "w", Read, Some("bearer   w"), Ok(())),
            ("r", "w", Write, Some("Bearer w"), Ok(())),
            ("r", "w", Write, Some("Bearer r"), Err(forbidden(true, &[("/", false)]))),
            ("r", "w", Read, Some("Bearer x"), unknown()),
            ("r", "w", Write, Some("Bearer ww"), unknown()),
            ("r", "w", Read, Some("Basic r"), missing()),
            ("r", "w", Read, Some("Bearer "), unknown()),
            ("r", "", Write, None, Ok(())),
            ("", "w", Read, None, Ok(())),
            ("r", "w", Either, None, missing()),
            ("r", "w", Either, Some("Bearer r"), Ok(())),
            ("r", "w", Either, Some("Bearer w"), Ok(())),
            ("r", "w", Either, Some("Bearer x"), unknown()),
            ("r", "", Either, None, Ok(())),
            ("", "w", Either, None, Ok(())),
            ("same", "same", Write, Some("Bearer same"), Ok(())),
        ] {
            assert_eq!(
                check(read, write, intent, sent),
                result,
                "{read} {write} {intent:?} {sent:?}"
            );
        }
    }

    #[test]
    fn a_token_opens_its_parts() {
        use Intent::{Either, Read, Write};
        let token = |secret: &str| Token::new(secret.to_owned()).unwrap();
        let access = Access {
            read_token: Some(token("r")),
            write_token: None,
            tokens: vec![
                (token("t"), part("/a/", false)),
                (token("u"), part("/a/", true)),
                (token("t"), part("/b", true)),
                (token("r"), part("/c/", true)),
            ],
        };
        let t = |inside| Err(forbidden(inside, &[("/a/", false), ("/b", true)]));
        let record = |path| Scope::Record(Cow::Borrowed(path));
        let below = |path| Scope::Below(Cow::Borrowed(path));
        for (sent, intent, scope, result) in [
            ("t", Read, record("/a/x"), Ok(())),
            ("t", Write, record("/a/x"), t(true)),
            ("t", Write, record("/b"), Ok(())),
            ("t", Read, record("/b"), Ok(())),
            ("t", Read, record("/b/"), t(false)),
            ("t", Read, below("/a/"), Ok(())),
            ("t", Read, below("/"), t(false)),
            ("t", Either, Scope::Parts, Ok(())),
            ("t", Write, Scope::Parts, Ok(())),
            ("u", Write, record("/a/x"), Ok(())),
            ("u", Write, record("/b"), Err(forbidden(false, &[("/a/", true)]))),
            ("r", Read, Scope::EVERYTHING, Ok(())),
            ("r", Write, record("/c/x"), Ok(())),
            ("r", Write, record("/d"), Err(forbidden(true, &[("/", false), ("/c/", true)]))),
            ("v", Read, record("/a/x"), Err(Problem::Unauthorized(Challenge::Unknown))),
        ] {
            let field = HeaderValue::from_str(&format!("Bearer {sent}")).unwrap();
            let headers = HeaderMap::from_iter([(header::AUTHORIZATION, field)]);
            let checked = access.check(intent, &|| scope.clone(), &headers);
            assert_eq!(checked, result, "{sent} {intent:?} {scope:?}");
        }
        // Without `write_token` anybody wrote, but for these.
        for intent in [Read, Write, Either] {
            let missing = access.check(intent, &|| record("/d"), &HeaderMap::new());
            assert_eq!(missing, Err(Problem::Unauthorized(Challenge::Missing)));
        }
    }
}
