//! Clients that go on in all parts while something happens to the cluster.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use fastrand::Rng;
use harness::secrets::assert_log_is_clean;
use harness::{Host, Shards, eventually, setting};

use crate::client::Client;
use crate::common::segments;
use crate::ledger::{Ledger, Loss};

const CLIENTS: usize = 6;

/// How long after the cluster is healthy again requests may still fail.
const RECOVERY: Duration = Duration::from_secs(1);

/// The clients and what is said to them.
#[derive(Debug)]
pub struct Load {
    hosts: Vec<Host>,
    shards: Shards,
    /// A first segment in each part.
    words: Vec<String>,
    /// The parts in which requests may fail now.
    broken: Mutex<BTreeSet<u16>>,
    losses: Mutex<Vec<Loss>>,
    stop: AtomicBool,
    done: Vec<AtomicUsize>,
    failed: Vec<AtomicUsize>,
}

/// Keeps clients busy on these hosts until `story` is told; the ledger then.
pub fn during(hosts: Vec<Host>, shards: &Shards, story: impl FnOnce(&Load)) -> Ledger {
    let seed = setting("SEED", 0x636c_7573_7465_7200);
    let counters = || (0..shards.count()).map(|_| AtomicUsize::new(0)).collect();
    let load = Load {
        hosts,
        shards: shards.clone(),
        words: segments(shards),
        broken: Mutex::default(),
        losses: Mutex::default(),
        stop: AtomicBool::new(false),
        done: counters(),
        failed: counters(),
    };
    let mut ledger = Ledger::default();
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let load = &load;
                scope.spawn(move || load.run(number, seed.wrapping_add(number as u64)))
            })
            .collect();
        // Also where the story fails, so that the clients end.
        let stop = Stop(&load.stop);
        load.all_go_on(3);
        story(&load);
        load.all_go_on(3);
        drop(stop);
        for client in clients {
            ledger.merge(client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    load.hosts.iter().for_each(assert_log_is_clean);
    let numbers = |counters: &[AtomicUsize]| -> Vec<usize> {
        counters.iter().map(|counter| counter.load(Ordering::SeqCst)).collect()
    };
    println!("by part: done {:?}, failed {:?}", numbers(&load.done), numbers(&load.failed));
    ledger.losses = load.losses.into_inner().expect("no panic");
    ledger
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Load {
    /// The first segment of what the clients write in a part.
    pub fn word(&self, part: u16) -> &str {
        &self.words[usize::from(part)]
    }

    /// From here on requests to these parts may fail.
    pub fn breaks(&self, parts: impl IntoIterator<Item = u16>) {
        self.broken.lock().expect("no panic").extend(parts);
    }

    /// The primary of these parts was killed: what was acknowledged just before may be lost.
    pub fn may_have_lost(&self, parts: &BTreeSet<u16>) {
        let loss = Loss { parts: parts.clone(), killed: Instant::now() };
        self.losses.lock().expect("no panic").push(loss);
    }

    /// The cluster is healthy: after a moment no request may fail any more.
    pub fn is_mended(&self) {
        std::thread::sleep(RECOVERY);
        self.broken.lock().expect("no panic").clear();
        self.all_go_on(3);
    }

    /// Waits until so many more requests were done in each part.
    pub fn all_go_on(&self, more: usize) {
        self.go_on(0..self.shards.count(), more);
    }

    /// Waits until so many more requests were done in each of these parts.
    pub fn go_on(&self, parts: impl IntoIterator<Item = u16>, more: usize) {
        self.wait_for("requests succeed", &self.done, parts, more);
    }

    /// Waits until so many more requests to each of these parts have failed.
    pub fn fail(&self, parts: impl IntoIterator<Item = u16>, more: usize) {
        self.wait_for("requests fail", &self.failed, parts, more);
    }

    fn wait_for(
        &self,
        what: &str,
        counters: &[AtomicUsize],
        parts: impl IntoIterator<Item = u16>,
        more: usize,
    ) {
        let number = |part: usize| counters[part].load(Ordering::SeqCst);
        let goals: Vec<_> =
            parts.into_iter().map(usize::from).map(|part| (part, number(part) + more)).collect();
        eventually(what, || {
            assert!(!self.stop.load(Ordering::SeqCst), "a client has failed");
            goals.iter().all(|(part, goal)| number(*part) >= *goal).then_some(())
        });
    }

    /// One of the hosts.
    pub fn host(&self, rng: &mut Rng) -> &Host {
        &self.hosts[rng.usize(..self.hosts.len())]
    }

    /// The parts.
    pub fn shards(&self) -> &Shards {
        &self.shards
    }

    /// Notes that a request to a part was done, or was told that the store is unavailable.
    pub fn note(&self, part: u16, done: bool) {
        let counters = if done { &self.done } else { &self.failed };
        counters[usize::from(part)].fetch_add(1, Ordering::SeqCst);
    }

    /// Whether requests to a part may fail now.
    pub fn may_fail(&self, part: u16) -> bool {
        self.broken.lock().expect("no panic").contains(&part)
    }

    /// How often a primary was killed.
    pub fn losses(&self) -> usize {
        self.losses.lock().expect("no panic").len()
    }

    fn run(&self, number: usize, seed: u64) -> Ledger {
        // A client that fails must not leave the story waiting for it.
        let _stop = Stop(&self.stop);
        let mut client = Client::new(self, number, seed);
        while !self.stop.load(Ordering::SeqCst) {
            client.turn();
        }
        client.ledger
    }
}
