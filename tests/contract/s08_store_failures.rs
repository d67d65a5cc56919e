//! Section 8: what Redis can do to the service, each time with the real cause.

use harness::{Build, Host, Redis, Request, Response, Service, assert_problem, eventually};
use serde_json::json;

/// Requests of every kind that need the store.
fn requests(host: &Host) -> Vec<Request<'_>> {
    vec![
        host.get("/a").may_fail(),
        host.head("/a").may_fail(),
        host.put("/a", "{}").may_fail(),
        host.put("/a", "{}").header("If-Match", "*").may_fail(),
        host.merge("/a", "{}").may_fail(),
        host.patch("/a", "[]").may_fail(),
        host.post("/a/", "{}").may_fail(),
        host.delete("/a").may_fail(),
        host.get("/").may_fail(),
        host.get("/?path=/a").may_fail(),
        host.get("/-/records").may_fail(),
        host.get("/-/ready").may_fail(),
    ]
}

fn assert_unavailable(answer: &Response) {
    assert_eq!(answer.expect(503).required("retry-after"), "1");
    if !answer.is_head() {
        assert_problem(answer, 503, "store-unavailable");
    }
}

fn all_unavailable(host: &Host) {
    for request in requests(host) {
        assert_unavailable(&request.send());
    }
    host.get("/-/live").send().expect(200);
}

/// Fails unless the host has said why on stderr, as a JSON line.
fn assert_logged(host: &Host) {
    eventually("the reason is on stderr", || {
        let stderr = host.stderr();
        let mut lines = stderr.lines();
        lines
            .any(|line| {
                serde_json::from_str::<serde_json::Value>(line).is_ok_and(|event| event.is_object())
            })
            .then_some(())
    });
}

#[test]
fn redis_not_there_is_503() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        listener.local_addr().expect("it is bound").port()
    };
    let host = Host::options().redis_at(&format!("redis://127.0.0.1:{port}")).start();
    all_unavailable(&host);
    assert_logged(&host);
}

