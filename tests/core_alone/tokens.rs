//! Section 8: tokens.

use harness::{Request, Response, assert_problem};
use path_records_stub::replies;

use crate::core_alone::Core;

const READ: &str = "r3ad-t0ken.~+/==";
const WRITE: &str = "wr1te-t0ken_AND-more";

/// The core with these tokens.
fn core(read: &str, write: &str) -> Core {
    Core::with(&[("read_token", read), ("write_token", write)])
}

/// Requests that read, as method and target.
const READS: [(&str, &str); 9] = [
    ("GET", "/a"),
    ("HEAD", "/a"),
    ("GET", "/none"),
    ("GET", "/"),
    ("HEAD", "/"),
    ("GET", "/?path=/a"),
    ("GET", "/-/records"),
    ("GET", "/-/records?values=true"),
    ("GET", "/-/metrics"),
];

/// A record to import.
const LINE: &str = r#"{"path":"/a","value":{}}"#;

/// Requests that write, one of each kind.
fn writes(core: &Core) -> Vec<Request<'_, Core>> {
    vec![
        core.put("/w", "{}"),
        core.merge("/a", r#"{"b":1}"#),
        core.request("PATCH", "/a").body("application/json-patch+json", "[]"),
        core.post("/w/", "{}"),
        core.request("DELETE", "/none"),
        core.request("DELETE", "/-/records?prefix=/a"),
        core.request("POST", "/-/records").body("application/x-ndjson", LINE),
        core.post("/-/batch", r#"{"requests":[{"method":"PUT","path":"/a","body":{}}]}"#),
    ]
}

/// Fails unless Redis is asked, whatever the answer is without it.
fn assert_let_in(core: &Core, request: Request<'_, Core>) {
    let before = core.asked();
    let answer = request.may_fail().send();
    assert!(core.asked() > before, "{answer}");
    assert!(![401, 403].contains(&answer.status()), "{answer}");
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
    let core = core(READ, WRITE);
    for (method, target) in READS {
        let request = || core.request(method, target);
        let before = core.asked();
        assert_unauthenticated(&request().send());
        assert_unknown(&request().token("wrong").send());
        assert_eq!(core.asked(), before, "who is not let in does not touch Redis");
        assert_let_in(&core, request().token(READ));
        assert_let_in(&core, request().token(WRITE));
    }
}

#[test]
fn with_both_tokens_writing_needs_the_write_token() {
    let core = core(READ, WRITE);
    for request in writes(&core) {
        assert_unauthenticated(&request.send());
    }
    for request in writes(&core) {
        assert_unknown(&request.token("wrong").send());
    }
    for request in writes(&core) {
        let answer = request.token(READ).send();
        assert_problem(&answer, 403, "forbidden");
        let challenge = answer.required("www-authenticate");
        assert!(challenge.contains("error=\"insufficient_scope\""), "{answer}");
    }
    assert_eq!(core.asked(), 0, "who is not let in does not touch Redis");
    for request in writes(&core) {
        assert_let_in(&core, request.token(WRITE));
    }
}

#[test]
fn with_a_write_token_only_reading_is_open() {
    let core = core("", WRITE);
    for (method, target) in READS {
        assert_let_in(&core, core.request(method, target));
        assert_let_in(&core, core.request(method, target).token(WRITE));
    }
    for request in writes(&core) {
        assert_unauthenticated(&request.send());
    }
    for request in writes(&core) {
        assert_unknown(&request.token("wrong").send());
    }
    for request in writes(&core) {
        assert_let_in(&core, request.token(WRITE));
    }
}

#[test]
fn with_a_read_token_only_writing_is_open() {
    let core = core(READ, "");
    for (method, target) in READS {
        assert_unauthenticated(&core.request(method, target).send());
        assert_unknown(&core.request(method, target).token("wrong").send());
        assert_let_in(&core, core.request(method, target).token(READ));
    }
    for request in writes(&core) {
        assert_let_in(&core, request);
    }
}

#[test]
fn without_tokens_everything_is_open() {
    let core = Core::start();
    for (method, target) in READS {
        assert_let_in(&core, core.request(method, target));
        assert_let_in(&core, core.request(method, target).token("any"));
    }
    for request in writes(&core) {
        assert_let_in(&core, request);
    }
}

#[test]
fn live_ready_openapi_and_the_console_are_always_open() {
    let core = core(READ, WRITE);
    for target in ["/-/live", "/-/ready", "/-/openapi.json"] {
        for request in
            [core.get(target), core.request("HEAD", target), core.get(target).token("wrong")]
        {
            if target == "/-/ready" {
                core.reply(replies::ready());
            }
            request.send().expect(200);
        }
    }
    let console = core.get("/").header("Accept", "text/html").send();
    assert!(console.expect(200).required("content-type").starts_with("text/html"));
}

#[test]
fn options_is_open() {
    let core = core(READ, WRITE);
    for target in ["/a", "/", "/-/records", "/a/"] {
        core.request("OPTIONS", target).send().expect(204);
    }
}

#[test]
fn only_the_bearer_scheme_counts_in_any_case() {
    let core = core(READ, WRITE);
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let request = core.get("/a").header("Authorization", format!("{scheme} {READ}"));
        assert_let_in(&core, request);
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
        core.get("/a").header("Authorization", value).send().expect(401);
    }
}

#[test]
fn what_is_nearly_the_token_is_unknown() {
    let core = core(READ, WRITE);
    for token in [
        &READ[..READ.len() - 1],
        &format!("{READ}x"),
        &READ.to_ascii_uppercase(),
        &READ[1..],
        "x",
        &format!("{READ}{WRITE}"),
    ] {
        assert_unknown(&core.get("/a").token(token).send());
        assert_unknown(&core.put("/a", "{}").token(token).send());
    }
}

#[test]
fn who_is_not_let_in_learns_nothing() {
    let core = core(READ, WRITE);
    for answer in [core.get("/a").send(), core.put("/a", "{}").token("wrong").send()] {
        assert!(!answer.text().contains(READ) && !answer.text().contains(WRITE), "{answer}");
        assert_eq!(answer.header("etag"), None);
    }
    // Not even whether its body or its parameters would do.
    core.get("/-/records?x=1").send().expect(401);
    core.put("/a", "{").send().expect(401);
    core.put("/a", "[]").token(READ).send().expect(403);
    assert_eq!(core.asked(), 0, "nor whether there is a record");
}
