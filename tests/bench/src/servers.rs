//! A server that is measured, and how it is asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::{Leash, Namespace, free_port};
use tempfile::TempDir;

use crate::commands::Given;
use crate::crowd::Crowd;
use crate::load::{Load, within};
use crate::memory;
use crate::probe::ask;
use crate::records::{self, DATABASES, TAG};
use crate::store::Store;
use crate::workload::{BATCH, Workload};

/// The body of a small record.
const SMALL: &str = r#"{"hello":999}"#;

/// The path of a record below as many prefixes as a feed may have.
const DEEP: &str = "/1/2/3/4/5/6/7/written";

/// How a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As path-records.
    Records,
    /// A component that answers every request in the same way.
    Ceiling,
    /// The same, and it asks Redis for nothing.
    Empty,
    /// The Flask program.
    Flask,
    /// Webdis: a Redis command is a path.
    Webdis,
}

/// A server that is measured.
#[derive(Debug)]
pub struct Server<'a> {
    /// Its name in the report.
    pub name: &'static str,
    dialect: Dialect,
    here: Running<'a>,
    /// It again, on the database with many records.
    many: Option<Running<'a>>,
    /// It again, on another machine than Redis.
    elsewhere: Option<Running<'a>>,
}

/// One that runs.
#[derive(Debug)]
struct Running<'a> {
    address: SocketAddr,
    process: Leash,
    /// What it was given for its files. (Fields go in this order, so it outlives the process.)
    _scratch: TempDir,
    store: &'a Store,
    machine: Option<Namespace>,
}

impl<'a> Server<'a> {
    /// Starts one on the database with few records, `with_many` again on the one with many if it can list
    /// them, and again with the Redis elsewhere if there is one that it uses.
    pub fn start(
        name: &'static str,
        dialect: Dialect,
        here: &'a Store,
        with_many: bool,
        elsewhere: Option<&'a Store>,
        command: &dyn Fn(Given) -> Command,
    ) -> Result<Self> {
        let [few, many] = DATABASES;
        let with_many = with_many && dialect == Dialect::Records;
        let run = |store, database| {
            Running::start(store, database, command).with_context(|| name.to_owned())
        };
        let elsewhere = elsewhere.filter(|_| dialect != Dialect::Empty);
        Ok(Self {
            name,
            dialect,
            here: run(here, few)?,
            many: with_many.then(|| run(here, many)).transpose()?,
            elsewhere: elsewhere.map(|store| run(store, few)).transpose()?,
        })
    }

