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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bindings::spin::redis::redis::{RedisParameter, RedisResult};

    /// Longer than clients of Redis wait by default where they don't wait for ever.
    const LONG: Duration = Duration::from_millis(1500);

    async fn execute(
        connection: &MultiplexedConnection,
        words: &[&str],
    ) -> Result<Vec<RedisResult>, Error> {
        let (command, arguments) = words.split_first().expect("there is a command");
        let arguments = arguments.iter().map(|word| RedisParameter::Binary((*word).into()));
        operations::execute(connection.clone(), (*command).to_owned(), arguments).await
    }

    #[tokio::test]
    async fn a_blocking_command_waits_as_long_as_it_says_and_wakes_at_once() {
        let redis = harness::Redis::start();
        let address = redis.address();
        let allowed = Arc::new(AllowedHosts::parse([address.as_str()]).map_err(|e| e.to_string()));
        let waiting = open(&allowed, &address).await.unwrap();
        let other = open(&allowed, &address).await.unwrap();

        let block = LONG.as_millis().to_string();
        let results = execute(&waiting, &["XREAD", "BLOCK", &block, "STREAMS", "s", "$"]).await;
        assert!(matches!(results.as_deref(), Ok([RedisResult::Nil])), "{results:?}");

        let (results, added) = tokio::join!(
            execute(&waiting, &["XREAD", "BLOCK", "8000", "STREAMS", "s", "$"]),
            async {
                tokio::time::sleep(LONG).await;
                execute(&other, &["XADD", "s", "1-0", "field", "value"]).await
            }
        );
        added.unwrap();
        let flat: Vec<_> = results
            .unwrap()
            .into_iter()
            .map(|result| match result {
                RedisResult::Binary(bytes) => String::from_utf8(bytes).unwrap(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(flat, ["s", "1-0", "field", "value"]);
    }

    #[tokio::test]
    async fn a_connection_that_is_dropped_while_it_waits_closes() {
        let redis = harness::Redis::start();
        let address = redis.address();
        let allowed = Arc::new(AllowedHosts::parse([address.as_str()]).map_err(|e| e.to_string()));
        let other = open(&allowed, &address).await.unwrap();
        let blocked = async || {
            let info = execute(&other, &["INFO", "clients"]).await.unwrap();
            let [RedisResult::Binary(text)] = &info[..] else { panic!("{info:?}") };
            String::from_utf8_lossy(text).contains("blocked_clients:1")
        };

        let waiting = open(&allowed, &address).await.unwrap();
        let guest = tokio::spawn(async move {
            execute(&waiting, &["XREAD", "BLOCK", "0", "STREAMS", "s", "$"]).await
        });
        for wanted in [true, false] {
            let mut looks = 0;
            while blocked().await != wanted {
                looks += 1;
                assert!(looks < 1000, "blocked: {}", !wanted);
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            guest.abort();
        }
    }

    #[tokio::test]
    async fn an_address_outside_is_invalid_and_one_that_a_range_allows_is_opened() {
        let redis = harness::Redis::start();
        for (entry, is_inside) in [
            ("redis://127.0.0.0/8:*".to_owned(), true),
            (format!("redis://127.0.0.1:{}..{}", redis.port(), redis.port() + 1), true),
            ("redis://*.example.com:*".to_owned(), false),
            (format!("redis://127.0.0.1:{}", redis.port() + 1), false),
        ] {
            let hosts = AllowedHosts::parse([entry.as_str()]).map_err(|error| error.to_string());
            let opened = open(&Arc::new(hosts), &redis.address()).await;
            let error = opened.err();
            assert_eq!(error.is_none(), is_inside, "{entry}: {error:?}");
            assert!(error.is_none_or(|error| matches!(error, Error::InvalidAddress)), "{entry}");
        }
    }

    /// What a component reads to follow a cluster: the `redis` crate's words, as Spin hands them on.
    #[tokio::test]
    async fn a_cluster_says_in_words_where_a_key_is() {
        let cluster = harness::RedisCluster::start(2);
        let (here, there) = (cluster.node(0), cluster.node(1));
        let place = format!("127.0.0.1:{}", there.port());
        let allowed =
            Arc::new(AllowedHosts::parse(["redis://127.0.0.1:*"]).map_err(|e| e.to_string()));
        let connection = open(&allowed, &here.address()).await.unwrap();
        let says = async |words: &[&str]| match execute(&connection, words).await {
            Err(Error::Other(text)) => text,
            other => panic!("{words:?}: {other:?}"),
        };
        let error = "An error was signalled by the server";

        // `foo` is in slot 12182, `b` in 3300.
        assert_eq!(says(&["GET", "foo"]).await, format!("{error} - Moved: 12182 {place}"));
        assert_eq!(
            says(&["MGET", "foo", "b"]).await,
            format!("{error} - CrossSlot: Keys in request don't hash to the same slot")
        );
        let id = |node: &harness::Redis| node.run::<String>(&["CLUSTER", "MYID"]);
        here.run::<()>(&["SET", "{b}1", "value"]);
        here.run::<()>(&["CLUSTER", "SETSLOT", "3300", "MIGRATING", &id(there)]);
        assert_eq!(says(&["GET", "{b}2"]).await, format!("{error} - Ask: 3300 {place}"));
        let again = says(&["MGET", "{b}1", "{b}2"]).await;
        assert!(again.starts_with(&format!("{error} - TryAgain: ")), "{again}");
        here.run::<()>(&["CLUSTER", "DELSLOTS", "1"]);
        let nobody = harness::key_in(1);
        assert_eq!(
            says(&["GET", &nobody]).await,
            format!("{error} - ClusterDown: Hash slot not served")
        );
    }
}
