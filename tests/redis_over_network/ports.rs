//! Under load that lasts, the host's machine has ports to connect to Redis from.
//!
//! Who closes a connection first keeps its socket in `TIME_WAIT`, and so its port, for a minute: a host
//! that did so after every request would run out of them within seconds, and be held by them to some 500
//! requests a second or answer 503 from then on. Needs Linux and root, and says so elsewhere.

use std::io::{self, Write};
use std::time::Duration;

use harness::{Build, HostOptions};

use crate::machines::{CLIENTS, Machines, Sample};

/// Longer than `TIME_WAIT`, which is a minute on Linux.
const LONG: Duration = Duration::from_secs(75);

/// Long enough for sockets that pile up to be too many.
const SHORT: Duration = Duration::from_secs(10);

#[test]
fn a_host_under_load_has_ports_to_connect_from() {
    let Some(machines) = machines() else {
        return;
    };
    holds(&machines, machines.host(), LONG);
}

#[test]
fn it_has_them_where_redis_has_a_name() {
    let Some(machines) = machines() else {
        return;
    };
    holds(&machines, machines.host_with_a_name(), SHORT);
}

#[test]
fn it_has_them_where_redis_is_a_millisecond_away() {
    let Some(machines) = machines() else {
        return;
    };
    match machines.delay("1ms") {
        Ok(()) => holds(&machines, machines.host(), SHORT),
        Err(why) => skip(&why),
    }
}

fn machines() -> Option<Machines> {
    Machines::start().map_err(|why| skip(&why)).ok()
}

/// Says why a test does nothing, past the test harness, which shows no output of a test that passes.
fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "skipped {test}: {why}");
}

/// Fails if under load more than a few sockets for each client wait on the host's side. The fast build's
/// instances end, and their connections with them, after 128 requests: so it may leave one for every 64
/// answers of the minute that they wait.
fn holds(machines: &Machines, host: HostOptions, time: Duration) {
    const FOR_A_CLIENT: usize = 4;
    let samples = machines.load(host, time);
    for Sample { second, answers, near, .. } in &samples {
        let mut before = samples.iter().rev().filter(|sample| sample.second + 60 <= *second);
        let recent = answers - before.next().map_or(0, |sample| sample.answers);
        let of_instances = match Build::current() {
            Build::Wasip2 => 0,
            Build::Wasip3 => recent / 64,
        };
        let most = FOR_A_CLIENT * CLIENTS + of_instances;
        assert!(*near <= most, "{near} sockets wait after {second} s: {samples:#?}");
    }
    println!("{:?}", samples.last());
}
