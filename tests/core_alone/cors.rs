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
    for header in ["etag", "location"] {
        assert!(exposed.contains(&header.to_owned()), "{answer}");
    }
}

/// One request of each kind, with this origin; the answers.
fn answers(core: &Core, origin: &str) -> Vec<Response> {
    let requests = [
        (replies::created(), core.put("/a", "{}")),
        (replies::created(), core.post("/a/", "{}")),
        (replies::found(b"tag", []), core.get("/a")),
        (replies::counts(1, 1, 1), core.get("/")),
        (replies::empty_page(), core.get("/-/records")),
    ];
    let with_origin = requests.map(|(reply, request)| {
        core.reply(reply);
        request.header("Origin", origin).send()
    });
    let mut answers = Vec::from(with_origin);
    // Without Redis.
    answers.push(core.get("/a").header("Origin", origin).may_fail().send());
    answers.push(core.get("/a%").header("Origin", origin).send());
    answers.push(core.post("/a", "{}").header("Origin", origin).send());
    answers.push(core.get("/-/none").header("Origin", origin).send());
    answers.push(core.get("/-/openapi.json").header("Origin", origin).send());
    answers
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
    for answer in answers(&core, ALLOWED).iter().chain(&answers(&core, "null")) {
        assert_exposes(answer, "*");
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
fn with_a_list_answers_vary_by_origin() {
    let core = Core::with(&[("cors_allow_origins", ALLOWED)]);
    let mut all = answers(&core, ALLOWED);
    all.extend(answers(&core, STRANGE));
    all.push(core.get("/a%").send());
    all.push(core.reply(replies::counts(1, 1, 1)).get("/").send());
    for answer in all {
        assert!(answer.list("vary").contains(&"origin".to_owned()), "{answer}");
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
fn preflight_is_answered_without_touching_redis() {
    let core = Core::with(&[("cors_allow_origins", "*")]);
    for (target, method) in [("/a", "PUT"), ("/", "GET"), ("/-/records", "GET")] {
        preflight(&core, target, ALLOWED, method).expect(204);
    }
    assert_eq!(core.asked(), 0);
}
