//! What the store needs of a Redis client. Each door has its own.

use std::{borrow::Cow, future::Future, time::Duration};

use thiserror::Error;

use super::{Part, script::Script};

/// An argument of a command.
pub type Argument<'a> = Cow<'a, [u8]>;

/// A command, whole.
#[derive(Debug)]
pub struct Call<'a> {
    /// The part of the store that it is about, if it is about one: they may be on several nodes of a Redis Cluster.
    pub part: Option<Part>,
    /// The command's name.
    pub command: &'static str,
    /// Its arguments.
    pub arguments: Vec<Argument<'a>>,
    /// How often it may arrive.
    pub delivery: Delivery,
    /// The script whose digest is the first argument, if it is one.
    pub(super) script: Option<&'static Script>,
}

impl<'a> Call<'a> {
    /// A command that runs no script.
    #[must_use]
    pub fn new(
        part: Option<Part>,
        command: &'static str,
        arguments: Vec<Argument<'a>>,
        delivery: Delivery,
    ) -> Self {
        Self { part, command, arguments, delivery, script: None }
    }
}

/// What comes of a command: its reply, nested arrays flattened into one list.
pub type Replied = Result<Vec<Value>, RedisError>;

/// Something that executes Redis commands.
pub trait Redis {
    /// Sends one command and gives its reply.
    fn execute(&self, call: &Call<'_>) -> impl Future<Output = Replied>;

    /// Sends commands for several parts, together where that can be, and gives the reply to each.
    fn execute_each(&self, calls: &[Call<'_>]) -> impl Future<Output = Vec<Replied>> {
        async move {
            let mut replies = Vec::with_capacity(calls.len());
            for call in calls {
                replies.push(self.execute(call).await);
            }
            replies
        }
    }

    /// Whether commands may be sent that Redis answers late.
    const CAN_WAIT: bool = true;

    /// Sends a command that Redis may answer only when so much time is over. A client that several requests share
    /// takes another connection for that, so that the others go on.
    fn wait(&self, call: &Call<'_>, _time: Duration) -> impl Future<Output = Replied> {
        self.execute(call)
    }
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
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RedisError {
    /// It was not sent: there is no connection.
    #[error("{0}")]
    NotSent(String),
    /// It was sent, and the connection broke before a reply came.
    #[error("{0}")]
    NoReply(String),
    /// It was sent, and no reply came in time.
    #[error("no reply within the limit")]
    TimedOut,
    /// It was answered with an error: Redis, or what answers in its place, doesn't serve now. Nothing
    /// was done. Another connection may lead to a Redis that serves.
    #[error("{0}")]
    Declined(String),
    /// It was answered with an error: Redis has no memory left.
    #[error("{0}")]
    Full(String),
    /// It was answered with an error: a key holds something else than the command is for.
    #[error("{0}")]
    Foreign(String),
    /// It was answered with an error: Redis runs the script, if at all, by its text only. Nothing was done.
    #[error("{0}")]
    NoScript(String),
}

/// What replies to EVALSHA say where EVAL may do: NOSCRIPT (`NoScriptError` in the words of a client), or that this
/// user may not run that command, or that there is none.
const WITHOUT_SCRIPT: [&str; 4] = ["NOSCRIPT", "NoScript", "evalsha", "EVALSHA"];

impl RedisError {
    /// What an error reply says, wherever a client's text for it has the words. Redis 6.2 puts the code
    /// of a command that fails in a script in the middle of the script's own error. Whatever isn't
    /// about memory or types is Redis declining to serve: LOADING, READONLY, MASTERDOWN, NOREPLICAS,
    /// MISCONF, NOAUTH, NOPERM, CLUSTERDOWN, BUSY, too many clients, and what comes yet.
    #[must_use]
    pub fn of_reply(text: String) -> Self {
        let says =
            |code: &str| text.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| word == code);
        if says("OOM") {
            Self::Full(text)
        } else if says("WRONGTYPE") {
            Self::Foreign(text)
        } else if WITHOUT_SCRIPT.iter().any(|word| text.contains(word)) {
            Self::NoScript(text)
        } else {
            Self::Declined(text)
        }
    }

    /// Whether it is the answer of a Redis that serves, and goes on to.
    #[must_use]
    pub fn is_served(&self) -> bool {
        matches!(self, Self::Full(_) | Self::Foreign(_) | Self::NoScript(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_replies_go_by_their_code_and_what_is_not_known_declines() {
        let of = |text: &str| RedisError::of_reply(text.to_owned());
        for text in [
            "OOM command not allowed when used memory > 'maxmemory'.",
            "ERR Error running script (call to f_0a): @user_script:3: @user_script: 3: -OOM command",
        ] {
            assert!(matches!(of(text), RedisError::Full(_)), "{text}");
        }
        for text in [
            "WRONGTYPE Operation against a key holding the wrong kind of value",
            "ERR WRONGTYPE a number of hits script: 0a, on @user_script:5.",
        ] {
            assert!(matches!(of(text), RedisError::Foreign(_)), "{text}");
        }
        for text in [
            "NOSCRIPT No matching script. Please use EVAL.",
            "An error was signalled by the server - NoScriptError: No matching script.",
            "NOPERM User alice has no permissions to run the 'evalsha' command",
            "ERR unknown command 'EVALSHA', with args beginning with: ",
        ] {
            assert!(matches!(of(text), RedisError::NoScript(_)), "{text}");
        }
        for text in [
            "NOPERM User alice has no permissions to run the 'eval' command",
            "READONLY You can't write against a read only replica.",
            "ERR max number of clients reached",
            "ERR a ROOM with a WRONGTYPEWRITER",
            "",
        ] {
            assert!(matches!(of(text), RedisError::Declined(_)), "{text}");
        }
    }
}
