//! Spin's Redis interfaces on top of the `redis` crate.
//!
//! Both versions share the connections and the operations here, in the terms of
//! version 3; `v2` and `v3` give them the shape of the version.

mod operations;
mod v2;
mod v3;

use std::fmt::Display;
use std::sync::Arc;

use redis::aio::MultiplexedConnection;
use wasmtime::component::{HasData, Resource, ResourceTable};

use crate::allowed_hosts::AllowedHosts;
use crate::bindings::spin::redis::redis::Error;

/// How many connections an instance may have open, as with Spin.
const MAX_CONNECTIONS: usize = 1024;

/// The destinations that the component may reach, or what is wrong with them.
pub type Allowed = Arc<Result<AllowedHosts, String>>;

/// The Redis connections of one instance. They close with it.
pub struct Redis {
    allowed: Allowed,
    connections: ResourceTable,
}

/// How the interfaces find [`Redis`] in a store.
pub struct HasRedis;

impl HasData for HasRedis {
    type Data<'a> = &'a mut Redis;
}

impl Redis {
    /// No connection yet.
    pub fn new(allowed: Allowed) -> Self {
        let mut connections = ResourceTable::new();
        connections.set_max_capacity(MAX_CONNECTIONS);
        Self { allowed, connections }
    }

    fn keep(
        &mut self,
        connection: MultiplexedConnection,
    ) -> Result<Resource<MultiplexedConnection>, Error> {
        self.connections.push(connection).map_err(|_| Error::TooManyConnections)
    }

    fn connection(
        &self,
        resource: &Resource<MultiplexedConnection>,
    ) -> Result<MultiplexedConnection, Error> {
        self.connections
            .get(resource)
            .cloned()
            .map_err(|_| Error::Other("could not find connection for resource".to_owned()))
    }

    fn close(&mut self, resource: Resource<MultiplexedConnection>) -> wasmtime::Result<()> {
        self.connections.delete(resource)?;
        Ok(())
    }
}

/// Connects to `address` if the component may.
async fn open(allowed: &Allowed, address: &str) -> Result<MultiplexedConnection, Error> {
    let hosts = allowed.as_ref().as_ref().map_err(other)?;
    if !hosts.allow_redis(address) {
        return Err(Error::InvalidAddress);
    }
    redis::Client::open(address)
        .map_err(|_| Error::InvalidAddress)?
        .get_multiplexed_async_connection()
        .await
        .map_err(other)
}

fn other(error: impl Display) -> Error {
    Error::Other(error.to_string())
}
