//! Section 2: HEAD, and other answers without a body, over HTTP/1.1 and HTTP/2 alike.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;

use harness::{Host, Request, Response, Served};

/// Requests whose answers are the same each time.
const SAME_EACH_TIME: [(&str, &[(&str, &str)]); 19] = [
    ("/stored", &[]),
    ("/stored-for-ever", &[]),
    ("/large", &[]),
    ("/stored", &[("If-None-Match", "*")]),
    ("/stored", &[("If-Match", "\"x\"")]),
    ("/missing", &[]),
    ("/%", &[]),
    ("/stored?x=1", &[]),
    ("/", &[]),
    ("/", &[("Accept", "application/json")]),
    ("/", &[("Accept", "text/html")]),
    ("/?path=/stored", &[]),
    ("/-/records", &[]),
    ("/-/records?limit=1", &[]),
    ("/-/live", &[]),
    ("/-/ready", &[]),
    ("/-/openapi.json", &[]),
    ("/-/console/app.js", &[]),
    ("/-/none", &[]),
];

/// Where hits don't change the count that `/` answers with.
fn service(variables: &[(&str, &str)]) -> Served {
    let service = Served::with(&[&[("count_hits", "off")], variables].concat());
    service.host.put("/stored?ttl=1000", r#"{"a":1}"#).send().expect(201);
    service.host.put("/stored-for-ever?ttl=never", r#"{"a":1}"#).send().expect(201);
    let text = format!(r#"{{"text":"{}"}}"#, "x".repeat(200_000));
    service.host.put("/large", &text).send().expect(201);
    service
}

/// The status and the headers, but for what is the time's or the connection's.
fn head(answer: &Response) -> (u16, BTreeMap<String, Vec<String>>) {
    let names = answer.header_names();
    let headers = names.into_iter().filter(|name| !["date", "connection"].contains(name));
    let headers = headers
        .map(|name| (name.to_owned(), answer.all(name).into_iter().map(str::to_owned).collect()));
    (answer.status(), headers.collect())
}

/// What two protocols answer to one request, which is the same.
fn over_both<'a>(request: impl Fn() -> Request<'a>) -> Response {
    let (first, second) = (request().send(), request().send_over_http2());
    assert_eq!(head(&first), head(&second), "{first}\nand over HTTP/2 {second}");
    second
}

#[test]
fn head_answers_as_get_without_a_body() {
    let service = service(&[]);
    for (target, headers) in SAME_EACH_TIME {
        let ask = |method: &'static str| {
            over_both(|| service.host.request(method, target).headers(headers))
        };
        let (get, answer) = (ask("GET"), ask("HEAD"));
        assert_eq!(head(&answer), head(&get), "{answer}");
        if get.status() != 304 {
            assert_eq!(answer.required("content-length"), get.text().len().to_string(), "{answer}");
        }
    }
}

#[test]
fn head_of_what_changes_each_time_has_no_body() {
    let service = service(&[("count_hits", "on")]);
    for target in ["/", "/-/metrics"] {
        for answer in
            [service.host.head(target).send(), service.host.head(target).send_over_http2()]
        {
            let length: usize = answer.expect(200).required("content-length").parse().unwrap();
            assert!(length > 0, "{answer}");
        }
    }
}

#[test]
fn head_is_as_get_where_a_token_is_missing_or_a_variable_is_wrong() {
    for variables in [[("read_token", "t")], [("max_record_bytes", "x")]] {
        let service = Served::with(&variables);
        for target in ["/x", "/", "/-/records", "/-/ready", "/-/live"] {
            let ask = |method: &'static str| {
                over_both(|| service.host.request(method, target).may_fail())
            };
            let (get, answer) = (ask("GET"), ask("HEAD"));
            assert_eq!(head(&answer), head(&get), "{answer}");
        }
    }
}

