//! JSON Pointers (RFC 6901).

use std::borrow::Cow;

use super::name::decoded;

/// Where in a document a value is, or is to be.
#[derive(Debug, Clone)]
pub struct Pointer<'a>(Cow<'a, [u8]>);

impl<'a> Pointer<'a> {
    /// The pointer that a JSON string holds; `None` where the string is no pointer.
    pub fn parse(string: &'a str) -> Option<Self> {
        let pointer = decoded(string);
        let starts_well = matches!(*pointer, [] | [b'/', ..]);
        // After each `~` comes what it stands for.
        let mut escapes = pointer.split(|byte| *byte == b'~').skip(1);
        let escapes_well = escapes.all(|after| matches!(after, [b'0' | b'1', ..]));
        (starts_well && escapes_well).then_some(Self(pointer))
    }

    /// The tokens that lead to the value.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens(&self.0)
    }

    /// Whether it leads to something inside of what `other` leads to.
    pub fn is_below(&self, other: &Self) -> bool {
        self.0.strip_prefix(&*other.0).is_some_and(|rest| rest.first() == Some(&b'/'))
    }

    /// For people to read.
    pub fn to_text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.0)
    }
}

/// The tokens of a pointer, from one on.
#[derive(Debug, Clone, Copy)]
pub struct Tokens<'p>(&'p [u8]);

impl<'p> Tokens<'p> {
    /// Whether there are none.
    pub fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub fn count(self) -> usize {
        self.0.split(|byte| *byte == b'/').skip(1).count()
    }

    /// The first token, and those after it.
    pub fn split_first(self) -> Option<(Token<'p>, Self)> {
        let [_, rest @ ..] = self.0 else { return None };
        let end = rest.iter().position(|byte| *byte == b'/').unwrap_or(rest.len());
        let (token, rest) = rest.split_at_checked(end)?;
        Some((Token::unescaped(token), Self(rest)))
    }
}

/// The name of a member, or the place of an item.
#[derive(Debug)]
pub struct Token<'p>(Cow<'p, [u8]>);

impl<'p> Token<'p> {
    fn unescaped(token: &'p [u8]) -> Self {
        if !token.contains(&b'~') {
            return Self(Cow::Borrowed(token));
        }
        let mut characters = Vec::with_capacity(token.len());
        let mut escaped = false;
        for byte in token {
            match byte {
                b'0' if escaped => characters.push(b'~'),
                b'1' if escaped => characters.push(b'/'),
                b'~' => {}
                byte => characters.push(*byte),
            }
            escaped = *byte == b'~';
        }
        Self(Cow::Owned(characters))
    }

    /// The characters of a member's name.
    pub fn characters(&self) -> &[u8] {
        &self.0
    }

    /// The same.
    pub fn into_characters(self) -> Cow<'p, [u8]> {
        self.0
    }

    /// The place of an item: a number without leading zeros.
    pub fn index(&self) -> Option<usize> {
        match &*self.0 {
            [b'0', _, ..] => None,
            digits if digits.iter().all(u8::is_ascii_digit) => {
                std::str::from_utf8(digits).ok()?.parse().ok()
            }
            _ => None,
        }
    }

    /// Whether it is the place behind the last item.
    pub fn is_end(&self) -> bool {
        *self.0 == *b"-"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(string: &str) -> Option<Vec<String>> {
        let pointer = Pointer::parse(string)?;
        let (mut tokens, mut found) = (pointer.tokens(), Vec::new());
        while let Some((token, rest)) = tokens.split_first() {
            found.push(String::from_utf8_lossy(token.characters()).into_owned());
            tokens = rest;
        }
        assert_eq!(pointer.tokens().count(), found.len());
        Some(found)
    }

    #[test]
    fn pointers_are_what_rfc_6901_says() {
        for (string, expected) in [
            (r#""""#, &[][..]),
            (r#""/""#, &[""]),
            (r#""/a//b/""#, &["a", "", "b", ""]),
            (r#""/~01/~1~0/m~0n""#, &["~1", "/~", "m~n"]),
            (r#""\/\u0061\u007e1""#, &["a/"]),
        ] {
            let expected: Vec<String> = expected.iter().map(|token| (*token).to_owned()).collect();
            assert_eq!(tokens(string), Some(expected), "{string}");
        }
        for string in [r#""a""#, r#""a/b""#, r#""/~""#, r#""/~2""#, r#""/a~/b""#, r#""/~~1""#] {
            assert_eq!(tokens(string), None, "{string}");
        }
    }

    #[test]
    fn an_index_has_one_form() {
        for (token, index) in [
            ("0", Some(0)),
            ("10", Some(10)),
            ("", None),
            ("-", None),
            ("00", None),
            ("01", None),
            ("+1", None),
            ("1.0", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(Token::unescaped(token.as_bytes()).index(), index, "{token}");
        }
    }

    #[test]
    fn only_what_is_inside_is_below() {
        let is_below = |a: &str, b: &str| {
            let [a, b] = [a, b].map(|text| format!("\"{text}\""));
            Pointer::parse(&a).unwrap().is_below(&Pointer::parse(&b).unwrap())
        };
        assert!(is_below("/a/b", "/a"));
        assert!(is_below("/a", ""));
        assert!(!is_below("/a", "/a"));
        assert!(!is_below("/ab", "/a"));
        assert!(!is_below("/a", "/a/b"));
    }
}
