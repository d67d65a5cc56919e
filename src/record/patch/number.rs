//! JSON numbers by what they are worth.

/// A JSON number at any precision: `±0.DIGITS × 10^exponent`, the digits without zeros at either
/// end; zero has none. So `1`, `1.0` and `10e-1` are one.
#[derive(Debug, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    digits: String,
    exponent: i128,
}

impl Decimal {
    /// The number that a JSON value's text says; `None` if it is not a number's.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
        if !text.starts_with(|first: char| first.is_ascii_digit()) {
            return None;
        }
        let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits = format!("{whole}{fraction}");
        let significant = digits.trim_start_matches('0');
        let leading_zeros = digits.len() - significant.len();
        let significant = significant.trim_end_matches('0');
        if significant.is_empty() {
            return Some(Self { negative: false, digits: String::new(), exponent: 0 });
        }
        Some(Self {
            negative,
            digits: significant.to_owned(),
            exponent: parse_exponent(exponent)
                .saturating_add(position(whole.len()))
                .saturating_sub(position(leading_zeros)),
        })
    }
}

fn position(length: usize) -> i128 {
    i128::try_from(length).unwrap_or(i128::MAX)
}

/// An exponent's worth; one of more than 38 digits is as large as any.
fn parse_exponent(text: &str) -> i128 {
    text.parse().unwrap_or(if text.starts_with('-') { i128::MIN } else { i128::MAX })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn equal(a: &str, b: &str) -> bool {
        Decimal::parse(a).unwrap() == Decimal::parse(b).unwrap()
    }

    #[test]
    fn numbers_are_compared_by_what_they_are_worth() {
        for (a, b) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("100", "1E+2"),
            ("0.001", "1e-3"),
            ("-0", "0.0e7"),
            ("12345678901234567890123", "12345678901234567890123.0"),
        ] {
            assert!(equal(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("1", "-1"),
            ("1", "10"),
            ("12345678901234567890123", "12345678901234567890124"),
            ("1e400", "1e401"),
            ("0", "1e-400"),
        ] {
            assert!(!equal(a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_values_are_no_numbers() {
        for text in ["\"1\"", "true", "-", ""] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn as_integers_compare(a in -2000_i64..2000, b in -2000_i64..2000, zeros in 0_usize..4) {
            let shifted = format!("{a}{}.{}e-{zeros}", "0".repeat(zeros), "0".repeat(zeros + 1));
            prop_assert_eq!(equal(&shifted, &b.to_string()), a == b);
        }
    }
}
