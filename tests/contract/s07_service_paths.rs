//! Section 7: service paths.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use harness::{Host, Line, Monitor, Passing, Redis, Response, Service, assert_problem};
use prometheus_parse::{Sample, Scrape, Value};

use crate::common::host;

const READABLE: [&str; 5] = ["/-/live", "/-/ready", "/-/records", "/-/metrics", "/-/openapi.json"];

#[test]
fn live_never_touches_redis() {
    let service = Service::start();
    let mut monitor = Monitor::start(&service.redis);
    service.host.get("/-/live").send().expect(200);
    service.host.head("/-/live").send().expect(200);
    assert!(monitor.take().is_empty());
}

#[test]
fn live_is_200_without_any_redis() {
    let mut redis = Redis::start();
    let host = Host::start(&redis);
    redis.kill();
    host.get("/-/live").send().expect(200);
    // Nor does a Redis that never answers hold it up.
    redis.restart();
    redis.freeze();
    host.get("/-/live").send().expect(200);
    redis.thaw();
}

#[test]
fn ready_is_200_while_redis_answers_and_503_while_not() {
    let mut redis = Redis::start();
    let host = Host::start(&redis);
    host.get("/-/ready").send().expect(200);
    host.head("/-/ready").send().expect(200);
    redis.kill();
    let answer = host.get("/-/ready").may_fail().send();
    assert_problem(&answer, 503, "store-unavailable");
    redis.restart();
    host.get("/-/ready").send().expect(200);
}

/// What a host sends back before it closes.
fn exchange(host: &Host, request: &str) -> String {
    let mut stream = TcpStream::connect(host.address()).expect("the host takes connections");
    stream.write_all(request.as_bytes()).expect("it is read");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the host closes");
    answer
}

#[test]
fn a_probe_needs_a_host_header() {
    // Spin's HTTP trigger closes the connection, and so does the dev host.
    for version in ["HTTP/1.0", "HTTP/1.1"] {
        let request = format!("GET /-/ready {version}\r\n");
        assert_eq!(exchange(host(), &format!("{request}\r\n")), "");
        let answer = exchange(host(), &format!("{request}Host: any\r\nConnection: close\r\n\r\n"));
        assert!(answer.starts_with(&format!("{version} 200 ")), "{answer}");
    }
}

#[test]
fn answers_about_the_state_are_not_kept() {
    for target in ["/-/live", "/-/ready", "/-/metrics", "/-/records"] {
        let answer = host().get(target).send();
        let control = answer.expect(200).required("cache-control");
        assert!(["no-store", "no-cache"].contains(&control), "{answer}");
    }
}

fn scrape(answer: &Response) -> Vec<Sample> {
    assert!(answer.required("content-type").starts_with("text/plain; version=0.0.4"), "{answer}");
    let lines = answer.text().lines().map(|line| Ok(line.to_owned()));
    let scrape = Scrape::parse(lines).expect("Prometheus reads it");
    for sample in &scrape.samples {
        assert!(scrape.docs.contains_key(&sample.metric), "HELP of {}", sample.metric);
        assert!(answer.text().contains(&format!("# TYPE {} ", sample.metric)), "{answer}");
    }
    scrape.samples
}

