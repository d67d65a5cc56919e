//! Section 6: the base URL.

use harness::{Host, Response, Served, Service, assert_problem};

use crate::common::{host, in_query, path, stored};

/// What `GET /` answers to an `Accept`.
fn base(host: &Host, accept: &str) -> Response {
    host.get("/").header("Accept", accept).send()
}

/// Fails unless this is what every answer at `/` to a reader is.
fn assert_fresh(answer: &Response) {
    assert_eq!(answer.expect(200).required("cache-control"), "no-store");
    assert!(answer.list("vary").contains(&"accept".to_owned()), "{answer}");
}

#[test]
fn the_count_is_plain_text_unless_asked_otherwise() {
    let service = Served::start();
    let host = &service.host;
    let answer = host.get("/").send();
    assert_fresh(&answer);
    assert_eq!(answer.text(), "Count is 1.\n");
    assert!(answer.required("content-type").starts_with("text/plain"), "{answer}");
    for (number, accept) in
        ["*/*", "text/plain", "text/*", "text/plain;q=0.9, */*;q=0.1", ""].iter().enumerate()
    {
        let answer = base(host, accept);
        assert_fresh(&answer);
        assert_eq!(answer.text(), format!("Count is {}.\n", number + 2), "{accept}");
    }
}

#[test]
fn the_count_as_json() {
    let service = Served::start();
    let host = &service.host;
    let answer = base(host, "application/json");
    assert_fresh(&answer);
    assert_eq!(answer.required("content-type"), "application/json");
    assert_eq!(harness::compact(answer.text()), r#"{"count":1,"records":0}"#);
    host.put("/a", "{}").send();
    host.put("/b", "{}").send();
    host.get("/a").send();
    let answer = base(host, "application/json");
    assert_eq!(harness::compact(answer.text()), r#"{"count":5,"records":2}"#);
    host.delete("/b").send();
    let answer = base(host, "application/json");
    assert_eq!(harness::compact(answer.text()), r#"{"count":7,"records":1}"#);
}

#[test]
fn the_best_match_of_accept_decides() {
    for (accept, content_type) in [
        ("application/json", "application/json"),
        ("Application/JSON", "application/json"),
        ("application/*", "application/json"),
        ("text/plain;q=0.5, application/json", "application/json"),
        ("text/plain, application/json;q=0.5", "text/plain"),
        ("application/json;q=0.2, */*;q=0.1", "application/json"),
        ("text/html;q=0.1, text/plain;q=0.2", "text/plain"),
        ("application/json;q=0, */*", "text/plain"),
        ("text/html", "text/html"),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "text/html"),
    ] {
        let answer = base(host(), accept);
        let sent = answer.expect(200).required("content-type");
        assert!(sent.starts_with(content_type), "{accept} gave {sent}");
    }
}

#[test]
fn several_lines_of_accept_are_one_list() {
    let answer = host()
        .get("/")
        .header("Accept", "text/plain;q=0.1")
        .header("Accept", "application/json")
        .send();
    assert_eq!(answer.expect(200).required("content-type"), "application/json");
}

#[test]
fn head_of_the_base_url_is_as_get() {
    let service = Served::start();
    let head = service.host.head("/").send();
    assert_fresh(&head);
    assert_eq!(head.required("content-length"), "Count is 1.\n".len().to_string());
    assert_eq!(service.host.get("/").send().text(), "Count is 2.\n");
}

#[test]
fn the_console_is_served_without_touching_redis_and_is_no_hit() {
    let service = Service::start();
    let mut monitor = harness::Monitor::start(&service.redis);
    let answer = base(&service.host, "text/html");
    assert!(monitor.take().is_empty());
    assert!(answer.expect(200).required("content-type").starts_with("text/html"), "{answer}");
    let policy = answer.required("content-security-policy");
    assert!(policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("unsafe-eval"), "{policy}");
    assert!(answer.list("vary").contains(&"accept".to_owned()), "{answer}");
    assert_eq!(service.host.count(), 1);
}

#[test]
fn a_records_hits_since_it_was_first_stored() {
    let service = Served::start();
    let host = &service.host;
    host.put("/testurl", "{}").send().expect(201);
    host.get("/testurl").send().expect(200);
    host.get("/testurl").send().expect(200);
    let answer = host.get("/?path=/testurl").send();
    assert_fresh(&answer);
    assert_eq!(answer.text(), "Count is 3.\n");
    let answer = host.get("/?path=/testurl").header("Accept", "application/json").send();
    assert_fresh(&answer);
    assert_eq!(harness::compact(answer.text()), r#"{"count":3,"path":"/testurl"}"#);
    // The two were hits of `/`.
    assert_eq!(host.count(), 6);
}

#[test]
fn a_records_hits_go_with_it() {
    let path = stored("s6", "{}");
    host().get(&path).send().expect(200);
    host().put(&path, "{}").send().expect(200);
    assert_eq!(host().count_of(&path), 3, "a PUT in its place goes on counting");
    host().delete(&path).send().expect(204);
    let answer = host().get(&format!("/?path={path}")).send();
    assert_problem(&answer, 404, "record-not-found");
    host().put(&path, "{}").send().expect(201);
    assert_eq!(host().count_of(&path), 1);
}

#[test]
fn hits_of_no_record_are_404() {
    let answer = host().get(&format!("/?path={}", path("s6"))).send();
    assert_problem(&answer, 404, "record-not-found");
}

#[test]
fn the_path_asked_about_may_be_any_record_path() {
    for name in ["a%20b", "%C3%A9", "a&b=c", "a+b", "a%2Fb", "a%3Fb", "%23", "100%25", "", "/"] {
        let path = format!("{}/{name}", path("s6"));
        host().put(&path, "{}").send().expect(201);
        let target = format!("/?path={}", in_query(&path));
        let answer = host().get(&target).header("Accept", "application/json").send();
        assert_eq!(answer.expect(200).json()["path"], path, "{answer}");
        assert_eq!(answer.number("count"), 1);
    }
}

#[test]
fn what_the_base_url_cannot_use_is_refused() {
    for query in ["x=1", "path=/a&x=1", "path=/..", "path=a"] {
        let answer = host().get(&format!("/?{query}")).send();
        assert_problem(&answer, 400, "invalid-query");
    }
    host().get("/?").send().expect(200);
    let answer = host().put("/", "{}").send();
    assert_problem(&answer, 405, "method-not-allowed");
    let mut allowed = answer.list("allow");
    allowed.sort();
    assert_eq!(allowed, ["get", "head", "options"], "{answer}");
    host().options_of("/").send().expect(204);
}
