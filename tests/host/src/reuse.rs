//! How often instances of a WASI 0.3 component are reused: Spin's options.

use std::fmt::Display;
use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use rand::RngExt;
use rand::distr::uniform::SampleUniform;

/// The options.
#[derive(Args, Clone, Debug)]
pub struct Reuse {
    /// How many requests an instance of a WASI 0.3 component serves: a number or
    /// a range such as 1..8, of which each instance gets a number at random
    #[arg(long, value_name = "N | N..M", default_value = "128", value_parser = parse_count)]
    pub max_instance_reuse_count: Choice<usize>,

    /// How many requests an instance of a WASI 0.3 component serves at a time: a
    /// number or a range
    #[arg(long, value_name = "N | N..M", default_value = "16", value_parser = parse_count)]
    pub max_instance_concurrent_reuse_count: Choice<usize>,

    /// How long an idle instance of a WASI 0.3 component is kept: seconds, or a
    /// number with s, ms, us or ns, or a range of these
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_time)]
    pub idle_instance_timeout: Choice<Duration>,
}

/// A value, or a range to pick values from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Choice<T> {
    /// The same every time.
    Value(T),
    /// From the first up to, not including, the second.
    Range(T, T),
}

impl<T: SampleUniform + PartialOrd + Copy> Choice<T> {
    /// A value for a new instance.
    pub fn pick(self) -> T {
        match self {
            Self::Value(value) => value,
            Self::Range(start, end) => rand::rng().random_range(start..end),
        }
    }
}

fn parse_choice<T: PartialOrd>(
    text: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<Choice<T>, String> {
    match text.split_once("..") {
        None => parse(text).map(Choice::Value),
        Some((start, end)) => {
            let (start, end) = (parse(start)?, parse(end)?);
            if start < end {
                Ok(Choice::Range(start, end))
            } else {
                Err("the range is empty".to_owned())
            }
        }
    }
}

fn parse_number<T: FromStr<Err: Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text:?}: {error}"))
}

fn parse_count(text: &str) -> Result<Choice<usize>, String> {
    parse_choice(text, parse_number)
}

fn parse_time(text: &str) -> Result<Choice<Duration>, String> {
    parse_choice(text, |text| {
        // The longer suffixes end in the shorter one.
        for (suffix, unit) in [
            ("ms", Duration::from_millis as fn(u64) -> Duration),
            ("us", Duration::from_micros),
            ("μs", Duration::from_micros),
            ("ns", Duration::from_nanos),
            ("s", Duration::from_secs),
        ] {
            if let Some(number) = text.strip_suffix(suffix) {
                return parse_number(number).map(unit);
            }
        }
        parse_number(text).map(Duration::from_secs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_numbers_or_ranges() {
        assert_eq!(parse_count("128"), Ok(Choice::Value(128)));
        assert_eq!(parse_count("1..8"), Ok(Choice::Range(1, 8)));
        for text in ["", "x", "-1", "8..1", "1..", "1..x"] {
            parse_count(text).unwrap_err();
        }
    }

    #[test]
    fn times_have_units() {
        for (text, time) in [
            ("2", Duration::from_secs(2)),
            ("2s", Duration::from_secs(2)),
            ("2ms", Duration::from_millis(2)),
            ("2us", Duration::from_micros(2)),
            ("2μs", Duration::from_micros(2)),
            ("2ns", Duration::from_nanos(2)),
        ] {
            assert_eq!(parse_time(text), Ok(Choice::Value(time)));
        }
        assert_eq!(
            parse_time("1ms..2s"),
            Ok(Choice::Range(Duration::from_millis(1), Duration::from_secs(2)))
        );
        for text in ["", "s", "1m", "1.5s", "2s..1s"] {
            parse_time(text).unwrap_err();
        }
    }

    #[test]
    fn a_pick_is_within_its_range() {
        assert_eq!(Choice::Value(3).pick(), 3);
        assert!((0..100).all(|_| (3..5).contains(&Choice::Range(3, 5).pick())));
    }
}
