//! Hostile headers.

use fastrand::Rng;

use crate::pieces::{change, corpus, one};

/// A header as it is sent: the name, then the value.
pub type Header = (String, Vec<u8>);

/// Headers that are valid, whatever they say.
#[derive(Debug)]
pub struct Headers {
    conditions: Vec<Vec<u8>>,
}

impl Headers {
    pub fn load() -> Self {
        Self { conditions: corpus("conditions") }
    }

    /// One header.
    pub fn one(&self, rng: &mut Rng) -> Header {
        let (name, value) = match rng.u8(..16) {
            0..4 => return self.condition(rng),
            4 | 5 => ("Accept", one(rng, ACCEPT)),
            6 => ("Accept-Encoding", one(rng, &["gzip", "identity;q=0", "*;q=0", ",,,"])),
            7 => ("Range", one(rng, &["bytes=0-0", "bytes=-1", "bytes=9-1,,", "lines=1"])),
            8 => ("Origin", one(rng, &["null", "https://example.com", "\u{e9}", "*", ""])),
            9 => ("Access-Control-Request-Method", one(rng, &["PUT", "", "*", "G\u{e9}T"])),
            10 => ("Content-Encoding", one(rng, &["gzip", "identity", "br, gzip", ""])),
            11 => ("Connection", one(rng, &["keep-alive", "close", "content-length", "te, x"])),
            12 => ("Upgrade", one(rng, &["h2c", "websocket", "TLS/1.0, HTTP/1.1"])),
            13 => ("X-Forwarded-For", one(rng, &["127.0.0.1", "' OR 1=1", "${jndi:x}"])),
            14 => return ("Cookie".to_owned(), vec![b'c'; rng.usize(..8_000)]),
            _ => return any(rng),
        };
        (name.to_owned(), value.as_bytes().to_vec())
    }

    fn condition(&self, rng: &mut Rng) -> Header {
        const NAMES: &[&str] =
            &["If-Match", "If-None-Match", "If-Unmodified-Since", "If-Modified-Since", "If-Range"];
        let inputs = &self.conditions;
        let mut input = rng.choice(inputs).expect("it has inputs").clone();
        if rng.bool() {
            change(&mut input, inputs, rng);
        }
        let lines: Vec<&[u8]> = input.split(|byte| *byte == b'\n').collect();
        let line = rng.choice(lines).unwrap_or_default();
        (one(rng, NAMES).to_owned(), value(line, rng))
    }
}

const ACCEPT: &[&str] = &[
    "*/*",
    "text/html",
    "application/json",
    "text/html;q=0, */*;q=0.1",
    "application/json;q=2",
    ";;;,,,/",
    "text/*;q=1;q=0",
    "\"quoted, comma\"/x",
    "",
];

/// A header that nobody knows.
fn any(rng: &mut Rng) -> Header {
    const NAME: &[u8] = b"abcXYZ019!#$%&'*+-.^_`|~";
    let length = rng.usize(1..40);
    let name = (0..length).map(|_| char::from(*rng.choice(NAME).expect("a letter"))).collect();
    let bytes: Vec<u8> = (0..rng.usize(..200)).map(|_| rng.u8(..)).collect();
    (name, value(&bytes, rng))
}

/// What of this can stand in a header's value; now and then something that is no UTF-8.
fn value(bytes: &[u8], rng: &mut Rng) -> Vec<u8> {
    let text: String = bytes.iter().copied().map(char::from).collect();
    let value = if rng.u8(..16) == 0 { bytes } else { text.as_bytes() };
    value.iter().copied().filter(|byte| *byte == b'\t' || *byte >= b' ' && *byte != 0x7f).collect()
}

/// Lines that no HTTP message may have, among them the forms of request smuggling.
pub const BROKEN: &[&[u8]] = &[
    b"Content-Length: -1\r\n",
    b"Content-Length: +2\r\n",
    b"Content-Length: 2, 3\r\n",
    b"Content-Length: 2\r\nContent-Length: 3\r\n",
    b"Content-Length: 0x2\r\n",
    b"Content-Length: 18446744073709551616\r\n",
    b"Content-Length: \r\n",
    b"Content-Length : 2\r\n",
    b"Transfer-Encoding: chunked\r\nContent-Length: 2\r\n",
    b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n",
    b"Transfer-Encoding: xchunked\r\n",
    b"Transfer-Encoding: chunked, identity\r\n",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
    b"Transfer-Encoding:\x0bchunked\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b" Transfer-Encoding: chunked\r\n",
    b"X: a\r\n folded\r\n",
    b"no colon at all\r\n",
    b": no name\r\n",
    b"na me: x\r\n",
    b"X: \0\r\n",
    b"X: a\rb\r\n",
    b"X: a\nContent-Length: 2\n",
    b"\xff: x\r\n",
    b"\r\r\n",
];
