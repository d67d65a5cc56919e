//! Section 12: a request of a batch is what it is by itself.

use harness::{Host, Response, Served, Service, assert_problem};
use serde_json::{Value, json};

/// What is at a path when a request comes.
#[derive(Clone, Copy)]
enum Before {
    Nothing,
    Record,
}
use Before::{Nothing, Record};

/// A request: what is there, method, path, headers, body.
type Case =
    (Before, &'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const JSON: (&str, &str) = ("Content-Type", "application/json");
const MERGE: (&str, &str) = ("Content-Type", "application/merge-patch+json");
const PATCH: (&str, &str) = ("Content-Type", "application/json-patch+json");
const OLD: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

/// Requests of every kind. `/p` stands for the path that a case has.
const CASES: &[Case] = &[
    (Nothing, "GET", "/p", &[], ""),
    (Record, "GET", "/p", &[], ""),
    (Record, "GET", "/p?x=1", &[], ""),
    (Record, "GET", "/p", &[("If-None-Match", "*")], ""),
    (Record, "GET", "/p", &[("If-None-Match", "\"other\"")], ""),
    (Record, "GET", "/p", &[("If-None-Match", "nonsense")], ""),
    (Record, "GET", "/p", &[("If-Match", "\"other\"")], ""),
    (Record, "GET", "/p", &[("If-Modified-Since", OLD)], ""),
    (Record, "GET", "/p", &[("If-Unmodified-Since", OLD)], ""),
    (Nothing, "GET", "/p/../q", &[], ""),
    (Nothing, "GET", "/p%zz", &[], ""),
    (Nothing, "GET", "/-/x", &[], ""),
    (Nothing, "PUT", "/p", &[JSON], r#"{"b":1.0,"a":-0,"c":[1e400],"ttl":3}"#),
    (Record, "PUT", "/p?ttl=77", &[("Content-Type", "application/ld+json")], "{}"),
    (Record, "PUT", "/p?ttl=never", &[JSON], r#"{"é\u00e9":"\/"}"#),
    (Nothing, "PUT", "/p?ttl=0", &[JSON], "{}"),
    (Nothing, "PUT", "/p?ttl=1&ttl=2", &[JSON], "{}"),
    (Nothing, "PUT", "/p", &[JSON], "[1]"),
    (Nothing, "PUT", "/p", &[("Content-Type", "text/plain")], "{}"),
    (Nothing, "PUT", "/p", &[MERGE], "{}"),
    (Nothing, "PUT", "/p", &[JSON, ("Content-Encoding", "gzip")], "{}"),
    (Nothing, "PUT", "/p", &[JSON, ("Content-Range", "bytes 0-1/2")], "{}"),
    (Nothing, "PUT", "/p", &[JSON, ("If-None-Match", "*")], r#"{"a":1}"#),
    (Record, "PUT", "/p", &[JSON, ("If-None-Match", "*")], r#"{"a":1}"#),
    (Nothing, "PUT", "/p", &[JSON, ("If-Match", "*")], r#"{"a":1}"#),
    (Record, "PUT", "/p", &[JSON, ("If-Match", "*")], r#"{"a":1}"#),
    (Record, "PUT", "/p", &[JSON, ("If-Match", "nonsense")], r#"{"a":1}"#),
    (Record, "PUT", "/p", &[JSON, ("If-Unmodified-Since", OLD)], "{}"),
    (Nothing, "PUT", "/-/x", &[JSON], "{}"),
    (Nothing, "PUT", "/%C3", &[JSON], "{}"),
    (Nothing, "PATCH", "/p", &[MERGE], r#"{"a":1}"#),
    (Record, "PATCH", "/p", &[MERGE], r#"{"kept":null,"new":{"x":1.50}}"#),
    (Record, "PATCH", "/p?ttl=99", &[MERGE], r#"{"n":[]}"#),
    (Record, "PATCH", "/p", &[MERGE], "3"),
    (Record, "PATCH", "/p", &[PATCH], r#"[{"op":"add","path":"/z","value":2.0}]"#),
    (Record, "PATCH", "/p", &[PATCH], r#"[{"op":"test","path":"/kept","value":2}]"#),
    (Record, "PATCH", "/p", &[PATCH], r#"{"no":"patch"}"#),
    (Record, "PATCH", "/p", &[JSON], "{}"),
    (Record, "PATCH", "/p", &[MERGE, ("If-Match", "\"other\"")], "{}"),
    (Nothing, "PATCH", "/p", &[MERGE, ("If-Match", "\"other\"")], "{}"),
    (Record, "PATCH", "/p?ttl=55", &[], ""),
    (Record, "PATCH", "/p?ttl=never", &[], ""),
    (Nothing, "PATCH", "/p?ttl=55", &[], ""),
    (Record, "PATCH", "/p?ttl=55", &[("If-Match", "\"other\"")], ""),
    (Record, "PATCH", "/p", &[], ""),
    (Nothing, "DELETE", "/p", &[], ""),
    (Record, "DELETE", "/p", &[], ""),
    (Record, "DELETE", "/p?ttl=1", &[], ""),
    (Record, "DELETE", "/p", &[("If-Match", "\"other\"")], ""),
    (Record, "DELETE", "/p", &[("If-Match", "*")], ""),
    (Nothing, "DELETE", "/p", &[("If-Match", "*")], ""),
    (Record, "DELETE", "/p", &[("If-None-Match", "*")], ""),
];

/// An answer, as far as two requests can have the same.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u64,
    headers: Vec<(String, String)>,
    body: Vec<(String, String)>,
}

/// Headers that a message has, not the answer in it.
const OF_THE_MESSAGE: [&str; 5] =
    ["x-content-type-options", "content-length", "date", "connection", "transfer-encoding"];

fn answer<'a>(
    status: u64,
    headers: impl Iterator<Item = (&'a str, &'a str)>,
    body: &str,
) -> Answer {
    let mut headers: Vec<_> = headers
        .map(|(name, value)| {
            let name = name.to_ascii_lowercase();
            // These follow the moment of the write.
            let value = match name.as_str() {
                "etag" | "last-modified" | "expires" => "…",
                _ => value,
            };
            (name, value.to_owned())
        })
        .filter(|(name, _)| !OF_THE_MESSAGE.contains(&name.as_str()))
        .collect();
    headers.sort();
    let mut body = if body.is_empty() { Vec::new() } else { harness::members(body) };
    body.retain(|(name, _)| name != "last_updated" && name != "request");
    Answer { status, headers, body }
}

fn alone(host: &Host, path: &str, (_, method, _, headers, body): Case) -> Answer {
    let request = host.request(method, path).headers(headers);
    let request = if body.is_empty() { request } else { request.bare_body(body) };
    let response = request.send();
    let names = response.header_names();
    let headers = names.iter().map(|name| (*name, response.required(name)));
    answer(u64::from(response.status()), headers, response.text())
}

fn in_batch(host: &Host, path: &str, (_, method, _, headers, body): Case) -> Answer {
    let headers: serde_json::Map<_, _> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
    let start = json!({"method": method, "path": path, "headers": headers}).to_string();
    let request = match body {
        "" => start,
        body => format!("{},\"body\":{body}}}", start.strip_suffix('}').expect("an object")),
    };
    let response = host.post("/-/batch", &format!("{{\"requests\":[{request}]}}")).send();
    if response.status() != 200 {
        let names = response.header_names();
        let headers = names.iter().map(|name| (*name, response.required(name)));
        assert_eq!(response.json()["request"], 0, "{response}");
        return answer(u64::from(response.status()), headers, response.text());
    }
    only_response(&response)
}

/// The one response of a batch, its body's text included.
fn only_response(response: &Response) -> Answer {
    let responses = response.member("responses").expect("responses");
    let only = responses.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let members = harness::members(only.expect("a list"));
    let member =
        |name: &str| members.iter().find(|(other, _)| other == name).map(|(_, text)| text.as_str());
    let headers: Value = serde_json::from_str(member("headers").expect("headers")).expect("JSON");
    let headers = headers.as_object().expect("an object");
    let headers =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str().expect("text")));
    let status = member("status").expect("a status").parse().expect("a number");
    answer(status, headers, member("body").unwrap_or_default())
}

#[test]
fn a_request_in_a_batch_is_what_it_is_by_itself() {
    let (one, other) = (Served::start(), Served::start());
    for (number, case) in CASES.iter().enumerate() {
        let own = format!("/{number}");
        if let Record = case.0 {
            for service in [&one, &other] {
                service.host.put(&own, r#"{"kept":1.0,"more":[true]}"#).send().expect(201);
            }
        }
        let path = case.2.replacen("/p", &own, 1);
        let expected = alone(&one.host, &path, *case);
        assert_eq!(in_batch(&other.host, &path, *case), expected, "{} {path}", case.1);
        // And what it leaves behind.
        let left = |service: &Served| {
            let read = service.host.get(&own).send();
            let mut members = harness::members(read.text());
            // These follow the moment of the write and of the look.
            members.retain(|(name, _)| name != "last_updated" && name != "ttl");
            (read.status(), members)
        };
        assert_eq!(left(&other), left(&one), "{} {path}", case.1);
    }
}

#[test]
fn its_hits_are_counted_as_by_itself() {
    let (one, other) = (Service::start(), Service::start());
    let requests = [("PUT", "/a", "{}"), ("GET", "/b", ""), ("PUT", "/c", "{}")];
    for (method, path, body) in requests {
        let request = one.host.request(method, path);
        let request = if body.is_empty() { request } else { request.body(JSON.1, body) };
        request.send();
    }
    let batch = json!({"requests": [
        {"method": "PUT", "path": "/a", "body": {}}, {"method": "GET", "path": "/b"},
        {"method": "PUT", "path": "/c", "body": {}},
    ]});
    other.host.post("/-/batch", &batch.to_string()).send().expect(200);
    let patch = json!({"requests": [{"method": "PATCH", "path": "/a", "body": {"x": 1}}]});
    other.host.post("/-/batch", &patch.to_string()).send().expect(200);
    one.host.merge("/a", r#"{"x":1}"#).send().expect(200);
    assert_eq!(other.host.count_of("/a"), one.host.count_of("/a"));
    assert_eq!(other.host.count(), one.host.count());
}

#[test]
fn a_content_type_may_be_left_out() {
    let service = Served::start();
    let batch = |requests: Value| {
        service.host.post("/-/batch", &json!({ "requests": requests }).to_string()).send()
    };
    let put = json!([{"method": "PUT", "path": "/a", "body": {"a": 1}}]);
    assert_eq!(batch(put).expect(200).json()["responses"][0]["status"], 201);
    let merge = json!([{"method": "PATCH", "path": "/a", "body": {"a": null, "b": 2}}]);
    let merged = batch(merge);
    assert_eq!(merged.expect(200).json()["responses"][0]["body"]["b"], 2);
    // A body that is there is none but null.
    let null = json!([{"method": "PATCH", "path": "/a?ttl=5", "body": null}]);
    assert_problem(&batch(null), 422, "not-an-object");
}
