//! What both versions of Spin's interfaces share: how replies and failures come.

#[cfg(target_family = "wasm")]
use spin_sdk::redis::RedisResult;

use crate::store::RedisError;
#[cfg(target_family = "wasm")]
use crate::store::Value;

/// A reply, of which both SDKs have the parts.
#[cfg(target_family = "wasm")]
pub fn values(results: Vec<RedisResult>) -> Vec<Value> {
    let value = |result| match result {
        RedisResult::Nil => Value::Nil,
        RedisResult::Status(text) => Value::Status(text),
        RedisResult::Int64(number) => Value::Int(number),
        RedisResult::Binary(bytes) => Value::Binary(bytes),
    };
    results.into_iter().map(value).collect()
}

/// The failure of a command that was sent, by the text that the host gives for it, which is that of
/// the `redis` crate: `CODE: text` for an error reply, or a sentence of its own for the codes that the
/// crate knows. Redis 6.2 begins the error of a script that hands on a command's with `@user_script:`
/// in place of a code. Every other text is about the connection.
pub fn failure(text: String) -> RedisError {
    let code = text.split(':').next().unwrap_or_default();
    let has_code = !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_uppercase());
    if has_code || code == "@user_script" || text.contains("signalled by the server") {
        RedisError::of_reply(text)
    } else {
        RedisError::NoReply(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_replies_are_told_from_broken_connections() {
        let of = |text: &str| failure(text.to_owned());
        for text in [
            "OOM: command not allowed when used memory > 'maxmemory'.",
            "@user_script:: 25: -OOM command not allowed when used memory > 'maxmemory'.",
        ] {
            assert!(matches!(of(text), RedisError::Full(_)), "{text}");
        }
        for text in [
            "WRONGTYPE: Operation against a key holding the wrong kind of value script: 0a",
            "An error was signalled by the server - ResponseError: WRONGTYPE a number of hits",
        ] {
            assert!(matches!(of(text), RedisError::Foreign(_)), "{text}");
        }
        for text in [
            "An error was signalled by the server - ReadOnly: You can't write against a replica.",
            "An error was signalled by the server- ClusterDown",
            "NOAUTH: Authentication required.",
            "MISCONF: Redis is configured to save RDB snapshots, but is unable to",
            "@user_script:: 1: -READONLY You can't write against a read only replica.",
        ] {
            assert!(matches!(of(text), RedisError::Declined(_)), "{text}");
        }
        for text in
            ["Connection reset by peer (os error 104)", "broken pipe", "unexpected end of file", ""]
        {
            assert!(matches!(of(text), RedisError::NoReply(_)), "{text}");
        }
    }
}
