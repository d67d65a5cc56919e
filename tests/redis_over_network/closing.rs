//! How a request of the default build begins and ends its connection. (The fast build keeps its own.)

use std::io::Write;
use std::sync::{Arc, Mutex};

use harness::{Build, Host, Line, Passing, Redis, eventually};

use crate::client::Client;

/// `QUIT`, as it is sent.
const QUIT: &[u8] = b"*1\r\n$4\r\nQUIT\r\n";

/// `PING`, as it is sent.
const PING: &[u8] = b"*1\r\n$4\r\nPING\r\n";

/// An answer of this length leaves in many pieces.
const LONG: usize = 900 << 10;

/// What becomes of a `QUIT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Quit {
    Passes,
    /// It never gets to Redis, and the connection stays as it is.
    IsLost,
    /// The connection breaks in place of the reply.
    Breaks,
    /// It is replied to, and the connection stays as it is.
    IsIgnored,
}

/// What was said on each connection, in pieces: a host waits for what Redis replies to one before it
/// sends the next.
#[derive(Debug)]
struct Minutes {
    quit: Quit,
    said: Mutex<Vec<Vec<Vec<u8>>>>,
}

impl Minutes {
    fn of(redis: &Redis, quit: Quit) -> (Arc<Self>, Line) {
        let minutes = Arc::new(Self { quit, said: Mutex::default() });
        (Arc::clone(&minutes), Line::start(redis, minutes))
    }

    fn said(&self) -> Vec<Vec<Vec<u8>>> {
        self.said.lock().expect("no panic").clone()
    }

    /// Whether all is said: the `QUIT`, and where that closes nothing, what waits for the close.
    fn ended(&self, connection: usize) -> bool {
        let last = if self.quit == Quit::IsIgnored { PING } else { QUIT };
        self.said.lock().expect("no panic")[connection].iter().any(|piece| piece == last)
    }
}

impl Passing for Minutes {
    fn opened(&self, _: usize) {
        self.said.lock().expect("no panic").push(Vec::new());
    }

    fn sent(&self, connection: usize, piece: &[u8]) {
        self.said.lock().expect("no panic")[connection].push(piece.to_vec());
    }

    fn answered(&self, _: usize, piece: &[u8]) -> Option<Vec<u8>> {
        match self.quit {
            Quit::IsLost if piece == QUIT => Some(Vec::new()),
            Quit::IsIgnored if piece == QUIT => Some(b"+OK\r\n".to_vec()),
            _ => None,
        }
    }

    fn reply(&self, connection: usize, piece: &[u8], to: &mut dyn Write) -> bool {
        let breaks = self.quit == Quit::Breaks && self.ended(connection);
        !breaks && to.write_all(piece).is_ok()
    }
}

#[test]
fn a_connection_is_opened_in_one_round_trip_and_ends_with_quit_whatever_the_request() {
    if Build::current() == Build::Wasip3 {
        return;
    }
    let password = "secret";
    let redis = Redis::options().password(password).start();
    let (minutes, line) = Minutes::of(&redis, Quit::Passes);
    let host = Host::options()
        .variables(&[("redis_password", password), ("redis_database", "1")])
        .redis_at(&line.address())
        .start();
    let mut connections = 0;
    // Once, so that Redis knows the scripts, and each takes one round trip.
    for known in [false, true] {
        for (request, status, commands) in [
            (host.put("/a", r#"{"a":1}"#), if known { 200 } else { 201 }, 1),
            (host.put("/a", "{}").header("If-None-Match", "*"), 412, 1),
            (host.get("/a"), 200, 1),
            (host.head("/a"), 200, 1),
            (host.get("/a").header("If-None-Match", "*"), 304, 1),
            (host.get("/none"), 404, 1),
            (host.merge("/a", r#"{"b":1}"#), 200, 2),
            (host.get("/"), 200, 1),
            (host.get("/-/records"), 200, 1),
            (host.get("/-/ready"), 200, 1),
            (host.delete("/none"), 404, 1),
        ] {
            let what = request.to_string();
            request.send().expect(status);
            eventually("the connection ends", || minutes.ended(connections).then_some(()));
            connections += 1;
            let said = minutes.said();
            assert_eq!(said.len(), connections, "{what}");
            let said: Vec<_> =
                said[connections - 1].iter().take_while(|piece| *piece != QUIT).collect();
            let [opening, between @ ..] = said.as_slice() else {
                panic!("{what}: {said:?}");
            };
            let opening = String::from_utf8_lossy(opening);
            for word in ["AUTH", "SELECT", "SETINFO"] {
                assert!(opening.contains(word), "{what}: {opening}");
            }
            assert!(!known || between.len() == commands, "{what}: {between:?}");
        }
    }
    for target in ["/-/live", "/-/openapi.json", "/%"] {
        host.get(target).send();
        assert_eq!(minutes.said().len(), connections, "{target} needs no Redis");
    }
}

/// Fails unless answers are whole and the client's connection goes on, whatever becomes of the `QUIT`
/// behind them.
fn nobody_waits(quit: Quit) {
    let redis = Redis::start();
    let (minutes, line) = Minutes::of(&redis, quit);
    let host = Host::options().redis_at(&line.address()).start();
    let mut client = Client::connect(&host, 0);
    let long = format!(r#"{{"text":"{}"}}"#, "x".repeat(LONG));
    client.exchange("PUT", "/long", &long, 201);
    for _ in 0..4 {
        client.turn();
        assert!(client.exchange("GET", "/long", "", 200).len() > LONG);
    }
    if Build::current() == Build::Wasip2 {
        let connections = 0..minutes.said().len();
        eventually("every connection has ended", || {
            connections.clone().all(|connection| minutes.ended(connection)).then_some(())
        });
    }
    assert_eq!(host.stderr(), "");
}

#[test]
fn nobody_waits_for_the_end_of_a_connection() {
    nobody_waits(Quit::IsLost);
}

#[test]
fn that_a_connection_breaks_at_its_end_is_nobodys_concern() {
    nobody_waits(Quit::Breaks);
}

#[test]
fn a_connection_ends_when_redis_has_closed_it() {
    // Redis replies to `QUIT` before it closes, and a host that did not wait for that might be quicker.
    nobody_waits(Quit::IsIgnored);
}
