//! Section 8: limits, and errors as such.

use harness::{Announced, Served, assert_problem, send_streaming};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::{host, path, stored};
use crate::generate::cases;

const LIMIT: usize = 1_048_576;

/// A record whose JSON text is so long.
fn record(length: usize) -> String {
    format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8))
}

#[test]
fn a_body_may_be_as_long_as_the_limit_and_no_longer() {
    let path = path("s8");
    let collection = format!("{path}/");
    host().put(&path, &record(LIMIT)).send().expect(201);
    host().post(&collection, &record(LIMIT)).send().expect(201);
    let got = host().get(&path).send();
    assert_eq!(got.expect(200).member("a").map(|text| text.len()), Some(LIMIT - 6));
    for request in [
        host().put(&path, &record(LIMIT + 1)),
        host().post(&collection, &record(LIMIT + 1)),
        host().merge(&path, &record(LIMIT + 1)),
        host().patch(&path, &format!("[{}]", " ".repeat(LIMIT))),
    ] {
        assert_problem(&request.send(), 413, "record-too-large");
    }
    assert_eq!(host().get(&path).send().etag(), got.etag());
}

#[test]
fn a_body_announced_as_too_long_is_refused_without_being_read() {
    let path = path("s8");
    for length in [LIMIT as u64 + 1, 10_000_000_000, u64::MAX / 4] {
        let request = host().request("PUT", &path).header("Content-Type", "application/json");
        // Nothing of the body is ever sent.
        let (answer, _) = send_streaming(&request, Announced::Length(length), b"", 0);
        assert_problem(&answer, 413, "record-too-large");
    }
    host().get(&path).send().expect(404);
}

#[test]
fn a_body_that_is_not_announced_is_refused_as_soon_as_it_is_too_long() {
    let path = path("s8");
    let pieces = [" ".repeat(65_536), "[".repeat(65_536), "x".repeat(1000), "{\"a\":".to_owned()];
    for piece in pieces.each_ref().map(String::as_bytes) {
        let request = host().request("PUT", &path).header("Content-Type", "application/json");
        let most = 64 * LIMIT as u64;
        let (answer, written) = send_streaming(&request, Announced::Chunked, piece, most);
        assert_problem(&answer, 413, "record-too-large");
        // What the connection's buffers hold is on its way when the answer comes.
        assert!(written < most, "it was read to the end: {written}");
    }
    host().get(&path).send().expect(404);
}

#[test]
fn a_body_of_unknown_length_within_the_limit_is_taken() {
    let path = path("s8");
    let body = format!("{{\"a\":\"{}\"}}", "x".repeat(200_000));
    let mut chunks = Vec::new();
    for piece in body.as_bytes().chunks(7_000) {
        chunks.extend(format!("{:X}\r\n", piece.len()).bytes());
        chunks.extend([piece, b"\r\n"].concat());
    }
    chunks.extend(b"0\r\n\r\n");
    let request = host()
        .request("PUT", &path)
        .header("Content-Type", "application/json")
        .header("Transfer-Encoding", "chunked");
    request.raw_body(chunks).send().expect(201);
    assert_eq!(host().get(&path).send().member("a").map(|text| text.len()), Some(200_002));
}

#[test]
fn the_limit_is_configured() {
    let service = Served::with(&[("max_record_bytes", "100")]);
    let host = &service.host;
    host.put("/a", &record(100)).send().expect(201);
    assert_problem(&host.put("/a", &record(101)).send(), 413, "record-too-large");
    assert_problem(&host.merge("/a", &record(101)).send(), 413, "record-too-large");
    let service = Served::with(&[("max_record_bytes", "3000000")]);
    service.host.put("/a", &record(3_000_000)).send().expect(201);
    let got = service.host.get("/a").send();
    assert_eq!(got.expect(200).member("a").map(|text| text.len()), Some(3_000_000 - 6));
}

#[test]
fn a_patch_does_not_grow_a_record_past_the_limit() {
    let service = Served::with(&[("max_record_bytes", "100")]);
    let host = &service.host;
    host.put("/a", &record(90)).send().expect(201);
    let etag = host.get("/a").send().etag();
    let patch = r#"{"b":"0123456789012345678901234567890123456789"}"#;
    assert_problem(&host.merge("/a", patch).send(), 413, "record-too-large");
    let copy = r#"[{"op":"copy","from":"/a","path":"/b"}]"#;
    assert_problem(&host.patch("/a", copy).send(), 413, "record-too-large");
    assert_eq!(host.get("/a").send().etag(), etag);
}

#[test]
fn copies_of_copies_do_not_exhaust_the_memory() {
    let path = stored("s8", &format!("{{\"a\":{{\"x\":\"{}\"}}}}", "x".repeat(1000)));
    let doubling =
        r#"{"op":"copy","from":"/a","path":"/a/y"},{"op":"copy","from":"/a","path":"/a/z"}"#;
    let patch = format!("[{}]", vec![doubling; 50].join(","));
    let answer = host().patch(&path, &patch).send();
    assert!([400, 413].contains(&answer.status()), "{answer}");
    host().get(&path).send().expect(200);
}