#[test]
fn answers_that_never_have_a_body_are_the_same_over_both_protocols() {
    let service = service(&[("cors_allow_origins", "*")]);
    let host = &service.host;
    for target in ["/stored", "/stored/", "/", "/-/live", "/-/records", "/-/console/app.js"] {
        over_both(|| host.options_of(target)).expect(204);
        let preflight =
            [("Origin", "https://a.example"), ("Access-Control-Request-Method", "DELETE")];
        over_both(|| host.options_of(target).headers(&preflight)).expect(204);
    }
    let etag = host.get("/stored").send().etag();
    for method in ["GET", "HEAD"] {
        let unchanged =
            over_both(|| host.request(method, "/stored").header("If-None-Match", &etag));
        assert_eq!(unchanged.expect(304).etag(), etag);
    }
    let deleted = host.delete("/stored").send();
    host.put("/stored", "{}").send().expect(201);
    let again = host.delete("/stored").send_over_http2();
    assert_eq!(head(deleted.expect(204)), head(&again));
}

#[test]
fn answers_with_a_body_are_the_same_over_both_protocols() {
    let service = service(&[]);
    let ask = |over_http2: bool| {
        let host = &service.host;
        let (put, post) = (host.put("/put", r#"{"a":1}"#), host.post("/posts/", r#"{"a":1}"#));
        let (patch, wrong) = (host.merge("/put", r#"{"b":2}"#), host.put("/put", "{"));
        [put, post, patch, wrong].map(|request| {
            let answer = if over_http2 { request.send_over_http2() } else { request.send() };
            (answer.status(), answer.text().len())
        })
    };
    let [(created, length), ..] = ask(false);
    let over_http2 = ask(true);
    assert_eq!((created, over_http2[0]), (201, (200, length)));
    assert_eq!(over_http2.map(|answer| answer.0)[1..], [201, 200, 400]);
}

/// Sends the requests on one connection, all at once, and gives the statuses of the answers. Fails
/// unless each answer ends where it says, and the next one follows. The last request ends it.
fn statuses_on_one_connection(host: &Host, requests: &[String]) -> Vec<u16> {
    let mut stream = TcpStream::connect(host.address()).unwrap();
    stream.write_all(requests.concat().as_bytes()).unwrap();
    let mut received = Vec::new();
    stream.read_to_end(&mut received).unwrap();
    let mut rest = &received[..];
    let mut statuses = Vec::new();
    for request in requests {
        let mut slots = [httparse::EMPTY_HEADER; 32];
        let mut answer = httparse::Response::new(&mut slots);
        let parsed = answer.parse(rest).unwrap_or_else(|error| {
            panic!("{error} instead of the answer to {request}: {}", String::from_utf8_lossy(rest))
        });
        let status = answer.code.unwrap();
        let has_body = !request.starts_with("HEAD ") && ![204, 304].contains(&status);
        let length = answer.headers.iter().find(|header| header.name == "content-length");
        let length = length.map_or("0", |header| str::from_utf8(header.value).unwrap());
        let body: usize = if has_body { length.parse().unwrap() } else { 0 };
        rest = &rest[parsed.unwrap() + body..];
        statuses.push(status);
    }
    assert!(rest.is_empty(), "{}", String::from_utf8_lossy(rest));
    statuses
}

#[test]
fn a_connection_goes_on_after_an_answer_without_a_body() {
    let service = service(&[]);
    let etag = service.host.get("/large").send().etag();
    let unchanged = format!("If-None-Match: {etag}\r\n");
    let requests = [
        ("HEAD", "/large", "", 200),
        ("GET", "/stored", "", 200),
        ("HEAD", "/missing", "", 404),
        ("GET", "/large", &unchanged, 304),
        ("HEAD", "/large", &unchanged, 304),
        ("OPTIONS", "/large", "", 204),
        ("HEAD", "/-/live", "", 200),
        ("DELETE", "/stored", "", 204),
        ("HEAD", "/-/openapi.json", "", 200),
        ("GET", "/-/live", "Connection: close\r\n", 200),
    ];
    let texts = requests.map(|(method, target, headers, _)| {
        format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
    });
    let expected = requests.map(|(.., status)| status);
    assert_eq!(statuses_on_one_connection(&service.host, &texts), expected);
}
