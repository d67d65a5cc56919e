//! A line between a host and Redis that can be cut at the worst moment.

use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use crate::line::{Line, Passing, scripts_in};
use crate::redis_server::Redis;

/// Passes everything on between its clients and Redis, and can cut the connection after Redis has
/// carried out a script and before its answer arrives.
#[derive(Debug)]
pub struct Cutter {
    line: Line,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// How many scripts still pass before one is cut; negative: none is.
    passing: AtomicI64,
    /// How many scripts were seen.
    seen: AtomicUsize,
    /// The connections whose next reply is the cut one.
    cut: Mutex<HashSet<usize>>,
}

impl Cutter {
    /// A line to this Redis.
    pub fn start(redis: &Redis) -> Self {
        let state = Arc::new(State {
            passing: AtomicI64::new(-1),
            seen: AtomicUsize::new(0),
            cut: Mutex::default(),
        });
        Self { line: Line::start(redis, Arc::clone(&state)), state }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        self.line.address()
    }

    /// Lets `passing` more scripts pass, and cuts the one after them, once.
    pub fn cut_after(&self, passing: u32) {
        self.state.passing.store(passing.into(), Ordering::SeqCst);
    }

    /// How many scripts were sent since this was asked last.
    pub fn take_seen(&self) -> usize {
        self.state.seen.swap(0, Ordering::SeqCst)
    }
}

impl Passing for State {
    fn sent(&self, connection: usize, piece: &[u8]) {
        if scripts_in(piece) > 0 {
            self.seen.fetch_add(1, Ordering::SeqCst);
            if self.passing.fetch_sub(1, Ordering::SeqCst) == 0 {
                self.cut.lock().expect("no panic").insert(connection);
            }
        }
    }

    fn reply(&self, connection: usize, piece: &[u8], to: &mut dyn Write) -> bool {
        let mut cut = self.cut.lock().expect("no panic");
        if piece.starts_with(b"-NOSCRIPT") {
            // It was not carried out: it comes again, with its text.
            self.seen.fetch_sub(1, Ordering::SeqCst);
            self.passing.fetch_add(1, Ordering::SeqCst);
            cut.remove(&connection);
        }
        // The answer is there, so the script is done; it goes no further.
        !cut.contains(&connection) && to.write_all(piece).is_ok()
    }
}
