//! The core's Redis, by the `redis` crate.

use std::cell::RefCell;
use std::time::Duration;

use path_records::config::Config;
use path_records::store::{Call, Redis, RedisError, Replied, Value};
use redis::aio::MultiplexedConnection;

/// A connection that many requests share, and those on which one waits at a time.
pub struct Connection {
    client: redis::Client,
    shared: MultiplexedConnection,
    spare: RefCell<Vec<MultiplexedConnection>>,
}

impl Connection {
    /// Connects to the Redis of the configuration.
    pub async fn open(config: &Config) -> redis::RedisResult<Self> {
        let client = redis::Client::open(config.redis.expose())?;
        let shared = client.get_multiplexed_async_connection().await?;
        Ok(Self { client, shared, spare: RefCell::default() })
    }
}

async fn send(connection: &mut MultiplexedConnection, call: &Call<'_>) -> Replied {
    let mut command = redis::cmd(call.command);
    for argument in &call.arguments {
        command.arg(argument.as_ref());
    }
    let reply = command.query_async(connection).await;
    let mut values = Vec::new();
    flatten(reply.map_err(|error| failure(&error))?, &mut values)?;
    Ok(values)
}

impl Redis for Connection {
    async fn execute(&self, call: &Call<'_>) -> Replied {
        send(&mut self.shared.clone(), call).await
    }

    async fn wait(&self, call: &Call<'_>, _: Duration) -> Replied {
        let spare = self.spare.borrow_mut().pop();
        let mut connection = if let Some(connection) = spare {
            connection
        } else {
            let opened = self.client.get_multiplexed_async_connection().await;
            opened.map_err(|error| RedisError::NotSent(error.to_string()))?
        };
        let result = send(&mut connection, call).await;
        if result.is_ok() {
            self.spare.borrow_mut().push(connection);
        }
        result
    }
}

fn failure(error: &redis::RedisError) -> RedisError {
    if error.is_io_error() {
        RedisError::NoReply(error.to_string())
    } else {
        RedisError::of_reply(error.to_string())
    }
}

fn flatten(reply: redis::Value, values: &mut Vec<Value>) -> Result<(), RedisError> {
    values.push(match reply {
        redis::Value::Nil => Value::Nil,
        redis::Value::Int(number) => Value::Int(number),
        redis::Value::BulkString(bytes) => Value::Binary(bytes),
        redis::Value::SimpleString(text) => Value::Status(text),
        redis::Value::Okay => Value::Status("OK".to_owned()),
        redis::Value::Array(replies) => {
            return replies.into_iter().try_for_each(|reply| flatten(reply, values));
        }
        redis::Value::ServerError(error) => return Err(failure(&error.into())),
        other => return Err(RedisError::Foreign(format!("a reply of another kind: {other:?}"))),
    });
    Ok(())
}
