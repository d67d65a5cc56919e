//! A token is replaced while clients go on with it.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use harness::{Host, Redis, eventually};
use serde_json::json;

const CLIENTS: usize = 4;
const OLD: &str = "the-0ld-one";
const NEW: &str = "the-n3w-one";

/// What stands before two hosts: it hands each request to one that serves.
struct Balancer {
    hosts: Mutex<Vec<Arc<Host>>>,
    turn: AtomicUsize,
}

impl Balancer {
    fn host(&self) -> Arc<Host> {
        let hosts = self.hosts.lock().expect("no panic");
        let turn = self.turn.fetch_add(1, Ordering::Relaxed);
        Arc::clone(&hosts[turn % hosts.len()])
    }

    /// Replaces the hosts one by one, as a Deployment does: a new one serves, then an old one gets no more
    /// requests, answers those that it has, and ends.
    fn restart(&self, redis: &Redis, tokens: &[&str]) {
        for number in 0..2 {
            let new = Arc::new(host(redis, tokens));
            let old = std::mem::replace(&mut self.hosts.lock().expect("no panic")[number], new);
            let mut old = Some(old);
            eventually("the old host has answered", || {
                let last = Arc::try_unwrap(old.take()?);
                last.map_err(|shared| old = Some(shared)).ok()
            })
            .terminate();
        }
    }
}

/// A host on which each of these tokens opens the team's records.
fn host(redis: &Redis, tokens: &[&str]) -> Host {
    let entry = |token| json!({"token": token, "prefix": "/team-a/", "can": "write"});
    let entries: Vec<_> = tokens.iter().map(entry).collect();
    Host::options().redis(redis).variable("tokens", json!(entries).to_string()).start()
}

#[test]
fn a_token_is_replaced_without_a_failed_request() {
    let redis = Redis::start();
    let hosts = [(); 2].map(|()| Arc::new(host(&redis, &[OLD]))).into();
    let balancer = Balancer { hosts: Mutex::new(hosts), turn: AtomicUsize::new(0) };
    let (new, stop) = (AtomicBool::new(false), AtomicBool::new(false));
    let done = [const { AtomicUsize::new(0) }; CLIENTS];
    // All clients have done something from now on.
    let all_go_on = || {
        let before = done.each_ref().map(|done| done.load(Ordering::SeqCst));
        eventually("every client goes on", || {
            let mut both = done.iter().zip(before);
            both.all(|(done, before)| done.load(Ordering::SeqCst) > before + 4).then_some(())
        });
    };
    std::thread::scope(|scope| {
        for (number, done) in done.iter().enumerate() {
            let (balancer, new, stop) = (&balancer, &new, &stop);
            scope.spawn(move || {
                let path = format!("/team-a/{number}");
                while !stop.load(Ordering::SeqCst) {
                    let token = if new.load(Ordering::SeqCst) { NEW } else { OLD };
                    let host = balancer.host();
                    let status = host.put(&path, "{}").token(token).send().status();
                    assert!([200, 201].contains(&status), "{status} with {token}");
                    host.get(&path).token(token).send().expect(200);
                    done.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        let _stop = Stop(&stop);
        all_go_on();
        balancer.restart(&redis, &[OLD, NEW]);
        all_go_on();
        new.store(true, Ordering::SeqCst);
        all_go_on();
        balancer.restart(&redis, &[NEW]);
        all_go_on();
    });
    for host in balancer.hosts.into_inner().expect("no panic") {
        host.get("/team-a/0").token(OLD).send().expect(401);
        host.get("/team-a/0").token(NEW).send().expect(200);
    }
}

/// Ends the clients, also where the test fails.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
