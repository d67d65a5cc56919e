//! What the clients do.

use std::sync::{Barrier, Mutex};
use std::time::Instant;

use fastrand::Rng;
use harness::{Batch, Host, Part, Response, members, responses, setting};

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
    /// Whether half of the requests are batches.
    pub batches: bool,
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
                        let host = replicas.host(client.rng.usize(..));
                        if plan.batches && client.rng.bool() {
                            client.batch(host, group, history);
                            continue;
                        }
                        let record = client.rng.usize(..plan.records_in_a_group);
                        let path = path(group, record);
                        let event = client.turn(host, &path, record);
                        history.lock().expect("no panic").add(&path, event);
                    }
                }
            });
        }
    });
    history.into_inner().expect("no panic")
}

fn path(group: usize, record: usize) -> String {
    format!("/group-{group}/record-{record}")
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
        self.note(record, &answer);
        Event { call, condition, answer, begun, ended }
    }

    /// Sends requests to several of the group's records as one. What is true of each record is looked at
    /// as if they were sent at the same time; `transfers` looks at what is true of several.
    fn batch(&mut self, host: &Host, group: usize, history: &Mutex<History>) {
        let mut records: Vec<_> = (0..self.tags.len()).collect();
        self.rng.shuffle(&mut records);
        records.truncate(self.rng.usize(1..=records.len()));
        let asked: Vec<_> = records.iter().map(|record| self.choose(*record)).collect();
        let batch = records.iter().zip(&asked).fold(Batch::new(), |batch, (record, asked)| {
            let Wire { method, target, body } = wire(&path(group, *record), &asked.0);
            let conditions = condition_header(&asked.1);
            let mut headers: Vec<(&str, &str)> = conditions.into_iter().collect();
            if matches!(asked.0, Call::Swap { .. }) {
                headers.push(("Content-Type", "application/json-patch+json"));
            }
            batch.add(method, &target, &headers, body.as_deref())
        });
        let begun = Instant::now();
        let response = writing(batch.to(host)).send();
        let ended = Instant::now();
        let event = |(call, condition): &(Call, Condition), answer| {
            let (call, condition) = (call.clone(), condition.clone());
            Event { call, condition, answer, begun, ended }
        };
        if response.status() != 200 {
            let at = usize::try_from(response.number("request")).expect("a place");
            let event = event(&asked[at], read(&response));
            let mut history = history.lock().expect("no panic");
            history.add_refused(&path(group, records[at]), event);
            return;
        }
        let parts = responses(&response);
        assert_eq!(parts.len(), asked.len(), "{response}");
        for ((record, asked), part) in records.iter().zip(&asked).zip(&parts) {
            let answer = read_part(part);
            self.note(*record, &answer);
            history.lock().expect("no panic").add(&path(group, *record), event(asked, answer));
        }
    }

    fn note(&mut self, record: usize, answer: &Answer) {
        match answer {
            Answer::Created(now) | Answer::Found(now) => self.tags[record] = Some(now.etag.clone()),
            Answer::Deleted | Answer::Missing => self.tags[record] = None,
            _ => {}
        }
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

/// A call as HTTP has it, but for its media type.
struct Wire {
    method: &'static str,
    target: String,
    body: Option<String>,
}

fn wire(path: &str, call: &Call) -> Wire {
    let target = |ttl: &str| format!("{path}?ttl={ttl}");
    let (method, target, body) = match call {
        Call::Put { members, ttl } => {
            let ttl = ttl.map_or_else(|| "never".to_owned(), |ttl| ttl.to_string());
            ("PUT", target(&ttl), Some(object(members)))
        }
        Call::Merge { changes, ttl } => {
            let changes = changes.iter().map(|(name, value)| {
                (name.clone(), value.clone().unwrap_or_else(|| "null".to_owned()))
            });
            let target = ttl.map_or_else(|| path.to_owned(), |ttl| target(&ttl.to_string()));
            ("PATCH", target, Some(object(&changes.collect())))
        }
        Call::Swap { name, old, new } => {
            let operation =
                |op, value| format!(r#"{{"op":"{op}","path":"/{name}","value":{value}}}"#);
            let patch = format!("[{},{}]", operation("test", old), operation("replace", new));
            ("PATCH", path.to_owned(), Some(patch))
        }
        Call::Delete => ("DELETE", path.to_owned(), None),
        Call::Get => ("GET", path.to_owned(), None),
    };
    Wire { method, target, body }
}

fn condition_header(condition: &Condition) -> Option<(&str, &str)> {
    match condition {
        Condition::Nothing => None,
        Condition::Match(tag) => Some(("If-Match", tag)),
        Condition::Absent => Some(("If-None-Match", "*")),
        Condition::NoneMatch(tag) => Some(("If-None-Match", tag)),
    }
}

fn send(host: &Host, path: &str, call: &Call, condition: &Condition) -> Response {
    let Wire { method, target, body } = wire(path, call);
    let request = host.request(method, &target);
    let request = match (call, &body) {
        (Call::Put { .. }, Some(body)) => request.body("application/json", body),
        (Call::Swap { .. }, Some(body)) => request.body("application/json-patch+json", body),
        (_, Some(body)) => request.body("application/merge-patch+json", body),
        (_, None) => request,
    };
    let request = if method == "GET" { reading(request) } else { writing(request) };
    condition_header(condition)
        .into_iter()
        .fold(request, |request, (name, tag)| request.header(name, tag))
        .send()
}

fn object(members: &Members) -> String {
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn read(response: &Response) -> Answer {
    answer(response.status(), || response.etag(), || members(response.text()))
        .unwrap_or_else(|| panic!("no answer that the contract has: {response}"))
}

fn read_part(part: &Part) -> Answer {
    answer(part.status, || part.etag(), || part.members())
        .unwrap_or_else(|| panic!("no answer that the contract has: {part:?}"))
}

fn answer(
    status: u16,
    etag: impl FnOnce() -> String,
    members: impl FnOnce() -> Vec<(String, String)>,
) -> Option<Answer> {
    Some(match status {
        200 => Answer::Found(record(etag(), members())),
        201 => Answer::Created(record(etag(), members())),
        204 => Answer::Deleted,
        304 => Answer::NotModified(etag()),
        404 => Answer::Missing,
        409 => Answer::PatchFailed,
        412 => Answer::PreconditionFailed,
        _ => return None,
    })
}

/// The record that a representation shows.
fn record(etag: String, members: Vec<(String, String)>) -> Record {
    let mut members: Members = members.into_iter().collect();
    members.remove("last_updated").expect("every record has the time of its last write");
    let ttl = members.remove("ttl").expect("every record has a ttl");
    let ttl = (ttl != "null").then(|| given(ttl.parse().expect("seconds")));
    Record { etag, members, ttl }
}
