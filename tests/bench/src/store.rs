//! The Redis servers, and where they are.

use std::net::Ipv4Addr;
use std::str::FromStr;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use harness::{Namespace, Redis};

use crate::records;

/// A Redis server with records.
#[derive(Debug)]
pub struct Store {
    redis: Redis,
    /// The machine that it is on, if that is not this one: a network namespace stands for it.
    machine: Option<Namespace>,
    /// How many lines lead there.
    lines: AtomicU8,
}

impl Store {
    /// One on this machine, with a database that has many records or without.
    pub fn here(many: bool) -> Result<Self> {
        let redis = Redis::start();
        if many {
            records::fill_many(&redis)?;
        }
        records::fill_few(&redis)?;
        Ok(Self { redis, machine: None, lines: AtomicU8::new(0) })
    }

    /// One on another machine, with few records; or why there can be none.
    pub fn elsewhere() -> Result<Self> {
        let machine = Namespace::start().map_err(|why| anyhow!(why))?;
        let redis = machine.run(|| {
            let options = Redis::options().set("bind", "0.0.0.0").set("protected-mode", "no");
            let redis = options.start();
            records::fill_few(&redis).map(|()| redis)
        })?;
        Ok(Self { redis, machine: Some(machine), lines: AtomicU8::new(0) })
    }

    /// A machine for a server that is to use it, if it isn't to be this one, and the address that Redis
    /// has from there. Each is a machine of its own, as pods are.
    pub fn client(&self) -> Result<(Option<Namespace>, Ipv4Addr)> {
        let Some(machine) = &self.machine else {
            return Ok((None, Ipv4Addr::LOCALHOST));
        };
        let client = Namespace::start().map_err(|why| anyhow!(why))?;
        let number = self.lines.fetch_add(1, Ordering::Relaxed);
        let [address, _] = machine.connect(&client, number).map_err(|why| anyhow!(why))?;
        Ok((Some(client), address))
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.redis.port()
    }

    /// How long it has kept processors busy.
    pub fn processor_time(&self) -> Result<Duration> {
        let used = |who| self.info::<f64>("cpu", &format!("used_cpu_{who}"));
        Ok(Duration::from_secs_f64(used("user")? + used("sys")?))
    }

    /// How many connections it has, the one that asks among them.
    pub fn connections(&self) -> Result<usize> {
        self.info("clients", "connected_clients")
    }

    /// How many connections wait for something.
    pub fn waiting(&self) -> Result<usize> {
        self.info("clients", "blocked_clients")
    }

    fn info<T: FromStr + Send>(&self, section: &str, field: &str) -> Result<T> {
        let ask = || self.redis.info(section, field)?.parse().ok();
        let said = self.machine.as_ref().map_or_else(ask, |machine| machine.run(ask));
        said.with_context(|| format!("Redis doesn't say {field}"))
    }

    /// Makes it forget who followed what, which it would only after minutes.
    pub fn forget_followers(&self) -> Result<()> {
        records::forget_followers(&self.redis)
    }
}
