//! A line between hosts and Redis on which replies can be held back.

use std::io::Write;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use harness::{Line, Passing, Redis, scripts_in};

/// Which replies are held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    Nothing,
    /// Those on connections that have carried a script.
    Scripts,
    Everything,
}

/// The line.
#[derive(Debug)]
pub struct Gate {
    line: Line,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    now: Mutex<Now>,
    changed: Condvar,
}

#[derive(Debug)]
struct Now {
    held: Held,
    /// How many scripts each connection has carried, by the order in which they were opened.
    scripts: Vec<usize>,
    /// And how many PINGs.
    pings: Vec<usize>,
}

impl Gate {
    /// A line to this Redis that holds nothing back yet.
    pub fn start(redis: &Redis) -> Self {
        let now = Mutex::new(Now { held: Held::Nothing, scripts: Vec::new(), pings: Vec::new() });
        let state = Arc::new(State { now, changed: Condvar::new() });
        Self { line: Line::start(redis, Arc::clone(&state)), state }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        self.line.address()
    }

    /// Holds these back from here on, and lets all others through.
    pub fn hold(&self, held: Held) {
        self.state.now().held = held;
        self.state.changed.notify_all();
    }

    /// How many scripts each connection has carried; a connection that was opened later comes later.
    pub fn scripts(&self) -> Vec<usize> {
        self.state.now().scripts.clone()
    }

    /// The same, and PINGs, which a write sends first where its instance had nothing to do for a while: while replies
    /// are held back on a connection, each request that waits on it has sent one or the other.
    pub fn commands(&self) -> Vec<usize> {
        let now = self.state.now();
        now.scripts.iter().zip(&now.pings).map(|(scripts, pings)| scripts + pings).collect()
    }
}

impl State {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().expect("no panic")
    }
}

impl Passing for State {
    fn opened(&self, _: usize) {
        let mut now = self.now();
        now.scripts.push(0);
        now.pings.push(0);
    }

    fn sent(&self, connection: usize, piece: &[u8]) {
        let mut now = self.now();
        now.scripts[connection] += scripts_in(piece);
        now.pings[connection] += piece.windows(4).filter(|word| word == b"PING").count();
    }

    fn reply(&self, connection: usize, piece: &[u8], to: &mut dyn Write) -> bool {
        let is_held = |now: &mut Now| match now.held {
            Held::Nothing => false,
            Held::Scripts => now.scripts[connection] > 0,
            Held::Everything => true,
        };
        drop(self.changed.wait_while(self.now(), is_held).expect("no panic"));
        to.write_all(piece).is_ok()
    }
}
