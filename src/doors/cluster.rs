//! Commands go where a Redis Cluster sends them. A Redis that is no cluster sends them nowhere.

use std::{
    cell::RefCell,
    future::{Future, poll_fn},
    pin::Pin,
    task::Poll,
    time::{Duration, Instant},
};

use futures::future::{LocalBoxFuture, maybe_done};

use crate::{
    config::{Config, RedisAddress},
    store::{Call, Part, Redis, RedisError, Replied},
};

/// Clients of nodes.
pub trait Nodes {
    /// Whether commands may be sent that Redis answers late.
    const CAN_WAIT: bool;

    /// Sends a command to a node, which is at this address.
    fn send(
        &self,
        node: Node,
        address: &RedisAddress,
        call: &Call<'_>,
        how: Sending,
    ) -> impl Future<Output = Replied>;

    /// Waits so long.
    fn pause(&self, time: Duration) -> impl Future<Output = ()>;
}

/// One of the nodes that are known, by its place among them. (Those that have failed stay.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node(pub usize);

/// How a command is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    /// With the usual limit.
    Plain,
    /// As that, to a node that may have the part or not. If it has died meanwhile, a command for a part
    /// of another must not be lost with its connection.
    Unsure,
    /// Behind ASKING: to a node that is about to get the part from another.
    Asking,
    /// As one that Redis may answer only when so much time is over.
    Waiting(Duration),
}

/// The Redis of the configuration, and the nodes to which it has sent commands.
pub struct Cluster<N> {
    pub nodes: N,
    home: RedisAddress,
    others: RefCell<Vec<RedisAddress>>,
    /// Where parts were last, by parts.
    known: RefCell<Vec<(Part, Node)>>,
    limit: Duration,
}

/// The node that the configuration names.
const HOME: Node = Node(0);

/// How often a command may be sent on from node to node.
const MAX_MOVES: u32 = 8;

/// The first pause before a command is sent again, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(2), Duration::from_millis(50));

impl<N: Nodes> Cluster<N> {
    /// The Redis of a configuration. A command is sent again for no longer than its limit.
    pub fn new(nodes: N, config: &Config) -> Self {
        let shares = config.keys.shards().shares(config.redis_nodes.len());
        let known = shares.map(|(place, part)| (part, Node(place + 1))).collect();
        Self {
            nodes,
            home: config.redis.clone(),
            others: RefCell::new(config.redis_nodes.clone()),
            known: RefCell::new(known),
            limit: config.redis_timeout,
        }
    }

