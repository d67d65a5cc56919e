//! Puts requests together.

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN};

use crate::body::{Bodies, For};
use crate::headers::{BROKEN, Header, Headers};
use crate::pieces::{change, corpus, one};

/// What is to be expected of the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A valid request: it has to be answered.
    Valid,
    /// Valid, but longer than what the service reads: it may close while the client still writes.
    TooLong,
    /// Not HTTP, or not all of it: it may be refused, or the connection closed.
    Broken,
}

/// A request as it is sent.
#[derive(Debug)]
pub struct Hostile {
    pub bytes: Vec<u8>,
    pub form: Form,
    pub is_head: bool,
    /// It is sent piece by piece.
    pub is_slow: bool,
}

impl Hostile {
    /// Whether the headers are UTF-8. Spin answers any that aren't itself, with a 500 without content,
    /// before the component is asked.
    pub fn is_text(&self) -> bool {
        let end = self.bytes.windows(4).position(|four| four == b"\r\n\r\n");
        std::str::from_utf8(&self.bytes[..end.unwrap_or(self.bytes.len())]).is_ok()
    }
}

/// The pieces.
#[derive(Debug)]
pub struct Generator {
    paths: Vec<Vec<u8>>,
    queries: Vec<Vec<u8>>,
    headers: Headers,
    bodies: Bodies,
}

impl Generator {
    pub fn load() -> Self {
        let (paths, queries) = (corpus("path"), corpus("query"));
        Self { paths, queries, headers: Headers::load(), bodies: Bodies::load() }
    }

    pub fn request(&self, rng: &mut Rng) -> Hostile {
        let many = (rng.u8(..10) == 0).then(|| many(rng));
        let method = many.map_or_else(|| method(rng), |many| many.method.to_owned());
        let target = many.map_or_else(|| self.target(&method, rng), |many| many.target.into());
        let valid_target = method != "CONNECT" && is_valid(&target);
        let mut form = if valid_target { Form::Valid } else { Form::Broken };
        let version = if rng.u8(..30) == 0 { "1.0" } else { "1.1" };

        let mut bytes = [method.as_bytes(), b" ", &target, b" HTTP/"].concat();
        bytes.extend(format!("{version}\r\nHost: a\r\n").bytes());
        for (name, value) in self.lines(&method, many, rng) {
            bytes.extend([name.as_bytes(), b": ", &value, b"\r\n"].concat());
        }
        let body = match many {
            Some(Many { body, .. }) => body.map(|(_, what)| self.bodies.one(what, rng)),
            None => self.body(&method, rng),
        };
        if rng.u8(..12) == 0 {
            form = Form::Broken;
            bytes.extend(rng.choice(BROKEN).expect("there are some").iter());
        }
        if rng.u8(..60) == 0 {
            form = Form::Broken;
            bytes.extend(too_many(rng));
        }
        if let Some(body) = &body {
            if form == Form::Valid && body.len() > 1 << 20 {
                form = Form::TooLong;
            }
            frame(&mut bytes, body, version, rng);
        } else {
            bytes.extend(b"\r\n");
        }
        if rng.u8(..25) == 0 {
            form = Form::Broken;
            break_anywhere(&mut bytes, rng);
        }
        Hostile { bytes, form, is_head: method == "HEAD", is_slow: rng.u8(..40) == 0 }
    }

    fn target(&self, method: &str, rng: &mut Rng) -> Vec<u8> {
        const FIXED: &[&str] = &["/", "/-/records", "/-/metrics", "/-/ready", "/-/openapi.json"];
        const RECORDS: &[&str] = &["/a", "/a/", "/b/c", "/b/d/"];
        let collection = method == "POST" && rng.u8(..8) > 0;
        let mut target = if collection || rng.u8(..3) > 0 {
            one(rng, RECORDS).as_bytes().to_vec()
        } else if rng.u8(..3) == 0 {
            one(rng, FIXED).as_bytes().to_vec()
        } else {
            rng.choice(&self.paths).expect("it has inputs").clone()
        };
        if rng.u8(..8) == 0 {
            change(&mut target, &self.paths, rng);
        }
        if collection && !target.ends_with(b"/") {
            target.push(b'/');
        }
        if rng.u8(..4) == 0 {
            let mut query = rng.choice(&self.queries).expect("it has inputs").clone();
            if rng.bool() {
                change(&mut query, &self.queries, rng);
            }
            target.push(b'?');
            target.extend(query);
        }
        target
    }

    /// Headers but for those that say how long the body is.
    fn lines(&self, method: &str, many: Option<Many>, rng: &mut Rng) -> Vec<Header> {
        let mut lines: Vec<Header> = (0..rng.usize(..5)).map(|_| self.headers.one(rng)).collect();
        let token = match rng.u8(..12) {
            0 => None,
            1 => Some(READ_TOKEN),
            2 => Some(one(rng, &["", "wrong", "\u{e9}", "a b", "\"\""])),
            _ => Some(WRITE_TOKEN),
        };
        if let Some(token) = token {
            let scheme =
                if rng.u8(..20) == 0 { one(rng, &["Basic", "bearer", ""]) } else { "Bearer" };
            let value = format!("{scheme} {token}");
            lines.push(("Authorization".to_owned(), value.into_bytes()));
        }
        if !matches!(method, "GET" | "HEAD") && rng.u8(..10) > 0 {
            let own = many.and_then(|many| many.body).map(|(own, _)| [own]);
            let usual = match &own {
                Some(own) => own,
                None if method == "PATCH" => PATCHES,
                None => &["application/json"],
            };
            let types = if rng.u8(..6) == 0 { TYPES } else { usual };
            lines.push(("Content-Type".to_owned(), one(rng, types).as_bytes().to_vec()));
        }
        rng.shuffle(&mut lines);
        lines
    }

