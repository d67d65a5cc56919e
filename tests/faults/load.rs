//! Clients that go on while something is broken.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use harness::secrets::{assert_log_is_clean, guarded_host};
use harness::{Host, HostOptions, Redis, eventually, setting};

use crate::accounts;
use crate::client::{Client, Outcome};
use crate::ledger::Ledger;

const CLIENTS: usize = 8;

/// How long after a fault the service may still fail.
const RECOVERY: Duration = Duration::from_secs(1);

/// The clients and the hosts that they talk to.
#[derive(Debug)]
pub struct Load {
    hosts: Mutex<Vec<Arc<Host>>>,
    /// Since when nothing is broken; `None`: something is.
    well_since: Mutex<Option<Instant>>,
    stop: AtomicBool,
    tallies: [Tally; CLIENTS],
}

/// How one client's requests ended.
#[derive(Debug, Default)]
struct Tally {
    done: AtomicUsize,
    unavailable: AtomicUsize,
    full: AtomicUsize,
    no_answer: AtomicUsize,
    /// Requests that had to succeed, and did.
    well: AtomicUsize,
}

/// A host whose answers to failures come soon, where it can limit its waiting.
pub fn host() -> HostOptions {
    guarded_host().variable("redis_timeout_ms", "1000")
}

/// Keeps clients busy on these hosts until `story` is told; the ledger then.
pub fn during(hosts: Vec<Host>, story: impl FnOnce(&Load)) -> Ledger {
    let seed = setting("SEED", 0x6661_756c_7473);
    let load = Load {
        hosts: Mutex::new(hosts.into_iter().map(Arc::new).collect()),
        well_since: Mutex::new(Instant::now().checked_sub(RECOVERY)),
        stop: AtomicBool::new(false),
        tallies: Default::default(),
    };
    accounts::open(&load.hosts.lock().expect("no panic")[0]);
    let ledger = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let load = &load;
                scope.spawn(move || load.run(Client::new(number, seed)))
            })
            .collect();
        // Also where the story fails, so that the clients end.
        let _stop = Stop(&load.stop);
        load.all_go_on(10);
        story(&load);
        load.all_go_on(10);
        load.stop.store(true, Ordering::SeqCst);
        let mut ledger = Ledger::default();
        for client in clients {
            let own = client.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            ledger.merge(own);
        }
        ledger
    });
    for host in load.hosts.lock().expect("no panic").iter() {
        assert_log_is_clean(host);
    }
    println!("{:?}", load.tallies);
    ledger
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Load {
    fn run(&self, mut client: Client) -> Ledger {
        // A client that fails must not leave the story waiting for it.
        let _stop = Stop(&self.stop);
        let mut rng = fastrand::Rng::new();
        let number = client.number();
        while !self.stop.load(Ordering::SeqCst) {
            let before = self.well_since();
            let host = rng.choice(self.hosts.lock().expect("no panic").iter()).map(Arc::clone);
            let host = host.expect("there is a host");
            let outcome = client.turn(&host);
            // What was broken meanwhile may have hurt it.
            let well = before.is_some() && before == self.well_since();
            assert!(
                !well || outcome == Outcome::Done,
                "{outcome:?}, although nothing is broken; the log: {}",
                host.stderr()
            );
            self.tallies[number].add(outcome, well);
        }
        client.ledger
    }

    /// Since when nothing is broken, if requests that begin now have to succeed.
    fn well_since(&self) -> Option<Instant> {
        let since = *self.well_since.lock().expect("no panic");
        since.filter(|since| since.elapsed() >= RECOVERY)
    }

    /// From here on requests may fail.
    pub fn breaks(&self) {
        *self.well_since.lock().expect("no panic") = None;
    }

    /// From here on the service has a second to recover, and requests that begin later must succeed;
    /// waits until each client has seen that they do.
    pub fn is_mended(&self) {
        *self.well_since.lock().expect("no panic") = Some(Instant::now());
        self.all_go_on(10);
    }

    /// Waits until each client has done so many more requests that had to succeed.
    pub fn all_go_on(&self, more: usize) {
        self.wait_for("requests succeed", |tally| &tally.well, more);
    }

    /// Waits until each client has been told so many times more that the store is unavailable.
    pub fn all_fail(&self, more: usize) {
        self.wait_for("requests fail", |tally| &tally.unavailable, more);
    }

    /// Waits until each client has been told so many times more that the store is full.
    pub fn all_find_it_full(&self, more: usize) {
        self.wait_for("requests find the store full", |tally| &tally.full, more);
    }

    /// Waits until each client has done so many more requests, well or not.
    pub fn all_do(&self, more: usize) {
        self.wait_for("requests are done", |tally| &tally.done, more);
    }

    fn wait_for(&self, what: &str, number: impl Fn(&Tally) -> &AtomicUsize, more: usize) {
        let goals: Vec<_> =
            self.tallies.iter().map(|tally| number(tally).load(Ordering::SeqCst) + more).collect();
        eventually(what, || {
            assert!(!self.stop.load(Ordering::SeqCst), "a client has failed");
            let mut both = self.tallies.iter().zip(&goals);
            both.all(|(tally, goal)| number(tally).load(Ordering::SeqCst) >= *goal).then_some(())
        });
    }

    /// Ends a host at once; the clients go on with the others.
    pub fn kill_a_host(&self) {
        let host = self.hosts.lock().expect("no panic").remove(0);
        host.kill();
    }

    /// Has the clients talk to one more host.
    pub fn add_a_host(&self, redis: &Redis) {
        let more = Arc::new(host().redis(redis).start());
        self.hosts.lock().expect("no panic").push(more);
    }
}

impl Tally {
    fn add(&self, outcome: Outcome, well: bool) {
        let counter = match outcome {
            Outcome::Done => &self.done,
            Outcome::Unavailable => &self.unavailable,
            Outcome::Full => &self.full,
            Outcome::NoAnswer => &self.no_answer,
        };
        counter.fetch_add(1, Ordering::SeqCst);
        if well && outcome == Outcome::Done {
            self.well.fetch_add(1, Ordering::SeqCst);
        }
    }
}
