//! Requests that are under way together.

use std::time::Duration;

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN, assert_log_is_clean};
use harness::{Build, Exchange, Host, Redis, eventually, setting};

use crate::gate::{Gate, Held};
use crate::host;
use crate::requests::{ORIGINS, Record};

const ROUNDS: usize = 25;
const CLIENTS: usize = 40;

/// How many more clients go away in each round before they have sent all of their request, and how
/// many more while it waits for Redis.
const GOING: usize = 4;

/// One round: all requests are sent in pieces, in turn; those that get so far wait for Redis together;
/// then all are answered. Gives how many waited, and on how many connections.
fn round(
    number: usize,
    host: &Host,
    gate: &Gate,
    records: &mut [Record],
    rng: &mut Rng,
) -> (usize, usize) {
    let mut cases = Vec::new();
    for (at, record) in records.iter().enumerate() {
        cases.push(record.request(&format!("round {number} record {at}; "), rng));
    }
    let waiting = cases.iter().filter(|case| case.reaches_the_store()).count() + GOING;
    let paths: Vec<_> = (0..2 * GOING).map(|client| gone(number, client)).collect();
    let (going, stopping) = paths.split_at(GOING);

    gate.hold(Held::Scripts);
    let before = gate.commands();
    let mut exchanges: Vec<_> = cases.iter().map(|case| case.request(host).begin()).collect();
    let mut going: Vec<_> = going.iter().map(|path| put(host, path)).collect();
    let stopping = stopping.iter().map(|path| put(host, path)).collect();
    send(exchanges.iter_mut().chain(&mut going).collect(), stopping, rng);
    let connections = eventually("all that need Redis wait for it", || {
        let now = gate.commands();
        let before = before.iter().chain(std::iter::repeat(&0));
        let more = now.iter().zip(before).map(|(now, before)| now - before);
        let more: Vec<_> = more.filter(|more| *more > 0).collect();
        // Of a client that has gone, the PING may have waited the round before, and its script come only now.
        (more.iter().sum::<usize>() >= waiting).then_some(more.len())
    });
    drop(going);
    gate.hold(Held::Nothing);

    let mut order: Vec<_> = exchanges.into_iter().enumerate().collect();
    rng.shuffle(&mut order);
    for (at, exchange) in order {
        records[at].check(&cases[at], &exchange.finish());
    }
    (waiting, connections)
}

/// The request of a client that goes away.
fn put<'a>(host: &'a Host, path: &'a str) -> Exchange<'a> {
    host.put(path, &format!("{{\"text\":\"{path}\"}}")).token(WRITE_TOKEN).begin()
}

/// Sends requests, now a piece of one and now of another. Those that stop do so in the middle of
/// their bodies, and their clients go away one after the other.
fn send(mut unsent: Vec<&mut Exchange>, mut stopping: Vec<Exchange>, rng: &mut Rng) {
    for exchange in &mut stopping {
        exchange.send(exchange.unsent() - LONG / 2);
    }
    let pause = unsent.len();
    for turn in 1.. {
        let Some(at) = rng.choice(0..unsent.len()) else {
            break;
        };
        unsent[at].send(rng.usize(1..600));
        if unsent[at].unsent() == 0 {
            unsent.swap_remove(at);
        }
        if turn % pause == 0 {
            stopping.pop();
        }
        // The instance comes to wait again, which is when it takes one more request; where none waits
        // the host makes another.
        // And now and then an instance has had nothing to do for so long that it looks whether Redis is still there.
        std::thread::sleep(Duration::from_millis(if turn % 100 == 0 { 150 } else { 1 }));
    }
}

/// Where a busy machine made the host begin more instances, they end soon.
const IDLE: &str = "50ms";

/// How long the names of the records are that clients store who go away.
const LONG: usize = 800;

fn gone(round: usize, client: usize) -> String {
    format!("/gone/{round}/{client}/{}", "x".repeat(LONG))
}

/// Fails unless there is a record of each client that went away while its request waited for Redis,
/// which had got it, and none of those whose request never was whole.
fn assert_those_gone_left_what_they_sent(redis: &Redis) {
    for path in (0..ROUNDS).flat_map(|round| (0..GOING).map(move |client| gone(round, client))) {
        let text: Option<String> = redis.run(&["HGET", &format!("path-records:{path}"), "text"]);
        assert_eq!(text, Some(format!("\"{path}\"")));
    }
    let keys: Vec<String> = redis.run(&["KEYS", "path-records:/gone/*"]);
    assert_eq!(keys.len(), ROUNDS * GOING, "{keys:?}");
}

#[test]
fn nothing_of_one_request_is_visible_to_another() {
    let redis = Redis::start();
    let gate = Gate::start(&redis);
    let host = host(&gate, IDLE)
        .variables(&[("read_token", READ_TOKEN), ("write_token", WRITE_TOKEN)])
        .variable("cors_allow_origins", ORIGINS.join(","))
        // Nobody is to be late for Redis.
        .variable("redis_timeout_ms", "60000")
        .hidden(READ_TOKEN)
        .hidden(WRITE_TOKEN)
        .start();
    let mut rng = Rng::with_seed(setting("SEED", 0x696e_7374));
    let record = |number| Record::new(format!("/record/{number}"));
    let mut records: Vec<_> = (0..CLIENTS).map(record).collect();
    let mut together = Vec::new();
    for number in 0..ROUNDS {
        together.push(round(number, &host, &gate, &mut records, &mut rng));
    }
    assert_those_gone_left_what_they_sent(&redis);
    assert_log_is_clean(&host);

    println!("requests that waited for Redis together, and on how many connections: {together:?}");
    let requests: usize = together.iter().map(|(requests, _)| requests).sum();
    let connections: usize = together.iter().map(|(_, connections)| connections).sum();
    match Build::current() {
        Build::Wasip2 => assert_eq!(connections, requests, "an instance for each"),
        // An instance has one connection: requests that wait on one together share an instance. On an
        // idle machine there are ten times as many as connections.
        Build::Wasip3 => assert!(connections * 4 < requests * 3, "{connections} for {requests}"),
    }
}
