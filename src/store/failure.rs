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
            RedisError::NotSent(reason) => Self::Unavailable(reason),
            RedisError::NoReply(reason) => Self::OutcomeUnknown(reason),
            RedisError::TimedOut => Self::OutcomeUnknown("no reply within the limit".to_owned()),
            RedisError::Refused(reason) => Self::of_reply(reason),
        }
    }
}

impl StoreError {
    /// An error reply goes by its first word, which the host's text holds somewhere. Any that isn't
    /// about memory or types is Redis declining to serve: LOADING, READONLY, MASTERDOWN, MISCONF,
    /// NOAUTH, NOPERM, BUSY and whatever comes.
    fn of_reply(reason: String) -> Self {
        let says = |word: &str| {
            reason.split(|c: char| !c.is_ascii_alphanumeric()).any(|other| other == word)
        };
        if says("OOM") {
            Self::Full(reason)
        } else if says("WRONGTYPE") {
            Self::Foreign(reason)
        } else {
            Self::Unavailable(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_replies_go_by_their_first_word() {
        let of = |text: &str| StoreError::from(RedisError::Refused(text.to_owned())).event();
        assert_eq!(of("OOM: command not allowed when used memory > 'maxmemory'."), "store-full");
        assert_eq!(of("Error running script: @user_script:3: OOM command not"), "store-full");
        assert_eq!(of("WRONGTYPE: Operation against a key"), "store-error");
        assert_eq!(
            of("ReadOnly: You can't write against a read only replica."),
            "store-unavailable"
        );
        assert_eq!(of("a ROOM with a VIEW"), "store-unavailable");
    }
}
