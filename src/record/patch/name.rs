//! The names of members.

use std::{
    borrow::{Borrow, Cow},
    cmp::Ordering,
    fmt::{self, Write},
};

use serde::de::{Deserialize, Deserializer, Visitor};

/// A member's name: its JSON text, which is kept to the letter, and the characters that it stands for,
/// by which it is found. A lone surrogate stands for itself, so such a name is found by the same one.
#[derive(Debug, Clone)]
pub struct Name<'a> {
    /// Without the quotes.
    text: Cow<'a, str>,
    /// The characters, where the text is not just them.
    characters: Option<Cow<'a, [u8]>>,
}

impl<'a> Name<'a> {
    /// The name that a JSON string is the text of.
    pub fn of_json(string: &'a str) -> Self {
        let text = string.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        let text = Cow::Borrowed(text.unwrap_or(string));
        let characters = text.contains('\\').then(|| decoded(string));
        Self { text, characters }
    }

    /// The name that stands for these characters, as [`decoded`] gives them.
    pub fn of_characters(characters: Cow<'a, [u8]>) -> Self {
        let escaped = |byte: &u8| matches!(byte, 0..b' ' | b'"' | b'\\');
        let plain = match &characters {
            _ if characters.iter().any(escaped) => None,
            Cow::Borrowed(characters) => std::str::from_utf8(characters).ok().map(Cow::Borrowed),
            Cow::Owned(characters) => String::from_utf8(characters.clone()).ok().map(Cow::Owned),
        };
        match plain {
            Some(text) => Self { text, characters: None },
            None => Self { text: Cow::Owned(encoded(&characters)), characters: Some(characters) },
        }
    }

    /// Its JSON text, without the quotes.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The characters that it stands for.
    pub fn characters(&self) -> &[u8] {
        self.characters.as_deref().unwrap_or(self.text.as_bytes())
    }

    /// The name in Unicode, which can't hold a lone surrogate.
    pub fn into_unicode(self) -> Option<Cow<'a, str>> {
        match self.characters {
            None => Some(self.text),
            Some(Cow::Borrowed(characters)) => {
                std::str::from_utf8(characters).ok().map(Cow::Borrowed)
            }
            Some(Cow::Owned(characters)) => String::from_utf8(characters).ok().map(Cow::Owned),
        }
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.characters() == other.characters()
    }
}

impl Eq for Name<'_> {}

impl PartialOrd for Name<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.characters().cmp(other.characters())
    }
}

impl Borrow<[u8]> for Name<'_> {
    fn borrow(&self) -> &[u8] {
        self.characters()
    }
}

/// The characters that a JSON string stands for, in UTF-8, a lone surrogate as if it were a character
/// (which is called WTF-8). Two strings stand for the same just if these bytes are the same.
pub fn decoded(string: &str) -> Cow<'_, [u8]> {
    serde_json::from_str(string)
        .map_or(Cow::Borrowed(string.as_bytes()), |Characters(characters)| characters)
}

struct Characters<'a>(Cow<'a, [u8]>);

impl<'de> Deserialize<'de> for Characters<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct CharactersVisitor;
        impl<'de> Visitor<'de> for CharactersVisitor {
            type Value = Characters<'de>;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_bytes<E>(self, characters: &'de [u8]) -> Result<Self::Value, E> {
                Ok(Characters(Cow::Borrowed(characters)))
            }

            fn visit_bytes<E>(self, characters: &[u8]) -> Result<Self::Value, E> {
                Ok(Characters(Cow::Owned(characters.to_owned())))
            }
        }
        deserializer.deserialize_bytes(CharactersVisitor)
    }
}

/// The text, without quotes, of a JSON string that stands for these characters.
fn encoded(characters: &[u8]) -> String {
    let mut text = String::new();
    let mut rest = characters;
    // In UTF-8 proper, no byte above 9F follows ED: there the surrogates would be.
    while let Some(at) = rest.windows(2).position(|pair| matches!(pair, [0xED, 0xA0..=0xFF])) {
        let (before, surrogate) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        push_escaped(&mut text, before);
        let [_, second, third, after @ ..] = surrogate else { break };
        let unit = 0xD000 | u16::from(second & 0x3F) << 6 | u16::from(third & 0x3F);
        // Writing to a string can't fail.
        let _ = write!(text, "\\u{unit:04x}");
        rest = after;
    }
    push_escaped(&mut text, rest);
    text
}

fn push_escaped(text: &mut String, characters: &[u8]) {
    // Strings always have a JSON text.
    let json = serde_json::to_string(&String::from_utf8_lossy(characters)).unwrap_or_default();
    text.push_str(json.get(1..json.len().saturating_sub(1)).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_found_by_their_characters() {
        for (a, b) in [
            (r#""A""#, r#""\u0041""#),
            (r#""/""#, r#""\/""#),
            (r#""😀""#, r#""\ud83d\uDE00""#),
            (r#""\ud800""#, r#""\uD800""#),
            (r#""\ud800A""#, r#""\uD800\u0041""#),
        ] {
            assert_eq!(Name::of_json(a), Name::of_json(b));
        }
        for (a, b) in [
            (r#""\ud800""#, r#""\ud801""#),
            (r#""\ude00\ud83d""#, r#""\ud83d\ude00""#),
            (r#""\ud800""#, r#""\\ud800""#),
            (r#""\ud800""#, "\"\u{fffd}\""),
        ] {
            assert_ne!(Name::of_json(a), Name::of_json(b));
        }
    }

    #[test]
    fn a_text_is_kept_to_the_letter() {
        for json in [r#""\u0041\/""#, r#""\ud800""#, r#""\ud83d\uDE00""#, r#""é""#, r#""""#] {
            assert_eq!(format!("\"{}\"", Name::of_json(json).text()), json);
        }
    }

    #[test]
    fn a_lone_surrogate_is_no_unicode() {
        assert_eq!(Name::of_json(r#""\u0041""#).into_unicode().as_deref(), Some("A"));
        assert_eq!(Name::of_json(r#""\ud83d\ude00""#).into_unicode().as_deref(), Some("😀"));
        assert_eq!(Name::of_json(r#""\ud83d""#).into_unicode(), None);
    }

    proptest! {
        #[test]
        fn a_text_made_of_characters_stands_for_them(
            units in proptest::collection::vec(
                prop_oneof![0_u16..0x80, 0xD7F0_u16..0xE010, any::<u16>()], 0..8)
        ) {
            let escapes: Vec<_> = units.iter().map(|unit| format!("\\u{unit:04x}")).collect();
            let json = format!("\"{}\"", escapes.concat());
            let name = Name::of_characters(decoded(&json));
            let text = format!("\"{}\"", name.text());
            prop_assert_eq!(decoded(&text), decoded(&json));
            prop_assert_eq!(name.characters(), &*decoded(&json));
            let unicode = String::from_utf16(&units).ok();
            prop_assert_eq!(name.into_unicode().map(Cow::into_owned), unicode);
        }
    }
}
