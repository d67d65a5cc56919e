//! What the store needs of a Redis client. Each door has its own.

use std::future::Future;

use bytes::Bytes;

/// Something that executes Redis commands.
pub trait Redis {
    /// Sends one command and gives its reply, nested arrays flattened into one list.
    fn execute(
        &self,
        command: &'static str,
        arguments: &[Bytes],
        delivery: Delivery,
    ) -> impl Future<Output = Result<Vec<Value>, RedisError>>;
}

/// How often a command may reach Redis, when a connection that has served before breaks under it and
/// nobody knows whether it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivery {
    /// Once at the most: the failure is the answer.
    AtMostOnce,
    /// Again, on a new connection: a second time changes nothing.
    Repeatable,
}

/// A part of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// No value.
    Nil,
    /// A status, such as `PONG`.
    Status(String),
    /// An integer.
    Int(i64),
    /// A string.
    Binary(Vec<u8>),
}

/// Why a command has no reply. The texts are for the log: they may hold anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RedisError {
    /// It was not sent: there is no connection.
    NotSent(String),
    /// It was sent, and the connection broke before a reply came.
    NoReply(String),
    /// It was sent, and no reply came in time.
    TimedOut,
    /// Redis, or the host, answered with an error.
    Refused(String),
}

impl RedisError {
    /// The failure of a command that was sent, as the text that Spin's host gives for it. That host
    /// words Redis's error replies as `CODE: text`, or as a sentence of its own for codes that it
    /// knows; everything else is about the connection.
    #[must_use]
    pub fn of_host(text: String) -> Self {
        let code = text.split(':').next().unwrap_or_default();
        let has_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase());
        if has_code || text.contains("signalled by the server") {
            Self::Refused(text)
        } else {
            Self::NoReply(text)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_replies_are_told_from_broken_connections() {
        for text in [
            "OOM: command not allowed when used memory > 'maxmemory'.",
            "An error was signalled by the server - ReadOnly: You can't write against a replica.",
        ] {
            assert!(
                matches!(RedisError::of_host(text.to_owned()), RedisError::Refused(_)),
                "{text}"
            );
        }
        for text in
            ["Connection reset by peer (os error 104)", "broken pipe", "unexpected end of file", ""]
        {
            assert!(
                matches!(RedisError::of_host(text.to_owned()), RedisError::NoReply(_)),
                "{text}"
            );
        }
    }
}
