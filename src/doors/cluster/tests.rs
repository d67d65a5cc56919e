//! Where commands go, with nodes that say what was prepared.

use std::{cell::Cell, collections::VecDeque, num::NonZeroU16};

use futures::executor::block_on;

use super::*;
use crate::{
    config::{Config, Variables},
    store::{Delivery, Shards, Value},
};

const MOVED: &str = "An error was signalled by the server - Moved: 5772";
const TRYAGAIN: &str = "An error was signalled by the server - TryAgain: Multiple keys";
const DOWN: &str = "An error was signalled by the server - ClusterDown: The cluster is down";

/// Nodes that say what was prepared, to whatever they are sent.
#[derive(Default)]
struct Prepared {
    replies: RefCell<VecDeque<Replied>>,
    asked: RefCell<Vec<(String, Sending)>>,
    pauses: Cell<u32>,
}

impl Nodes for Prepared {
    const CAN_WAIT: bool = true;

    async fn send(&self, _: Node, address: &RedisAddress, _: &Call<'_>, how: Sending) -> Replied {
        self.asked.borrow_mut().push((address.expose().to_owned(), how));
        self.replies.borrow_mut().pop_front().unwrap_or(Ok(vec![Value::Int(1)]))
    }

    async fn pause(&self, _: Duration) {
        self.pauses.set(self.pauses.get() + 1);
    }
}

/// A configuration with these nodes.
struct Defaults(&'static str);

impl Variables for Defaults {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        let given = match name {
            "redis_address" => "redis://home:1",
            "redis_password" => "p:w",
            "redis_database" | "max_waiting" => "0",
            "shards" => "12",
            "redis_cluster_nodes" => self.0,
            "count_hits" => "on",
            "max_ttl" | "default_ttl" | "redis_timeout_ms" | "max_record_bytes" => "1000",
            _ => "",
        };
        Ok(given.to_owned())
    }
}

fn cluster(replies: impl IntoIterator<Item = Replied>) -> Cluster<Prepared> {
    cluster_with("", replies)
}

fn cluster_with(
    nodes: &'static str,
    replies: impl IntoIterator<Item = Replied>,
) -> Cluster<Prepared> {
    let config = block_on(Config::load(&Defaults(nodes))).unwrap();
    let cluster = Cluster::new(Prepared::default(), &config);
    cluster.nodes.replies.borrow_mut().extend(replies);
    cluster
}

fn declined(text: &str) -> Replied {
    Err(RedisError::Declined(text.to_owned()))
}

fn moved(node: &str) -> Replied {
    declined(&format!("{MOVED} {node}"))
}

fn not_sent() -> Replied {
    Err(RedisError::NotSent("refused".to_owned()))
}

fn call(path: &str) -> Call<'static> {
    let shards = Shards::new(NonZeroU16::new(12).unwrap()).unwrap();
    call_for(Some(shards.part_of(path)))
}

fn call_for(part: Option<Part>) -> Call<'static> {
    Call::new(part, "EVALSHA", Vec::new(), Delivery::AtMostOnce)
}

fn execute(cluster: &Cluster<Prepared>, path: &str) -> Replied {
    block_on(cluster.execute(&call(path)))
}

/// Which nodes were asked since this was asked last.
fn asked(cluster: &Cluster<Prepared>) -> Vec<String> {
    let asked = cluster.nodes.asked.take();
    asked.into_iter().map(|(url, _)| url.replace("redis://:p%3Aw@", "")).collect()
}

#[test]
fn a_redis_that_is_no_cluster_gets_everything() {
    let cluster = cluster([]);
    assert!(execute(&cluster, "/a").is_ok() && execute(&cluster, "/b").is_ok());
    assert_eq!(asked(&cluster), ["home:1/0", "home:1/0"]);
}

#[test]
fn a_part_that_is_elsewhere_is_asked_for_there_from_then_on() {
    let cluster = cluster([moved("10.0.0.7:7002")]);
    assert!(execute(&cluster, "/a").is_ok() && execute(&cluster, "/a/b").is_ok());
    assert_eq!(asked(&cluster), ["home:1/0", "10.0.0.7:7002/0", "10.0.0.7:7002/0"]);
}

