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
    /// Whether reading takes a token.
    guards_reading: bool,
    /// Whether writing takes a token.
    guards_writing: bool,
    /// The tokens, each with its part of the tree; one may come again with another.
    tokens: Vec<(Token, Part)>,
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

impl Access {
    /// What `read_token` and `write_token` open is everything, and where there is none, that is open to all;
    /// but with `tokens` for parts of the tree, nobody reads or writes without a token.
    #[must_use]
    pub fn new(
        read_token: Option<Token>,
        write_token: Option<Token>,
        mut tokens: Vec<(Token, Part)>,
    ) -> Self {
        let guards_reading = read_token.is_some() || !tokens.is_empty();
        let guards_writing = write_token.is_some() || !tokens.is_empty();
        for (token, writes) in [(read_token, false), (write_token, true)] {
            tokens.extend(token.map(|token| (token, Part { prefix: Cow::Borrowed("/"), writes })));
        }
        Self { guards_reading, guards_writing, tokens }
    }

    /// Lets a request through, or says why not. What it is about is asked only where it matters.
    pub fn check<'a>(
        &self,
        intent: Intent,
        scope: &dyn Fn() -> Scope<'a>,
        headers: &HeaderMap,
    ) -> Result<(), Problem> {
        let guarded = match intent {
            Intent::Read => self.guards_reading,
            Intent::Write => self.guards_writing,
            Intent::Either => self.guards_reading && self.guards_writing,
        };
        if !guarded {
            return Ok(());
        }
        let Some(sent) = bearer(headers) else {
            return Err(Problem::Unauthorized(Challenge::Missing));
        };
        let (mut known, mut inside, mut allowed) = (false, false, false);
        // All, always: the time taken tells nothing about which.
        for (token, part) in &self.tokens {
            if token.equals(sent) {
                known = true;
                // What the request is about takes time to find out, and doesn't matter to a token for everything.
                let covers = part.prefix == "/" || part.covers(&scope());
                inside |= covers;
                allowed |= covers && (part.writes || intent != Intent::Write);
            }
        }
        if allowed {
            return Ok(());
        }
        if !known {
            return Err(Problem::Unauthorized(Challenge::Unknown));
        }
        let known = self.tokens.iter().filter(|(token, _)| token.equals(sent));
        Err(Problem::Forbidden { inside, prefixes: known.map(|(_, part)| part.clone()).collect() })
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
        let token = |secret: &str| Token::new(secret.to_owned());
        let access = Access::new(token(read), token(write), Vec::new());
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
        let tokens = vec![
            (token("t"), part("/a/", false)),
            (token("u"), part("/a/", true)),
            (token("t"), part("/b", true)),
            (token("r"), part("/c/", true)),
        ];
        let access = Access::new(Some(token("r")), None, tokens);
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
            ("r", Write, record("/d"), Err(forbidden(true, &[("/c/", true), ("/", false)]))),
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
