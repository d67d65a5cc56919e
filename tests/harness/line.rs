//! A line between hosts and Redis, on which a test decides what passes.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use crate::redis_server::Redis;

/// Sees what passes on a line, and decides about replies. Connections have numbers, in the order in
/// which they were opened.
pub trait Passing: Send + Sync + 'static {
    /// A connection was opened.
    fn opened(&self, _connection: usize) {}

    /// A piece of commands comes by, on its way to Redis. A host sends a command in one piece, so its
    /// name is never torn.
    fn sent(&self, _connection: usize, _piece: &[u8]) {}

    /// What is answered to a piece of commands in Redis's place, if that is not to see it.
    fn answered(&self, _connection: usize, _piece: &[u8]) -> Option<Vec<u8>> {
        None
    }

    /// Passes a piece of replies on, or something else; whether the connection goes on.
    fn reply(&self, connection: usize, piece: &[u8], to: &mut dyn Write) -> bool;
}

/// The line.
#[derive(Debug)]
pub struct Line {
    address: SocketAddr,
    far_end: Arc<FarEnd>,
}

#[derive(Debug)]
struct FarEnd {
    port: AtomicU16,
    /// Both ends of all connections that have not ended.
    ends: Mutex<Vec<TcpStream>>,
}

impl Line {
    /// A line to this Redis.
    pub fn start(redis: &Redis, passing: Arc<impl Passing>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it is bound");
        let far_end =
            Arc::new(FarEnd { port: AtomicU16::new(redis.port()), ends: Mutex::default() });
        let shared = Arc::clone(&far_end);
        std::thread::spawn(move || {
            let mut number = 0;
            for client in listener.incoming().flatten() {
                if let Some(server) = shared.connect(&client) {
                    carry(client, server, number, &passing);
                    number += 1;
                }
            }
        });
        Self { address, far_end }
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Leads new connections to another Redis from here on; those that there are stay.
    pub fn lead_new_connections_to(&self, redis: &Redis) {
        self.far_end.port.store(redis.port(), Ordering::SeqCst);
    }

    /// Leads to another Redis from here on, and ends all connections to the one before.
    pub fn lead_to(&self, redis: &Redis) {
        self.lead_new_connections_to(redis);
        for end in self.far_end.ends.lock().expect("no panic").drain(..) {
            let _ = end.shutdown(Shutdown::Both);
        }
    }
}

impl FarEnd {
    /// Connects to the Redis that the line leads to. Nobody ends all connections between: one more would be left.
    fn connect(&self, client: &TcpStream) -> Option<TcpStream> {
        let mut ends = self.ends.lock().expect("no panic");
        let server = TcpStream::connect(("127.0.0.1", self.port.load(Ordering::SeqCst))).ok()?;
        ends.retain(|end| end.peer_addr().is_ok());
        ends.extend([clone(client), clone(&server)]);
        Some(server)
    }
}

fn clone(stream: &TcpStream) -> TcpStream {
    stream.try_clone().expect("a socket can be shared")
}

/// Carries both ways until one side ends, or until a reply is not passed on.
fn carry(client: TcpStream, server: TcpStream, number: usize, passing: &Arc<impl Passing>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    passing.opened(number);
    let (mut commands, mut to_server) = (clone(&client), clone(&server));
    let (see, mut in_its_place) = (Arc::clone(passing), clone(&client));
    std::thread::spawn(move || {
        for_each_piece(&mut commands, |piece| {
            see.sent(number, piece);
            match see.answered(number, piece) {
                Some(answer) => in_its_place.write_all(&answer).is_ok(),
                None => to_server.write_all(piece).is_ok(),
            }
        });
        let _ = to_server.shutdown(Shutdown::Both);
    });
    let (mut replies, mut to_client) = (server, client);
    let decide = Arc::clone(passing);
    std::thread::spawn(move || {
        for_each_piece(&mut replies, |piece| decide.reply(number, piece, &mut to_client));
        let _ = to_client.shutdown(Shutdown::Both);
        let _ = replies.shutdown(Shutdown::Both);
    });
}

/// Reads until the end, or until `go_on` says no.
fn for_each_piece(from: &mut impl Read, mut go_on: impl FnMut(&[u8]) -> bool) {
    let mut piece = vec![0; 256 * 1024];
    while let Ok(count @ 1..) = from.read(&mut piece) {
        if !go_on(&piece[..count]) {
            return;
        }
    }
}

/// How many scripts a piece of commands has.
pub fn scripts_in(piece: &[u8]) -> usize {
    piece.windows(4).filter(|word| word == b"EVAL").count()
}
