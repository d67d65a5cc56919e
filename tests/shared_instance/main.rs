//! What the requests of one instance share, and what they don't. The fast build's instance serves many
//! requests at a time over one connection to Redis; the default build has an instance for each, to
//! which most of this applies all the more.

mod connection;
mod gate;
mod requests;
mod together;

use harness::{Host, HostOptions};

use gate::Gate;

/// A host whose instances take many requests at a time, and end when they have been idle for so long.
fn host(gate: &Gate, idle: &str) -> HostOptions {
    Host::options()
        .redis_at(&gate.address())
        .argument("--max-instance-concurrent-reuse-count", "256")
        .argument("--max-instance-reuse-count", "1000000")
        .argument("--idle-instance-timeout", idle)
}
