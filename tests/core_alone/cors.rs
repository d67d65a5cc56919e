//! Section 8: CORS.

use harness::{Monitor, Response, Service};

const ALLOWED: &str = "https://a.example";
const OTHER: &str = "https://b.example:8443";
const STRANGE: &str = "https://evil.example";

fn cors_headers(answer: &Response) -> Vec<&str> {
    let mut names = answer.header_names();
    names.retain(|name| name.starts_with("access-control-"));
    names
}

fn preflight(service: &Service, target: &str, origin: &str, method: &str) -> Response {
    service
        .host
        .options_of(target)
        .headers(&[
            ("Origin", origin),
            ("Access-Control-Request-Method", method),
            ("Access-Control-Request-Headers", "authorization,content-type,if-match,if-none-match"),
        ])
        .send()
}

fn assert_preflight(answer: &Response, allow_origin: &str) {
    assert_eq!(answer.expect(204).required("access-control-allow-origin"), allow_origin);
    let methods = answer.list("access-control-allow-methods");
    for method in ["get", "put", "patch", "delete"] {
        assert!(methods.contains(&method.to_owned()), "{answer}");
    }
    let headers = answer.list("access-control-allow-headers");
    for header in ["authorization", "content-type", "if-match", "if-none-match"] {
        assert!(headers.contains(&header.to_owned()), "{answer}");
    }
}

fn assert_exposes(answer: &Response, allow_origin: &str) {
    assert_eq!(answer.required("access-control-allow-origin"), allow_origin, "{answer}");
    let exposed = answer.list("access-control-expose-headers");
    for header in ["etag", "location"] {
        assert!(exposed.contains(&header.to_owned()), "{answer}");
    }
}

#[test]
fn empty_means_no_cors_headers() {
    let service = Service::start();
    for answer in [
        service.host.put("/a", "{}").header("Origin", ALLOWED).send(),
        service.host.get("/a").header("Origin", ALLOWED).send(),
        service.host.get("/none").header("Origin", ALLOWED).send(),
        service.host.get("/").header("Origin", ALLOWED).send(),
        preflight(&service, "/a", ALLOWED, "PUT"),
    ] {
        assert!(cors_headers(&answer).is_empty(), "{answer}");
        assert!(!answer.list("vary").contains(&"origin".to_owned()), "{answer}");
    }
}

#[test]
fn a_star_lets_everyone_in() {
    let service = Service::with(&[("cors_allow_origins", "*")]);
    let host = &service.host;
    assert_exposes(&host.put("/a", "{}").header("Origin", ALLOWED).send(), "*");
    assert_exposes(&host.get("/a").header("Origin", "null").send(), "*");
    assert_exposes(&host.get("/").header("Origin", ALLOWED).send(), "*");
    assert_exposes(&host.get("/-/records").header("Origin", ALLOWED).send(), "*");
    assert_exposes(&host.post("/a/", "{}").header("Origin", ALLOWED).send(), "*");
    assert_preflight(&preflight(&service, "/a", ALLOWED, "PUT"), "*");
    assert_preflight(&preflight(&service, "/a/", STRANGE, "PATCH"), "*");
    let post = preflight(&service, "/a/", STRANGE, "POST");
    assert!(post.list("access-control-allow-methods").contains(&"post".to_owned()), "{post}");
}

#[test]
fn a_list_lets_its_origins_in_and_no_others() {
    let list = format!("{ALLOWED}, {OTHER}");
    let service = Service::with(&[("cors_allow_origins", &list)]);
    let host = &service.host;
    for origin in [ALLOWED, OTHER] {
        assert_exposes(&host.put("/a", "{}").header("Origin", origin).send(), origin);
        assert_exposes(&host.get("/a").header("Origin", origin).send(), origin);
        assert_preflight(&preflight(&service, "/a", origin, "DELETE"), origin);
    }
    for origin in [
        STRANGE,
        "https://a.example.evil",
        "http://a.example",
        "https://a.example:444",
        "https://b.example",
        "https://sub.a.example",
        "null",
        "https://a.example, https://b.example:8443",
    ] {
        for answer in [
            host.get("/a").header("Origin", origin).send(),
            host.get("/none").header("Origin", origin).send(),
            preflight(&service, "/a", origin, "PUT"),
        ] {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
        }
    }
}

#[test]
fn with_a_list_answers_vary_by_origin() {
    let service = Service::with(&[("cors_allow_origins", ALLOWED)]);
    let host = &service.host;
    for answer in [
        host.put("/a", "{}").send(),
        host.get("/a").header("Origin", ALLOWED).send(),
        host.get("/a").header("Origin", STRANGE).send(),
        host.get("/none").send(),
        host.get("/").send(),
    ] {
        assert!(answer.list("vary").contains(&"origin".to_owned()), "{answer}");
    }
    let base = host.get("/").header("Origin", ALLOWED).send();
    assert!(base.list("vary").contains(&"accept".to_owned()), "{base}");
}

#[test]
fn errors_and_304_have_the_headers_too() {
    let service = Service::with(&[("cors_allow_origins", ALLOWED), ("write_token", "t")]);
    let host = &service.host;
    host.put("/a", "{}").token("t").send().expect(201);
    let etag = host.get("/a").send().etag();
    for (answer, status) in [
        (host.get("/none").header("Origin", ALLOWED).send(), 404),
        (host.put("/a", "{}").header("Origin", ALLOWED).send(), 401),
        (host.get("/a%").header("Origin", ALLOWED).send(), 400),
        (host.get("/a").header("Origin", ALLOWED).header("If-None-Match", etag).send(), 304),
    ] {
        assert_exposes(answer.expect(status), ALLOWED);
    }
    assert_preflight(&preflight(&service, "/a", ALLOWED, "PUT"), ALLOWED);
}

#[test]
fn preflight_is_answered_without_touching_redis() {
    let service = Service::with(&[("cors_allow_origins", "*")]);
    service.host.put("/a", "{}").send();
    let mut monitor = Monitor::start(&service.redis);
    assert_preflight(&preflight(&service, "/a", ALLOWED, "PUT"), "*");
    preflight(&service, "/", ALLOWED, "GET").expect(204);
    preflight(&service, "/-/records", ALLOWED, "GET").expect(204);
    assert!(monitor.take().is_empty());
    assert_eq!(service.host.count(), 2);
}
