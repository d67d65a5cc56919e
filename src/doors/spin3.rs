//! `spin:redis/redis@3.0.0` and `spin:variables/variables@3.0.0`: other requests go on while one
//! waits, and every wait has a limit.

use std::{future::Future, pin::pin, time::Duration};

use futures::future::{Either, select};
use spin_sdk::{
    redis::{Connection, Error, RedisParameter},
    variables,
};

use super::{
    spin::{self, values},
    timer::sleep,
};
use crate::{
    config::{RedisAddress, Variables},
    store::{Argument, RedisError, Value},
};

/// A connection to Redis.
pub struct Link(Connection);

impl Link {
    /// Connects.
    pub async fn open(address: &RedisAddress, limit: Duration) -> Result<Self, RedisError> {
        match within(limit, Connection::open(address.expose())).await {
            Some(opened) => {
                opened.map(Self).map_err(|error| RedisError::NotSent(error.to_string()))
            }
            None => Err(RedisError::NotSent("connecting took too long".to_owned())),
        }
    }

    /// Sends a command.
    pub async fn execute(
        &self,
        command: &'static str,
        arguments: &[Argument<'_>],
        limit: Duration,
    ) -> Result<Vec<Value>, RedisError> {
        let arguments = arguments.iter().map(|bytes| RedisParameter::Binary(bytes.to_vec()));
        match within(limit, self.0.execute(command, arguments)).await {
            Some(result) => result.map(values).map_err(failure),
            None => Err(RedisError::TimedOut),
        }
    }
}

fn failure(error: Error) -> RedisError {
    match error {
        Error::Other(text) => spin::failure(text),
        other => RedisError::NoReply(other.to_string()),
    }
}

/// What a future gives, if it does so in time.
async fn within<F: Future>(limit: Duration, future: F) -> Option<F::Output> {
    match select(pin!(future), pin!(sleep(limit))).await {
        Either::Left((output, _)) => Some(output),
        Either::Right(_) => None,
    }
}

/// Spin's variables.
pub struct SpinVariables;

impl Variables for SpinVariables {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        variables::get(name).await.map_err(|error| error.to_string())
    }
}