    /// Sends a command to the node that has the part. It is in one place in the component, not in each that sends.
    fn send<'a>(&'a self, call: &'a Call<'_>, first: Sending) -> LocalBoxFuture<'a, Replied> {
        Box::pin(self.follow(call, first))
    }

    async fn follow(&self, call: &Call<'_>, first: Sending) -> Replied {
        let (mut node, mut how) = self.begin(call.part, first);
        let (mut moves, mut pause, mut refused, mut began) = (0, PAUSES.0, Vec::new(), None);
        loop {
            let address = self.address(node);
            let result = self.nodes.send(node, &address, call, how).await;
            let Err(error) = &result else {
                if how != Sending::Asking {
                    self.found(call.part, node);
                }
                return result;
            };
            match Redirection::of(error) {
                Some(Redirection::Again) => {
                    let began = *began.get_or_insert_with(Instant::now);
                    if began.elapsed() > self.limit {
                        return result;
                    }
                    self.nodes.pause(pause).await;
                    pause = PAUSES.1.min(2 * pause);
                    (node, how) = self.begin(call.part, first);
                }
                Some(Redirection::To { node: to, asking }) => {
                    let Some(to) = address.at(to).map(|address| self.node(address)) else {
                        return result;
                    };
                    moves += 1;
                    if moves > MAX_MOVES || refused.contains(&to) {
                        return result;
                    }
                    // As long as it answers ASK, a node has the part.
                    self.remember(call.part, if asking { node } else { to });
                    if let Sending::Waiting(_) = first {
                        // It may have waited already, for some of its time.
                        return Err(RedisError::NoReply("the part has moved".to_owned()));
                    }
                    node = to;
                    how = if asking { Sending::Asking } else { first };
                }
                None => {
                    if error.is_served() {
                        return result;
                    }
                    self.forget(node);
                    // Another node may know by now who has the part.
                    refused.push(node);
                    let other = self.all().find(|other| !refused.contains(other));
                    match (error, other) {
                        (RedisError::NotSent(_), Some(other)) => (node, how) = (other, first),
                        _ => return result,
                    }
                }
            }
        }
    }

    /// The node that has the part, as far as is known: or else that of the part before it, since a node has ranges
    /// of slots.
    fn node_of(&self, part: Option<Part>) -> Node {
        let known = self.known.borrow();
        let behind = part.map_or(0, |part| known.partition_point(|(other, _)| *other <= part));
        behind.checked_sub(1).and_then(|place| known.get(place)).map_or(HOME, |(_, node)| *node)
    }

    /// Where a command for a part is sent first, and how. A Redis that has sent nothing elsewhere may be
    /// no cluster: it has everything.
    fn begin(&self, part: Option<Part>, how: Sending) -> (Node, Sending) {
        let is_known = |part| self.known.borrow().iter().any(|(other, _)| *other == part);
        let sure = part.is_none_or(is_known) || self.others.borrow().is_empty();
        let how = if how == Sending::Plain && !sure { Sending::Unsure } else { how };
        (self.node_of(part), how)
    }

    /// A node has answered for a part.
    fn found(&self, part: Option<Part>, node: Node) {
        if !self.others.borrow().is_empty() {
            self.remember(part, node);
        }
    }

    fn remember(&self, part: Option<Part>, node: Node) {
        let Some(part) = part else { return };
        let mut known = self.known.borrow_mut();
        match known.binary_search_by_key(&part, |(other, _)| *other) {
            Ok(place) => known.iter_mut().skip(place).take(1).for_each(|known| known.1 = node),
            Err(place) => known.insert(place, (part, node)),
        }
    }

    /// What a node had, another may have by now.
    fn forget(&self, node: Node) {
        self.known.borrow_mut().retain(|(_, other)| *other != node);
    }

    /// The node at an address.
    fn node(&self, address: RedisAddress) -> Node {
        let mut others = self.others.borrow_mut();
        if let Some(place) = others.iter().position(|other| *other == address) {
            return Node(place + 1);
        }
        if address == self.home {
            return HOME;
        }
        others.push(address);
        Node(others.len())
    }

    fn address(&self, Node(place): Node) -> RedisAddress {
        let other = place.checked_sub(1).and_then(|at| self.others.borrow().get(at).cloned());
        other.unwrap_or_else(|| self.home.clone())
    }

    fn all(&self) -> impl Iterator<Item = Node> + use<N> {
        (0..=self.others.borrow().len()).map(Node)
    }
}

impl<N: Nodes> Redis for Cluster<N> {
    const CAN_WAIT: bool = N::CAN_WAIT;

    async fn execute(&self, call: &Call<'_>) -> Replied {
        self.send(call, Sending::Plain).await
    }

    async fn execute_each(&self, calls: &[Call<'_>]) -> Vec<Replied> {
        let mut each: Vec<_> =
            calls.iter().map(|call| maybe_done(self.send(call, Sending::Plain))).collect();
        poll_fn(|context| {
            let mut done = true;
            for one in &mut each {
                done &= Pin::new(one).poll(context).is_ready();
            }
            if done { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        each.iter_mut().filter_map(|one| Pin::new(one).take_output()).collect()
    }

    async fn wait(&self, call: &Call<'_>, time: Duration) -> Replied {
        self.send(call, Sending::Waiting(time)).await
    }
}

/// What a node of a cluster answers to a command that it has not executed, and another may execute.
#[derive(Debug, PartialEq, Eq)]
pub enum Redirection<'a> {
    /// MOVED, ASK: this one, and for ASK only behind ASKING.
    To {
        /// Its host and port, as the cluster names them.
        node: &'a str,
        /// Whether it was ASK.
        asking: bool,
    },
    /// TRYAGAIN: the slot is on its way.
    Again,
}

impl<'a> Redirection<'a> {
    /// What an error reply says, by the text that the host gives for it: that of the `redis` crate.
    pub fn of(error: &'a RedisError) -> Option<Self> {
        let RedisError::Declined(text) = error else { return None };
        let mut words = text.split_whitespace();
        let asking = loop {
            match words.next()? {
                "Moved:" => break false,
                "Ask:" => break true,
                "TryAgain:" => return Some(Self::Again),
                _ => {}
            }
        };
        words.next()?.parse::<u16>().ok()?;
        Some(Self::To { node: words.next()?, asking })
    }
}

#[cfg(test)]
mod tests;
