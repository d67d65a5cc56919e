//! One run of wrk, the load generator.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::Namespace;
use serde::{Deserialize, Serialize};

use crate::memory;
use crate::probe;
use crate::store::Store;

/// A request, and over how many connections it is sent again and again.
#[derive(Debug, Clone)]
pub struct Load<'a> {
    /// Whom it asks.
    pub address: SocketAddr,
    /// Its process group.
    pub group: u32,
    /// The machine on which that is, if it is not this one.
    pub machine: Option<&'a Namespace>,
    /// The Redis that it uses.
    pub store: &'a Store,
    /// The method.
    pub method: &'static str,
    /// The request's target.
    pub target: String,
    /// Header fields.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
    /// How many connections it keeps busy.
    pub connections: u32,
}

/// What came of a run.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Run {
    /// Answers a second.
    pub requests_per_second: f64,
    /// The median of the time that an answer took, in milliseconds.
    pub p50_ms: f64,
    /// The time that 99 of 100 answers did not take longer than, in milliseconds.
    pub p99_ms: f64,
    /// How long a request kept a processor busy with Redis, in microseconds.
    pub redis_us: f64,
    /// How long it kept one busy with the server, where that can be told.
    pub server_us: Option<f64>,
}

/// What load.lua prints; times are in microseconds.
#[derive(Deserialize)]
struct Summary {
    requests: f64,
    microseconds: f64,
    failed: u64,
    p50: f64,
    p99: f64,
}

impl Load<'_> {
    /// Makes it a PUT of a JSON text.
    pub fn put(&mut self, json: &str) {
        self.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        (self.method, self.body) = ("PUT", json.to_owned());
    }

    /// Sends the request once, and gives the status.
    pub fn probe(&self) -> Result<u16> {
        within(self.machine, || {
            probe::ask(self.address, self.method, &self.target, &self.headers, &self.body)
        })
    }

    /// Sends it for some time.
    pub fn run(&self, time: Duration) -> Result<Run> {
        let mut command = Command::new("wrk");
        command
            .args(["--threads", "1", "--timeout", "20s"])
            .args(["--connections", &self.connections.to_string()])
            .args(["--duration", &format!("{}s", time.as_secs())])
            .args(["--script", concat!(env!("CARGO_MANIFEST_DIR"), "/load.lua")])
            .arg(format!("http://{}{}", self.address, self.target))
            .args(["--", self.method, &self.body])
            .args(self.headers.iter().flat_map(|(name, value)| [name, value]))
            .stdin(Stdio::null());
        let before = self.store.processor_time()?;
        let server_before = memory::processor_time(self.group);
        let output = within(self.machine, || command.output()).context("wrk can't be started")?;
        let busy = self.store.processor_time()?.saturating_sub(before);
        let server = memory::processor_time(self.group).zip(server_before);
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find(|line| line.starts_with('{'));
        let summary = line.with_context(|| {
            format!("wrk failed: {text}{}", String::from_utf8_lossy(&output.stderr))
        })?;
        let Summary { requests, microseconds, failed, p50, p99 } = serde_json::from_str(summary)?;
        ensure!(failed == 0, "{failed} of {requests} requests failed: {self:?}");
        ensure!(requests > 0.0, "no request was answered: {self:?}");
        Ok(Run {
            requests_per_second: requests / microseconds * 1e6,
            p50_ms: p50 / 1e3,
            p99_ms: p99 / 1e3,
            redis_us: busy.as_secs_f64() / requests * 1e6,
            server_us: server
                .map(|(after, before)| after.saturating_sub(before).as_secs_f64() / requests * 1e6),
        })
    }
}

/// Does something on a machine.
pub fn within<T: Send>(machine: Option<&Namespace>, work: impl FnOnce() -> T + Send) -> T {
    match machine {
        Some(machine) => machine.run(work),
        None => work(),
    }
}
