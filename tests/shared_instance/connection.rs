//! The connection to Redis that an instance keeps.

use std::time::Duration;

use harness::{Build, Exchange, Host, Redis, assert_problem, eventually};

use crate::gate::{Gate, Held};
use crate::host;

const AT_ONCE: usize = 16;

/// How often a host is started anew if its requests did not come together in one instance.
const ATTEMPTS: usize = 10;

/// No instance ends before its test.
const IDLE: &str = "300s";

fn paths() -> Vec<String> {
    (0..AT_ONCE).map(|number| format!("/at-once/{number}")).collect()
}

/// Sends requests but for their bodies, each when the one before waits for its own: so no
/// instance is busy when a request comes, and the host gives all of them to one.
fn waiting_for_bodies<'a>(host: &'a Host, paths: &'a [String]) -> Vec<Exchange<'a>> {
    let begin = |path: &'a String| {
        let put = host.put(path, &format!(r#"{{"path":"{path}"}}"#));
        let mut exchange = put.header("Expect", "100-continue").begin();
        exchange.send_head();
        // The instance is on its way from asking for the body to waiting for it.
        std::thread::sleep(Duration::from_millis(5));
        exchange
    };
    paths.iter().map(begin).collect()
}

/// Sends what is left of all of these.
fn send_rest(exchanges: &mut [Exchange]) {
    for exchange in exchanges {
        exchange.send(usize::MAX);
    }
}

/// The same, and then reads the answers.
fn finish_at_once(mut exchanges: Vec<Exchange>, status: u16) {
    send_rest(&mut exchanges);
    for (number, exchange) in exchanges.into_iter().enumerate() {
        let answer = exchange.finish();
        let path = format!("\"/at-once/{number}\"");
        assert_eq!(answer.expect(status).member("path"), Some(path), "{answer}");
    }
}

/// How many connections are opened by requests that find none: on a fresh host, and when Redis has
/// closed all.
fn opened() -> (usize, usize) {
    let redis = Redis::start();
    let gate = Gate::start(&redis);
    let host = host(&gate, IDLE).start();
    let paths = paths();
    finish_at_once(waiting_for_bodies(&host, &paths), 201);
    let first = gate.scripts().len();
    let exchanges = waiting_for_bodies(&host, &paths);
    assert_eq!(gate.scripts().len(), first, "nothing is opened before it is needed");
    redis.run::<()>(&["CLIENT", "KILL", "TYPE", "normal"]);
    finish_at_once(exchanges, 200);
    (first, gate.scripts().len() - first)
}

#[test]
fn sixteen_requests_that_find_no_connection_open_one_if_they_share_an_instance() {
    if Build::current() == Build::Wasip2 {
        assert_eq!(opened(), (AT_ONCE, AT_ONCE), "an instance, and so a connection, for each");
        return;
    }
    // Where the machine is so busy that a request finds no instance waiting, the host makes another.
    let attempts: Vec<_> = (0..ATTEMPTS)
        .map(|_| opened())
        .inspect(|opened| println!("{opened:?} connections opened"))
        .take_while(|opened| *opened != (1, 1))
        .collect();
    assert!(attempts.len() < ATTEMPTS, "never one and one: {attempts:?}");
}

#[test]
fn a_request_whose_client_goes_away_while_it_connects_harms_no_other() {
    let redis = Redis::start();
    let gate = Gate::start(&redis);
    let host = host(&gate, IDLE).variable("redis_timeout_ms", "60000").start();
    gate.hold(Held::Everything);
    let mut connecting = host.get("/none").begin();
    connecting.send(usize::MAX);
    eventually("it connects", || (!gate.scripts().is_empty()).then_some(()));
    let paths = paths();
    let mut others = waiting_for_bodies(&host, &paths);
    send_rest(&mut others);
    drop(connecting);
    // The host comes to know that the client has gone.
    std::thread::sleep(Duration::from_millis(50));
    gate.hold(Held::Nothing);
    finish_at_once(others, 201);
}

#[test]
fn a_connection_on_which_a_reply_is_late_is_not_used_again() {
    if !Build::current().limits_waiting() {
        return;
    }
    let redis = Redis::start();
    let gate = Gate::start(&redis);
    let host = host(&gate, IDLE).variable("redis_timeout_ms", "1000").start();
    let paths = paths();
    for path in &paths {
        host.put(path, &format!(r#"{{"path":"{path}"}}"#)).send().expect(201);
    }
    gate.hold(Held::Scripts);
    let mut late: Vec<_> = paths.iter().map(|path| host.get(path).may_fail().begin()).collect();
    send_rest(&mut late);
    for exchange in late {
        assert_problem(&exchange.finish(), 503, "store-unavailable");
    }
    let before = gate.scripts();
    gate.hold(Held::Nothing);
    for _ in 0..4 {
        finish_at_once(paths.iter().map(|path| host.get(path).begin()).collect(), 200);
    }
    assert_eq!(gate.scripts()[..before.len()], before, "these were late");
    assert!(gate.scripts().len() > before.len());
    eventually("the old connections are closed", || {
        let list: String = redis.run(&["CLIENT", "LIST", "TYPE", "normal"]);
        // One of them asks for the list.
        (list.lines().count() - 1 <= gate.scripts().len() - before.len()).then_some(())
    });
}
