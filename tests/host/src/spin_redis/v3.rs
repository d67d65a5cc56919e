//! `spin:redis/redis@3.0.0`: the calls of an instance run side by side.

use redis::aio::MultiplexedConnection;
use wasmtime::component::{Accessor, Resource};

use super::{HasRedis, Redis, open, operations};
use crate::bindings::spin::redis::redis::{
    Error, Host, HostConnection, HostConnectionWithStore, Payload, RedisParameter, RedisResult,
};

type Connection = Resource<MultiplexedConnection>;

impl Host for Redis {}

impl HostConnection for Redis {
    fn drop(&mut self, connection: Connection) -> wasmtime::Result<()> {
        self.close(connection)
    }
}

fn connection<T>(
    accessor: &Accessor<T, HasRedis>,
    resource: &Connection,
) -> Result<MultiplexedConnection, Error> {
    accessor.with(|mut access| access.get().connection(resource))
}

impl<T: Send> HostConnectionWithStore<T> for HasRedis {
    async fn open(accessor: &Accessor<T, Self>, address: String) -> Result<Connection, Error> {
        let allowed = accessor.with(|mut access| access.get().allowed.clone());
        let connection = open(&allowed, &address).await?;
        accessor.with(|mut access| access.get().keep(connection))
    }

    async fn publish(
        accessor: &Accessor<T, Self>,
        this: Connection,
        channel: String,
        payload: Payload,
    ) -> Result<(), Error> {
        operations::publish(connection(accessor, &this)?, channel, payload).await
    }

    async fn get(
        accessor: &Accessor<T, Self>,
        this: Connection,
        key: String,
    ) -> Result<Option<Payload>, Error> {
        operations::get(connection(accessor, &this)?, key).await
    }

    async fn set(
        accessor: &Accessor<T, Self>,
        this: Connection,
        key: String,
        value: Payload,
    ) -> Result<(), Error> {
        operations::set(connection(accessor, &this)?, key, value).await
    }

    async fn incr(
        accessor: &Accessor<T, Self>,
        this: Connection,
        key: String,
    ) -> Result<i64, Error> {
        operations::incr(connection(accessor, &this)?, key).await
    }

    async fn del(
        accessor: &Accessor<T, Self>,
        this: Connection,
        keys: Vec<String>,
    ) -> Result<u32, Error> {
        operations::del(connection(accessor, &this)?, keys).await
    }

    async fn sadd(
        accessor: &Accessor<T, Self>,
        this: Connection,
        key: String,
        values: Vec<String>,
    ) -> Result<u32, Error> {
        operations::sadd(connection(accessor, &this)?, key, values).await
    }

    async fn smembers(
        accessor: &Accessor<T, Self>,
        this: Connection,
        key: String,
    ) -> Result<Vec<String>, Error> {
        operations::smembers(connection(accessor, &this)?, key).await
    }

    async fn srem(
        accessor: &Accessor<T, Self>,
        this: Connection,
        key: String,
        values: Vec<String>,
    ) -> Result<u32, Error> {
        operations::srem(connection(accessor, &this)?, key, values).await
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        this: Connection,
        command: String,
        arguments: Vec<RedisParameter>,
    ) -> Result<Vec<RedisResult>, Error> {
        operations::execute(connection(accessor, &this)?, command, arguments).await
    }
}
