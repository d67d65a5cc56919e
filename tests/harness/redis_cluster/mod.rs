//! Real Redis Clusters.
//!
//! - [`RedisCluster`]: primaries and replicas on free ports, made in some two seconds (for so long a node
//!   of Redis declines to serve after its start).
//! - [`Topology`]: who has which slots, as one node sees it.
//! - `moves`: slots that go from node to node, and nodes that come.
//! - [`Shards`]: where the records of a path have to be, found out without the service's own code.

mod moves;
mod shards;
mod topology;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use redis::FromRedisValue;

pub use moves::Steps;
pub use shards::{Shards, key_in, slot};
pub use topology::Topology;

use crate::host::HostOptions;
use crate::redis_server::{Redis, RedisOptions, free_port};
use crate::wait::eventually;

/// How many slots there are.
pub const SLOTS: u16 = 16_384;

/// How a cluster is to be.
#[derive(Debug, Clone)]
#[must_use]
pub struct ClusterOptions {
    primaries: usize,
    replicas: usize,
    node: RedisOptions,
    hostname: Option<String>,
}

impl ClusterOptions {
    /// So many replicas of each primary.
    pub fn replicas(mut self, number: usize) -> Self {
        self.replicas = number;
        self
    }

    /// A line of each node's `redis.conf`.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.node = self.node.set(name, value);
        self
    }

    /// What each node wants, from its clients and from the others.
    pub fn password(mut self, password: &str) -> Self {
        self.node = self.node.password(password).set("masterauth", password);
        self
    }

    /// Has the nodes send clients to this name in place of their address. Needs Redis 7.
    pub fn hostname(mut self, name: &str) -> Self {
        self.hostname = Some(name.to_owned());
        self.set("cluster-announce-hostname", name)
            .set("cluster-preferred-endpoint-type", "hostname")
    }

    /// Starts the nodes, makes the cluster, and waits until all of it serves.
    pub fn start(self) -> RedisCluster {
        let count = self.primaries * (1 + self.replicas);
        let nodes = std::thread::scope(|scope| {
            let starting: Vec<_> =
                (0..count).map(|_| scope.spawn(|| start_node(&self.node))).collect();
            starting.into_iter().map(|node| node.join().expect("the node starts")).collect()
        });
        let cluster = RedisCluster { nodes, options: self };
        cluster.make();
        cluster
    }
}

fn start_node(options: &RedisOptions) -> Redis {
    let mut options = options.clone();
    if *has_cluster_port() {
        options = options.set("cluster-port", free_port().to_string());
    }
    options.start()
}

/// Whether nodes can be told the port for each other: from Redis 7 on. Else it is 10,000 above the other.
fn has_cluster_port() -> &'static bool {
    static HAS: LazyLock<bool> = LazyLock::new(|| {
        let output = std::process::Command::new("redis-server").arg("--version").output();
        let text = String::from_utf8(output.expect("redis-server is there").stdout).expect("text");
        !text.contains("v=6.")
    });
    &HAS
}

/// A Redis Cluster of the test's own. Its first nodes are the primaries, and behind them come their
/// replicas in the same order; until something is moved or promoted, the first primary has the first
/// slots.
#[derive(Debug)]
pub struct RedisCluster {
    nodes: Vec<Redis>,
    options: ClusterOptions,
}

impl RedisCluster {
    /// A cluster with so many primaries.
    pub fn options(primaries: usize) -> ClusterOptions {
        let node = Redis::options()
            .set("cluster-enabled", "yes")
            // A node that is gone costs its own slots only.
            .set("cluster-require-full-coverage", "no")
            // Long enough for a busy machine: nobody is taken for dead who isn't.
            .set("cluster-node-timeout", "15000")
            .set("cluster-replica-validity-factor", "0")
            .set("repl-diskless-sync-delay", "0");
        ClusterOptions { primaries, replicas: 0, node, hostname: None }
    }

    /// One without replicas, on which nothing is held against anything for long.
    pub fn start(primaries: usize) -> Self {
        Self::options(primaries).start()
    }

