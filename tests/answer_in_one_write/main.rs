//! No answer leaves in two writes. Spin's listener, and the dev host's, leaves Nagle's algorithm on, so
//! that the second write would wait for the client to acknowledge the first, which a kept-alive
//! connection puts off for 40 ms: one answer in fifty that does so is the latency's whole tail.
//!
//! What a client sees of it: it waits in a read before the answer is written, and what is written at
//! once becomes one segment and is read at once. Headers that come without the body have left without
//! it. Nothing but a second write splits an answer, and a reader that is late sees fewer splits, not
//! more: so a busy machine can't fail this.

mod answers;

use std::collections::BTreeMap;

use harness::{Answer, Build, Connection, Host, Service};

use answers::{KINDS, Kind};

/// How many answers of each kind left whole, and how many didn't.
#[derive(Debug, Default)]
struct Tally(BTreeMap<&'static str, (usize, usize)>);

impl Tally {
    fn add(&mut self, kind: &Kind, whole: bool) {
        let (all, split) = self.0.entry(kind.name).or_default();
        *all += 1;
        *split += usize::from(!whole);
    }

    /// Fails if the component splits answers; there were so many of each kind.
    fn assert_whole(&self, all_of_a_kind: usize) {
        println!("answers and how many of them were split: {:?}", self.0);
        assert_eq!(self.0.len(), KINDS.len());
        assert!(self.0.values().all(|(all, _)| *all == all_of_a_kind), "{:?}", self.0);
        let allowed = match Build::current() {
            Build::Wasip2 => 0,
            // The engine's handler for WASI 0.3 hands a response over just before it takes the body
            // from the component, and once in many thousand times the connection's thread is quicker.
            // No component can do anything about that one.
            Build::Wasip3 => all_of_a_kind * KINDS.len() / 2000,
        };
        let split: usize = self.0.values().map(|(_, split)| split).sum();
        assert!(split <= allowed, "{split} answers left in two writes: {:?}", self.0);
    }
}

/// The longest answer that must come at once. Longer ones may be more than one segment, or more than
/// the socket takes at once.
const AT_ONCE: usize = 16 * 1024;

/// Whether an answer came at once; of a long one, whether the content began to come with the headers.
fn came_whole(answer: &Answer) -> bool {
    let length = answer.bytes.len();
    answer.first_read >= if length <= AT_ONCE { length } else { answer.head.length + 1 }
}

/// Sends so many requests of each kind over one connection, one after the other.
fn requests(host: &Host, client: usize, rounds: usize) -> Tally {
    let mut connection = Connection::open(host.address());
    let paths = answers::prepare(&mut connection, client);
    let mut tally = Tally::default();
    for round in 0..rounds {
        for kind in &KINDS {
            let answer = answers::exchange(&mut connection, &kind.request(&paths, round));
            assert_eq!(answer.status(), kind.status, "{}: {answer:?}", kind.name);
            tally.add(kind, came_whole(&answer));
        }
    }
    tally
}

#[test]
fn no_answer_to_a_client_leaves_in_two_writes() {
    let service = Service::start();
    requests(&service.host, 0, 2000).assert_whole(2000);
}

#[test]
fn no_answer_to_one_of_many_clients_leaves_in_two_writes() {
    const CLIENTS: usize = 8;
    const ROUNDS: usize = 250;
    let service = Service::start();
    let tallies = std::thread::scope(|scope| {
        let host = &service.host;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| scope.spawn(move || requests(host, client, ROUNDS)))
            .collect();
        let joined = clients.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.collect::<Result<Vec<_>, _>>().expect("every client is answered")
    });
    let mut sum = Tally::default();
    for (kind, (all, split)) in tallies.into_iter().flat_map(|tally| tally.0) {
        let (all_of_them, split_of_them) = sum.0.entry(kind).or_default();
        *all_of_them += all;
        *split_of_them += split;
    }
    sum.assert_whole(CLIENTS * ROUNDS);
}
