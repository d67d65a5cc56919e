//! `fermyon:spin/redis@2.0.0` and `fermyon:spin/variables@2.0.0`: every call blocks the instance, and
//! none can be given a limit.

use std::time::Duration;

use spin_sdk::{
    redis::{Connection, Error, RedisParameter},
    variables,
};

use super::spin::{failure, values};
use crate::{
    config::{RedisAddress, Variables},
    store::{Argument, RedisError, Value},
};

/// A connection to Redis.
pub struct Link(Connection);

impl Link {
    /// Connects.
    #[expect(clippy::unused_async, reason = "the other one waits")]
    pub async fn open(address: &RedisAddress, _limit: Duration) -> Result<Self, RedisError> {
        let opened = Connection::open(address.expose());
        opened.map(Self).map_err(|error| RedisError::NotSent(error.to_string()))
    }

    /// Sends a command.
    #[expect(clippy::unused_async, reason = "the other one waits")]
    pub async fn execute(
        &self,
        command: &'static str,
        arguments: &[Argument<'_>],
        _limit: Duration,
    ) -> Result<Vec<Value>, RedisError> {
        let arguments: Vec<_> =
            arguments.iter().map(|bytes| RedisParameter::Binary(bytes.to_vec())).collect();
        match self.0.execute(command, &arguments) {
            Ok(results) => Ok(values(results)),
            Err(Error::Other(text)) => Err(failure(text)),
            Err(other) => Err(RedisError::NoReply(other.to_string())),
        }
    }

    /// Has Redis close the connection, and waits until it has. The host would close it with the instance,
    /// and who closes first keeps the socket for another minute (`TIME_WAIT`): at a connection a request,
    /// it would soon have no port left to connect from.
    #[cfg(feature = "wasip2")]
    pub fn end(self) {
        // Redis replies before it closes, so another command waits for that, and never gets a reply. None of
        // it matters where the connection is broken.
        if self.0.execute("QUIT", &[]).is_ok() {
            let _ = self.0.execute("PING", &[]);
        }
    }
}

/// Spin's variables.
pub struct SpinVariables;

impl Variables for SpinVariables {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        variables::get(name).map_err(|error| error.to_string())
    }
}
