//! Where the records of a test are: in one Redis or, with `STORE=cluster`, in the parts of a cluster.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use redis::FromRedisValue;

use crate::host::HostOptions;
use crate::redis_cluster::{RedisCluster, Shards};
use crate::redis_server::Redis;
use crate::secrets::{PASSWORD, guarded_redis};

const PRIMARIES: usize = 3;
const PARTS: u16 = 12;

/// A store for some hosts, with nothing in it.
#[derive(Debug)]
pub struct Store {
    nodes: Nodes,
    shards: Shards,
}

#[derive(Debug)]
enum Nodes {
    One(Redis),
    Many(&'static RedisCluster),
}

impl Store {
    /// One Redis; with `STORE=cluster`, names of its own on the cluster that the tests of a process share.
    pub fn start() -> Self {
        static SHARED: LazyLock<RedisCluster> = LazyLock::new(|| RedisCluster::start(PRIMARIES));
        Self::on(&SHARED, Redis::start)
    }

    /// One that wants the password of [`crate::secrets`].
    pub fn guarded() -> Self {
        static SHARED: LazyLock<RedisCluster> =
            LazyLock::new(|| RedisCluster::options(PRIMARIES).password(PASSWORD).start());
        Self::on(&SHARED, || guarded_redis().start())
    }

    fn on(cluster: &'static LazyLock<RedisCluster>, one: impl Fn() -> Redis) -> Self {
        match std::env::var("STORE").as_deref() {
            Err(_) => Self { nodes: Nodes::One(one()), shards: Shards::new(1) },
            Ok("cluster") => {
                static NEXT: AtomicUsize = AtomicUsize::new(0);
                let number = NEXT.fetch_add(1, Ordering::Relaxed);
                let shards = Shards::below(PARTS, &format!("store-{number}:"));
                Self { nodes: Nodes::Many(cluster), shards }
            }
            Ok(other) => panic!("STORE={other}: there is cluster, and without it one Redis"),
        }
    }

    /// Lets a host talk to it; which node of a cluster it is told its number decides.
    pub fn serve(&self, host: HostOptions, number: usize) -> HostOptions {
        match self.nodes {
            Nodes::One(ref redis) => host.redis(redis),
            Nodes::Many(cluster) => cluster.serve(host, &self.shards, number % PRIMARIES),
        }
    }

    /// In how many parts the records are.
    pub fn parts(&self) -> u16 {
        self.shards.count()
    }

    /// The key of the record at a path.
    pub fn key(&self, path: &str) -> String {
        self.shards.key(path)
    }

    /// Says one command about a key to the Redis that has it.
    pub fn run<T: FromRedisValue>(&self, key: &str, command: &[&str]) -> T {
        match self.nodes {
            Nodes::One(ref redis) => redis.run(command),
            Nodes::Many(cluster) => cluster.run(key, command),
        }
    }

    /// Its clock, in seconds.
    pub fn now(&self) -> u64 {
        let (seconds, _): (u64, u64) = self.run("any", &["TIME"]);
        seconds
    }

    /// The number of hits.
    pub fn hits(&self) -> usize {
        self.own("count")
            .map(|key| self.run::<Option<usize>>(&key, &["GET", &key]).unwrap_or_default())
            .sum()
    }

    /// The paths in the indexes.
    pub fn index(&self) -> Vec<String> {
        let paths = |key: String| self.run::<Vec<String>>(&key, &["ZRANGE", &key, "0", "-1"]);
        self.own("index").flat_map(paths).collect()
    }

    /// The keys of this name, one of each part.
    fn own(&self, name: &str) -> impl Iterator<Item = String> {
        (0..self.parts()).map(move |part| self.shards.own(part, name))
    }
}