    fn body(&self, method: &str, rng: &mut Rng) -> Option<Vec<u8>> {
        let usual = matches!(method, "PUT" | "POST" | "PATCH");
        let what = if method == "PATCH" { For::Patch } else { For::Record };
        (usual != (rng.u8(..25) == 0)).then(|| self.bodies.one(what, rng))
    }
}

/// A request about many records: a batch, an import, an export, or the deletion of some.
#[derive(Debug, Clone, Copy)]
struct Many {
    method: &'static str,
    target: &'static str,
    /// Its media type, and what it is.
    body: Option<(&'static str, For)>,
}

fn many(rng: &mut Rng) -> Many {
    const BATCH: Option<(&str, For)> = Some(("application/json", For::Batch));
    const IMPORT: Option<(&str, For)> = Some(("application/x-ndjson", For::Import));
    let (method, target, body) = match rng.u8(..20) {
        0..9 => ("POST", "/-/batch", BATCH),
        9..15 => ("POST", "/-/records", IMPORT),
        15 | 16 => ("GET", "/-/records?values=true&limit=20", None),
        17 => ("DELETE", "/-/records?prefix=/b/", None),
        18 => ("DELETE", "/-/records", None),
        _ => ("POST", "/-/batch", IMPORT),
    };
    Many { method, target, body }
}

const PATCHES: &[&str] = &["application/merge-patch+json", "application/json-patch+json"];

const TYPES: &[&str] = &[
    "application/json; charset=latin1",
    "APPLICATION/JSON",
    "application/vnd.api+json",
    "application/json, text/plain",
    "text/plain",
    "+json",
    "/",
    "",
    "application/json;;;=",
    "\u{e9}/json",
];

fn method(rng: &mut Rng) -> String {
    const USUAL: &[&str] = &["GET", "GET", "HEAD", "PUT", "PUT", "PATCH", "POST", "DELETE"];
    const OTHERS: &[&str] =
        &["OPTIONS", "TRACE", "CONNECT", "get", "PROPFIND", "M-SEARCH", "!#$%&'*+-.^_`|~"];
    match rng.u8(..20) {
        0 | 1 => one(rng, OTHERS).to_owned(),
        2 if rng.u8(..5) == 0 => "A".repeat(rng.usize(1..300)),
        _ => one(rng, USUAL).to_owned(),
    }
}

/// Whether a target is one that RFC 9112 lets a client send to this server: a path and a query.
fn is_valid(target: &[u8]) -> bool {
    let may_stand =
        |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@/?%".contains(byte);
    target.starts_with(b"/") && target.iter().all(may_stand)
}

/// Ends the head and adds the body, with its length or in chunks.
fn frame(bytes: &mut Vec<u8>, body: &[u8], version: &str, rng: &mut Rng) {
    if version == "1.0" || rng.u8(..3) > 0 {
        bytes.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        if rng.u8(..20) == 0 {
            bytes.extend(b"Expect: 100-continue\r\n");
        }
        bytes.extend(b"\r\n");
        bytes.extend(body);
        return;
    }
    bytes.extend(b"Transfer-Encoding: chunked\r\n\r\n");
    let mut rest = body;
    while !rest.is_empty() {
        let length = rng.usize(1..=rest.len());
        let (chunk, after) = rest.split_at(length);
        let extension = if rng.u8(..8) == 0 { ";name=\"value\"" } else { "" };
        bytes.extend(format!("{length:x}{extension}\r\n").bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
        rest = after;
    }
    let trailer = if rng.u8(..8) == 0 { "If-Match: \"x\"\r\n" } else { "" };
    bytes.extend(format!("0\r\n{trailer}\r\n").bytes());
}

/// More headers, or a longer one, than servers take.
fn too_many(rng: &mut Rng) -> Vec<u8> {
    if rng.bool() {
        format!("X-Long: {}\r\n", "x".repeat(rng.usize(8_000..600_000))).into_bytes()
    } else {
        let count = rng.usize(90..2_000);
        (0..count).flat_map(|number| format!("X-{number}: {number}\r\n").into_bytes()).collect()
    }
}

/// Changes one place of a whole message, or ends it there.
fn break_anywhere(bytes: &mut Vec<u8>, rng: &mut Rng) {
    let at = rng.usize(..bytes.len());
    match rng.u8(..4) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= 1 << rng.u8(..8),
        2 => drop(bytes.remove(at)),
        _ => bytes.insert(at, rng.u8(..)),
    }
}
