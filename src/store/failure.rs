//! What a failure of Redis means.

use super::RedisError;

/// Why an operation has no result. The texts are for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreError {
    /// Redis doesn't serve now; nothing was done.
    Unavailable(String),
    /// Whether the operation was applied is unknown.
    OutcomeUnknown(String),
    /// Redis has no memory left; nothing was done.
    Full(String),
    /// Redis holds something that no record is made of.
    Foreign(String),
    /// Others changed the record again and again, so that a patch found no moment between.
    Contended,
}

impl StoreError {
    /// A word for it, for the log.
    #[must_use]
    pub fn event(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "store-unavailable",
            Self::OutcomeUnknown(_) => "outcome-unknown",
            Self::Full(_) => "store-full",
            Self::Foreign(_) => "store-error",
            Self::Contended => "contended",
        }
    }

    /// What Redis or the host said, for the log.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Unavailable(reason)
            | Self::OutcomeUnknown(reason)
            | Self::Full(reason)
            | Self::Foreign(reason) => reason,
            Self::Contended => "the record changed between every read and write of a patch",
        }
    }
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        match error {
            RedisError::NotSent(reason) | RedisError::Declined(reason) => Self::Unavailable(reason),
            RedisError::NoReply(reason) => Self::OutcomeUnknown(reason),
            RedisError::TimedOut => Self::OutcomeUnknown("no reply within the limit".to_owned()),
            RedisError::Full(reason) => Self::Full(reason),
            RedisError::Foreign(reason) => Self::Foreign(reason),
        }
    }
}
