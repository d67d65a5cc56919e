//! `fermyon:spin/redis@2.0.0`: the instance waits for each call.

use redis::aio::MultiplexedConnection;
use wasmtime::component::Resource;

use super::{Redis, open, operations};
use crate::bindings::fermyon::spin::redis::{
    Error, Host, HostConnection, Payload, RedisParameter, RedisResult,
};
use crate::bindings::spin::redis::redis as v3;

type Connection = Resource<MultiplexedConnection>;

impl From<v3::Error> for Error {
    fn from(error: v3::Error) -> Self {
        match error {
            v3::Error::InvalidAddress => Self::InvalidAddress,
            v3::Error::TooManyConnections => Self::TooManyConnections,
            v3::Error::TypeError => Self::TypeError,
            v3::Error::Other(text) => Self::Other(text),
        }
    }
}

impl From<RedisParameter> for v3::RedisParameter {
    fn from(parameter: RedisParameter) -> Self {
        match parameter {
            RedisParameter::Int64(number) => Self::Int64(number),
            RedisParameter::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

impl From<v3::RedisResult> for RedisResult {
    fn from(result: v3::RedisResult) -> Self {
        match result {
            v3::RedisResult::Nil => Self::Nil,
            v3::RedisResult::Status(text) => Self::Status(text),
            v3::RedisResult::Int64(number) => Self::Int64(number),
            v3::RedisResult::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

impl Host for Redis {}

impl HostConnection for Redis {
    async fn open(&mut self, address: String) -> Result<Connection, Error> {
        let connection = open(&self.allowed, &address).await?;
        Ok(self.keep(connection)?)
    }

    async fn publish(
        &mut self,
        this: Connection,
        channel: String,
        payload: Payload,
    ) -> Result<(), Error> {
        Ok(operations::publish(self.connection(&this)?, channel, payload).await?)
    }

    async fn get(&mut self, this: Connection, key: String) -> Result<Option<Payload>, Error> {
        Ok(operations::get(self.connection(&this)?, key).await?)
    }

    async fn set(&mut self, this: Connection, key: String, value: Payload) -> Result<(), Error> {
        Ok(operations::set(self.connection(&this)?, key, value).await?)
    }

    async fn incr(&mut self, this: Connection, key: String) -> Result<i64, Error> {
        Ok(operations::incr(self.connection(&this)?, key).await?)
    }

    async fn del(&mut self, this: Connection, keys: Vec<String>) -> Result<u32, Error> {
        Ok(operations::del(self.connection(&this)?, keys).await?)
    }

    async fn sadd(
        &mut self,
        this: Connection,
        key: String,
        values: Vec<String>,
    ) -> Result<u32, Error> {
        Ok(operations::sadd(self.connection(&this)?, key, values).await?)
    }

    async fn smembers(&mut self, this: Connection, key: String) -> Result<Vec<String>, Error> {
        Ok(operations::smembers(self.connection(&this)?, key).await?)
    }

    async fn srem(
        &mut self,
        this: Connection,
        key: String,
        values: Vec<String>,
    ) -> Result<u32, Error> {
        Ok(operations::srem(self.connection(&this)?, key, values).await?)
    }

    async fn execute(
        &mut self,
        this: Connection,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, Error> {
        let arguments = arguments.into_iter().map(Into::into);
        let results = operations::execute(self.connection(&this)?, command, arguments).await?;
        Ok(results.into_iter().map(Into::into).collect())
    }

    async fn drop(&mut self, connection: Connection) -> wasmtime::Result<()> {
        self.close(connection)
    }
}
