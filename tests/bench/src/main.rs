//! `make bench`: path-records and what it can be compared with, on one machine, with the same load, in
//! turn.
//!
//! | file | has |
//! | --- | --- |
//! | `lineup` | what is measured, on which host |
//! | `spin` | which builds Spin serves |
//! | `servers` | a server that is measured |
//! | `commands` | how it is started |
//! | `workload` | what is asked of it |
//! | `store` | the Redis servers, and where they are |
//! | `records` | what is in Redis before |
//! | `load` | one run of the load generator |
//! | `crowd` | requests that wait meanwhile |
//! | `memory` | what a server takes of it |
//! | `spread` | the numbers of several rounds |
//! | `report` | the tables and the JSON file |
//! | `aims` | what the builds are meant to reach |
//!
//! All servers run all the time, and those that are not asked wait. Every round asks all of them, so
//! that what else the machine does meets all alike; a ratio compares two runs of one round.

mod aims;
mod commands;
mod crowd;
mod lineup;
mod load;
mod memory;
mod probe;
mod records;
mod report;
mod servers;
mod spin;
mod spread;
mod store;
mod workload;

use std::time::Duration;

use anyhow::{Result, ensure};

use load::Load;
use report::Report;
use servers::Server;
use store::Store;
use workload::Workload;

/// What is measured, and how much.
struct Plan {
    workloads: Vec<Workload>,
    /// What a server's name must contain.
    servers: String,
    rounds: usize,
    run: Duration,
    warm_up: bool,
}

impl Plan {
    /// `QUICK=1` asks for a short look; `WORKLOADS=get,batch-get` and `SERVERS=Spin` for a part.
    fn of_environment() -> Result<Self> {
        let (rounds, seconds, warm_up) = match std::env::var("QUICK").as_deref() {
            Err(_) | Ok("" | "0") => (5, 2, true),
            Ok(_) => (1, 1, false),
        };
        Ok(Self {
            workloads: Workload::of_environment()?,
            servers: std::env::var("SERVERS").unwrap_or_default(),
            rounds,
            run: Duration::from_secs(seconds),
            warm_up,
        })
    }

    fn has(&self, workload: Workload) -> bool {
        self.workloads.contains(&workload)
    }
}

fn main() -> Result<()> {
    let plan = Plan::of_environment()?;
    ensure!(
        commands::is_there("wrk"),
        "wrk, the load generator, is missing; Debian: apt-get install wrk"
    );

    let many = plan.has(Workload::ListMany);
    println!("Filling Redis with {} records.", if many { records::MANY } else { records::FEW });
    let here = Store::here(many)?;
    let elsewhere = plan.has(Workload::GetElsewhere).then(Store::elsewhere);
    let elsewhere = elsewhere.and_then(|store| {
        store.inspect_err(|why| println!("No Redis on another machine is measured: {why}")).ok()
    });
    println!("Starting the servers.");
    let servers = lineup::start_all(&plan, &here, elsewhere.as_ref())?;

    let mut report = Report::new(&plan);
    if plan.warm_up {
        println!("Warming up.");
        each(&plan, &servers, |_, _, load| load.run(Duration::from_secs(1)).map(drop))?;
    }
    for round in 1..=plan.rounds {
        println!("Round {round} of {}.", plan.rounds);
        each(&plan, &servers, |server, workload, load| {
            let crowd = server.crowd(workload)?;
            report.add(server.name, workload, load.run(plan.run * workload.patience())?);
            if let Some(crowd) = crowd {
                report.add_crowd(server, crowd.dismiss()?);
            }
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
    plan: &Plan,
    servers: &[Server],
    mut work: impl FnMut(&Server, Workload, &Load) -> Result<()>,
) -> Result<()> {
    for &workload in &plan.workloads {
        for server in servers {
            if let Some(load) = server.load(workload)? {
                work(server, workload, &load)?;
            }
        }
    }
    Ok(())
}
