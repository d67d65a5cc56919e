//! What the clients do.

use std::sync::{Barrier, Mutex};
use std::time::Instant;

use fastrand::Rng;
use harness::{Host, Response, setting};

use crate::explain::Event;
use crate::history::{History, given};
use crate::model::{Answer, Call, Condition, Members, Record};
use crate::replicas::{Replicas, reading, writing};

/// Times to live are multiples of this, in seconds, and no run takes as long: so what is left of one
/// says which it was.
pub const GRID: u64 = 10_000;

/// How much is done.
#[derive(Debug)]
pub struct Plan {
    pub clients: usize,
    /// Groups of records, one after the other, all clients on the same.
    pub groups: usize,
    pub records_in_a_group: usize,
    /// Requests of each client to a group.
    pub turns: usize,
}

/// Does it.
pub fn run(replicas: &Replicas, plan: &Plan) -> History {
    let seed = setting("SEED", 0x7265_636f_7264);
    let history = Mutex::new(History::default());
    let barrier = Barrier::new(plan.clients);
    std::thread::scope(|scope| {
        for number in 0..plan.clients {
            let (history, barrier) = (&history, &barrier);
            scope.spawn(move || {
                let rng = Rng::with_seed(seed.wrapping_add(number as u64));
                let mut client = Client { number, rng, writes: 0, tags: Vec::new() };
                for group in 0..plan.groups {
                    barrier.wait();
                    client.tags = vec![None; plan.records_in_a_group];
                    for _ in 0..plan.turns {
                        let record = client.rng.usize(..plan.records_in_a_group);
                        let path = format!("/group-{group}/record-{record}");
                        let host = replicas.host(client.rng.usize(..));
                        let event = client.turn(host, &path, record);
                        history.lock().expect("no panic").add(&path, event);
                    }
                }
            });
        }
    });
    history.into_inner().expect("no panic")
}

struct Client {
    number: usize,
    rng: Rng,
    writes: u64,
    /// The tag of each record in the group, as last seen.
    tags: Vec<Option<String>>,
}

impl Client {
    fn turn(&mut self, host: &Host, path: &str, record: usize) -> Event {
        let (call, condition) = self.choose(record);
        let begun = Instant::now();
        let response = send(host, path, &call, &condition);
        let ended = Instant::now();
        let answer = read(&response);
        match &answer {
            Answer::Created(now) | Answer::Found(now) => self.tags[record] = Some(now.etag.clone()),
            Answer::Deleted | Answer::Missing => self.tags[record] = None,
            _ => {}
        }
        Event { call, condition, answer, begun, ended }
    }

    fn choose(&mut self, record: usize) -> (Call, Condition) {
        let seen = self.tags[record].clone();
        let matching = seen.clone().map_or(Condition::Nothing, Condition::Match);
        match self.rng.u8(..100) {
            0..18 => (self.put(), Condition::Nothing),
            18..30 => (self.put(), matching),
            30..36 => (self.put(), Condition::Absent),
            36..47 => (self.merge(), Condition::Nothing),
            47..55 => (self.merge(), matching),
            55..63 => (self.swap(), Condition::Nothing),
            63..68 => (Call::Delete, Condition::Nothing),
            68..73 => (Call::Delete, matching),
            73..83 => (Call::Get, Condition::Nothing),
            _ => (Call::Get, seen.map_or(Condition::Nothing, Condition::NoneMatch)),
        }
    }

    /// A value that no other write has.
    fn new_value(&mut self) -> String {
        self.writes += 1;
        format!("\"client {} write {}\"", self.number, self.writes)
    }

    /// A time to live that no other write of the run has; or for ever.
    fn ttl(&mut self) -> Option<u64> {
        const CLIENTS: u64 = 64;
        let unique = self.writes * CLIENTS + self.number as u64 + 1;
        (self.rng.u8(..8) > 0).then_some(GRID * unique)
    }

    /// A record of one writer: all its members say which.
    fn put(&mut self) -> Call {
        let value = self.new_value();
        let count = self.rng.usize(1..6);
        let members = (0..count).map(|number| (format!("m{number}"), value.clone())).collect();
        Call::Put { members, ttl: self.ttl() }
    }

    fn merge(&mut self) -> Call {
        let value = self.new_value();
        let mut changes = vec![(format!("m{}", self.rng.usize(..6)), Some(value))];
        if self.rng.bool() {
            changes.push((format!("m{}", self.rng.usize(6..8)), None));
        }
        let ttl = if self.rng.bool() { self.ttl() } else { None };
        Call::Merge { changes, ttl }
    }

    /// A JSON Patch that expects what this client may have written last.
    fn swap(&mut self) -> Call {
        let old = format!("\"client {} write {}\"", self.number, self.writes);
        Call::Swap { name: "m0".to_owned(), old, new: self.new_value() }
    }
}

fn send(host: &Host, path: &str, call: &Call, condition: &Condition) -> Response {
    let target = |ttl: &str| format!("{path}?ttl={ttl}");
    let (target, body) = match call {
        Call::Put { members, ttl } => {
            let ttl = ttl.map_or_else(|| "never".to_owned(), |ttl| ttl.to_string());
            (target(&ttl), object(members))
        }
        Call::Merge { changes, ttl } => {
            let changes = changes.iter().map(|(name, value)| {
                (name.clone(), value.clone().unwrap_or_else(|| "null".to_owned()))
            });
            let target = ttl.map_or_else(|| path.to_owned(), |ttl| target(&ttl.to_string()));
            (target, object(&changes.collect()))
        }
        Call::Swap { name, old, new } => {
            let operation =
                |op, value| format!(r#"{{"op":"{op}","path":"/{name}","value":{value}}}"#);
            let patch = format!("[{},{}]", operation("test", old), operation("replace", new));
            (path.to_owned(), patch)
        }
        Call::Delete | Call::Get => (path.to_owned(), String::new()),
    };
    let request = match call {
        Call::Put { .. } => writing(host.put(&target, &body)),
        Call::Merge { .. } => writing(host.merge(&target, &body)),
        Call::Swap { .. } => writing(host.patch(&target, &body)),
        Call::Delete => writing(host.delete(&target)),
        Call::Get => reading(host.get(&target)),
    };
    match condition {
        Condition::Nothing => request,
        Condition::Match(tag) => request.header("If-Match", tag),
        Condition::Absent => request.header("If-None-Match", "*"),
        Condition::NoneMatch(tag) => request.header("If-None-Match", tag),
    }
    .send()
}

fn object(members: &Members) -> String {
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn read(response: &Response) -> Answer {
    match response.status() {
        200 => Answer::Found(representation(response)),
        201 => Answer::Created(representation(response)),
        204 => Answer::Deleted,
        304 => Answer::NotModified(response.etag()),
        404 => Answer::Missing,
        409 => Answer::PatchFailed,
        412 => Answer::PreconditionFailed,
        _ => panic!("no answer that the contract has: {response}"),
    }
}

fn representation(response: &Response) -> Record {
    let ttl = response.member("ttl").expect("every record has a ttl");
    let ttl = (ttl != "null").then(|| given(ttl.parse().expect("seconds")));
    Record { etag: response.etag(), members: response.members().into_iter().collect(), ttl }
}
