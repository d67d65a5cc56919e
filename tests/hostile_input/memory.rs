//! What an instance takes at the most, whatever a batch, an import or a page is made of. The engine gives it
//! no more, so that one that wants more ends, and with it the request.

use harness::secrets::{WRITE_TOKEN, assert_log_is_clean, guarded_host, guarded_redis};
use harness::{Batch, Connection, Host, HostOptions, setting};

/// What a batch or an import may have.
const LARGEST: usize = 4 << 20;

/// What an instance takes at the most for one request: so many times the largest.
const TIMES: u64 = 32;

const MEGABYTE: usize = 1_000_000;

/// A request that takes as much memory as one of its kind can, and the statuses that answer it.
struct Worst {
    method: &'static str,
    target: &'static str,
    content_type: &'static str,
    body: String,
    statuses: &'static [u16],
}

fn batch(body: String, statuses: &'static [u16]) -> Worst {
    Worst { method: "POST", target: "/-/batch", content_type: "application/json", body, statuses }
}

fn import(body: String) -> Worst {
    let (target, content_type) = ("/-/records", "application/x-ndjson");
    Worst { method: "POST", target, content_type, body, statuses: &[200, 400, 413] }
}

fn page(target: &'static str, accept: &'static str) -> Worst {
    Worst { method: "GET", target, content_type: accept, body: String::new(), statuses: &[200] }
}

impl Worst {
    fn assert_answered(&self, host: &Host) {
        let request = host.request(self.method, self.target).token(WRITE_TOKEN);
        let answer = if self.method == "GET" {
            request.header("Accept", self.content_type)
        } else {
            request.body(self.content_type, &self.body)
        }
        .send();
        assert!(self.statuses.contains(&answer.status()), "{answer}");
    }
}

/// As many of these as fit into so many bytes, with commas between them.
fn filled(bytes: usize, piece: impl Fn(usize) -> String) -> String {
    let mut text = piece(0);
    for next in (1..).map(piece) {
        if text.len() + next.len() + 1 > bytes {
            return text;
        }
        text.push(',');
        text += &next;
    }
    text
}

/// An object of so many bytes, of as many members as possible.
fn wide(bytes: usize) -> String {
    format!("{{{}}}", filled(bytes - 2, |number| format!("\"{number:x}\":1")))
}

/// The same with other values, each of whose names is escaped.
fn wide_and_escaped(bytes: usize) -> String {
    format!("{{{}}}", filled(bytes - 2, |number| format!("\"\\n{number:x}\":2")))
}

/// An object of about so many bytes, with one member.
fn large(bytes: usize) -> String {
    format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes))
}

