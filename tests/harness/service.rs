//! A host with a store of its own.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::host::{Host, HostOptions};
use crate::redis_server::Redis;
use crate::store::Store;

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
}

/// A host and a [`Store`], for tests that don't ask what it is.
#[derive(Debug)]
pub struct Served {
    /// The host.
    pub host: Host,
    /// What it keeps its records in, which nothing else talks to.
    pub store: Store,
}

impl Served {
    /// One with the default configuration.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// One with these variables set.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let store = Store::start();
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let host = store.serve(Host::options(), number).variables(variables).start();
        Self { host, store }
    }

    /// The one that all tests of this process share which need nothing but paths of their own.
    pub fn shared() -> &'static Self {
        static SHARED: LazyLock<Served> = LazyLock::new(Served::start);
        &SHARED
    }
}
