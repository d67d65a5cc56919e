//! What the builds are meant to reach.

use serde::Serialize;

use crate::lineup::names;
use crate::report::Report;
use crate::spread::Spread;
use crate::workload::Workload;

/// An aim, and how near it is.
#[derive(Debug, Serialize)]
pub struct Aim {
    /// What is compared, and on which host.
    pub what: String,
    /// The median over the rounds.
    pub reached: f64,
    /// What it should be.
    pub wanted: String,
    /// Whether it is.
    pub met: bool,
    /// Whether it is the build on Spin, which the aims are for.
    pub on_spin: bool,
}

/// A build on a host, and what no component can be faster than there that asks Redis in the same way.
struct Row {
    build: &'static str,
    ceiling: &'static str,
    on_spin: bool,
}

/// The default build on its hosts, which connects for each request; Spin first.
const DEFAULT: [Row; 2] = [
    Row { build: names::SPIN_DEFAULT, ceiling: names::SPIN_OPEN_CALL, on_spin: true },
    Row { build: names::DEFAULT, ceiling: names::OPEN_CALL, on_spin: false },
];

/// The fast build, which keeps its connection.
const FAST: [Row; 2] = [
    Row { build: names::SPIN_FAST, ceiling: names::SPIN_KEPT_CALL, on_spin: true },
    Row { build: names::FAST, ceiling: names::KEPT_CALL, on_spin: false },
];

impl Row {
    fn at_least(&self, what: &str, reached: Option<Spread>, least: f64) -> Option<Aim> {
        let reached = reached?.median;
        Some(self.aim(what, reached, format!("at least {least:.2}"), reached >= least))
    }

    fn below(&self, what: &str, reached: Option<Spread>, limit: f64) -> Option<Aim> {
        let reached = reached?.median;
        Some(self.aim(what, reached, format!("below {limit:.2}"), reached < limit))
    }

    fn aim(&self, what: &str, reached: f64, wanted: String, met: bool) -> Aim {
        let what = format!("{}: {what}", self.build);
        Aim { what, reached, wanted, met, on_spin: self.on_spin }
    }
}

/// The aims that this run has something to say about: of each build on Spin, or on the dev host where it was
/// not measured on Spin.
pub fn aims(report: &Report) -> Vec<Aim> {
    use Workload::{Get, ListFew, ListMany, Put};
    let measured = |rows: &'static [Row]| rows.iter().find(|row| report.has(row.build));
    let (default, fast) = (measured(&DEFAULT), measured(&FAST));
    let get = |row: &Row, other| report.ratio((Get, row.build), (Get, other));
    let mut aims = Vec::new();
    if let Some(row) = default {
        let ratio = get(row, row.ceiling);
        aims.extend(row.at_least("GET to connecting and one call", ratio, 0.95));
    }
    if let Some(row) = fast {
        aims.extend(row.at_least("GET to one call", get(row, row.ceiling), 0.9));
        aims.extend(row.at_least("GET to Flask, gunicorn", get(row, names::GUNICORN), 2.0));
    }
    for row in default.into_iter().chain(fast) {
        for (workload, what) in [(Get, "p99 of GET to p50"), (Put, "p99 of PUT to p50")] {
            let tail = report.runs(workload, row.build).iter().map(|run| run.p99_ms / run.p50_ms);
            aims.extend(row.below(what, Spread::of(tail), 4.0));
        }
        let ratio = report.ratio((ListFew, row.build), (ListMany, row.build));
        aims.extend(row.below("page out of 1,000,000 to one out of 1,000", ratio, 3.0));
    }
    aims
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Plan;
    use crate::load::Run;

    /// A report of a round in which GETs were answered at these rates.
    fn report(rates: &[(&'static str, f64)]) -> Report {
        let mut report = Report::new(&Plan {
            workloads: vec![Workload::Get],
            servers: String::new(),
            rounds: 1,
            run: Duration::from_secs(1),
            warm_up: false,
        });
        for &(server, requests_per_second) in rates {
            let run = Run {
                requests_per_second,
                p50_ms: 1.0,
                p99_ms: 4.0,
                redis_us: 1.0,
                server_us: None,
            };
            report.add(server, Workload::Get, run);
        }
        report
    }

    /// What is said of the aims, but not of those that have to do with time.
    fn said(rates: &[(&'static str, f64)]) -> Vec<String> {
        let said = aims(&report(rates)).into_iter().filter(|aim| !aim.what.contains("p99"));
        said.map(|Aim { what, reached, wanted, met, .. }| {
            format!("{what}, {reached:.2}, {wanted}: {met}")
        })
        .collect()
    }

    const ON_THE_DEV_HOST: [(&str, f64); 5] = [
        (names::DEFAULT, 96.0),
        (names::FAST, 199.0),
        (names::OPEN_CALL, 100.0),
        (names::KEPT_CALL, 300.0),
        (names::GUNICORN, 100.0),
    ];

    #[test]
    fn without_spin_the_aims_are_held_against_the_dev_hosts_ceilings() {
        assert_eq!(
            said(&ON_THE_DEV_HOST),
            [
                "default build, dev host: GET to connecting and one call, 0.96, at least 0.95: true",
                "fast build, dev host: GET to one call, 0.66, at least 0.90: false",
                "fast build, dev host: GET to Flask, gunicorn, 1.99, at least 2.00: false",
            ]
        );
        assert!(aims(&report(&ON_THE_DEV_HOST)).iter().all(|aim| !aim.on_spin));
    }

    #[test]
    fn with_spin_they_are_held_against_spins() {
        let on_spin = [
            (names::SPIN_DEFAULT, 45.0),
            (names::SPIN_OPEN_CALL, 50.0),
            (names::SPIN_FAST, 200.0),
            (names::SPIN_KEPT_CALL, 200.0),
        ];
        let rates = [&ON_THE_DEV_HOST[..], &on_spin].concat();
        assert_eq!(
            said(&rates),
            [
                "default build, Spin: GET to connecting and one call, 0.90, at least 0.95: false",
                "fast build, Spin: GET to one call, 1.00, at least 0.90: true",
                "fast build, Spin: GET to Flask, gunicorn, 2.00, at least 2.00: true",
            ]
        );
        assert!(aims(&report(&rates)).iter().all(|aim| aim.on_spin));
    }

    #[test]
    fn a_spin_that_serves_one_build_has_the_aims_of_that() {
        let on_spin = [(names::SPIN_DEFAULT, 48.0), (names::SPIN_OPEN_CALL, 50.0)];
        let rates = [&ON_THE_DEV_HOST[..], &on_spin].concat();
        let aims = aims(&report(&rates));
        assert!(aims.iter().all(|aim| aim.on_spin == aim.what.starts_with("default build, Spin")));
        assert!(aims.iter().any(|aim| aim.what.starts_with("fast build, dev host")));
    }

    #[test]
    fn the_tail_is_to_be_below_four_times_the_median() {
        let aims = aims(&report(&[(names::SPIN_DEFAULT, 48.0)]));
        let aim = aims.first().expect("there is one");
        assert_eq!((aim.what.as_str(), aim.met), ("default build, Spin: p99 of GET to p50", false));
    }

    #[test]
    fn what_was_not_measured_has_no_aims() {
        assert!(aims(&report(&[(names::NATIVE, 100.0), (names::GUNICORN, 50.0)])).is_empty());
    }
}
