//! What a failure of Redis means.

use thiserror::Error;

use super::RedisError;

/// Why an operation has no result. The texts are what Redis or the host said, for the log.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// Redis doesn't serve now; nothing was done.
    #[error("{0}")]
    Unavailable(String),
    /// Whether the operation was applied is unknown.
    #[error("{0}")]
    OutcomeUnknown(String),
    /// Redis has no memory left; nothing was done.
    #[error("{0}")]
    Full(String),
    /// Redis holds something that no record is made of.
    #[error("{0}")]
    Foreign(String),
    /// Others changed the record again and again, so that a patch found no moment between.
    #[error("the record changed between every read and write of a patch")]
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
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        match error {
            RedisError::NotSent(reason)
            | RedisError::Declined(reason)
            | RedisError::NoScript(reason) => Self::Unavailable(reason),
            RedisError::NoReply(reason) => Self::OutcomeUnknown(reason),
            RedisError::TimedOut => Self::OutcomeUnknown(error.to_string()),
            RedisError::Full(reason) => Self::Full(reason),
            RedisError::Foreign(reason) => Self::Foreign(reason),
        }
    }
}
