//! Who has which slots.

use std::ops::RangeInclusive;

use super::SLOTS;
use crate::redis_server::Redis;

/// What one node knows about all of them (`CLUSTER NODES`).
#[derive(Debug)]
pub struct Topology(Vec<Node>);

/// A node, as another sees it.
#[derive(Debug)]
pub struct Node {
    /// What the nodes call it.
    pub id: String,
    /// Where it listens.
    pub port: u16,
    /// Where it listens to other nodes.
    pub bus_port: u16,
    /// Whether it is the one that was asked.
    pub is_myself: bool,
    /// The node that it copies, if it is a replica.
    pub primary: Option<String>,
    /// Whether it is well known, and neither dead nor taken for dead.
    pub is_well: bool,
    /// The slots that it has.
    pub slots: Vec<RangeInclusive<u16>>,
}

/// A range of slots, from first to last, and the port of the node that has it.
pub type Share = (u16, u16, u16);

impl Topology {
    /// As this node sees it.
    pub fn of(node: &Redis) -> Self {
        Self::read(&node.run::<String>(&["CLUSTER", "NODES"]))
    }

    fn read(text: &str) -> Self {
        Self(text.lines().map(Node::read).collect())
    }

    /// All slots in their order, if this node serves, all of them have a node that is well, and it has
    /// a copy of everything if it is a replica.
    pub fn seen_well(node: &Redis) -> Option<Vec<Share>> {
        let info = node.try_run::<String>(&["CLUSTER", "INFO"]).ok()?;
        let says = |line: &str| info.lines().any(|other| other == line);
        let topology = Self::read(&node.try_run::<String>(&["CLUSTER", "NODES"]).ok()?);
        let link = node.info("replication", "master_link_status");
        let mut shares: Vec<Share> = topology.primaries().flat_map(Node::shares).collect();
        shares.sort_unstable();
        let slots: usize =
            shares.iter().map(|(first, last, _)| usize::from(last - first) + 1).sum();
        let well = says("cluster_state:ok")
            && slots == usize::from(SLOTS)
            && link.is_none_or(|link| link == "up")
            && topology.primaries().filter(|node| !node.slots.is_empty()).all(|node| node.is_well);
        well.then_some(shares)
    }

    /// The nodes that copy no other.
    pub fn primaries(&self) -> impl Iterator<Item = &Node> {
        self.0.iter().filter(|node| node.primary.is_none())
    }

    /// The node that has a slot.
    pub fn owner(&self, slot: u16) -> &Node {
        let has = |node: &&Node| node.slots.iter().any(|slots| slots.contains(&slot));
        self.0.iter().find(has).unwrap_or_else(|| panic!("nobody has slot {slot}: {self:?}"))
    }

    /// Whether a node is known by this name.
    pub fn knows(&self, id: &str) -> bool {
        self.0.iter().any(|node| node.id == id)
    }

    /// How many nodes are known.
    pub fn known(&self) -> usize {
        self.0.len()
    }

    /// The node that was asked.
    pub fn myself(&self) -> &Node {
        self.0.iter().find(|node| node.is_myself).expect("a node knows itself")
    }
}

impl Node {
    /// `id host:port@bus[,hostname] flags primary ping pong epoch link slots …`
    fn read(line: &str) -> Self {
        let words: Vec<&str> = line.split(' ').collect();
        let [id, place, flags, primary, _, _, _, link, slots @ ..] = &words[..] else {
            panic!("no node: {line}");
        };
        let place = place.split(',').next().expect("a place");
        let (place, bus_port) = place.split_once('@').expect("a port for the other nodes");
        let (_, port) = place.rsplit_once(':').expect("a port");
        let flags: Vec<&str> = flags.split(',').collect();
        let has = |flag| flags.contains(&flag);
        // What is being moved stands in brackets.
        let slots = slots.iter().filter(|slots| !slots.starts_with('['));
        Self {
            id: (*id).to_owned(),
            port: port.parse().expect("a port"),
            bus_port: bus_port.parse().expect("a port"),
            is_myself: has("myself"),
            primary: (*primary != "-").then(|| (*primary).to_owned()),
            is_well: (*link == "connected" || has("myself"))
                && !["fail", "fail?", "handshake", "noaddr"].into_iter().any(has),
            slots: slots.map(|slots| range(slots)).collect(),
        }
    }

    fn shares(&self) -> impl Iterator<Item = Share> {
        self.slots.iter().map(|slots| (*slots.start(), *slots.end(), self.port))
    }
}

fn range(text: &str) -> RangeInclusive<u16> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let slot = |text: &str| text.parse().expect("a slot");
    slot(first)..=slot(last)
}
