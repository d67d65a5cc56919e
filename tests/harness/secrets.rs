//! The secrets that the proofs run with, so that each of them also shows that none gets out.

use crate::host::{Host, HostOptions};
use crate::redis_server::{Redis, RedisOptions};

/// What reading needs.
pub const READ_TOKEN: &str = "read/5b1cSecretToRead+==";

/// What writing needs.
pub const WRITE_TOKEN: &str = "write/9d40SecretToWrite+==";

/// What Redis wants. Some of its characters are encoded in a URL.
pub const PASSWORD: &str = "pw/7f3aSecretOfRedis:@#%";

/// The parts of the secrets that no encoding changes.
const TRACES: [&str; 3] = ["5b1cSecretToRead", "9d40SecretToWrite", "7f3aSecretOfRedis"];

/// A Redis server that wants a password.
pub fn guarded_redis() -> RedisOptions {
    Redis::options().password(PASSWORD)
}

/// A host that knows the password, wants tokens, and whose answers may hold none of the three.
pub fn guarded_host() -> HostOptions {
    let options = Host::options().variables(&[
        ("redis_password", PASSWORD),
        ("read_token", READ_TOKEN),
        ("write_token", WRITE_TOKEN),
    ]);
    TRACES.iter().fold(options, |options, trace| options.hidden(*trace))
}

/// Fails if an answer holds one of the secrets.
pub fn assert_holds_none(answer: &[u8]) {
    let text = String::from_utf8_lossy(answer);
    assert!(!TRACES.iter().any(|trace| text.contains(trace)), "a secret in {text}");
}

/// Fails if the host has written one of the secrets to its log, or that the component trapped.
pub fn assert_log_is_clean(host: &Host) {
    let log = host.stderr();
    assert_holds_none(log.as_bytes());
    assert_holds_none(host.stdout().as_bytes());
    for trap in ["wasm backtrace", "wasm trap", "panicked at"] {
        assert!(!log.contains(trap), "a trap in the log: {log}");
    }
}
