//! Section 8: tokens.

use std::sync::LazyLock;

use harness::{Host, Monitor, Request, Response, Service, assert_problem};

const READ: &str = "r3ad-t0ken.~+/==";
const WRITE: &str = "wr1te-t0ken_AND-more";

/// A service with these tokens and a record at `/a`.
fn service(read: &str, write: &str) -> Service {
    let service = Service::with(&[("read_token", read), ("write_token", write)]);
    let token = if write.is_empty() { read } else { write };
    service.host.put("/a", r#"{"a":1}"#).token(token).send().expect(201);
    service
}

fn both() -> &'static Service {
    static BOTH: LazyLock<Service> = LazyLock::new(|| service(READ, WRITE));
    &BOTH
}

/// Requests that read, as method and target.
const READS: [(&str, &str); 8] = [
    ("GET", "/a"),
    ("HEAD", "/a"),
    ("GET", "/none"),
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/?path=/a"),
    ("GET", "/-/records"),
    ("GET", "/-/metrics"),
];

/// Requests that write, one of each kind.
fn writes(host: &Host) -> Vec<Request<'_>> {
    vec![
        host.put("/w", "{}"),
        host.merge("/a", r#"{"b":1}"#),
        host.patch("/a", "[]"),
        host.post("/w/", "{}"),
        host.delete("/none"),
    ]
}

fn is_let_in(answer: &Response) -> bool {
    ![401, 403].contains(&answer.status())
}

/// The 401 where no token was sent: RFC 6750, 3.1 has no error code then.
fn assert_unauthenticated(answer: &Response) {
    let challenge = answer.expect(401).required("www-authenticate");
    assert!(challenge.starts_with("Bearer"), "{answer}");
    assert!(!challenge.contains("error="), "{answer}");
}

/// The 401 where the token is unknown.
fn assert_unknown(answer: &Response) {
    let challenge = answer.expect(401).required("www-authenticate");
    assert!(challenge.contains("error=\"invalid_token\""), "{answer}");
}

#[test]
fn with_both_tokens_reading_needs_either() {
    let host = &both().host;
    for (method, target) in READS {
        let request = || host.request(method, target);
        assert_unauthenticated(&request().send());
        assert_unknown(&request().token("wrong").send());
        assert!(is_let_in(&request().token(READ).send()), "{method} {target}");
        assert!(is_let_in(&request().token(WRITE).send()), "{method} {target}");
    }
}

#[test]
fn with_both_tokens_writing_needs_the_write_token() {
    let host = &both().host;
    for request in writes(host) {
        assert_unauthenticated(&request.send());
    }
    for request in writes(host) {
        assert_unknown(&request.token("wrong").send());
    }
    for request in writes(host) {
        let answer = request.token(READ).send();
        assert_problem(&answer, 403, "forbidden");
        let challenge = answer.required("www-authenticate");
        assert!(challenge.contains("error=\"insufficient_scope\""), "{answer}");
    }
    for request in writes(host) {
        assert!(is_let_in(&request.token(WRITE).send()));
    }
}

#[test]
fn with_a_write_token_only_reading_is_open() {
    let service = service("", WRITE);
    let host = &service.host;
    for (method, target) in READS {
        assert!(is_let_in(&host.request(method, target).send()), "{method} {target}");
        assert!(is_let_in(&host.request(method, target).token(WRITE).send()));
    }
    for request in writes(host) {
        assert_unauthenticated(&request.send());
    }
    for request in writes(host) {
        assert_unknown(&request.token("wrong").send());
    }
    for request in writes(host) {
        assert!(is_let_in(&request.token(WRITE).send()));
    }
}

#[test]
fn with_a_read_token_only_writing_is_open() {
    let service = service(READ, "");
    let host = &service.host;
    for (method, target) in READS {
        assert_unauthenticated(&host.request(method, target).send());
        assert_unknown(&host.request(method, target).token("wrong").send());
        assert!(is_let_in(&host.request(method, target).token(READ).send()));
    }
    for request in writes(host) {
        assert!(is_let_in(&request.send()));
    }
}

#[test]
fn without_tokens_everything_is_open() {
    let service = Service::start();
    let host = &service.host;
    for (method, target) in READS {
        assert!(is_let_in(&host.request(method, target).send()));
        assert!(is_let_in(&host.request(method, target).token("any").send()));
    }
    for request in writes(host) {
        assert!(is_let_in(&request.send()));
    }
}

#[test]
fn live_ready_openapi_and_the_console_are_always_open() {
    let host = &both().host;
    for target in ["/-/live", "/-/ready", "/-/openapi.json"] {
        host.get(target).send().expect(200);
        host.head(target).send().expect(200);
        host.get(target).token("wrong").send().expect(200);
    }
    let console = host.get("/").header("Accept", "text/html").send();
    assert!(console.expect(200).required("content-type").starts_with("text/html"));
}

#[test]
fn options_is_open() {
    let host = &both().host;
    for target in ["/a", "/", "/-/records", "/a/"] {
        host.options_of(target).send().expect(204);
    }
}

#[test]
fn only_the_bearer_scheme_counts_in_any_case() {
    let host = &both().host;
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = host.get("/a").header("Authorization", format!("{scheme} {READ}"));
        request.send().expect(200);
    }
    for value in [
        format!("Basic {READ}"),
        READ.to_owned(),
        format!("Bearer{READ}"),
        "Bearer".to_owned(),
        format!("Bearer {READ} {READ}"),
        format!("Bearer \"{READ}\""),
        format!("Token {READ}"),
    ] {
        host.get("/a").header("Authorization", value).send().expect(401);
    }
}

#[test]
fn what_is_nearly_the_token_is_unknown() {
    let host = &both().host;
    for token in [
        &READ[..READ.len() - 1],
        &format!("{READ}x"),
        &READ.to_ascii_uppercase(),
        &READ[1..],
        "x",
        &format!("{READ}{WRITE}"),
    ] {
        assert_unknown(&host.get("/a").token(token).send());
        assert_unknown(&host.put("/a", "{}").token(token).send());
    }
}

#[test]
fn a_request_that_is_not_let_in_does_not_touch_redis() {
    let service = service(READ, WRITE);
    let mut monitor = Monitor::start(&service.redis);
    for (method, target) in READS {
        service.host.request(method, target).send().expect(401);
    }
    for request in writes(&service.host) {
        request.token(READ).send().expect(403);
    }
    assert!(monitor.take().is_empty());
}

#[test]
fn who_is_not_let_in_learns_nothing() {
    let host = &both().host;
    let there = host.get("/a").send();
    let missing = host.get("/none").send();
    assert_eq!(there.text().replace("/a", ""), missing.text().replace("/none", ""));
    for answer in [there, host.put("/a", "{}").token("wrong").send()] {
        assert!(!answer.text().contains(READ) && !answer.text().contains(WRITE), "{answer}");
        assert_eq!(answer.header("etag"), None);
    }
    // Not even whether its body would do.
    host.put("/a", "{").send().expect(401);
    host.put("/a", "[]").token(READ).send().expect(403);
}