    /// One of the nodes.
    pub fn node(&self, number: usize) -> &Redis {
        &self.nodes[number]
    }

    /// How many nodes there are, those included that were killed.
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Never.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// A node's address as the service's variable `redis_address` wants it.
    pub fn address(&self, number: usize) -> String {
        let host = self.options.hostname.as_deref().unwrap_or("127.0.0.1");
        format!("redis://{host}:{}", self.nodes[number].port())
    }

    /// What the service's variable `redis_cluster_hosts` has to be, so that it may talk to all of them.
    pub fn hosts(&self) -> String {
        let host = self.options.hostname.as_deref().unwrap_or("127.0.0.1");
        format!("redis://{host}:*")
    }

    /// Lets a host talk to this cluster, of which it is told one node.
    pub fn serve(&self, host: HostOptions, shards: &Shards, first: usize) -> HostOptions {
        let host = host
            .redis_at(&self.address(first))
            .variable("redis_cluster_hosts", self.hosts())
            .variable("shards", shards.count().to_string())
            .variable("key_prefix", shards.key_prefix());
        self.nodes.iter().fold(host, |host, node| host.hidden(format!("127.0.0.1:{}", node.port())))
    }

    /// Kills a node with -9.
    pub fn kill(&mut self, number: usize) {
        self.nodes[number].kill();
    }

    /// Starts a node again on its port, in its directory; kills it first if it runs.
    pub fn restart(&mut self, number: usize) {
        self.nodes[number].restart();
    }

    /// Kills all nodes at once and starts them again.
    pub fn restart_all(&mut self) {
        self.nodes.iter_mut().for_each(Redis::kill);
        std::thread::scope(|scope| {
            for node in &mut self.nodes {
                scope.spawn(|| node.restart());
            }
        });
    }

    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = &Redis> {
        self.nodes.iter().filter(|node| node.runs())
    }

    /// Who has which slots, as the first node that runs sees it.
    pub fn topology(&self) -> Topology {
        Topology::of(self.running().next().expect("a node runs"))
    }

    /// The number of the node that has a slot.
    pub fn owner(&self, slot: u16) -> usize {
        let port = self.topology().owner(slot).port;
        self.number(port)
    }

    /// The number of the node on this port.
    pub fn number(&self, port: u16) -> usize {
        let number = self.nodes.iter().position(|node| node.port() == port);
        number.unwrap_or_else(|| panic!("no node is on {port}"))
    }

    /// Says one command about a key to the node that has it.
    pub fn run<T: FromRedisValue>(&self, key: &str, command: &[&str]) -> T {
        self.nodes[self.owner(slot(key.as_bytes()))].run(command)
    }

    /// All keys that there are, each with the number of the primary where it is.
    pub fn keys(&self) -> BTreeMap<String, usize> {
        let mut keys = BTreeMap::new();
        for port in self.topology().primaries().map(|node| node.port) {
            let number = self.number(port);
            for key in self.nodes[number].run::<Vec<String>>(&["KEYS", "*"]) {
                let other = keys.insert(key.clone(), number);
                assert_eq!(other, None, "{key} is on two nodes");
            }
        }
        keys
    }

    /// Waits until all nodes that run serve and agree on who has which slots, and each of these has a
    /// primary that runs.
    pub fn wait_until_healthy(&self) {
        eventually("the cluster is healthy", || {
            let mut seen: Vec<_> = self.running().map(Topology::seen_well).collect();
            seen.dedup();
            (seen.len() == 1 && seen[0].is_some()).then_some(())
        });
    }

    /// Waits until another node than this one has its slot.
    pub fn wait_until_promoted(&self, slot: u16, instead_of: usize) -> usize {
        let port = self.nodes[instead_of].port();
        eventually("a replica is promoted", || {
            let all_see_it = self.running().all(|node| {
                let shares = Topology::seen_well(node).unwrap_or_default();
                shares
                    .iter()
                    .any(|(first, last, owner)| (first..=last).contains(&&slot) && *owner != port)
            });
            all_see_it.then(|| self.owner(slot))
        })
    }

