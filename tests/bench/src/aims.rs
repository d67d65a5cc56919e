//! What the builds are meant to reach.

use serde::Serialize;

use crate::report::{Report, Spread};
use crate::servers::names;
use crate::workload::Workload;

/// An aim, and how near it is.
#[derive(Debug, Serialize)]
pub struct Aim {
    /// What is compared.
    pub what: String,
    /// The median over the rounds.
    pub reached: f64,
    /// What it should be.
    pub wanted: String,
    /// Whether it is.
    pub met: bool,
}

/// The aims that this run has something to say about.
pub fn aims(report: &Report) -> Vec<Aim> {
    use Workload::{Get, ListFew, ListMany, Put};
    let mut aims = Vec::new();
    for (what, one, other, least) in [
        ("fast GET to the empty WASI 0.3 component", names::FAST, names::EMPTY_3, 0.85),
        ("fast GET to Flask under gunicorn", names::FAST, names::GUNICORN, 4.0),
        ("default GET to connecting and one call", names::DEFAULT, names::OPEN_CALL, 0.95),
    ] {
        let ratio = report.ratio((Get, one), (Get, other));
        aims.extend(ratio.map(|ratio| at_least(what.to_owned(), ratio.median, least)));
    }
    for server in [names::DEFAULT, names::FAST] {
        for workload in [Get, Put] {
            let tail = report.runs(workload, server).iter().map(|run| run.p99_ms / run.p50_ms);
            let what = format!("{server}, {}: p99 to p50", workload.title());
            aims.extend(Spread::of(tail).map(|tail| at_most(what, tail.median, 4.0)));
        }
        let ratio = report.ratio((ListFew, server), (ListMany, server));
        let what = format!("{server}, a page out of a million to one out of a thousand");
        aims.extend(ratio.map(|ratio| at_most(what, ratio.median, 3.0)));
    }
    aims
}

fn at_least(what: String, reached: f64, least: f64) -> Aim {
    Aim { what, reached, wanted: format!("at least {least}"), met: reached >= least }
}

fn at_most(what: String, reached: f64, most: f64) -> Aim {
    Aim { what, reached, wanted: format!("at most {most}"), met: reached <= most }
}