#[test]
fn nodes_are_named_by_addresses_or_names_or_by_their_port_alone() {
    for (node, address) in [
        ("10.0.0.7:7002", "10.0.0.7:7002/0"),
        ("node-1.redis:7002", "node-1.redis:7002/0"),
        ("::1:7002", "[::1]:7002/0"),
        (":7002", "home:7002/0"),
    ] {
        let cluster = cluster([moved(node)]);
        assert!(execute(&cluster, "/a").is_ok());
        assert_eq!(asked(&cluster), ["home:1/0", address]);
    }
    for node in ["?:7002", "nowhere", "x:0", "a b:1", ""] {
        let cluster = cluster([moved(node)]);
        assert_eq!(execute(&cluster, "/a"), moved(node), "{node}");
        assert_eq!(asked(&cluster), ["home:1/0"], "{node}");
    }
}

#[test]
fn a_part_that_is_not_known_is_looked_for_where_the_one_before_it_is() {
    let cluster = cluster([moved("n:2")]);
    let shards = Shards::new(NonZeroU16::new(12).unwrap()).unwrap();
    for part in shards.parts().skip(3).take(2) {
        let call = call_for(Some(part));
        assert!(block_on(cluster.execute(&call)).is_ok());
    }
    let call = call_for(Some(Part::FIRST));
    assert!(block_on(cluster.execute(&call)).is_ok());
    assert_eq!(asked(&cluster), ["home:1/0", "n:2/0", "n:2/0", "home:1/0"]);
}

#[test]
fn nodes_that_are_named_in_the_order_of_their_slots_are_asked_first() {
    let cluster = cluster_with("a:1, b:2,home:1", [Ok(Vec::new()), not_sent()]);
    let shards = Shards::new(NonZeroU16::new(12).unwrap()).unwrap();
    let mut parts = shards.parts();
    for place in [0, 4] {
        let call = call_for(parts.nth(place));
        assert!(block_on(cluster.execute(&call)).is_ok());
    }
    assert_eq!(asked(&cluster), ["a:1/0", "b:2/0", "home:1/0"]);
    // What was told is no more than a guess.
    let moved = cluster_with("a:1,b:2", [moved("c:3")]);
    let call = call_for(Some(Part::FIRST));
    assert!(block_on(moved.execute(&call)).is_ok() && block_on(moved.execute(&call)).is_ok());
    assert_eq!(asked(&moved), ["a:1/0", "c:3/0", "c:3/0"]);
}

#[test]
fn a_node_of_which_it_is_unsure_whether_it_has_the_part_is_told_so_until_it_has_answered() {
    let cluster = cluster([moved("n:2")]);
    let shards = Shards::new(NonZeroU16::new(12).unwrap()).unwrap();
    for part in [3, 3, 4, 4, 0, 0].map(|at| shards.parts().nth(at)) {
        assert!(block_on(cluster.execute(&call_for(part))).is_ok());
    }
    let asked = cluster.nodes.asked.take();
    let unsure: Vec<_> = asked.iter().map(|(_, how)| *how == Sending::Unsure).collect();
    assert_eq!(unsure, [false, false, false, true, false, true, false]);
}

#[test]
fn what_another_node_is_about_to_get_is_asked_for_once() {
    let ask = "An error was signalled by the server - Ask: 5772 n:2";
    let cluster = cluster([declined(ask)]);
    assert!(execute(&cluster, "/a").is_ok() && execute(&cluster, "/a").is_ok());
    let asked = cluster.nodes.asked.take();
    let how: Vec<_> = asked.iter().map(|(_, how)| *how).collect();
    assert_eq!(how, [Sending::Plain, Sending::Asking, Sending::Plain]);
}

#[test]
fn a_slot_on_its_way_is_waited_for() {
    let again = || declined(TRYAGAIN);
    let cluster = cluster([again(), again(), moved("n:2"), Ok(Vec::new())]);
    assert!(execute(&cluster, "/a").is_ok());
    assert_eq!(asked(&cluster), ["home:1/0", "home:1/0", "home:1/0", "n:2/0"]);
    assert_eq!(cluster.nodes.pauses.get(), 2);
}

