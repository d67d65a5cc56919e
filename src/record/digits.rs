//! Whole numbers as variables, queries and pointers have them.

use std::str::FromStr;

/// The number that `text` is the decimal digits of. (Rust's own parsing also takes a sign.)
#[must_use]
pub fn whole_number<T: FromStr>(text: &str) -> Option<T> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_are_a_whole_number() {
        assert_eq!(whole_number("007"), Some(7_u32));
        for text in ["", "+1", "-1", "1.0", " 1", "1e1", "4294967296"] {
            assert_eq!(whole_number::<u32>(text), None, "{text}");
        }
    }
}
