//! What can be done with a connection.

use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, ErrorKind, FromRedisValue, RedisError, Value};

use super::other;
use crate::bindings::spin::redis::redis::{Error, RedisParameter, RedisResult};

/// The most that the answer to one command may take in memory, as with Spin.
const MAX_ANSWER_BYTES: usize = 128 << 20;

type Connection = MultiplexedConnection;

pub async fn publish(
    mut connection: Connection,
    channel: String,
    payload: Vec<u8>,
) -> Result<(), Error> {
    connection.publish(channel, payload).await.map_err(other)
}

pub async fn get(mut connection: Connection, key: String) -> Result<Option<Vec<u8>>, Error> {
    let value: Option<Vec<u8>> = connection.get(key).await.map_err(other)?;
    check_size(size_of_val(&value) + value.as_ref().map_or(0, Vec::len))?;
    Ok(value)
}

pub async fn set(mut connection: Connection, key: String, value: Vec<u8>) -> Result<(), Error> {
    connection.set(key, value).await.map_err(other)
}

pub async fn incr(mut connection: Connection, key: String) -> Result<i64, Error> {
    connection.incr(key, 1).await.map_err(other)
}

pub async fn del(mut connection: Connection, keys: Vec<String>) -> Result<u32, Error> {
    connection.del(keys).await.map_err(other)
}

pub async fn sadd(
    mut connection: Connection,
    key: String,
    values: Vec<String>,
) -> Result<u32, Error> {
    connection.sadd(key, values).await.map_err(|error| match error.kind() {
        ErrorKind::TypeError => Error::TypeError,
        _ => other(error),
    })
}

pub async fn smembers(mut connection: Connection, key: String) -> Result<Vec<String>, Error> {
    connection.smembers(key).await.map_err(other)
}

pub async fn srem(
    mut connection: Connection,
    key: String,
    values: Vec<String>,
) -> Result<u32, Error> {
    connection.srem(key, values).await.map_err(other)
}

pub async fn execute(
    mut connection: Connection,
    command: String,
    arguments: impl IntoIterator<Item = RedisParameter>,
) -> Result<Vec<RedisResult>, Error> {
    let mut command = redis::cmd(&command);
    for argument in arguments {
        match argument {
            RedisParameter::Int64(number) => command.arg(number),
            RedisParameter::Binary(bytes) => command.arg(bytes),
        };
    }
    let Flat(results) = command.query_async(&mut connection).await.map_err(other)?;

    let content = results.iter().map(|result| match result {
        RedisResult::Nil | RedisResult::Int64(_) => 0,
        RedisResult::Status(text) => text.len(),
        RedisResult::Binary(bytes) => bytes.len(),
    });
    check_size(size_of_val(&results) + size_of_val(results.as_slice()) + content.sum::<usize>())?;
    Ok(results)
}

fn check_size(bytes: usize) -> Result<(), Error> {
    if bytes > MAX_ANSWER_BYTES {
        return Err(Error::Other(format!(
            "query result exceeds limit of {MAX_ANSWER_BYTES} bytes"
        )));
    }
    Ok(())
}

/// An answer with its nested arrays flattened into one list.
struct Flat(Vec<RedisResult>);

impl FromRedisValue for Flat {
    fn from_redis_value(value: &Value) -> redis::RedisResult<Self> {
        Self::from_owned_redis_value(value.clone())
    }

    fn from_owned_redis_value(value: Value) -> redis::RedisResult<Self> {
        let mut results = Vec::new();
        flatten(value, &mut results)?;
        Ok(Self(results))
    }
}

fn flatten(value: Value, results: &mut Vec<RedisResult>) -> redis::RedisResult<()> {
    let result = match value {
        Value::Nil => RedisResult::Nil,
        Value::Int(number) => RedisResult::Int64(number),
        Value::Boolean(truth) => RedisResult::Int64(truth.into()),
        Value::Okay => RedisResult::Status("OK".to_owned()),
        Value::SimpleString(text) => RedisResult::Status(text),
        Value::BulkString(bytes) => RedisResult::Binary(bytes),
        Value::Double(number) => RedisResult::Binary(number.to_string().into_bytes()),
        Value::BigNumber(number) => RedisResult::Binary(number.to_string().into_bytes()),
        Value::Array(values) | Value::Set(values) => {
            return values.into_iter().try_for_each(|value| flatten(value, results));
        }
        Value::Map(_) => return Err(unsupported("Redis Map type is not supported")),
        Value::Attribute { .. } => {
            return Err(unsupported("Redis Attribute type is not supported"));
        }
        Value::VerbatimString { .. } => {
            return Err(unsupported("Redis string with format attribute is not supported"));
        }
        Value::Push { .. } => return Err(unsupported("Redis Pub/Sub types are not supported")),
        Value::ServerError(error) => {
            return Err(RedisError::from((
                ErrorKind::ResponseError,
                "Server error",
                format!("{error:?}"),
            )));
        }
    };
    results.push(result);
    Ok(())
}

fn unsupported(detail: &str) -> RedisError {
    RedisError::from((ErrorKind::TypeError, "Could not convert Redis response", detail.to_owned()))
}

#[cfg(test)]
mod tests {
    use redis::VerbatimFormat;

    use super::*;

    #[test]
    fn nested_arrays_become_one_list() {
        let value = Value::Array(vec![
            Value::Nil,
            Value::Okay,
            Value::Array(vec![
                Value::Int(1),
                Value::Array(vec![]),
                Value::BulkString(b"b".to_vec()),
            ]),
            Value::SimpleString("PONG".to_owned()),
            Value::Set(vec![Value::Boolean(true), Value::Double(1.5)]),
        ]);
        let Flat(results) = redis::from_redis_value(&value).unwrap();
        let texts: Vec<_> = results.iter().map(|result| format!("{result:?}")).collect();
        assert_eq!(
            texts,
            [
                "RedisResult::Nil",
                "RedisResult::Status(\"OK\")",
                "RedisResult::Int64(1)",
                "RedisResult::Binary([98])",
                "RedisResult::Status(\"PONG\")",
                "RedisResult::Int64(1)",
                "RedisResult::Binary([49, 46, 53])",
            ]
        );
    }

    #[test]
    fn some_types_are_refused() {
        for (value, message) in [
            (Value::Map(vec![]), "Redis Map type is not supported"),
            (
                Value::VerbatimString { format: VerbatimFormat::Text, text: String::new() },
                "Redis string with format attribute is not supported",
            ),
            (
                Value::Push { kind: redis::PushKind::Message, data: vec![] },
                "Redis Pub/Sub types are not supported",
            ),
        ] {
            let value = Value::Array(vec![value]);
            let Err(error) = redis::from_redis_value::<Flat>(&value) else {
                panic!("{message}");
            };
            assert_eq!(
                error.to_string(),
                format!("Could not convert Redis response - TypeError: {message}")
            );
        }
    }
}
