//! A kept-alive connection, on which each answer is looked at read by read.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// The longest answer that must come at once. Longer ones may be more than one segment, or more than
/// the socket takes at once.
const AT_ONCE: usize = 16 * 1024;

/// An answer, and how it came.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The value of `ETag`.
    pub etag: Option<String>,
    /// The length of the headers.
    head: usize,
    /// The length of the body.
    body: usize,
    /// How much the first read gave.
    first: usize,
}

impl Answer {
    /// Whether it came at once; of a long one, whether the body began to come with the headers.
    pub fn is_whole(&self) -> bool {
        let length = self.head + self.body;
        self.first >= if length <= AT_ONCE { length } else { self.head + 1 }
    }
}

/// A connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the host takes connections");
        stream.set_nodelay(true).expect("a socket can be set");
        // Far more than an answer needs on a busy machine.
        stream.set_read_timeout(Some(Duration::from_mins(1))).expect("a socket can be set");
        Self { stream, buffer: vec![0; 1 << 20] }
    }

    /// Sends a request, in one piece, and reads the answer.
    pub fn exchange(&mut self, request: &[u8]) -> Answer {
        let is_head = request.starts_with(b"HEAD ");
        self.stream.write_all(request).expect("the host reads requests");
        let first = self.read(0);
        let mut received = first;
        let (status, etag, head, body) = loop {
            if let Some(parsed) = parse(&self.buffer[..received], is_head) {
                break parsed;
            }
            received += self.read(received);
        };
        while received < head + body {
            received += self.read(received);
        }
        assert_eq!(received, head + body, "nothing follows an answer");
        Answer { status, etag, head, body, first }
    }

    fn read(&mut self, at: usize) -> usize {
        let count = self.stream.read(&mut self.buffer[at..]).expect("the answer comes");
        assert!(count > 0, "the host keeps the connection");
        count
    }
}

/// The status, the tag, the length of the headers and that of the body, once the headers are there.
fn parse(received: &[u8], is_head: bool) -> Option<(u16, Option<String>, usize, usize)> {
    let mut slots = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut slots);
    let httparse::Status::Complete(length) = head.parse(received).expect("an answer") else {
        return None;
    };
    let status = head.code.expect("a status");
    let header = |name: &str| {
        let mut headers = head.headers.iter();
        let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
        Some(String::from_utf8_lossy(header.value).into_owned())
    };
    let body = match (is_head, status) {
        (true, _) | (_, 204 | 304) => 0,
        _ => {
            let announced = header("content-length").expect("the length is announced");
            announced.parse().expect("a number")
        }
    };
    Some((status, header("etag"), length, body))
}
