//! A line between hosts and Redis that does harm.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use fastrand::Rng;
use harness::Redis;

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
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug)]
struct State {
    port: AtomicU16,
    harm: Mutex<Harm>,
    harm_done: AtomicUsize,
    /// Both ends of all connections, by the number of the connection.
    ends: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// A line to this Redis that does no harm yet.
    pub fn start(redis: &Redis) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let state = Arc::new(State {
            port: AtomicU16::new(redis.port()),
            harm: Mutex::new(Harm::None),
            harm_done: AtomicUsize::new(0),
            ends: Mutex::new(Vec::new()),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for (number, client) in listener.incoming().flatten().enumerate() {
                let port = shared.port.load(Ordering::SeqCst);
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    shared.carry(client, server, number as u64);
                }
            }
        });
        Self { address, state }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Does this harm from here on.
    pub fn does(&self, harm: Harm) {
        *self.state.harm.lock().expect("no panic") = harm;
    }

    /// How often it did.
    pub fn harm_done(&self) -> usize {
        self.state.harm_done.load(Ordering::SeqCst)
    }

    /// Leads to another Redis from here on, and ends all connections to the one before.
    pub fn lead_to(&self, redis: &Redis) {
        self.state.port.store(redis.port(), Ordering::SeqCst);
        for end in self.state.ends.lock().expect("no panic").drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl State {
    /// Carries both ways until one side ends.
    fn carry(self: &Arc<Self>, client: TcpStream, server: TcpStream, number: u64) {
        let clone = |stream: &TcpStream| stream.try_clone().expect("a socket can be shared");
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        {
            let mut ends = self.ends.lock().expect("no panic");
            // Those that have ended need no end any more.
            ends.retain(|end| end.peer_addr().is_ok());
            ends.extend([clone(&client), clone(&server)]);
        }
        let (mut requests, mut to_server) = (clone(&client), clone(&server));
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut requests, &mut to_server);
            let _ = to_server.shutdown(Shutdown::Both);
        });
        let state = Arc::clone(self);
        std::thread::spawn(move || {
            let mut rng = Rng::with_seed(number);
            let (mut replies, mut to_client) = (server, client);
            let mut piece = vec![0; 1 << 20];
            while let Ok(length @ 1..) = replies.read(&mut piece) {
                if !state.pass_on(&piece[..length], &mut to_client, &mut rng) {
                    break;
                }
            }
            let _ = to_client.shutdown(Shutdown::Both);
            let _ = replies.shutdown(Shutdown::Both);
        });
    }

    /// Passes a piece on, or what is made of it; whether the connection goes on.
    fn pass_on(&self, piece: &[u8], to: &mut TcpStream, rng: &mut Rng) -> bool {
        let harm = *self.harm.lock().expect("no panic");
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
            Harm::Garbage => to.write_all(&garbage(rng)).is_ok(),
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
