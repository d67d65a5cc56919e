//! Section 8: tokens and CORS, one case of each kind.

use harness::{Monitor, Service, assert_problem};

const READ: &str = "r3ad-t0ken.~+/==";
const WRITE: &str = "wr1te-t0ken_AND-more";
const ORIGIN: &str = "https://a.example";

/// A service that wants tokens, lets pages of one origin in, and has a record at `/a`.
fn service() -> Service {
    let service = Service::with(&[
        ("read_token", READ),
        ("write_token", WRITE),
        ("cors_allow_origins", ORIGIN),
    ]);
    service.host.put("/a", r#"{"a":1}"#).token(WRITE).send().expect(201);
    service
}

#[test]
fn tokens_open_what_they_are_for() {
    let Service { host, .. } = &service();
    for target in ["/a", "/", "/-/records", "/-/metrics"] {
        let missing = host.get(target).send();
        assert!(!missing.expect(401).required("www-authenticate").contains("error="), "{missing}");
        let unknown = host.get(target).token("wrong").send();
        let challenge = unknown.expect(401).required("www-authenticate");
        assert!(challenge.contains("error=\"invalid_token\""), "{unknown}");
        host.get(target).token(READ).send().expect(200);
        host.get(target).token(WRITE).send().expect(200);
    }
    let requests = || {
        [host.put("/w", "{}"), host.merge("/a", "{}"), host.post("/w/", "{}"), host.delete("/none")]
    };
    for request in requests() {
        request.send().expect(401);
    }
    for request in requests() {
        assert_problem(&request.token(READ).send(), 403, "forbidden");
    }
    for request in requests() {
        let answer = request.token(WRITE).send();
        assert!(![401, 403].contains(&answer.status()), "{answer}");
    }
    for target in ["/-/live", "/-/ready", "/-/openapi.json"] {
        host.get(target).send().expect(200);
    }
    host.get("/").header("Accept", "text/html").send().expect(200);
}

#[test]
fn who_is_not_let_in_learns_nothing_and_does_not_touch_redis() {
    let Service { host, redis } = &service();
    let mut monitor = Monitor::start(redis);
    let there = host.get("/a").send();
    let missing = host.get("/none").send();
    assert_eq!(there.expect(401).text().replace("/a", ""), missing.text().replace("/none", ""));
    assert_eq!(there.header("etag"), None);
    for answer in [there, missing, host.put("/a", "{").token("wrong").send()] {
        assert!(!answer.text().contains(READ) && !answer.text().contains(WRITE), "{answer}");
    }
    host.put("/a", "{}").token(READ).send().expect(403);
    assert!(monitor.take().is_empty());
}

#[test]
fn pages_of_the_listed_origins_may_read_answers_and_errors() {
    let Service { host, .. } = &service();
    let etag = host.get("/a").token(READ).send().etag();
    for (request, status) in [
        (host.get("/a").token(READ), 200),
        (host.get("/a").token(READ).header("If-None-Match", etag), 304),
        (host.get("/none").token(READ), 404),
        (host.put("/a", "{}"), 401),
        (host.get("/a%"), 400),
    ] {
        let answer = request.header("Origin", ORIGIN).send();
        assert_eq!(answer.expect(status).required("access-control-allow-origin"), ORIGIN);
        let exposed = answer.list("access-control-expose-headers");
        assert!(exposed.contains(&"etag".to_owned()), "{answer}");
        assert!(answer.list("vary").contains(&"origin".to_owned()), "{answer}");
    }
    let other = host.get("/a").token(READ).header("Origin", "https://evil.example").send();
    assert_eq!(other.expect(200).header("access-control-allow-origin"), None, "{other}");
}

#[test]
fn preflight_is_answered_without_touching_redis() {
    let Service { host, redis } = &service();
    let mut monitor = Monitor::start(redis);
    let answer = host
        .options_of("/a")
        .headers(&[("Origin", ORIGIN), ("Access-Control-Request-Method", "PUT")])
        .header("Access-Control-Request-Headers", "authorization,content-type,if-match")
        .send();
    assert_eq!(answer.expect(204).required("access-control-allow-origin"), ORIGIN);
    let (methods, headers) = ["methods", "headers"]
        .map(|what| answer.list(&format!("access-control-allow-{what}")))
        .into();
    assert!(methods.contains(&"put".to_owned()), "{answer}");
    assert!(headers.contains(&"authorization".to_owned()), "{answer}");
    assert!(monitor.take().is_empty());
}
