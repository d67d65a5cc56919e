//! A line between hosts and Redis on which replies can be held back.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use harness::Redis;

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
    address: SocketAddr,
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
}

impl Gate {
    /// A line to this Redis that holds nothing back yet.
    pub fn start(redis: &Redis) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let now = Mutex::new(Now { held: Held::Nothing, scripts: Vec::new() });
        let state = Arc::new(State { now, changed: Condvar::new() });
        let (shared, port) = (Arc::clone(&state), redis.port());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if let Ok(server) = TcpStream::connect(("127.0.0.1", port)) {
                    shared.carry(&client, &server);
                }
            }
        });
        Self { address, state }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        format!("redis://{}", self.address)
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
}

impl State {
    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().expect("no panic")
    }

    /// Carries both ways until one side ends.
    fn carry(self: &Arc<Self>, client: &TcpStream, server: &TcpStream) {
        let clone = |stream: &TcpStream| stream.try_clone().expect("a socket can be shared");
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let number = {
            let mut now = self.now();
            now.scripts.push(0);
            now.scripts.len() - 1
        };
        let (state, mut requests, mut to_server) = (Arc::clone(self), clone(client), clone(server));
        std::thread::spawn(move || {
            pass(&mut requests, &mut to_server, |piece| {
                // A host sends a command in one piece, so its name is never torn.
                let scripts = piece.windows(4).filter(|word| word == b"EVAL").count();
                state.now().scripts[number] += scripts;
            });
            let _ = to_server.shutdown(Shutdown::Both);
        });
        let (state, mut replies, mut to_client) = (Arc::clone(self), clone(server), clone(client));
        std::thread::spawn(move || {
            pass(&mut replies, &mut to_client, |_| state.wait(number));
            let _ = to_client.shutdown(Shutdown::Both);
        });
    }

    /// Waits while the replies on this connection are held back.
    fn wait(&self, number: usize) {
        let is_held = |now: &mut Now| match now.held {
            Held::Nothing => false,
            Held::Scripts => now.scripts[number] > 0,
            Held::Everything => true,
        };
        drop(self.changed.wait_while(self.now(), is_held).expect("no panic"));
    }
}

/// Copies until the end; each piece is shown first.
fn pass(from: &mut impl Read, to: &mut impl Write, mut show: impl FnMut(&[u8])) {
    let mut piece = vec![0; 256 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        show(&piece[..count]);
        if to.write_all(&piece[..count]).is_err() {
            return;
        }
    }
}
