//! How long a record is kept.

use std::num::NonZeroU64;

use thiserror::Error;

use super::whole_number;

/// A time to live, as a writer gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ttl {
    /// The store deletes the record after so many seconds.
    Seconds(NonZeroU64),
    /// The store keeps the record.
    Never,
}

/// Not a time to live: neither `never` nor a whole number from 1 to the maximum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("neither `never` nor whole seconds from 1 to the maximum")]
pub struct TtlError;

impl Ttl {
    /// The time to live that `text` says: `never`, or seconds from 1 to `max`.
    pub fn parse(text: &str, max: NonZeroU64) -> Result<Self, TtlError> {
        if text == "never" {
            return Ok(Self::Never);
        }
        match whole_number(text) {
            Some(seconds) if seconds <= max => Ok(Self::Seconds(seconds)),
            _ => Err(TtlError),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_never_and_whole_seconds_within_the_maximum() {
        let max = NonZeroU64::new(60).unwrap();
        assert_eq!(Ttl::parse("never", max), Ok(Ttl::Never));
        assert_eq!(Ttl::parse("1", max), Ok(Ttl::Seconds(NonZeroU64::MIN)));
        assert_eq!(Ttl::parse("60", max), Ok(Ttl::Seconds(max)));
        for text in ["", "0", "61", "-1", "+1", "1.0", "1e1", " 1", "Never", "99999999999999999999"]
        {
            assert_eq!(Ttl::parse(text, max), Err(TtlError), "{text}");
        }
    }
}
