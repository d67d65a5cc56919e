//! Section 10: configuration.

use harness::{Host, Redis, Response, Service, assert_problem};

/// A host with one variable that can't be used.
fn assert_misconfigured(name: &str, value: &str) {
    let redis = Redis::start();
    // What is said last counts, as with Spin.
    let host = Host::options().redis(&redis).variable(name, value).try_start();
    let host = match host {
        Ok(host) => host,
        // The address also says where the component may connect to, so the host checks it too.
        Err(complaint) if name == "redis_address" => {
            assert!(!complaint.contains("panicked"), "{complaint}");
            return;
        }
        Err(complaint) => panic!("{name}={value}: {complaint}"),
    };
    let names_it = |answer: &Response, status| {
        let detail = assert_problem(answer, status, "misconfigured");
        assert!(detail.contains(name), "{name}={value}: {answer}");
    };
    names_it(&host.get("/a").may_fail().send(), 500);
    names_it(&host.put("/a", "{}").may_fail().send(), 500);
    names_it(&host.get("/").may_fail().send(), 500);
    names_it(&host.get("/-/records").may_fail().send(), 500);
    names_it(&host.get("/-/metrics").may_fail().send(), 500);
    names_it(&host.get("/-/ready").may_fail().send(), 503);
    host.head("/a").may_fail().send().expect(500);
    host.get("/-/live").send().expect(200);
    host.head("/-/live").send().expect(200);
    let keys: Vec<String> = redis.run(&["KEYS", "*"]);
    assert!(keys.is_empty(), "{keys:?}");
}

#[test]
fn a_value_that_cannot_be_used_stops_everything_but_the_sign_of_life() {
    assert_misconfigured("max_record_bytes", "1MB");
    assert_misconfigured("redis_address", "redis://user:secret@127.0.0.1:6379");
}

#[test]
fn a_misconfigured_service_does_not_tell_its_secrets() {
    let redis = Redis::start();
    let host = Host::options()
        .redis(&redis)
        .variables(&[
            ("count_hits", "perhaps"),
            ("read_token", "the-read-token"),
            ("redis_password", "the-password"),
        ])
        .hidden("the-read-token")
        .hidden("the-password")
        .start();
    assert_problem(&host.get("/a").may_fail().send(), 500, "misconfigured");
}

#[test]
fn the_environment_configures_too() {
    let redis = Redis::start();
    let host = Host::options()
        .redis(&redis)
        .environment("SPIN_VARIABLE_KEY_PREFIX", "from-the-environment:")
        .start();
    host.put("/a", "{}").send().expect(201);
    let exists: bool = redis.run(&["EXISTS", "from-the-environment:/a"]);
    assert!(exists);
}

#[test]
fn the_database_is_configured() {
    let service = Service::with(&[("redis_database", "7")]);
    service.host.put("/a", "{}").send().expect(201);
    service.host.get("/a").send().expect(200);
    let here: u64 =
        redis::cmd("DBSIZE").query(&mut service.redis.connect_to(7)).expect("Redis answers");
    assert_eq!(here, 4, "the record, the count, the index, what is due");
    let elsewhere: u64 = service.redis.run(&["DBSIZE"]);
    assert_eq!(elsewhere, 0);
}

#[test]
fn a_database_that_redis_does_not_have_is_503() {
    let service = Service::with(&[("redis_database", "99")]);
    let answer = service.host.get("/a").may_fail().send();
    assert_problem(&answer, 503, "store-unavailable");
}

#[test]
fn every_key_begins_with_the_prefix() {
    for prefix in ["x:", "é/ {tag}%:", "path-records:other:", ""] {
        let service = Service::with(&[("key_prefix", prefix)]);
        let host = &service.host;
        host.put("/a", "{}").send().expect(201);
        host.post("/a/", "{}").send().expect(201);
        host.get("/").send().expect(200);
        host.get("/-/records").send().expect(200);
        let keys: Vec<String> = service.redis.run(&["KEYS", "*"]);
        assert_eq!(keys.len(), 5, "{keys:?}");
        assert!(keys.iter().all(|key| key.starts_with(prefix)), "{keys:?}");
        for name in ["/a", "count", "index", "due"] {
            assert!(keys.contains(&format!("{prefix}{name}")), "{keys:?}");
        }
    }
}

#[test]
fn services_with_different_prefixes_share_a_redis() {
    let redis = Redis::start();
    let [first, second] = ["one:", "two:"]
        .map(|prefix| Host::options().redis(&redis).variable("key_prefix", prefix).start());
    first.put("/a", r#"{"n":1}"#).send().expect(201);
    second.put("/a", r#"{"n":2}"#).send().expect(201);
    assert_eq!(first.get("/a").send().number("n"), 1);
    assert_eq!(first.count(), 3);
    assert_eq!(second.count(), 2);
}
