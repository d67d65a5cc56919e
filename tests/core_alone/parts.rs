//! Section 8: what a token for a part of the tree opens, and what it is told about the rest.

use harness::assert_problem;
use serde_json::{Value, json};

use crate::core_alone::Core;

/// What opens `/team-a/`, and what opens the record `/team-a`.
const TEAM: &str = "of-the-t3am";
const SINGLE: &str = "of-one-rec0rd";

fn core() -> Core {
    let tokens = json!([
        {"token": TEAM, "prefix": "/team-a/", "can": "write"},
        {"token": SINGLE, "prefix": "/team-a", "can": "write"},
    ]);
    Core::with(&[("tokens", &tokens.to_string())])
}

/// Fails unless a GET is let in, which without a Redis is 503.
fn assert_opens(core: &Core, token: &str, target: &str) {
    core.get(target).token(token).may_fail().send().expect(503);
}

fn assert_refuses(core: &Core, token: &str, target: &str) {
    assert_problem(&core.get(target).token(token).send(), 403, "forbidden");
}

#[test]
fn a_prefix_without_a_slash_is_one_record() {
    let core = core();
    for target in ["/team-a", "/team%2Da", "/?path=/team-a"] {
        assert_opens(&core, SINGLE, target);
    }
    core.put("/team-a", "{}").token(SINGLE).may_fail().send().expect(503);
    for target in [
        "/team-a/",
        "/team-ab",
        "/team-a/x",
        "/team-A",
        "/team-a%2F",
        "/-/records?prefix=/team-a",
        "/-/records?prefix=/team-a/",
        "/?path=/team-a/",
    ] {
        assert_refuses(&core, SINGLE, target);
    }
    // And what is below it isn't it.
    for target in ["/team-a", "/-/records?prefix=/team-a", "/?path=/team-a"] {
        assert_refuses(&core, TEAM, target);
    }
}

#[test]
fn what_cant_be_read_opens_nothing() {
    let core = core();
    for target in [
        "/-/records",
        "/-/records?prefix",
        "/-/records?prefix=",
        "/-/records?prefix=team-a/",
        "/-/records?prefix=/team-a/&prefix=/",
        "/-/records?prefix=/&prefix=/team-a/",
        "/-/records?Prefix=/team-a/",
        "/-/records?prefix=/team-a/%25",
        "/-/records?prefix=/team-b/&after=/team-a/x",
        "/-/changes",
        "/-/changes?after=1-0",
        "/?path=",
        "/?path=team-a/x",
        "/?path=/team-a/x&path=/team-b/x",
    ] {
        assert_refuses(&core, TEAM, target);
    }
    // What else is wrong with a request inside is told as ever.
    for target in [
        "/-/records?prefix=/team-a/&x=1",
        "/-/records?prefix=/team-a/&limit=0",
        "/-/changes?prefix=/team-a/x",
        "/?path=/team-a/..",
        "/team-a/x?y",
    ] {
        assert_problem(&core.get(target).token(TEAM).send(), 400, "invalid-query");
    }
    assert_eq!(core.asked(), 0);
}

#[test]
fn a_dot_segment_leads_nowhere() {
    let core = core();
    for target in ["/team-a/../team-b/x", "/team-a/%2e%2E/team-b/x", "/team-a/./x"] {
        assert_problem(&core.get(target).token(TEAM).send(), 400, "invalid-path");
    }
}

#[test]
fn a_403_tells_who_has_a_token_what_it_opens() {
    let tokens = json!([
        {"token": "t", "prefix": "/team-a/", "can": "write"},
        {"token": "u", "prefix": "/secret/", "can": "write"},
        {"token": "t", "prefix": "/shared/%7e", "can": "read"},
        {"token": "r", "prefix": "/drop/", "can": "write"},
    ]);
    let core = Core::with(&[("tokens", &tokens.to_string()), ("read_token", "r")]);
    let own = json!([
        {"prefix": "/team-a/", "can": "write"}, {"prefix": "/shared/~", "can": "read"},
    ]);
    let outside = core.get("/").token("t").send();
    let detail = assert_problem(&outside, 403, "forbidden");
    assert!(detail.contains("other paths"), "{detail}");
    assert_eq!(outside.json()["prefixes"], own);
    assert!(outside.required("www-authenticate").contains("insufficient_scope"));
    let reads = core.put("/shared/~", "{}").token("t").send();
    assert!(assert_problem(&reads, 403, "forbidden").contains("allows reading"), "{reads}");
    assert_eq!(reads.json()["prefixes"], own);
    let both = core.put("/a", "{}").token("r").send();
    let expected = json!([{"prefix": "/drop/", "can": "write"}, {"prefix": "/", "can": "read"}]);
    assert_eq!(both.expect(403).json()["prefixes"], expected);
    let batch =
        r#"{"requests":[{"method":"GET","path":"/team-a/x"},{"method":"GET","path":"/y"}]}"#;
    let batch = core.post("/-/batch", batch).token("t").send();
    assert_problem(&batch, 403, "forbidden");
    assert_eq!((&batch.json()["request"], &batch.json()["prefixes"]), (&json!(1), &own));
    for answer in [core.get("/a").send(), core.get("/a").token("v").send()] {
        assert_eq!(answer.expect(401).json().get("prefixes"), None, "{answer}");
    }
    assert_eq!(core.asked(), 0);
}

fn line(path: &str) -> String {
    json!({"path": path, "value": {}}).to_string()
}

#[test]
fn a_line_outside_is_that_lines_403_and_the_rest_go_on() {
    let core = core();
    let lines = ["/team-b/x", "/team-a/x", "/x"].map(line).join("\n");
    let before = core.asked();
    let answer = core
        .request("POST", "/-/records")
        .body("application/x-ndjson", lines)
        .token(TEAM)
        .may_fail()
        .send();
    // The line inside is tried, and without a Redis that is the answer.
    answer.expect(503);
    assert_eq!(core.asked(), before + 1);
    let outside = ["/team-b/x", "/x"].map(line).join("\n");
    let request = core.request("POST", "/-/records").body("application/x-ndjson", outside);
    let answer = request.token(TEAM).send();
    let told: Vec<Value> = answer
        .expect(200)
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|line| line["status"] == 403), "{answer}");
}