    /// How it is asked for this, once it is seen to answer; `None` if it can't do such a thing.
    pub fn load(&self, workload: Workload) -> Result<Option<Load<'_>>> {
        let Some(load) = self.request(workload) else {
            return Ok(None);
        };
        let status = load.probe().with_context(|| format!("{}: {load:?}", self.name))?;
        let created = load.method == "PUT" && status == 201;
        ensure!(
            status == workload.status() || created,
            "{}: {status} instead of {}: {load:?}",
            self.name,
            workload.status()
        );
        Ok(Some(load))
    }

    fn request(&self, workload: Workload) -> Option<Load<'_>> {
        use Dialect::{Ceiling, Empty, Flask, Records, Webdis};
        use Workload::{
            BatchGet, BatchPut, Get, GetAlone, GetBeside100, GetBeside500, GetElsewhere, Large,
            ListFew, ListMany, ListValues, NotModified, Put, PutFollowed, PutFollowedElsewhere,
            PutUnfollowed,
        };
        let asked = match workload {
            ListMany => self.many.as_ref()?,
            GetElsewhere => self.elsewhere.as_ref()?,
            _ => &self.here,
        };
        let mut load = Load {
            address: asked.address,
            group: asked.process.id(),
            machine: asked.machine.as_ref(),
            store: asked.store,
            method: "GET",
            target: String::new(),
            headers: Vec::new(),
            body: String::new(),
            connections: workload.connections(),
        };
        load.target = match (workload, self.dialect) {
            (Get | GetAlone | GetElsewhere, Records | Ceiling | Empty | Flask) => {
                "/small".to_owned()
            }
            (Get | GetAlone | GetElsewhere, Webdis) => "/HGETALL/path-records:%2Fsmall".to_owned(),
            (GetBeside100 | GetBeside500, Records) => "/small".to_owned(),
            (Large, Records | Flask) => "/large".to_owned(),
            (Large, Webdis) => "/HGETALL/path-records:%2Flarge".to_owned(),
            (Put, Records | Flask) => {
                load.put(SMALL);
                "/written".to_owned()
            }
            (PutUnfollowed | PutFollowedElsewhere | PutFollowed, Records) => {
                load.put(SMALL);
                DEEP.to_owned()
            }
            (Put, Webdis) => {
                (load.method, load.body) = ("PUT", "999".to_owned());
                "/HSET/webdis/hello".to_owned()
            }
            (NotModified, Records) => {
                load.headers.push(("If-None-Match".to_owned(), format!("\"{TAG}\"")));
                "/small".to_owned()
            }
            (ListFew | ListMany, Records) => "/-/records?limit=100".to_owned(),
            (ListValues, Records) => "/-/records?limit=100&values=true".to_owned(),
            (BatchGet | BatchPut, Records) => {
                load.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                (load.method, load.body) = ("POST", batch(workload == BatchPut));
                "/-/batch".to_owned()
            }
            _ => return None,
        };
        Some(load)
    }

    /// Those who are to wait while this is measured.
    pub fn crowd(&self, workload: Workload) -> Result<Option<Crowd<'_>>> {
        let requests = workload.waiting();
        if requests == 0 {
            return Ok(None);
        }
        let Running { address, process, store, .. } = &self.here;
        let record = (workload == Workload::PutFollowed).then_some(DEEP);
        if record.is_some() {
            for (end, _) in DEEP.match_indices('/') {
                let target = format!("/-/changes?prefix={}", &DEEP[..=end]);
                let status = ask(*address, "GET", &target, &[], "")?;
                ensure!(status == 200, "{}: {status} to {target}", self.name);
            }
        }
        let crowd = Crowd::gather(requests, record, *address, process.id(), store);
        crowd.map(Some).with_context(|| self.name.to_owned())
    }

    /// The most memory that it has taken, in bytes, where that can be told.
    pub fn peak_memory(&self) -> Option<u64> {
        memory::peak(self.here.process.id())
    }
}

/// A batch that reads small records, or stores them again.
fn batch(puts: bool) -> String {
    let request = |number| {
        let path = records::path(number);
        if puts {
            format!(r#"{{"method":"PUT","path":"{path}","body":{SMALL}}}"#)
        } else {
            format!(r#"{{"method":"GET","path":"{path}"}}"#)
        }
    };
    let requests: Vec<_> = (1..=BATCH).map(request).collect();
    format!(r#"{{"requests":[{}]}}"#, requests.join(","))
}

impl<'a> Running<'a> {
    /// Starts a server on a free port, and waits until it answers there.
    fn start(store: &'a Store, database: u32, command: &dyn Fn(Given) -> Command) -> Result<Self> {
        const PATIENCE: Duration = Duration::from_mins(2);
        let (machine, address) = store.client()?;
        let port = free_port();
        let scratch = tempfile::tempdir()?;
        let redis = (address, store.port());
        let mut command = command(Given { port, scratch: scratch.path(), redis, database });
        // The engine would note where each of its errors comes from, also of those that it expects.
        command.env_remove("RUST_BACKTRACE").stdout(Stdio::null()).stderr(Stdio::null());
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let process = within(machine.as_ref(), || {
            let mut process = Leash::start(&mut command, Some(scratch.path()));
            let deadline = Instant::now() + PATIENCE;
            while ask(address, "GET", "/", &[], "").is_err() {
                if let Some(status) = process.ended() {
                    bail!("it has ended: {status}");
                }
                if Instant::now() > deadline {
                    bail!("it does not answer");
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            Ok(process)
        })?;
        Ok(Self { address, process, _scratch: scratch, store, machine })
    }
}
