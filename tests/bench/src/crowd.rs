//! Requests that wait while others are measured.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use harness::Head;
use serde::Serialize;

use crate::memory;
use crate::probe::{ask, etag};
use crate::store::Store;

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(50);

/// The record that they wait for, which isn't there.
const AWAITED: &str = "/awaited";

/// What waits, and what it takes.
#[derive(Debug)]
pub struct Crowd<'a> {
    streams: Vec<TcpStream>,
    address: SocketAddr,
    store: &'a Store,
    cost: Cost,
}

/// What requests take while they wait.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Cost {
    /// How many there are.
    pub requests: usize,
    /// The memory of the server with them, in bytes.
    pub memory: Option<u64>,
    /// By how much that is more than before.
    pub more_memory: Option<u64>,
    /// How many connections to Redis there are more than before.
    pub connections: usize,
    /// How long it took from the write that they waited for until all of them were answered, in
    /// milliseconds.
    pub woken_ms: f64,
}

impl<'a> Crowd<'a> {
    /// Sends so many requests to a server, whose process group this is, and one for the next write of a record
    /// that is there; waits until all of them wait.
    pub fn gather(
        requests: usize,
        record: Option<&str>,
        address: SocketAddr,
        group: u32,
        store: &'a Store,
    ) -> Result<Self> {
        let (memory, connections) = (memory::now(group), store.connections()?);
        let wait = |path: &str, condition: &str| -> Result<TcpStream> {
            let mut stream = TcpStream::connect(address)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            write!(
                stream,
                "GET {path} HTTP/1.1\r\nHost: {address}\r\nPrefer: wait=60\r\n{condition}\
                 Connection: close\r\n\r\n"
            )?;
            Ok(stream)
        };
        let many = (0..requests).map(|_| wait(AWAITED, ""));
        let one =
            record.map(|path| wait(path, &format!("If-None-Match: {}\r\n", etag(address, path)?)));
        let streams = many.chain(one).collect::<Result<Vec<_>>>()?;
        let requests = streams.len();
        let deadline = Instant::now() + PATIENCE;
        while store.waiting()? < requests {
            ensure!(Instant::now() < deadline, "{} wait, not {requests}", store.waiting()?);
            std::thread::sleep(Duration::from_millis(10));
        }
        let with = memory::now(group);
        let cost = Cost {
            requests,
            memory: with,
            more_memory: memory.zip(with).map(|(before, with)| with.saturating_sub(before)),
            connections: store.connections()?.saturating_sub(connections),
            woken_ms: f64::NAN,
        };
        Ok(Self { streams, address, store, cost })
    }

    /// Writes what they wait for, reads their answers, and leaves Redis as it was. (A host doesn't tell
    /// those who wait that their clients have gone.)
    pub fn dismiss(mut self) -> Result<Cost> {
        let json = [("Content-Type".to_owned(), "application/json".to_owned())];
        let begin = Instant::now();
        let status = ask(self.address, "PUT", AWAITED, &json, "{}")?;
        ensure!(status == 201, "{status} to the PUT of what they wait for");
        for stream in &mut self.streams {
            let mut answer = Vec::new();
            stream.read_to_end(&mut answer).context("one who waits is not answered")?;
            let head = Head::parse(&answer)?.context("an answer")?;
            ensure!(head.status == 200, "{} to one who waited", head.status);
        }
        self.cost.woken_ms = begin.elapsed().as_secs_f64() * 1e3;
        ask(self.address, "DELETE", AWAITED, &[], "")?;
        self.store.forget_followers()?;
        Ok(self.cost)
    }
}
