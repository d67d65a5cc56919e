//! A line between hosts and Redis that does harm.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use harness::{Line, Passing, Redis, scripts_in};

/// What it does to replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Harm {
    None,
    /// Tears them apart, and lets the pieces wait.
    Delay,
    /// Cuts the connection in the middle of some.
    Cut,
    /// Sends something else in place of some.
    Garbage,
}

/// The longest that a piece waits.
pub const LONGEST_DELAY: Duration = Duration::from_millis(60);

/// The line.
#[derive(Debug)]
pub struct Proxy {
    line: Line,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    harm: Mutex<Harm>,
    harm_done: AtomicUsize,
    /// What chooses, for each connection.
    choices: Mutex<HashMap<usize, Rng>>,
    /// How many connections there have been.
    connections: AtomicUsize,
    /// What is answered to scripts, without asking Redis, on the connections before this one.
    declining: Mutex<(usize, Vec<u8>)>,
    /// The connections on which that was answered, one for each script.
    declined: Mutex<Vec<usize>>,
}

impl Proxy {
    /// A line to this Redis that does no harm yet.
    pub fn start(redis: &Redis) -> Self {
        let state = Arc::new(State {
            harm: Mutex::new(Harm::None),
            harm_done: AtomicUsize::new(0),
            choices: Mutex::default(),
            connections: AtomicUsize::new(0),
            declining: Mutex::default(),
            declined: Mutex::default(),
        });
        Self { line: Line::start(redis, Arc::clone(&state)), state }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        self.line.address()
    }

    /// Does this harm from here on.
    pub fn does(&self, harm: Harm) {
        *self.state.harm.lock().expect("no panic") = harm;
    }

    /// How often it did.
    pub fn harm_done(&self) -> usize {
        self.state.harm_done.load(Ordering::SeqCst)
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.state.connections.load(Ordering::SeqCst)
    }

    /// Answers every script with this error reply, on the connections that there are.
    pub fn declines(&self, reply: &str) {
        let declining = (self.connections(), format!("-{reply}\r\n").into_bytes());
        *self.state.declining.lock().expect("no panic") = declining;
    }

    /// The connections on which scripts were answered so since this was asked last, one for each script.
    pub fn take_declined(&self) -> Vec<usize> {
        std::mem::take(&mut *self.state.declined.lock().expect("no panic"))
    }

    /// Leads new connections to another Redis from here on; those that there are stay.
    pub fn lead_new_connections_to(&self, redis: &Redis) {
        self.line.lead_new_connections_to(redis);
    }

    /// Leads to another Redis from here on, and ends all connections to the one before.
    pub fn lead_to(&self, redis: &Redis) {
        self.line.lead_to(redis);
    }
}

impl State {
    /// A source of choices that follows from the connection and from how often it was asked.
    fn choice(&self, connection: usize) -> Rng {
        let mut choices = self.choices.lock().expect("no panic");
        choices.entry(connection).or_insert_with(|| Rng::with_seed(connection as u64)).fork()
    }
}

impl Passing for State {
    fn opened(&self, _: usize) {
        self.connections.fetch_add(1, Ordering::SeqCst);
    }

    fn answered(&self, connection: usize, piece: &[u8]) -> Option<Vec<u8>> {
        let declining = self.declining.lock().expect("no panic");
        let scripts = scripts_in(piece);
        if connection >= declining.0 || scripts == 0 {
            return None;
        }
        self.declined.lock().expect("no panic").extend(std::iter::repeat_n(connection, scripts));
        Some(declining.1.repeat(scripts))
    }

    fn reply(&self, connection: usize, piece: &[u8], to: &mut dyn Write) -> bool {
        let harm = *self.harm.lock().expect("no panic");
        let mut rng = self.choice(connection);
        if harm == Harm::None || harm != Harm::Delay && rng.u8(..6) > 0 {
            return to.write_all(piece).is_ok();
        }
        self.harm_done.fetch_add(1, Ordering::SeqCst);
        let (begin, end) = piece.split_at(rng.usize(..piece.len()));
        match harm {
            Harm::None => true,
            Harm::Delay => [begin, end].iter().all(|part| {
                std::thread::sleep(Duration::from_millis(rng.u64(..30)));
                to.write_all(part).is_ok()
            }),
            Harm::Cut => {
                let _ = to.write_all(begin);
                false
            }
            Harm::Garbage => to.write_all(&garbage(&mut rng)).is_ok(),
        }
    }
}

/// Something that no reply of Redis begins with.
fn garbage(rng: &mut Rng) -> Vec<u8> {
    const BEGINNINGS: [&[u8]; 5] = [
        b"HTTP/1.1 502 Bad Gateway\r\n\r\n",
        b"\0\0\0\0\r\n",
        b"\xff\xfe\r\n",
        b"\x16\x03\x01",
        b"@1\r\n",
    ];
    let mut garbage = rng.choice(BEGINNINGS).expect("there are some").to_vec();
    garbage.extend((0..rng.usize(..200)).map(|_| rng.u8(..)));
    garbage.extend(b"\r\n");
    garbage
}
