//! Slots that go from node to node.

use super::{RedisCluster, Topology, start_node};
use crate::redis_server::Redis;
use crate::wait::eventually;

/// How a slot's keys are moved.
#[derive(Debug, Clone, Copy)]
pub enum Steps {
    /// By one `MIGRATE`: nobody sees the slot half moved.
    AtOnce,
    /// One by one, as if there were very many.
    KeyByKey,
}

impl RedisCluster {
    /// Moves a slot with all that is in it, as `redis-cli --cluster reshard` does.
    pub fn move_slot(&self, slot: u16, to: usize, steps: Steps) {
        let (from, to) = (&self.nodes[self.owner(slot)], &self.nodes[to]);
        let id = |node: &Redis| Topology::of(node).myself().id.clone();
        let slot = slot.to_string();
        let set = |node: &Redis, what: &str, other: &Redis| {
            node.run::<()>(&["CLUSTER", "SETSLOT", &slot, what, &id(other)]);
        };
        set(to, "IMPORTING", from);
        set(from, "MIGRATING", to);
        let most = match steps {
            Steps::AtOnce => "1000000",
            Steps::KeyByKey => "1",
        };
        loop {
            let keys: Vec<String> = from.run(&["CLUSTER", "GETKEYSINSLOT", &slot, most]);
            if keys.is_empty() {
                break;
            }
            let port = to.port().to_string();
            let mut command = vec!["MIGRATE", "127.0.0.1", &port, "", "0", "60000"];
            if let Some(password) = from.password() {
                command.extend(["AUTH", password]);
            }
            command.push("KEYS");
            command.extend(keys.iter().map(String::as_str));
            // `NOKEY` where the last of them has just expired.
            from.run::<String>(&command);
        }
        // Who gets it first: where it is told, nobody has it twice.
        set(to, "NODE", to);
        set(from, "NODE", to);
        for port in self.topology().primaries().map(|node| node.port) {
            set(&self.nodes[self.number(port)], "NODE", to);
        }
    }

    /// Starts one more primary, which has no slot yet; its number.
    pub fn add_primary(&mut self) -> usize {
        let node = start_node(&self.options.node);
        self.meet(&node);
        self.nodes.push(node);
        let all = self.nodes.len();
        eventually("each node knows each other and serves", || {
            let knows = |node: &Redis| {
                let topology = Topology::of(node);
                topology.known() == all
                    && topology.primaries().all(|node| node.is_well)
                    // For its first seconds a node declines to serve.
                    && Topology::seen_well(node).is_some()
            };
            self.running().all(knows).then_some(())
        });
        all - 1
    }
}
