//! The three hosts.

use harness::secrets::{self, READ_TOKEN, WRITE_TOKEN};
use harness::{Host, Redis, Request};

/// Three hosts and the Redis that they share.
#[derive(Debug)]
pub struct Replicas {
    pub redis: Redis,
    pub hosts: Vec<Host>,
}

impl Replicas {
    pub fn start() -> Self {
        let redis = secrets::guarded_redis().start();
        let hosts = (0..3).map(|_| secrets::guarded_host().redis(&redis).start()).collect();
        Self { redis, hosts }
    }

    /// One of the hosts.
    pub fn host(&self, number: usize) -> &Host {
        &self.hosts[number % self.hosts.len()]
    }

    /// The number of hits, as Redis has it.
    pub fn hits(&self) -> usize {
        self.redis.run::<Option<usize>>(&["GET", "path-records:count"]).unwrap_or_default()
    }

    /// The paths in the index.
    pub fn index(&self) -> Vec<String> {
        self.redis.run(&["ZRANGE", "path-records:index", "0", "-1"])
    }
}

impl Drop for Replicas {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.hosts.iter().for_each(secrets::assert_log_is_clean);
        }
    }
}

/// Lets a request read.
pub fn reading(request: Request<'_>) -> Request<'_> {
    request.token(READ_TOKEN)
}

/// Lets a request write.
pub fn writing(request: Request<'_>) -> Request<'_> {
    request.token(WRITE_TOKEN)
}
