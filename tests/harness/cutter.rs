//! A line between a host and Redis that can be cut at the worst moment.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

use crate::redis_server::Redis;

/// Passes everything on between its clients and Redis, and can cut the connection after Redis has
/// carried out a script and before its answer arrives.
#[derive(Debug)]
pub struct Cutter {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    /// How many scripts still pass before one is cut; negative: none is.
    passing: AtomicI64,
    /// How many scripts were seen.
    seen: AtomicUsize,
}

impl Cutter {
    /// A line to this Redis.
    pub fn start(redis: &Redis) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State { passing: AtomicI64::new(-1), seen: AtomicUsize::new(0) });
        let shared = Arc::clone(&state);
        let port = redis.port();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    carry(client, server, &shared);
                }
            }
        });
        Self { address, state }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        format!("redis://{}", self.address)
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

/// Carries both ways until one side ends, or until the cut.
fn carry(client: TcpStream, server: TcpStream, state: &Arc<State>) {
    let (Ok(mut requests), Ok(mut to_server)) = (client.try_clone(), server.try_clone()) else {
        return;
    };
    let cut = Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (cut_here, state) = (Arc::clone(&cut), Arc::clone(state));
    std::thread::spawn(move || {
        pass(&mut requests, &mut to_server, |piece| {
            // A host sends a command in one piece, so its name is never torn.
            let scripts = piece.windows(4).filter(|word| word == b"EVAL").count();
            if scripts > 0 {
                state.seen.fetch_add(1, Ordering::SeqCst);
                if state.passing.fetch_sub(1, Ordering::SeqCst) == 0 {
                    cut_here.store(true, Ordering::SeqCst);
                }
            }
            true
        });
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let (mut answers, mut to_client) = (server, client);
    std::thread::spawn(move || {
        // The answer is there, so the script is done; it goes no further.
        pass(&mut answers, &mut to_client, |_| !cut.load(Ordering::SeqCst));
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = answers.shutdown(Shutdown::Both);
    });
}

/// Copies until the end, or until `go_on` says no.
fn pass(from: &mut impl Read, to: &mut impl Write, mut go_on: impl FnMut(&[u8]) -> bool) {
    let mut piece = vec![0; 256 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        if !go_on(&piece[..count]) || to.write_all(&piece[..count]).is_err() {
            return;
        }
    }
}
