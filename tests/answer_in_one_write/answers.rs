//! The kinds of answers.

use harness::{Answer, Connection};

/// The paths of one client's records, and what it knows of them.
#[derive(Debug)]
pub struct Paths {
    client: usize,
    etag: String,
}

/// A kind of request, and the status of its answer.
#[derive(Debug)]
pub struct Kind {
    pub name: &'static str,
    pub status: u16,
    method: &'static str,
    /// Where; `{}` stands for the client.
    target: &'static str,
    headers: &'static str,
    body: &'static str,
}

const JSON: &str = "Content-Type: application/json\r\n";
const MERGE: &str = "Content-Type: application/merge-patch+json\r\n";

/// The size of the large record.
const LARGE: usize = 100 * 1024;

const fn get(name: &'static str, status: u16, target: &'static str) -> Kind {
    Kind { name, status, method: "GET", target, headers: "", body: "" }
}

const fn with_body(
    name: &'static str,
    (method, target, status): (&'static str, &'static str, u16),
    headers: &'static str,
    body: &'static str,
) -> Kind {
    Kind { name, status, method, target, headers, body }
}

pub const KINDS: [Kind; 16] = [
    get("a record", 200, "/{}/small"),
    get("a large record", 200, "/{}/large"),
    Kind { headers: "If-None-Match: {etag}\r\n", ..get("an unchanged record", 304, "/{}/small") },
    Kind { method: "HEAD", ..get("the headers of a record", 200, "/{}/small") },
    get("a record that isn't there", 404, "/{}/none"),
    with_body("a PUT", ("PUT", "/{}/put", 200), JSON, r#"{"name":"value","number":1.0}"#),
    with_body("a PUT that is refused", ("PUT", "/{}/put", 400), JSON, r#"{"name":"#),
    with_body("a PATCH", ("PATCH", "/{}/put", 200), MERGE, r#"{"name":"another"}"#),
    with_body("a POST", ("POST", "/{}/posted/", 201), JSON, r#"{"name":"value"}"#),
    with_body("a DELETE of nothing", ("DELETE", "/{}/none", 404), "", ""),
    with_body("OPTIONS", ("OPTIONS", "/{}/small", 204), "", ""),
    get("the count", 200, "/"),
    Kind { headers: "Accept: text/html\r\n", ..get("the console", 200, "/") },
    get("a listing", 200, "/-/records?prefix=/{}/&limit=5"),
    get("the OpenAPI document", 200, "/-/openapi.json"),
    get("a sign of life", 200, "/-/live"),
];

impl Kind {
    /// The request, byte for byte.
    pub fn request(&self, paths: &Paths, round: usize) -> Vec<u8> {
        let target = self.target.replace("{}", &paths.client.to_string());
        let headers = self.headers.replace("{etag}", &paths.etag);
        request(self.method, &target, &format!("{headers}Round: {round}\r\n"), self.body)
    }
}

/// Stores a client's records.
pub fn prepare(connection: &mut Connection, client: usize) -> Paths {
    let large = format!(r#"{{"text":"{}"}}"#, "x".repeat(LARGE));
    exchange(connection, &request("PUT", &format!("/{client}/large"), JSON, &large));
    exchange(connection, &request("PUT", &format!("/{client}/put"), JSON, "{}"));
    let small = r#"{"name":"value","list":[1,2,3],"truth":true}"#;
    let put = exchange(connection, &request("PUT", &format!("/{client}/small"), JSON, small));
    let etag = put.head.header("etag").expect("a record has a tag").to_vec();
    Paths { client, etag: String::from_utf8(etag).expect("a tag is ASCII") }
}

/// Sends a request, in one piece, and reads the answer.
pub fn exchange(connection: &mut Connection, request: &[u8]) -> Answer {
    connection.send(request);
    let answer = connection.receive(request.starts_with(b"HEAD ")).expect("the answer comes");
    assert_eq!(connection.unasked(), 0, "nothing follows an answer");
    answer.expect("the host keeps the connection")
}

fn request(method: &str, target: &str, headers: &str, body: &str) -> Vec<u8> {
    let length =
        if body.is_empty() { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\n{headers}{length}\r\n{body}")
        .into_bytes()
}