#[test]
fn a_slot_that_stays_on_its_way_is_not_waited_for_without_end() {
    let endless = cluster(std::iter::repeat_with(|| declined(TRYAGAIN)).take(1_000_000));
    let endless = Cluster { limit: Duration::from_millis(20), ..endless };
    assert_eq!(execute(&endless, "/a"), declined(TRYAGAIN));
    let circle = cluster((0..100).map(|at| moved(["a:2", "b:2"][at % 2])));
    assert_eq!(execute(&circle, "/a"), moved("a:2"));
    assert!(asked(&circle).len() < 20);
}

#[test]
fn a_node_that_is_gone_is_forgotten_and_another_one_asked() {
    let cluster = cluster([
        moved("n:2"),
        Ok(Vec::new()),
        not_sent(),
        moved("m:3"),
        Ok(Vec::new()),
        Ok(Vec::new()),
    ]);
    for _ in 0..3 {
        assert!(execute(&cluster, "/a").is_ok());
    }
    let expected = ["home:1/0", "n:2/0", "n:2/0", "home:1/0", "m:3/0", "m:3/0"];
    assert_eq!(asked(&cluster), expected);
}

#[test]
fn while_nobody_has_taken_over_a_part_its_requests_fail() {
    let cluster = cluster([moved("n:2"), not_sent(), moved("n:2")]);
    assert_eq!(execute(&cluster, "/a"), moved("n:2"));
    assert_eq!(asked(&cluster), ["home:1/0", "n:2/0", "home:1/0"]);
}

#[test]
fn where_the_configured_node_is_gone_those_that_are_known_are_asked() {
    let cluster = cluster([moved("n:2"), Ok(Vec::new()), not_sent()]);
    assert!(execute(&cluster, "/a").is_ok());
    let call = call_for(Some(Part::FIRST));
    assert!(block_on(cluster.execute(&call)).is_ok());
    assert_eq!(asked(&cluster), ["home:1/0", "n:2/0", "home:1/0", "n:2/0"]);
}

#[test]
fn what_may_have_been_done_is_sent_nowhere_else() {
    for failure in [Err(RedisError::NoReply("reset".to_owned())), Err(RedisError::TimedOut)] {
        let cluster = cluster([moved("n:2"), Ok(Vec::new()), failure.clone()]);
        assert!(execute(&cluster, "/a").is_ok());
        assert_eq!(execute(&cluster, "/a"), failure);
        assert_eq!(asked(&cluster).len(), 3);
        assert!(execute(&cluster, "/a").is_ok());
        assert_eq!(asked(&cluster), ["home:1/0"], "{failure:?}");
    }
}

#[test]
fn what_a_node_declines_is_answered_with_that() {
    for failure in [declined(DOWN), Err(RedisError::Full("OOM".to_owned()))] {
        let cluster = cluster([failure.clone()]);
        assert_eq!(execute(&cluster, "/a"), failure);
        assert_eq!(asked(&cluster), ["home:1/0"]);
    }
}

#[test]
fn a_wait_is_not_sent_on() {
    let cluster = cluster([moved("n:2")]);
    let waited = block_on(cluster.wait(&call("/a"), Duration::from_secs(1)));
    assert!(matches!(waited, Err(RedisError::NoReply(_))));
    assert!(execute(&cluster, "/a").is_ok());
    assert_eq!(asked(&cluster), ["home:1/0", "n:2/0"]);
}

#[test]
fn several_commands_have_their_replies_in_their_order() {
    let cluster = cluster([Ok(vec![Value::Int(7)]), declined(DOWN), Ok(vec![Value::Int(9)])]);
    let calls = ["/a", "/b", "/c"].map(call);
    let replies = block_on(cluster.execute_each(&calls));
    assert_eq!(replies, [Ok(vec![Value::Int(7)]), declined(DOWN), Ok(vec![Value::Int(9)])]);
}
