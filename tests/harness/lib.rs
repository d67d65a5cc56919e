//! What the tests stand on: real Redis servers and real hosts as child processes, and an HTTP client
//! that sends exactly the bytes it is given.
//!
//! - [`Redis`] is a `redis-server` on a free port, [`Host`] is the component in the dev host, and
//!   [`Service`] is one of each.
//! - [`RedisCluster`] is several of them that share the work, and [`Shards`] knows where a record has to
//!   be.
//! - [`Store`] is one or the other, as whoever runs the tests wants it.
//! - [`Request`] and [`Response`]: every answer that comes in is held to what the contract promises
//!   for every answer (`Response::check`), so no test has to ask for it. On a [`Connection`] anything
//!   can be sent.
//! - [`Exchange`] is a request whose answer is still to come, such as one that waits for a change;
//!   [`Page`] is what a feed of changes answers.
//! - [`python::environment`] has what tests use of Python's packages.
//! - [`Namespace`] is a network namespace: as good as another machine for what runs in it.
//! - [`Monitor`] sees what a host says to Redis. On a [`Line`] between the two a test decides what
//!   passes; [`Cutter`] is one that breaks at the worst moment.
//!
//! Children end with the test process, however that ends: see `leash`.
#![allow(
    clippy::missing_panics_doc,
    reason = "a failing expectation panics: that is what a test harness is for"
)]
#![allow(
    clippy::must_use_candidate,
    reason = "many calls are made for what they check, not for what they give"
)]

mod batch;
mod certificate;
mod connection;
mod cutter;
mod feed;
mod head;
mod host;
mod http2;
mod json;
mod leash;
mod line;
#[cfg(test)]
mod map;
mod monitor;
mod network;
mod problem;
pub mod python;
mod redis_cluster;
mod redis_server;
mod request;
mod response;
pub mod secrets;
mod service;
mod setting;
#[cfg(test)]
mod shared_builds;
mod store;
mod wait;

pub use batch::{Batch, Part, responses};
pub use certificate::Certificate;
pub use connection::{Answer, Connection};
pub use cutter::Cutter;
pub use feed::{Change, Event, Page, changes_below};
pub use head::Head;
pub use host::{Build, Host, HostOptions};
pub use json::{compact, members};
pub use leash::Leash;
pub use line::{Line, Passing, scripts_in};
pub use monitor::{Command, Monitor};
pub use network::Namespace;
pub use problem::assert_problem;
pub use redis_cluster::{ClusterOptions, RedisCluster, Shards, Steps, key_in, slot};
pub use redis_server::{Redis, RedisOptions, free_port};
pub use request::{Announced, Exchange, Request, Server, send_streaming};
pub use response::Response;
pub use service::{Served, Service};
pub use setting::setting;
pub use store::Store;
pub use wait::eventually;

/// The workspace's directory.
pub fn workspace() -> &'static std::path::Path {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the tests are a directory of the workspace")
}
