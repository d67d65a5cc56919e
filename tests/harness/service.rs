//! A host with a Redis of its own.

use std::sync::LazyLock;

use crate::host::{Host, HostOptions};
use crate::redis_server::Redis;

/// A host and the Redis it talks to.
#[derive(Debug)]
pub struct Service {
    /// The host.
    pub host: Host,
    /// Its Redis, which nothing else talks to.
    pub redis: Redis,
}

impl Service {
    /// One with the default configuration.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// One with these variables set.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        Self::on(Redis::start(), Host::options().variables(variables))
    }

    /// One with a Redis that runs already.
    pub fn on(redis: Redis, options: HostOptions) -> Self {
        Self { host: options.redis(&redis).start(), redis }
    }

    /// The one that all tests of this process share which need nothing but paths of their own.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Service> = LazyLock::new(Service::start);
        &SHARED
    }
}