/// The value of the one metric whose name holds this word.
fn metric(samples: &[Sample], word: &str) -> f64 {
    let all: Vec<_> = samples.iter().filter(|sample| sample.metric.contains(word)).collect();
    assert_eq!(all.len(), 1, "{word}: {samples:?}");
    match all[0].value {
        Value::Counter(value) | Value::Gauge(value) | Value::Untyped(value) => value,
        _ => panic!("{word}: {samples:?}"),
    }
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers, exactly as they were written")]
fn metrics_are_counts_redis_up_and_the_round_trip_of_a_ping() {
    let service = Service::start();
    let host = &service.host;
    host.put("/a", "{}").send();
    host.put("/b?ttl=never", "{}").send();
    host.get("/a").send();
    // One waits, and one has left its place to who comes next.
    let places = ["ZADD", "path-records:waiting", "9e12", "waits", "1", "is gone"];
    service.redis.run::<()>(&places);
    let mut monitor = Monitor::start(&service.redis);
    let answer = host.get("/-/metrics").send();
    assert!(monitor.take().iter().any(|command| command.name == "PING"));
    let samples = scrape(answer.expect(200));
    assert_eq!(metric(&samples, "hits"), 3.0);
    let records = samples.iter().filter(|sample| sample.metric.ends_with("_records"));
    let records: Vec<_> = records.cloned().collect();
    assert_eq!(metric(&records, "records"), 2.0);
    let others = ["up", "due", "waiting", "parts"].map(|name| metric(&samples, name));
    assert_eq!(others, [1.0; 4]);
    let seconds = metric(&samples, "seconds");
    assert!(seconds > 0.0 && seconds < 60.0, "{seconds}");
}

/// A line on which it takes long to open a connection.
struct SlowToOpen;

impl SlowToOpen {
    const TIME: Duration = Duration::from_secs(1);
}

impl Passing for SlowToOpen {
    fn sent(&self, _: usize, piece: &[u8]) {
        if piece.windows(7).any(|word| word == b"SETINFO") {
            std::thread::sleep(Self::TIME);
        }
    }

    fn reply(&self, _: usize, piece: &[u8], to: &mut dyn Write) -> bool {
        to.write_all(piece).is_ok()
    }
}

#[test]
fn the_round_trip_of_a_ping_is_one_round_trip() {
    let redis = Redis::start();
    let line = Line::start(&redis, Arc::new(SlowToOpen));
    let host = Host::options().redis_at(&line.address()).start();
    let samples = scrape(host.get("/-/metrics").send().expect(200));
    let seconds = metric(&samples, "seconds");
    assert!(seconds < SlowToOpen::TIME.as_secs_f64(), "{seconds}: with what it takes to connect");
}

#[test]
#[expect(clippy::float_cmp, reason = "whole numbers, exactly as they were written")]
fn metrics_say_so_when_redis_is_down() {
    let mut redis = Redis::start();
    let host = Host::start(&redis);
    redis.kill();
    let answer = host.get("/-/metrics").send();
    assert_eq!(metric(&scrape(answer.expect(200)), "up"), 0.0);
}

#[test]
fn openapi_is_3_1_and_names_every_path_and_code() {
    let answer = host().get("/-/openapi.json").send();
    assert!(answer.expect(200).required("content-type").contains("json"), "{answer}");
    let document = answer.json();
    assert!(document["openapi"].as_str().is_some_and(|version| version.starts_with("3.1.")));
    let paths = document["paths"].as_object().expect("paths");
    for path in ["/", "/-/live", "/-/ready", "/-/records", "/-/metrics", "/-/openapi.json"] {
        assert!(paths.contains_key(path), "{path}");
    }
    for code in [
        "invalid-path",
        "path-too-long",
        "record-not-found",
        "patch-failed",
        "not-an-object",
        "method-not-allowed",
        "unsupported-media-type",
        "invalid-json",
        "record-too-large",
        "invalid-batch",
        "invalid-query",
        "invalid-header",
        "precondition-failed",
        "store-unavailable",
        "misconfigured",
        "no-such-endpoint",
        "store-full",
        "store-error",
        "forbidden",
    ] {
        assert!(answer.text().contains(&format!("\"{code}\"")), "{code}");
    }
}

#[test]
fn service_paths_take_get_head_and_options_and_others_are_404() {
    for target in READABLE {
        host().head(target).send().expect(200);
        let answer = host().put(target, "{}").send();
        assert_problem(&answer, 405, "method-not-allowed");
        let mut allowed = answer.list("allow");
        allowed.sort();
        let methods: &[&str] = match target {
            "/-/records" => &["delete", "get", "head", "options", "post"],
            _ => &["get", "head", "options"],
        };
        assert_eq!(allowed, methods, "{answer}");
        assert_eq!(host().options_of(target).send().expect(204).list("allow").len(), methods.len());
    }
    assert_eq!(host().options_of("/-/batch").send().expect(204).list("allow"), ["post", "options"]);
    assert_problem(&host().get("/-/batch").send(), 405, "method-not-allowed");
    for target in ["/-/", "/-/live/", "/-/x"] {
        assert_problem(&host().get(target).send(), 404, "no-such-endpoint");
        host().head(target).send().expect(404);
    }
}
