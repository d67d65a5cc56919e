//! Bearer tokens (RFC 6750).

use http::{HeaderMap, header};
use subtle::ConstantTimeEq;

use super::problem::{Challenge, Problem};

/// A secret that a request is compared with. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// A token; `None` for an empty one, which stands for access without.
    #[must_use]
    pub fn new(secret: String) -> Option<Self> {
        (!secret.is_empty()).then_some(Self(secret))
    }

    /// Whether `sent` is this token. How long that takes depends on its length alone.
    fn equals(&self, sent: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(sent).into()
    }
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token")
    }
}

/// Who may do what.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// What reading takes; `None`: nothing.
    pub read_token: Option<Token>,
    /// What writing takes; `None`: nothing. It also reads.
    pub write_token: Option<Token>,
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
    /// Lets a request through, or says why not.
    pub fn check(&self, intent: Intent, headers: &HeaderMap) -> Result<(), Problem> {
        let is_open = match intent {
            Intent::Read => self.read_token.is_none(),
            Intent::Write => self.write_token.is_none(),
            Intent::Either => self.read_token.is_none() || self.write_token.is_none(),
        };
        if is_open {
            return Ok(());
        }
        let Some(sent) = bearer(headers) else {
            return Err(Problem::Unauthorized(Challenge::Missing));
        };
        let is = |token: &Option<Token>| token.as_ref().is_some_and(|token| token.equals(sent));
        // Both, always: the time taken tells nothing about which.
        match (is(&self.read_token), is(&self.write_token), intent) {
            (_, true, _) | (true, _, Intent::Read | Intent::Either) => Ok(()),
            (true, false, Intent::Write) => Err(Problem::Forbidden),
            (false, false, _) => Err(Problem::Unauthorized(Challenge::Unknown)),
        }
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
        };
        let sent = sent.map(|field| (header::AUTHORIZATION, HeaderValue::from_static(field)));
        access.check(intent, &sent.into_iter().collect())
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
            ("r", "w", Write, Some("Bearer r"), Err(Problem::Forbidden)),
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
}
