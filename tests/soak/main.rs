//! Load for a long time: memory and connections don't grow, and answers come as fast at the end as at
//! the beginning.
//!
//! `make soak` runs it for ten minutes, or for `DURATION` seconds. The other tests run a few seconds of
//! it, so that it stays in order.

mod load;
mod sample;

use std::time::Duration;

use harness::secrets::{assert_log_is_clean, guarded_host, guarded_redis};
use harness::{Service, eventually};

use crate::sample::Sample;

fn service() -> Service {
    Service::on(guarded_redis().start(), guarded_host())
}

#[test]
fn connections_end_with_the_load() {
    let service = service();
    let samples = load::run(&service, Duration::from_secs(5));
    assert!(samples.iter().all(|sample| sample.connections > 0), "{samples:?}");
    assert_quiet(&service);
}

#[test]
#[ignore = "takes ten minutes: `make soak`"]
fn nothing_grows() {
    let seconds = std::env::var("DURATION").ok().map(|text| text.parse().expect("seconds"));
    let service = service();
    let samples = load::run(&service, Duration::from_secs(seconds.unwrap_or(600)));
    // The first fifth warms up: caches fill, memory is taken from the system.
    let (_, steady) = samples.split_at(samples.len() / 5);
    let (first, last) = (&steady[..steady.len() / 3], &steady[steady.len() * 2 / 3..]);
    let compare = |what: &str, of: fn(&Sample) -> u64, most: fn(u64) -> u64| {
        let (before, after) = (sample::median(first, of), sample::median(last, of));
        println!("{what}: {before} at the beginning, {after} at the end");
        assert!(after <= most(before), "{what} grows: {samples:#?}");
    };
    compare(
        "memory of the host, KiB",
        |sample| sample.memory,
        |before| before + before / 10 + 4096,
    );
    compare("connections to Redis", |sample| sample.connections, |before| before + before / 2 + 4);
    compare("half of the answers, us", |sample| sample.median, |before| before * 3 / 2 + 1000);
    compare("99 % of the answers, us", |sample| sample.percentile, |before| before * 2 + 5000);
    assert_quiet(&service);
}

/// Fails unless the host gives all its connections back when nobody asks anything.
fn assert_quiet(service: &Service) {
    eventually("no connection is left but the one that asks", || {
        (service.redis.info("clients", "connected_clients")? == "1").then_some(())
    });
    assert_log_is_clean(&service.host);
}