/// A JSON Patch that makes any record as large as records may be, nearly.
fn growing() -> String {
    let mut operations = vec![r#"{"op":"add","path":"/a","value":["0123456789"]}"#.to_owned()];
    for _ in 0..15 {
        operations.push(r#"{"op":"copy","from":"/a","path":"/b"}"#.to_owned());
        operations.push(r#"{"op":"add","path":"/a/0","value":[]}"#.to_owned());
        operations.push(r#"{"op":"move","from":"/b","path":"/a/0/0"}"#.to_owned());
    }
    format!("[{}]", operations.join(","))
}

/// Stores records that are small, and such of a megabyte, of one member and of as many as possible.
fn prepare(host: &Host) {
    let put = |path: String, body: &str| {
        host.put(&path, body).token(WRITE_TOKEN).send().expect(201);
    };
    for number in 0..100 {
        put(format!("/small/{number}"), "{}");
        put(format!("/large/{number}"), &large(if number < 10 { MEGABYTE } else { 1_000 }));
        put(format!("/wide/{number}"), &wide(if number < 4 { MEGABYTE } else { 1_000 }));
    }
}

/// Adds a request to each of the first so many records below a path.
fn add(
    batch: Batch,
    method: &str,
    below: &str,
    count: usize,
    headers: &[(&str, &str)],
    body: Option<&str>,
) -> Batch {
    let paths = (0..count).map(|number| format!("/{below}/{number}"));
    paths.fold(batch, |batch, path| batch.add(method, &path, headers, body))
}

fn gets(below: &str, count: usize) -> String {
    add(Batch::new(), "GET", below, count, &[], None).text()
}

fn puts(count: usize, body: &str) -> Batch {
    add(Batch::new(), "PUT", "put", count, &[], Some(body))
}

fn patches(below: &str, count: usize, body: &str) -> String {
    add(Batch::new(), "PATCH", below, count, &[], Some(body)).text()
}

fn batches_that_are_done() -> Vec<Worst> {
    const JSON_PATCH: &[(&str, &str)] = &[("Content-Type", "application/json-patch+json")];
    let change = r#"{"b":1}"#;
    let wide = wide(MEGABYTE);
    let everything = add(puts(3, &wide), "PATCH", "wide", 2, &[], Some(change));
    let everything = add(everything, "GET", "large", 90, &[], None);
    vec![
        batch(gets("large", 100), &[200]),
        batch(gets("wide", 100), &[200]),
        batch(patches("large", 100, change), &[413]),
        batch(patches("large", 8, change), &[200]),
        batch(patches("wide", 2, change), &[200]),
        batch(patches("wide", 2, &wide_and_escaped(MEGABYTE / 2)), &[200, 413]),
        batch(patches("wide", 3, &wide), &[200, 413]),
        batch(
            add(Batch::new(), "PATCH", "small", 100, JSON_PATCH, Some(&growing())).text(),
            &[200, 413],
        ),
        batch(puts(4, &large(MEGABYTE)).text(), &[200]),
        batch(puts(4, &wide).text(), &[200]),
        batch(puts(4, &wide_and_escaped(MEGABYTE)).text(), &[200]),
        batch(everything.text(), &[200]),
    ]
}

/// A batch with this as its requests.
fn of(requests: &str) -> Worst {
    batch(format!(r#"{{"requests":[{requests}]}}"#), &[400])
}

fn what_is_no_batch() -> Vec<Worst> {
    let most = LARGEST - 200;
    let headers = filled(most, |number| format!(r#""x{number:x}":"""#));
    let path = "\\u0061".repeat(most / 6);
    vec![
        of(&filled(most, |_| "1".to_owned())),
        of(&filled(most, |_| "{}".to_owned())),
        of(&wide(most)),
        of(&format!(r#"{{"method":"GET","path":"/a","headers":{{{headers}}}}}"#)),
        batch(format!(r#"{{"requests":[{{"method":"DELETE","path":"/{path}"}}]}}"#), &[400, 414]),
        batch(format!(r#"{{"requests":{}"#, "[".repeat(most)), &[400]),
        batch(wide(LARGEST), &[400]),
        batch(wide_and_escaped(LARGEST), &[400]),
    ]
}

fn imports() -> Vec<Worst> {
    let line = |number: usize, value: &str| {
        format!("{{\"path\":\"/imported/{number:x}\",\"value\":{value}}}\n")
    };
    let lines = |count, value: &str| (0..count).map(|number| line(number, value)).collect();
    vec![
        import("1\n".repeat(LARGEST / 2)),
        import("{}\n".repeat(LARGEST / 3)),
        import("{\"path\":1}\n".repeat(100_000)),
        import(lines(30_000, "{}")),
        import(lines(4, &large(MEGABYTE))),
        import(lines(4, &wide(MEGABYTE))),
        import(lines(4, &wide_and_escaped(MEGABYTE))),
    ]
}

fn pages() -> Vec<Worst> {
    vec![
        page("/-/records?prefix=/large/&values=true&limit=1000", "application/json"),
        page("/-/records?prefix=/wide/&values=true&limit=1000", "application/x-ndjson"),
        page("/-/records?prefix=/imported/&values=true&limit=1000", "application/x-ndjson"),
    ]
}

/// A host whose instances get so many bytes.
fn limited(bytes: u64) -> HostOptions {
    guarded_host().argument("--max-instance-memory", &bytes.to_string())
}

#[test]
fn an_instance_takes_no_more_than_a_multiple_of_the_largest_request() {
    let redis = guarded_redis().start();
    let most = setting("MEMORY", TIMES * LARGEST as u64);
    // So much takes its time on a busy machine, which isn't what this is about.
    let host = limited(most).redis(&redis).variable("redis_timeout_ms", "60000").start();
    prepare(&host);
    let kinds = [batches_that_are_done(), what_is_no_batch(), imports(), pages()];
    for worst in kinds.iter().flatten() {
        worst.assert_answered(&host);
    }
    assert_log_is_clean(&host);
}

#[test]
fn an_instance_that_wants_more_memory_than_it_may_have_is_ended() {
    let redis = guarded_redis().start();
    let host = limited(8 << 20).redis(&redis).start();
    let (body, mut connection) =
        (puts(4, &wide(MEGABYTE)).text(), Connection::open(host.address()));
    let head = format!(
        "POST /-/batch HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {WRITE_TOKEN}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    connection.send((head + &body).as_bytes());
    let answer = connection.receive(false).expect("an answer").expect("an answer");
    assert_eq!(answer.status(), 500);
    host.get("/put/0").token(WRITE_TOKEN).send().expect(404);
}
