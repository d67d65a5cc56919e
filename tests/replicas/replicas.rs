//! The three hosts.

use harness::secrets::{self, READ_TOKEN, WRITE_TOKEN};
use harness::{Host, Request, Store};

/// Three hosts and the store that they share.
#[derive(Debug)]
pub struct Replicas {
    pub store: Store,
    pub hosts: Vec<Host>,
}

impl Replicas {
    pub fn start() -> Self {
        let store = Store::guarded();
        let host = |number| store.serve(secrets::guarded_host(), number).start();
        Self { hosts: (0..3).map(host).collect(), store }
    }

    /// One of the hosts.
    pub fn host(&self, number: usize) -> &Host {
        &self.hosts[number % self.hosts.len()]
    }

    /// The number of hits, as Redis has it.
    pub fn hits(&self) -> usize {
        self.store.hits()
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