    /// Makes a cluster of the nodes, which know nothing of each other.
    fn make(&self) {
        let primaries = self.options.primaries;
        for (number, node) in self.nodes.iter().enumerate().take(primaries) {
            let epoch = (number + 1).to_string();
            node.run::<()>(&["CLUSTER", "SET-CONFIG-EPOCH", &epoch]);
            let begin = |number| number * usize::from(SLOTS) / primaries;
            let slots = begin(number)..begin(number + 1);
            let slots: Vec<_> = slots.map(|slot| slot.to_string()).collect();
            let mut command = vec!["CLUSTER", "ADDSLOTS"];
            command.extend(slots.iter().map(String::as_str));
            node.run::<()>(&command);
        }
        for node in &self.nodes[1..] {
            self.meet(node);
        }
        let id = |node: &Redis| node.run::<String>(&["CLUSTER", "MYID"]);
        for (number, node) in self.nodes.iter().enumerate().skip(primaries) {
            let primary = id(&self.nodes[number % primaries]);
            eventually("the replica knows its primary", || {
                let known = Topology::of(node).knows(&primary);
                known.then(|| node.run::<()>(&["CLUSTER", "REPLICATE", &primary]))
            });
        }
        eventually("each node knows each other", || {
            let all = |node: &Redis| Topology::of(node).known() == self.nodes.len();
            self.nodes.iter().all(all).then_some(())
        });
        self.wait_until_healthy();
    }

    fn meet(&self, node: &Redis) {
        let port = node.port();
        let bus = Topology::of(node).myself().bus_port;
        let (port, bus) = (port.to_string(), bus.to_string());
        self.nodes[0].run::<()>(&["CLUSTER", "MEET", "127.0.0.1", &port, &bus]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secrets::PASSWORD;

    #[test]
    fn slots_are_those_of_redis() {
        let node = RedisCluster::start(1);
        for key in ["", "docs", "é", "{a}b", "a{}b", "a{b", "a}{b}", "p:{HOp}/docs/{x}"] {
            let theirs: u16 = node.node(0).run(&["CLUSTER", "KEYSLOT", key]);
            assert_eq!(slot(key.as_bytes()), theirs, "{key}");
        }
        let shards = Shards::new(12);
        for part in 0..shards.count() {
            let key = shards.own(part, "index");
            assert_eq!(node.node(0).run::<u16>(&["CLUSTER", "KEYSLOT", &key]), shards.slot(part));
        }
    }

    #[test]
    fn slots_move_nodes_come_and_replicas_take_over() {
        // Two of three have to agree that the third is dead.
        let options = RedisCluster::options(3).replicas(1).password(PASSWORD);
        let mut cluster = options.set("cluster-node-timeout", "500").start();
        let slot = slot(b"a");
        cluster.run::<()>("a", &["SET", "a", "1"]);
        for steps in [Steps::AtOnce, Steps::KeyByKey] {
            let to = (cluster.owner(slot) + 1) % 3;
            cluster.move_slot(slot, to, steps);
            cluster.wait_until_healthy();
            assert_eq!(cluster.keys(), [("a".to_owned(), to)].into());
        }
        let first = cluster.owner(slot);
        cluster.kill(first);
        let second = cluster.wait_until_promoted(slot, first);
        assert_eq!(second, first + 3, "its replica");
        assert_eq!(cluster.run::<String>("a", &["GET", "a"]), "1");
        cluster.restart(first);
        let third = cluster.add_primary();
        cluster.move_slot(slot, third, Steps::AtOnce);
        cluster.wait_until_healthy();
        assert_eq!(cluster.keys(), [("a".to_owned(), third)].into());
        assert_eq!(cluster.run::<String>("a", &["GET", "a"]), "1");
        cluster.restart_all();
        cluster.wait_until_healthy();
    }
}
