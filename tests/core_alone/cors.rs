//! Section 8: CORS.

use harness::Response;
use path_records_stub::replies;

use crate::core_alone::Core;

const ALLOWED: &str = "https://a.example";
const OTHER: &str = "https://b.example:8443";
const STRANGE: &str = "https://evil.example";

fn cors_headers(answer: &Response) -> Vec<&str> {
    let mut names = answer.header_names();
    names.retain(|name| name.starts_with("access-control-"));
    names
}

fn preflight(core: &Core, target: &str, origin: &str, method: &str) -> Response {
    core.request("OPTIONS", target)
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
    for header in ["etag", "location", "link", "preference-applied"] {
        assert!(exposed.contains(&header.to_owned()), "{answer}");
    }
}

/// One request of each kind, with this origin if there is one; the answers.
fn answers<'a>(core: &Core, origin: impl Into<Option<&'a str>>) -> Vec<Response> {
    let headers: Vec<_> = origin.into().map(|origin| ("Origin", origin)).into_iter().collect();
    let requests = [
        (replies::created(), core.put("/a", "{}")),
        (replies::created(), core.post("/a/", "{}")),
        (replies::found(b"tag", []), core.get("/a")),
        (replies::found(b"tag", []), core.request("HEAD", "/a")),
        (replies::counts(1, 1, 1), core.get("/")),
        (replies::empty_page(), core.get("/-/records")),
    ];
    let answered = requests.map(|(reply, request)| {
        core.reply(reply);
        request.headers(&headers).send()
    });
    let without_redis = [
        core.get("/a"),
        core.get("/-/ready"),
        core.get("/-/metrics"),
        core.get("/a%"),
        core.get("/a?x=1"),
        core.put("/a", "{"),
        core.merge("/a", "{}").header("Content-Encoding", "br"),
        core.post("/a", "{}"),
        core.request("OPTIONS", "/a"),
        core.get("/").header("Accept", "text/html"),
        core.get("/-/live"),
        core.request("HEAD", "/-/live"),
        core.put("/-/live", "{}"),
        core.request("OPTIONS", "/-/live"),
        core.get("/-/none"),
        core.get("/-/openapi.json"),
        core.get("/-/console/app.js"),
    ];
    let without_redis = without_redis.map(|request| request.headers(&headers).may_fail().send());
    answered.into_iter().chain(without_redis).collect()
}

#[test]
fn empty_means_no_cors_headers() {
    let core = Core::start();
    let mut all = answers(&core, ALLOWED);
    all.push(preflight(&core, "/a", ALLOWED, "PUT"));
    for answer in all {
        assert!(cors_headers(&answer).is_empty(), "{answer}");
        assert!(!answer.list("vary").contains(&"origin".to_owned()), "{answer}");
    }
}

#[test]
fn a_star_lets_everyone_in() {
    let core = Core::with(&[("cors_allow_origins", "*")]);
    for origin in [None, Some(ALLOWED), Some("null")] {
        for answer in answers(&core, origin) {
            assert_exposes(&answer, "*");
            assert!(!answer.list("vary").contains(&"origin".to_owned()), "{answer}");
        }
    }
    assert_preflight(&preflight(&core, "/a", ALLOWED, "PUT"), "*");
    assert_preflight(&preflight(&core, "/a/", STRANGE, "PATCH"), "*");
    let post = preflight(&core, "/a/", STRANGE, "POST");
    assert!(post.list("access-control-allow-methods").contains(&"post".to_owned()), "{post}");
}

#[test]
fn a_list_lets_its_origins_in_and_no_others() {
    let list = format!("{ALLOWED}, {OTHER}");
    let core = Core::with(&[("cors_allow_origins", &list)]);
    for origin in [ALLOWED, OTHER] {
        for answer in answers(&core, origin) {
            assert_exposes(&answer, origin);
        }
        assert_preflight(&preflight(&core, "/a", origin, "DELETE"), origin);
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
        let mut all = answers(&core, origin);
        all.push(preflight(&core, "/a", origin, "PUT"));
        for answer in all {
            assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
        }
    }
}