#[test]
fn redis_killed_is_503_until_it_is_back() {
    let mut redis = Redis::options().set("appendonly", "yes").set("appendfsync", "always").start();
    let host = Host::start(&redis);
    let put = host.put("/a", r#"{"a":1.0}"#).send();
    redis.kill();
    all_unavailable(&host);
    assert_logged(&host);
    redis.restart();
    eventually("Redis has loaded", || (redis.info("persistence", "loading")? == "0").then_some(()));
    let got = host.get("/a").send();
    assert_eq!(got.expect(200).etag(), put.etag());
    host.put("/a", "{}").header("If-Match", put.etag()).send().expect(200);
}

#[test]
fn a_restarted_redis_is_no_failure() {
    let mut redis = Redis::start();
    let host = Host::start(&redis);
    for _ in 0..3 {
        host.put("/a", "{}").send().expect(201);
        redis.restart();
        host.get("/a").send().expect(404);
    }
}

#[test]
fn scripts_that_redis_has_forgotten_are_no_failure() {
    let service = Service::start();
    let host = &service.host;
    host.put("/a", "{}").send().expect(201);
    for request in requests(host) {
        service.redis.run::<()>(&["SCRIPT", "FLUSH"]);
        let answer = request.send();
        assert!(answer.status() < 500, "{answer}");
    }
}

#[test]
fn redis_out_of_memory_is_507_while_get_and_delete_still_work() {
    let redis = Redis::options().set("maxmemory-policy", "noeviction").start();
    let host = Host::start(&redis);
    for path in ["/a", "/b", "/c/"] {
        host.put(path, r#"{"a":1}"#).send().expect(201);
    }
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    for request in [
        host.put("/a", "{}"),
        host.put("/new", "{}"),
        host.post("/c/", "{}"),
        host.merge("/a", r#"{"b":1}"#),
        host.patch("/a", "[]"),
    ] {
        assert_problem(&request.may_fail().send(), 507, "store-full");
    }
    assert_logged(&host);
    host.get("/a").send().expect(200);
    host.head("/a").send().expect(200);
    host.get("/new").send().expect(404);
    host.get("/").send().expect(200);
    host.get("/-/records").send().expect(200);
    let ready = || host.get("/-/ready").send().expect(200).json();
    assert_eq!(ready(), json!({"status": "ready", "full": true}));
    host.delete("/b").send().expect(204);
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(ready(), json!({"status": "ready"}));
    host.put("/a", "{}").send().expect(200);
}

#[test]
fn a_read_only_replica_is_503() {
    let master = Redis::start();
    let replica = Redis::options().set("replicaof", format!("127.0.0.1 {}", master.port())).start();
    eventually("the replica follows", || {
        (replica.info("replication", "master_link_status")? == "up").then_some(())
    });
    // One record, and the path of one that another program has deleted.
    Host::start(&master).put("/a", "{}").send().expect(201);
    master.run::<u64>(&["ZADD", "path-records:index", "0", "/gone"]);
    eventually("the replica has it", || {
        let there: Option<f64> = replica.run(&["ZSCORE", "path-records:index", "/gone"]);
        there.map(drop)
    });
    let host = Host::start(&replica);
    let write = |host: &Host| {
        for request in [
            host.get("/-/ready"),
            host.put("/a", "{}"),
            host.put("/a", "{}").header("If-Match", "*"),
            host.put("/new", "{}"),
            host.post("/a/", "{}"),
            host.delete("/a"),
            host.merge("/a", "{}"),
        ] {
            assert_unavailable(&request.may_fail().send());
        }
    };
    write(&host);
    for target in ["/a", "/gone", "/new", "/", "/?path=/a"] {
        assert_unavailable(&host.get(target).may_fail().send());
    }
    assert_unavailable(&host.delete("/gone").may_fail().send());
    assert_logged(&host);
    // Without counting a hit, reading writes nothing.
    let host = Host::options().redis(&replica).variable("count_hits", "off").start();
    write(&host);
    host.get("/a").send().expect(200);
    host.get("/gone").send().expect(404);
    host.get("/-/records").send().expect(200);
}

#[test]
fn a_wrong_password_is_503() {
    let redis = Redis::options().password("right-password").start();
    for (name, value) in
        [("redis_password", "wrong-password"), ("redis_username", "nobody"), ("redis_password", "")]
    {
        let host = Host::options().redis(&redis).variable(name, value);
        let host = if value.is_empty() { host } else { host.hidden(value) };
        let host = host.hidden("right-password").start();
        all_unavailable(&host);
        assert_logged(&host);
        let stderr = host.stderr();
        assert!(!stderr.contains("wrong-password"), "a secret on stderr: {stderr}");
    }
    let host = Host::options().redis(&redis).variable("redis_password", "right-password").start();
    host.put("/a", "{}").send().expect(201);
}

#[test]
fn credentials_that_may_not_do_what_is_needed_are_503() {
    let redis = Redis::start();
    redis.run::<()>(&[
        "ACL", "SETUSER", "reader", "on", ">pw", "~*", "+@read", "+ping", "+client", "+info",
    ]);
    let host = Host::options()
        .redis(&redis)
        .variables(&[("redis_username", "reader"), ("redis_password", "pw")])
        .start();
    assert_unavailable(&host.put("/a", "{}").may_fail().send());
    assert_unavailable(&host.get("/a").may_fail().send());
    assert_unavailable(&host.get("/-/ready").may_fail().send());
}

#[test]
fn redis_loading_is_503() {
    let mut redis = Redis::start();
    let host = Host::start(&redis);
    let value = "x".repeat(2000);
    let mut pipe = redis::pipe();
    for number in 0..6000 {
        pipe.cmd("SET").arg(number).arg(&value).ignore();
    }
    pipe.exec(&mut redis.connect()).expect("Redis takes keys");
    redis.run::<()>(&["SAVE"]);
    // Two minutes for all keys, and a look at the clients every kilobyte.
    for (name, value) in [
        ("key-load-delay", "20000"),
        ("rdbcompression", "no"),
        ("loading-process-events-interval-bytes", "1024"),
    ] {
        redis.set(name, value);
    }
    redis.restart();
    assert_eq!(redis.info("persistence", "loading").as_deref(), Some("1"));
    assert_unavailable(&host.get("/a").may_fail().send());
    assert_unavailable(&host.put("/a", "{}").may_fail().send());
    assert_unavailable(&host.get("/-/ready").may_fail().send());
    assert_logged(&host);
}

#[test]
fn a_redis_that_answers_too_late_is_503_where_the_host_lets_a_guest_limit_its_waiting() {
    if !Build::current().limits_waiting() {
        // With WASI 0.2 a call into the host can't be limited: section 10 says so.
        return;
    }
    let service = Service::with(&[("redis_timeout_ms", "200")]);
    let host = &service.host;
    host.put("/a", "{}").send().expect(201);
    service.redis.freeze();
    for request in requests(host) {
        assert_unavailable(&request.send());
    }
    host.get("/-/live").send().expect(200);
    service.redis.thaw();
    host.get("/a").send();
    host.put("/b", "{}").send().expect(201);
    host.get("/b").send().expect(200);
}
