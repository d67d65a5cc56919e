//! Who waits leaves, or the host does.

use std::time::{Duration, Instant};

use harness::secrets::{READ_TOKEN, WRITE_TOKEN, assert_log_is_clean, guarded_redis};
use harness::{Exchange, Host, Redis, eventually};

use crate::load::host;

/// Lets so many requests wait, and returns when they do.
fn waiting<'a>(host: &'a Host, redis: &Redis, count: usize, prefer: &str) -> Vec<Exchange<'a>> {
    let request = |_| host.get("/none").token(READ_TOKEN).header("Prefer", prefer).start();
    let waiting = (0..count).map(request).collect();
    blocked(redis, count);
    waiting
}

fn blocked(redis: &Redis, count: usize) {
    eventually("so many wait", || {
        (redis.info("clients", "blocked_clients")? == count.to_string()).then_some(())
    });
}

/// Whether one who waits a second finds a place.
fn place(host: &Host) -> Option<()> {
    let request = host.get("/none").token(READ_TOKEN).header("Prefer", "wait=1");
    request.send().header("preference-applied").map(drop)
}

#[test]
fn the_places_of_a_host_that_is_killed_come_free_at_the_end_of_their_time() {
    let redis = guarded_redis().start();
    let start = || host().redis(&redis).variable("max_waiting", "8").start();
    let (one, other) = (start(), start());
    let begun = Instant::now();
    let gone = waiting(&one, &redis, 8, "wait=5");
    assert_eq!(place(&other), None, "all places are taken");
    one.kill();
    for gone in gone {
        assert!(gone.try_finish().is_err(), "its host is gone");
    }
    eventually("the places come free", || place(&other));
    assert!(begun.elapsed() < Duration::from_secs(30), "only after {:?}", begun.elapsed());
    // All of them.
    let waiting = waiting(&other, &redis, 8, "wait=45");
    assert_eq!(place(&other), None, "all places are taken");
    other.put("/none", "{}").token(WRITE_TOKEN).send().expect(201);
    for waiting in waiting {
        waiting.finish().expect(200);
    }
    assert_log_is_clean(&other);
}

#[test]
fn clients_that_hang_up_disturb_nobody() {
    let redis = guarded_redis().start();
    let host = host().redis(&redis).variable("max_waiting", "40").start();
    for _ in 0..3 {
        let mut clients = waiting(&host, &redis, 40, "wait=4");
        let staying = clients.split_off(30);
        drop(clients);
        for number in 0..30 {
            host.put(&format!("/load/{number}"), "{}").token(WRITE_TOKEN).send();
        }
        host.put("/none", "{}").token(WRITE_TOKEN).send().expect(201);
        for staying in staying {
            staying.finish().expect(200);
        }
        host.delete("/none").token(WRITE_TOKEN).send().expect(204);
        blocked(&redis, 0);
        eventually("their places come free", || place(&host));
    }
    assert_log_is_clean(&host);
}

/// How long a host takes to end while so many requests wait.
fn time_to_end(requests: usize) -> Duration {
    let redis = guarded_redis().start();
    let host = host().redis(&redis).start();
    host.put("/a", "{}").token(WRITE_TOKEN).send().expect(201);
    let waiting = waiting(&host, &redis, requests, "wait=50");
    let begun = Instant::now();
    host.ask_to_end();
    for waiting in waiting {
        // Some answer, or the end of the connection.
        let _ = waiting.try_finish();
    }
    let status = host.terminate();
    let time = begun.elapsed();
    assert!(status.success(), "{status}");
    time
}

#[test]
fn a_host_with_waiting_requests_ends_as_fast_as_one_without() {
    let without = time_to_end(0);
    let with = time_to_end(100);
    println!("{without:?} without, {with:?} with 100 that wait");
    assert!(with < without * 10 + Duration::from_secs(2), "{with:?}, and {without:?} without");
}
