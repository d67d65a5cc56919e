//! Walks through a text that is known to be JSON.

/// A place in a JSON text. It takes no stack, and looks at each byte once. Of a text that is no JSON it
/// makes something, and comes to the end.
#[derive(Debug)]
pub struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has come, in bytes.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The text from an earlier place to this one.
    pub fn since(&self, start: usize) -> &'a str {
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The next byte that is no white space.
    pub fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\t' | b'\r' | b'\n') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Steps over an opening bracket.
    pub fn enter(&mut self) {
        self.peek();
        self.at += 1;
    }

    /// Steps over the comma before the next item of an array or an object; at its end steps over the
    /// closing bracket and says that there is none.
    pub fn next_item(&mut self) -> bool {
        match self.peek() {
            Some(b',') => {
                self.at += 1;
                true
            }
            Some(b']' | b'}') => {
                self.at += 1;
                false
            }
            other => other.is_some(),
        }
    }

    /// Steps over a member's name and the colon behind it: the name with its quotes.
    pub fn name(&mut self) -> &'a str {
        let (name, _) = self.value();
        self.peek();
        self.at += 1;
        name
    }

    /// Steps over a value: its text, and how deep arrays and objects nest in it.
    pub fn value(&mut self) -> (&'a str, u8) {
        let first = self.peek();
        let start = self.at;
        let height = match first {
            Some(b'[' | b'{') => self.skip_container(),
            Some(b'"') => {
                self.skip_string();
                0
            }
            _ => {
                self.skip_scalar();
                0
            }
        };
        (self.since(start), u8::try_from(height).unwrap_or(u8::MAX))
    }

    fn skip_container(&mut self) -> usize {
        let (mut depth, mut height) = (0_usize, 0);
        while let Some(byte) = self.byte() {
            match byte {
                b'"' => {
                    self.skip_string();
                    continue;
                }
                b'[' | b'{' => {
                    depth += 1;
                    height = height.max(depth);
                }
                b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            self.at += 1;
            if depth == 0 {
                break;
            }
        }
        height
    }

    fn skip_string(&mut self) {
        self.at += 1;
        while let Some(byte) = self.byte() {
            self.at += if byte == b'\\' { 2 } else { 1 };
            if byte == b'"' {
                break;
            }
        }
        self.at = self.at.min(self.text.len());
    }

    fn skip_scalar(&mut self) {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let end = rest.iter().skip(1).position(|byte| b",:]} \t\r\n".contains(byte));
        self.at += end.map_or(rest.len(), |end| end + 1);
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn values_are_stepped_over() {
        for (value, height) in [
            ("1e400", 0),
            ("null", 0),
            (r#""]\"\\""#, 0),
            ("[]", 1),
            (r#"{ "a]" : [ 1 , {} ] }"#, 3),
            (r#"[[],"[[[["]"#, 2),
        ] {
            for (before, after) in [("", ""), (" \n", "\t"), ("", ",1"), ("", "]"), ("", "}")] {
                let text = format!("{before}{value}{after}");
                assert_eq!(Reader::new(&text).value(), (value, height), "{text}");
            }
        }
    }

    #[test]
    fn items_and_members_are_stepped_through() {
        let mut reader = Reader::new(r#" { "a" : 1 ,"b":[ ] } "#);
        let mut members = Vec::new();
        reader.enter();
        while reader.next_item() {
            members.push((reader.name(), reader.value().0));
        }
        assert_eq!(members, [(r#""a""#, "1"), (r#""b""#, "[ ]")]);
        assert_eq!(reader.peek(), None);
    }

    proptest! {
        #[test]
        fn every_text_ends(text in "[\\[\\]{}:,\"\\\\ 1a\u{e9}]{0,20}") {
            let mut reader = Reader::new(&text);
            reader.enter();
            let mut values = 0;
            while reader.next_item() {
                reader.name();
                reader.value();
                values += 1;
            }
            prop_assert!(values <= text.len());
        }
    }
}