#[test]
fn many_members_are_stored_and_read() {
    let members: Vec<_> =
        (0..20_000).map(|number| format!("\"m{number:05}\":{number}.0")).collect();
    let path = stored("s8", &format!("{{{}}}", members.join(",")));
    let got = host().get(&path).send();
    assert_eq!(got.expect(200).members().len(), 20_000);
    assert_eq!(got.member("m19999").as_deref(), Some("19999.0"));
    let answer = host().merge(&path, r#"{"m00007":null}"#).send();
    assert_eq!(answer.expect(200).members().len(), 19_999);
}

/// JSON that nests so deep and has so many values at each level: what takes most to walk through.
fn deep_and_wide(depth: usize, width: usize, open: &str, name: fn(usize) -> String) -> String {
    let close = if open == "{" { "}" } else { "]" };
    let values = |range: std::ops::Range<usize>| -> Vec<String> {
        range.map(|n| format!("{}{n}", name(n))).collect()
    };
    let (before, after) = (values(0..width / 2).join(","), values(width / 2..width).join(","));
    let child = name(width);
    let begin = format!("{open}{before},{child}").repeat(depth - 1);
    let end = format!(",{after}{close}").repeat(depth - 1);
    format!("{begin}{open}{before},{after}{close}{end}")
}

#[test]
fn the_deepest_and_widest_records_are_patched() {
    let object = deep_and_wide(126, 300, "{", |n| format!("\"k{n:03}\":"));
    let array = deep_and_wide(126, 300, "[", |_| String::new());
    for (value, child, first) in [(object, "/k300", "/k000"), (array, "/150", "/0")] {
        let deepest = child.repeat(125);
        let path = stored("s8", &format!(r#"{{"a":{value},"b":{{}}}}"#));
        for patch in [
            format!(r#"[{{"op":"test","path":"/a","value":{value}}}]"#),
            format!(r#"[{{"op":"test","path":"/a{deepest}{first}","value":0}}]"#),
            format!(r#"[{{"op":"copy","from":"/a{deepest}","path":"/c"}}]"#),
            r#"[{"op":"move","from":"/a","path":"/b/d"},{"op":"move","from":"/b/d","path":"/a"}]"#
                .to_owned(),
            format!(r#"[{{"op":"replace","path":"/a","value":{value}}}]"#),
            r#"[{"op":"remove","path":"/c"}]"#.to_owned(),
        ] {
            host().patch(&path, &patch).send().expect(200);
        }
        host().merge(&path, &format!(r#"{{"a":{value}}}"#)).send().expect(200);
        host().merge(&path, r#"{"a":null}"#).send().expect(200);
        assert_eq!(host().get(&path).send().expect(200).member("b").as_deref(), Some("{}"));
    }
}

#[test]
fn problems_of_different_kinds_have_different_types() {
    let answers = [
        host().get(&path("s8")).send(),
        host().put(&path("s8"), "{").send(),
        host().get("/a%").send(),
        host().get("/-/none").send(),
        host().post("/a", "{}").send(),
    ];
    let types: std::collections::BTreeSet<_> =
        answers.iter().map(|answer| answer.json()["type"].to_string()).collect();
    assert!(
        types.len() == answers.len() || types.first().is_some_and(|kind| kind == "\"about:blank\"")
    );
}

fn target() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-zA-Z0-9._~!$&'()*+,;=:@-]{1,6}",
        2 => "%[0-9a-fA-F]{2}",
        1 => "%[0-9a-zA-Z]{0,2}",
        2 => Just("/".to_owned()),
        1 => Just("/-/".to_owned()),
    ];
    let query = prop_oneof![
        3 => Just(String::new()),
        1 => "\\?(ttl|limit|prefix|after|delimiter|path|x)=[0-9a-z/%]{0,8}",
        1 => "\\?[a-z0-9&=%+/?]{0,20}",
    ];
    (vec(piece, 0..6), query).prop_map(|(pieces, query)| format!("/{}{query}", pieces.concat()))
}

fn header() -> impl Strategy<Value = (String, String)> {
    let name = prop::sample::select(vec![
        "If-Match",
        "If-None-Match",
        "If-Modified-Since",
        "If-Unmodified-Since",
        "Accept",
        "Origin",
        "Authorization",
        "Content-Type",
        "Content-Encoding",
        "Access-Control-Request-Method",
        "Range",
        "X-HTTP-Method-Override",
        "Accept-Encoding",
        "Cookie",
    ])
    .prop_map(str::to_owned);
    let value = prop_oneof![
        "[!-~]([ -~]{0,30}[!-~])?",
        prop::sample::select(vec![
            "*",
            "\"x\"",
            "application/json",
            "application/merge-patch+json",
            "application/json-patch+json",
            "text/html",
            "*/*;q=2",
            "W/\"\"",
            "\"",
            ",,,",
            "bytes=0-1"
        ])
        .prop_map(str::to_owned),
    ];
    (name, value)
}

proptest! {
    #![proptest_config(cases(600))]

    #[test]
    fn bad_input_gets_a_problem_document_never_a_failure(
        method in prop::sample::select(vec!["GET", "HEAD", "PUT", "PATCH", "POST", "DELETE", "OPTIONS", "TRACE", "BREW"]),
        target in target(),
        headers in vec(header(), 0..4),
        body in prop_oneof![
            Just(None),
            vec(any::<u8>(), 0..60).prop_map(Some),
            "[{}\\[\\]\",:a0-9 \\\\-]{0,40}".prop_map(|text| Some(text.into_bytes())),
            Just(Some(b"{\"a\":1}".to_vec())),
        ],
    ) {
        let mut request = host().request(method, &target);
        for (name, value) in &headers {
            request = request.header(name, value);
        }
        if let Some(body) = body {
            request = request.bare_body(body);
        }
        // Every answer is held to what is always true, and a 5xx fails.
        let answer = request.send();
        prop_assert!((200..500).contains(&answer.status()));
    }
}
