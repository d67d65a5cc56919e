//! What becomes of requests that wait, by what the host does, which is what Spin does: it tells nobody
//! that a client has gone, ends without waiting for anyone, and has only so many instances.

use std::time::{Duration, Instant};

use harness::{Build, Connection, Exchange, Host, HostOptions, Redis, eventually};

/// As long as a request may wait.
const LONG: &str = "wait=60";

/// Begins a request that waits for a record that isn't there.
fn wait<'a>(host: &'a Host, path: &'a str, prefer: &str) -> Exchange<'a> {
    let mut exchange = host.get(path).header("Prefer", prefer).begin();
    exchange.send(usize::MAX);
    exchange
}

/// How many connections wait in Redis.
fn waiting(redis: &Redis) -> usize {
    let blocked = redis.info("clients", "blocked_clients").expect("Redis says it");
    blocked.parse().expect("it is a number")
}

/// Waits until so many requests wait.
fn until(redis: &Redis, count: usize) {
    eventually("as many wait as should", || (waiting(redis) == count).then_some(()));
}

fn paths(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("/awaited/{number}")).collect()
}

/// A host whose instances take few requests and are soon dropped.
fn restless(redis: &Redis) -> HostOptions {
    Host::options()
        .redis(redis)
        .argument("--max-instance-reuse-count", "3")
        .argument("--max-instance-concurrent-reuse-count", "2")
        .argument("--idle-instance-timeout", "10ms")
}

#[test]
fn neither_an_instance_in_which_a_request_waits_nor_the_wait_ends_too_soon() {
    let redis = Redis::start();
    let host = restless(&redis).start();
    let paths = paths(5);
    let mut exchanges = Vec::new();
    for path in &paths {
        exchanges.push(wait(&host, path, LONG));
        until(&redis, exchanges.len());
        // These go to the same instance if it takes more, and to others.
        for other in ["/other/1", "/other/2", "/other/3", "/other/4"] {
            assert_eq!(host.get(other).send().status(), 404);
        }
        // An instance that idles would be gone by now.
        std::thread::sleep(Duration::from_millis(30));
        assert_eq!(waiting(&redis), exchanges.len());
    }
    for path in &paths {
        host.put(path, &format!(r#"{{"path":"{path}"}}"#)).send().expect(201);
    }
    for (exchange, path) in exchanges.into_iter().zip(&paths) {
        let answer = exchange.finish();
        answer.expect(200);
        assert_eq!(answer.member("path"), Some(format!("\"{path}\"")));
        assert_eq!(answer.header("Preference-Applied"), Some(LONG), "{answer}");
    }
    until(&redis, 0);
}

#[test]
fn the_place_of_a_client_that_hangs_up_comes_free_when_its_time_is_over() {
    let redis = Redis::start();
    let host = restless(&redis).variable("max_waiting", "1").start();
    let granted = || {
        let answer = host.get("/other").header("Prefer", "wait=1").send();
        answer.expect(404).header("Preference-Applied").is_some()
    };
    let gone = wait(&host, "/awaited", "wait=5");
    until(&redis, 1);
    drop(gone);
    assert!(!granted(), "the host doesn't tell the component that the client has gone");
    eventually("the place is free", || granted().then_some(()));
    until(&redis, 0);
    // What nobody listens to any more breaks nothing either.
    let gone = wait(&host, "/awaited", LONG);
    until(&redis, 1);
    drop(gone);
    host.put("/awaited", "{}").send().expect(201);
    until(&redis, 0);
    host.get("/awaited").send().expect(200);
    assert_eq!(host.stderr(), "");
}

#[test]
fn a_host_ends_at_once_while_a_hundred_requests_wait() {
    /// Much longer than an end takes, and much shorter than any of them waits.
    const SOON: Duration = Duration::from_secs(4);
    let redis = Redis::start();
    let host = Host::start(&redis);
    let address = host.address();
    let mut connections: Vec<_> = paths(100)
        .iter()
        .map(|path| {
            let mut connection = Connection::open(address);
            let request = format!("GET {path} HTTP/1.1\r\nHost: h\r\nPrefer: {LONG}\r\n\r\n");
            connection.send(request.as_bytes());
            connection
        })
        .collect();
    until(&redis, connections.len());
    let asked = Instant::now();
    let status = host.terminate();
    let took = asked.elapsed();
    assert!(status.success(), "{status}");
    assert!(took < SOON, "{took:?}");
    for connection in &mut connections {
        let answer = connection.receive(false);
        assert!(matches!(answer, Ok(None) | Err(_)), "{answer:?}");
    }
    until(&redis, 0);
}

#[test]
fn a_request_for_which_there_is_no_instance_is_500_and_the_others_are_served() {
    const INSTANCES: usize = 3;
    // The limit is also that of stacks, of which one in WASI 0.3 takes two.
    let limit = if Build::current() == Build::Wasip3 { 2 * INSTANCES } else { INSTANCES };
    let redis = Redis::start();
    let host = Host::options()
        .redis(&redis)
        .environment("SPIN_MAX_INSTANCE_COUNT", limit.to_string())
        .argument("--max-instance-concurrent-reuse-count", "1")
        .start();
    let other = Host::start(&redis);
    let ask = |path: &str| {
        let mut connection = Connection::open(host.address());
        connection.send(format!("GET {path} HTTP/1.1\r\nHost: h\r\n\r\n").as_bytes());
        connection.receive(false).expect("an answer").expect("an answer")
    };
    let paths = paths(INSTANCES);
    let exchanges: Vec<_> = paths
        .iter()
        .enumerate()
        .map(|(number, path)| {
            let exchange = wait(&host, path, LONG);
            until(&redis, number + 1);
            exchange
        })
        .collect();

    for path in ["/other", "/-/live"] {
        let answer = ask(path);
        assert_eq!((answer.status(), answer.body()), (500, &b""[..]), "{path}");
    }
    assert_eq!(ask("/.well-known/spin/health").status(), 200, "the host answers that itself");
    other.get("/other").send().expect(404);

    for path in &paths {
        other.put(path, "{}").send().expect(201);
    }
    for exchange in exchanges {
        exchange.finish().expect(200);
    }
    eventually("there is an instance again", || (ask("/-/live").status() == 200).then_some(()));
}
