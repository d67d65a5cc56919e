//! `make bench`: path-records and what it can be compared with, on one machine, with the same load, in
//! turn.
//!
//! | file | has |
//! | --- | --- |
//! | `servers` | what is measured |
//! | `commands` | how it is started |
//! | `workload` | what is asked of it |
//! | `store` | the Redis servers, and where they are |
//! | `records` | what is in Redis before |
//! | `load` | one run of the load generator |
//! | `memory` | what a server takes of it |
//! | `report` | the tables and the JSON file |
//! | `aims` | what the builds are meant to reach |
//!
//! All servers run all the time, and those that are not asked wait. Every round asks all of them, so
//! that what else the machine does meets all alike; a ratio compares two runs of one round.

mod aims;
mod commands;
mod load;
mod memory;
mod probe;
mod records;
mod report;
mod servers;
mod store;
mod workload;

use std::time::Duration;

use anyhow::{Result, ensure};

use load::Load;
use report::Report;
use servers::Server;
use store::Store;
use workload::Workload;

/// How much is measured.
struct Plan {
    rounds: usize,
    run: Duration,
    warm_up: bool,
}

impl Plan {
    /// `QUICK=1` asks for a short look.
    fn of_environment() -> Self {
        match std::env::var("QUICK").as_deref() {
            Err(_) | Ok("" | "0") => Self { rounds: 5, run: Duration::from_secs(2), warm_up: true },
            Ok(_) => Self { rounds: 1, run: Duration::from_secs(1), warm_up: false },
        }
    }
}

fn main() -> Result<()> {
    let plan = Plan::of_environment();
    ensure!(
        commands::is_there("wrk"),
        "wrk, the load generator, is missing; Debian: apt-get install wrk"
    );

    println!("Filling Redis with {} records.", records::MANY);
    let here = Store::here()?;
    let elsewhere = Store::elsewhere()
        .inspect_err(|why| println!("No Redis on another machine is measured: {why}"))
        .ok();
    println!("Starting the servers.");
    let servers = servers::start_all(&here, elsewhere.as_ref())?;

    let mut report = Report::new(&plan);
    if plan.warm_up {
        println!("Warming up.");
        each(&servers, |_, _, load| load.run(Duration::from_secs(1)).map(drop))?;
    }
    for round in 1..=plan.rounds {
        println!("Round {round} of {}.", plan.rounds);
        each(&servers, |server, workload, load| {
            report.add(server, workload, load.run(plan.run * workload.patience())?);
            Ok(())
        })?;
    }
    for server in &servers {
        report.add_memory(server);
    }
    report.print();
    report.write()
}

/// Does something with every server and every workload that it knows.
fn each(
    servers: &[Server],
    mut work: impl FnMut(&Server, Workload, &Load) -> Result<()>,
) -> Result<()> {
    for workload in Workload::ALL {
        for server in servers {
            if let Some(load) = server.load(workload)? {
                work(server, workload, &load)?;
            }
        }
    }
    Ok(())
}
