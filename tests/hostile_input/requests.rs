//! Ten thousand requests that no client would send, over plain sockets.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::Mutex;

use fastrand::Rng;
use harness::secrets::{
    READ_TOKEN, assert_holds_none, assert_log_is_clean, guarded_host, guarded_redis,
};
use harness::{Answer, Connection, Host, setting};
use serde_json::Value;

use crate::generator::{Form, Generator, Hostile};

const CLIENTS: u64 = 4;

#[test]
fn hostile_requests_are_answered_or_refused_and_never_break_anything() {
    let redis = guarded_redis().start();
    let host = guarded_host().redis(&redis).variable("cors_allow_origins", "*").start();
    let (seed, requests) = (setting("SEED", 0x7374_7261_6e67), setting("REQUESTS", 10_000));
    let generator = Generator::load();
    let tally = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (host, generator, tally) = (&host, &generator, &tally);
            scope.spawn(move || {
                let mut kept = None;
                for number in (client..requests).step_by(usize::try_from(CLIENTS).expect("small")) {
                    let mut rng = Rng::with_seed(seed.wrapping_add(number));
                    let hostile = generator.request(&mut rng);
                    let (status, again) = send(host, number, &hostile, kept.take());
                    kept = again;
                    *tally.lock().expect("no panic").entry(status).or_insert(0) += 1;
                }
            });
        }
    });
    let tally = tally.into_inner().expect("no panic");
    println!("answers by status (0: the connection was closed): {tally:?}");
    assert_log_is_clean(&host);
    still_lists_everything(&host);
    for status in [200, 201, 204, 400, 401, 403, 404, 405, 412, 415, 422] {
        assert!(tally.contains_key(&status) || requests < 10_000, "no {status} came: {tally:?}");
    }
}

/// Sends one request, on this connection or on a new one; its status (0: none), and the connection if
/// it can be used again.
fn send(
    host: &Host,
    number: u64,
    hostile: &Hostile,
    kept: Option<Connection>,
) -> (u16, Option<Connection>) {
    let mut connection = kept.unwrap_or_else(|| Connection::open(host.address()));
    if hostile.is_slow {
        connection.send_slowly(&hostile.bytes);
    } else {
        connection.send(&hostile.bytes);
    }
    let shown = || {
        let begin = &hostile.bytes[..hostile.bytes.len().min(3_000)];
        format!("request {number}, {:?}: \"{}\"", hostile.form, begin.escape_ascii())
    };
    if hostile.form == Form::Broken {
        connection.finish();
    }
    let answer = match (connection.receive(hostile.is_head), hostile.form) {
        (Ok(Some(answer)), _) => answer,
        (Ok(None), Form::Broken | Form::TooLong) => return (0, None),
        // The client was still writing when the service closed.
        (Err(error), Form::Broken | Form::TooLong)
            if error.kind() == ErrorKind::ConnectionReset =>
        {
            return (0, None);
        }
        (Ok(None), Form::Valid) => panic!("no answer to {}", shown()),
        (Err(error), _) => panic!("{error} instead of an answer to {}", shown()),
    };
    check(&answer, hostile, &shown);
    if hostile.form == Form::Valid && answer.head.header("connection") != Some(b"close") {
        return (answer.status(), in_step(connection, &shown));
    }
    (answer.status(), None)
}

fn check(answer: &Answer, hostile: &Hostile, shown: &dyn Fn() -> String) {
    let text = String::from_utf8_lossy(&answer.bytes);
    assert_holds_none(&answer.bytes);
    let is_hosts = answer.head.header("x-content-type-options").is_none();
    if is_hosts && answer.status() == 500 && answer.body().is_empty() && !hostile.is_text() {
        return;
    }
    assert!(answer.status() < 500, "{}\n{text}", shown());
    if is_hosts {
        // The host's own refusal of what is no HTTP, or more than it takes.
        let refused = matches!(answer.status(), 400 | 413 | 414 | 431);
        assert!(refused && hostile.form == Form::Broken, "{}\n{text}", shown());
    } else if answer.status() >= 400 && !hostile.is_head && !answer.body().is_empty() {
        let problem: Value =
            serde_json::from_slice(answer.body()).unwrap_or_else(|_| panic!("{}\n{text}", shown()));
        assert_eq!(problem["status"], answer.status(), "{}\n{text}", shown());
    } else if answer.status() == 200 {
        for status in statuses_within(answer) {
            assert!(status < 500, "{}\n{text}", shown());
        }
    }
}

/// The statuses that an answer to a batch, or to an import, holds.
fn statuses_within(answer: &Answer) -> Vec<u64> {
    let parse = |json: &[u8]| serde_json::from_slice(json).unwrap_or(Value::Null);
    let status = |part: &Value| part["status"].as_u64();
    match answer.head.header("content-type") {
        Some(b"application/x-ndjson") => {
            let lines = answer.body().split(|byte| *byte == b'\n').map(parse);
            lines.filter_map(|line| line["line"].is_u64().then(|| status(&line))?).collect()
        }
        Some(b"application/json") => {
            let responses = parse(answer.body())["responses"].take();
            let responses = responses.as_array().map(Vec::as_slice).unwrap_or_default();
            responses.iter().filter_map(status).collect()
        }
        _ => Vec::new(),
    }
}

/// Asks something harmless on the same connection: its answer has to come next, unless the service
/// has closed the connection. Gives the connection back if it goes on.
fn in_step(mut connection: Connection, shown: &dyn Fn() -> String) -> Option<Connection> {
    connection.send(b"OPTIONS /in-step/ HTTP/1.1\r\nHost: a\r\n\r\n");
    match connection.receive(false) {
        Ok(Some(answer)) => {
            let text = String::from_utf8_lossy(&answer.bytes);
            let allow = String::from_utf8_lossy(answer.head.header("allow").unwrap_or_default());
            let in_step = answer.status() == 204 && allow.contains("POST");
            assert!(in_step, "out of step after {}\n{text}", shown());
            Some(connection)
        }
        Ok(None) => None,
        Err(error) if error.kind() == ErrorKind::ConnectionReset => None,
        Err(error) => panic!("{error} after {}", shown()),
    }
}

/// All that was stored can be listed and read.
fn still_lists_everything(host: &Host) {
    let mut count = 0;
    let mut next = Some("/-/records?limit=500".to_owned());
    while let Some(page) = next {
        let page = host.get(&page).token(READ_TOKEN).send().expect(200).json();
        // What lives only for a while may end between the listing and the reading.
        let lasts = |record: &&Value| record["ttl"].as_u64().is_none_or(|ttl| ttl > 600);
        for record in page["records"].as_array().expect("a list").iter().filter(lasts) {
            let path = record["path"].as_str().expect("a path");
            let got = host.get(path).token(READ_TOKEN).send();
            assert_eq!(got.expect(200).etag(), record["etag"], "{got}");
            count += 1;
        }
        next = page["next"].as_str().map(str::to_owned);
    }
    println!("{count} records were stored");
    assert!(count > 0, "nothing was stored");
}
