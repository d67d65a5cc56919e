//! What came of it: tables in the terminal, a JSON file, and the aims.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::Result;
use serde::Serialize;

use crate::Plan;
use crate::aims::{Aim, aims};
use crate::commands;
use crate::crowd::Cost;
use crate::lineup::names;
use crate::load::Run;
use crate::servers::Server;
use crate::spread::Spread;
use crate::workload::Workload;

/// All that was measured.
pub struct Report {
    rounds: usize,
    seconds: u64,
    /// In the order of the servers; the runs in that of the rounds.
    runs: Vec<(Key, Vec<Run>)>,
    memory: Vec<(&'static str, u64)>,
    crowds: Vec<(&'static str, Cost)>,
}

type Key = (Workload, &'static str);

/// A workload beside another one of the same server.
#[derive(Debug, Serialize)]
struct Compared {
    server: &'static str,
    workload: Workload,
    /// What it is compared with.
    to: Workload,
    ratio: Spread,
    redis_time: Spread,
    server_time: Option<Spread>,
    p50: Spread,
    p99: Spread,
}

impl Report {
    /// Nothing yet.
    pub fn new(plan: &Plan) -> Self {
        let (rounds, seconds) = (plan.rounds, plan.run.as_secs());
        Self { rounds, seconds, runs: Vec::new(), memory: Vec::new(), crowds: Vec::new() }
    }

    /// Notes a run of the next round.
    pub fn add(&mut self, server: &'static str, workload: Workload, run: Run) {
        let key = (workload, server);
        match self.runs.iter_mut().find(|(known, _)| *known == key) {
            Some((_, runs)) => runs.push(run),
            None => self.runs.push((key, vec![run])),
        }
    }

    /// Notes how much memory a server has taken at most.
    pub fn add_memory(&mut self, server: &Server) {
        self.memory.extend(server.peak_memory().map(|bytes| (server.name, bytes)));
    }

    /// Notes what requests took that waited.
    pub fn add_crowd(&mut self, server: &Server, cost: Cost) {
        self.crowds.push((server.name, cost));
    }

    /// Whether a server was measured.
    pub fn has(&self, server: &str) -> bool {
        self.runs.iter().any(|((_, measured), _)| *measured == server)
    }

    /// Whose runs the others are compared with: the default build on the dev host, or on Spin where it was
    /// measured only there.
    fn base(&self) -> &'static str {
        let first = [names::DEFAULT, names::SPIN_DEFAULT].into_iter().find(|name| self.has(name));
        first.unwrap_or(names::DEFAULT)
    }

    /// How wide the column of the servers is.
    fn width(&self) -> usize {
        let servers = self.runs.iter().map(|((_, server), _)| server);
        let servers = servers.chain(self.memory.iter().map(|(server, _)| server));
        servers.map(|server| server.len()).fold(28, usize::max)
    }

    /// The runs of a server, one a round; none where it was not asked.
    pub fn runs(&self, workload: Workload, server: &'static str) -> &[Run] {
        let found = self.runs.iter().find(|(key, _)| *key == (workload, server));
        found.map_or(&[], |(_, runs)| runs)
    }

    /// By what factor one did more than another, round by round. A batch counts as the requests in it.
    pub fn ratio(&self, one: Key, other: Key) -> Option<Spread> {
        self.compare(one, other, |workload, run| {
            run.requests_per_second * f64::from(workload.requests())
        })
    }

    /// By what factor one took more of Redis's time than another, round by round, for as many requests.
    fn redis_ratio(&self, one: Key, other: Key) -> Option<Spread> {
        self.compare(one, other, |workload, run| run.redis_us / f64::from(workload.requests()))
    }

    fn compare(
        &self,
        one: Key,
        other: Key,
        number: impl Fn(Workload, &Run) -> f64,
    ) -> Option<Spread> {
        let pairs = self.runs(one.0, one.1).iter().zip(self.runs(other.0, other.1));
        Spread::of(pairs.map(|(run, another)| number(one.0, run) / number(other.0, another)))
    }

    /// Compares workloads of each server; times of Redis and rates per record.
    fn compared(&self, pairs: &[(Workload, Workload)]) -> Vec<Compared> {
        let compared = |server| {
            pairs.iter().filter_map(move |&(workload, to)| {
                let (key, other) = ((workload, server), (to, server));
                let time = |time: fn(&Run) -> f64| self.compare(key, other, |_, run| time(run));
                Some(Compared {
                    server,
                    workload,
                    to,
                    ratio: self.ratio(key, other)?,
                    redis_time: self.redis_ratio(key, other)?,
                    server_time: self.compare(key, other, |workload, run| {
                        run.server_us.unwrap_or(f64::NAN) / f64::from(workload.requests())
                    }),
                    p50: time(|run| run.p50_ms)?,
                    p99: time(|run| run.p99_ms)?,
                })
            })
        };
        let servers: BTreeSet<_> = self.runs.iter().map(|((_, server), _)| *server).collect();
        servers.into_iter().flat_map(compared).collect()
    }

    /// Prints the tables.
    pub fn print(&self) {
        let width = self.width();
        for workload in Workload::ALL {
            if !self.runs.iter().any(|((of, _), _)| *of == workload) {
                continue;
            }
            let connections = workload.connections();
            println!("\n{}, connections kept busy: {connections}", workload.title());
            println!(
                "{:width$} {:>10} {:>8} {:>17} {:>9} {:>9} {:>9} {:>9}",
                "",
                "requests/s",
                "ratio",
                "least to most",
                "p50 ms",
                "p99 ms",
                "Redis us",
                "server us"
            );
            for ((_, server), runs) in self.runs.iter().filter(|((of, _), _)| *of == workload) {
                let median = |number: fn(&Run) -> f64| {
                    Spread::of(runs.iter().map(number)).map_or(f64::NAN, |spread| spread.median)
                };
                let ratio = self.ratio((workload, server), (workload, self.base()));
                let (ratio, range) = ratio.map_or_else(Default::default, |ratio| {
                    let Spread { least, median, most } = ratio;
                    (format!("{median:.2}"), format!("{least:.2} to {most:.2}"))
                });
                println!(
                    "{server:width$} {:>10.0} {ratio:>8} {range:>17} {:>9.2} {:>9.2} {:>9.1} {:>9.1}",
                    median(|run| run.requests_per_second),
                    median(|run| run.p50_ms),
                    median(|run| run.p99_ms),
                    median(|run| run.redis_us),
                    median(|run| run.server_us.unwrap_or(f64::NAN)),
                );
            }
        }
        println!(
            "\nAt once: per record, as ratios to single requests; a page to one without values"
        );
        print_compared(&self.compared(&Workload::AT_ONCE), width);
        println!("\nWhile others wait or follow: as ratios to the same while nobody does");
        print_compared(&self.compared(&Workload::BESIDE), width);
        self.print_crowds();
        println!("\nMost memory taken, MiB");
        for (server, bytes) in &self.memory {
            println!("{server:width$} {:>10}", bytes >> 20);
        }
        let aims = aims(self);
        println!("\nAims");
        if aims.iter().any(|aim| !aim.on_spin) {
            println!(
                "A build that isn't measured on Spin is held against the dev host's ceilings."
            );
        }
        for Aim { what, reached, wanted, .. } in aims {
            println!("{what:68} {reached:>6.2}  {wanted}");
        }
    }

    /// Prints what it takes to wait. The memory is that of the round in which it was most: in the others
    /// the server may have had some of it from the round before.
    fn print_crowds(&self) {
        let width = self.width();
        println!("\nRequests that wait");
        println!(
            "{:width$} {:>8} {:>8} {:>12} {:>12} {:>17}",
            "", "waiting", "MiB", "KiB for each", "connections", "all answered, ms"
        );
        let kinds: BTreeSet<_> =
            self.crowds.iter().map(|(server, cost)| (*server, cost.requests)).collect();
        for (server, requests) in kinds {
            let costs = || {
                let all = self.crowds.iter().filter(|(of, _)| *of == server);
                all.map(|(_, cost)| cost).filter(|cost| cost.requests == requests)
            };
            let (memory, more) = (
                costs().filter_map(|cost| cost.memory),
                costs().filter_map(|cost| cost.more_memory),
            );
            let each = more.max().map(|bytes| (bytes >> 10) / requests.max(1) as u64);
            let woken = Spread::of(costs().map(|cost| cost.woken_ms));
            println!(
                "{server:width$} {requests:>8} {:>8} {:>12} {:>12} {:>17}",
                memory.max().map_or_else(String::new, |bytes| (bytes >> 20).to_string()),
                each.map_or_else(String::new, |kibibytes| kibibytes.to_string()),
                costs().map(|cost| cost.connections).max().unwrap_or_default(),
                woken.map_or_else(String::new, |Spread { least, median, most }| format!(
                    "{median:.0} ({least:.0} to {most:.0})"
                )),
            );
        }
    }

    /// Writes the JSON file.
    pub fn write(&self) -> Result<()> {
        let result = |((workload, server), runs): &(Key, Vec<Run>)| {
            serde_json::json!({
                "workload": workload,
                "connections": workload.connections(),
                "server": server,
                "rounds": runs,
                "ratio": self.ratio((*workload, server), (*workload, self.base())),
            })
        };
        let report = serde_json::json!({
            "processors": std::thread::available_parallelism()?,
            "rounds": self.rounds,
            "seconds_a_run": self.seconds,
            "ratios_to": self.base(),
            "results": self.runs.iter().map(result).collect::<Vec<_>>(),
            "at_once": self.compared(&Workload::AT_ONCE),
            "beside": self.compared(&Workload::BESIDE),
            "waiting": self.crowds.iter().map(|(server, cost)| serde_json::json!({
                "server": server,
                "cost": cost,
            })).collect::<Vec<_>>(),
            "peak_memory_bytes": self.memory.iter().copied().collect::<BTreeMap<_, _>>(),
            "aims": aims(self),
        });
        let file = commands::directory().join("results.json");
        fs::create_dir_all(commands::directory())?;
        fs::write(&file, serde_json::to_string_pretty(&report)?)?;
        println!("\nAll of it: {}", file.display());
        Ok(())
    }
}

fn print_compared(compared: &[Compared], width: usize) {
    println!(
        "{:width$} {:45} {:>20} {:>20} {:>20} {:>20} {:>20}",
        "", "", "requests/s", "p50", "p99", "server's time", "Redis's time"
    );
    let text =
        |Spread { least, median, most }: Spread| format!("{median:.2} ({least:.2} to {most:.2})");
    for Compared { server, workload, ratio, redis_time, server_time, p50, p99, .. } in compared {
        println!(
            "{server:width$} {:45} {:>20} {:>20} {:>20} {:>20} {:>20}",
            workload.title(),
            text(*ratio),
            text(*p50),
            text(*p99),
            server_time.map_or_else(String::new, text),
            text(*redis_time),
        );
    }
}