#[test]
fn with_a_list_every_answer_varies_by_origin() {
    let core = Core::with(&[("cors_allow_origins", ALLOWED)]);
    for origin in [None, Some(ALLOWED), Some(STRANGE)] {
        for answer in answers(&core, origin) {
            assert!(answer.list("vary").contains(&"origin".to_owned()), "{answer}");
        }
    }
    core.reply(replies::counts(1, 1, 1));
    let root = core.get("/").header("Origin", ALLOWED).send();
    assert!(root.list("vary").contains(&"accept".to_owned()), "{root}");
}

#[test]
fn who_is_not_let_in_may_read_why() {
    let core = Core::with(&[("cors_allow_origins", ALLOWED), ("write_token", "t")]);
    let answer = core.put("/a", "{}").header("Origin", ALLOWED).send();
    assert_exposes(answer.expect(401), ALLOWED);
    assert_preflight(&preflight(&core, "/a", ALLOWED, "PUT"), ALLOWED);
}

#[test]
fn an_origins_default_port_may_be_written_or_not() {
    let core = Core::with(&[(
        "cors_allow_origins",
        "https://a.example:443, http://b.example, http://[::1]:80/, HTTPS://C.Example",
    )]);
    for (origin, allowed) in [
        ("https://a.example", true),
        ("https://a.example:443", true),
        ("http://b.example", true),
        ("http://b.example:80", true),
        ("http://[::1]", true),
        ("https://c.example", true),
        ("https://a.example:80", false),
        ("http://a.example", false),
        ("http://a.example:443", false),
        ("https://b.example", false),
        ("http://b.example:443", false),
        ("null", false),
    ] {
        let get = core.get("/-/live").header("Origin", origin).send();
        for answer in [get, preflight(&core, "/a", origin, "PUT")] {
            let sent = answer.header("access-control-allow-origin");
            assert_eq!(sent, allowed.then_some(origin), "{answer}");
        }
    }
}

#[test]
fn a_preflight_allows_the_headers_that_it_asks_for() {
    for origins in ["*", ALLOWED] {
        let core = Core::with(&[("cors_allow_origins", origins)]);
        let ask = |target: &str, asked: &[&str]| {
            let request = core
                .request("OPTIONS", target)
                .header("Origin", ALLOWED)
                .header("Access-Control-Request-Method", "GET");
            let name = "Access-Control-Request-Headers";
            asked.iter().fold(request, |request, line| request.header(name, line)).send()
        };
        for target in ["/a", "/a/", "/", "/-/live", "/-/ready", "/-/records", "/-/openapi.json"] {
            let asked = "authorization,baggage,prefer,traceparent,x-requested-with";
            let answer = ask(target, &[asked]);
            assert_eq!(answer.expect(204).required("access-control-allow-origin"), origins);
            let allowed = answer.list("access-control-allow-headers");
            assert_eq!(allowed, asked.split(',').collect::<Vec<_>>(), "{answer}");
        }
        let several = ask("/a", &["x-one", "x-two, x-three"]);
        let allowed = several.list("access-control-allow-headers");
        assert_eq!(allowed, ["x-one", "x-two", "x-three"], "{several}");
        let none = ask("/a", &[]);
        assert_eq!(none.expect(204).header("access-control-allow-headers"), None);
        none.required("access-control-allow-methods");
        // What is no name of a header is not said to be allowed.
        let strange = ask("/a", &["x-one,two words,x\"quoted\",,x-two"]);
        assert_eq!(strange.list("access-control-allow-headers"), ["x-one", "x-two"], "{strange}");
        let long = format!("x-one,{}", "x".repeat(100_000));
        ask("/a", &[&long]).expect(204);
    }
}

#[test]
fn preflight_is_answered_without_touching_redis() {
    let core = Core::with(&[("cors_allow_origins", "*")]);
    for (target, method) in [
        ("/a", "PUT"),
        ("/", "GET"),
        ("/-/records", "GET"),
        ("/-/live", "GET"),
        ("/-/ready", "GET"),
    ] {
        preflight(&core, target, ALLOWED, method).expect(204);
    }
    assert_eq!(core.asked(), 0);
}
