//! Requests, sent byte for byte as they are given: URL libraries normalise what the tests are about.

use std::fmt;
use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::connection::connect;
use crate::host::Host;
use crate::http2;
use crate::response::Response;

/// What answers requests.
pub trait Server: Sized {
    /// The answer to one; an error if there is none.
    fn answer(&self, request: &Request<'_, Self>) -> io::Result<Response>;

    /// Texts that no answer may hold.
    fn hidden(&self) -> &[String];
}

/// A request; to a [`Host`] it goes on a connection of its own.
#[derive(Debug)]
#[must_use = "a request does nothing until it is sent"]
pub struct Request<'a, S = Host> {
    server: &'a S,
    method: &'a str,
    target: &'a str,
    headers: Vec<(String, Vec<u8>)>,
    body: Option<Vec<u8>>,
    announces_length: bool,
    may_fail: bool,
}

impl<'a, S> Request<'a, S> {
    /// A request without headers and body.
    pub fn new(server: &'a S, method: &'a str, target: &'a str) -> Self {
        Self {
            server,
            method,
            target,
            headers: Vec::new(),
            body: None,
            announces_length: false,
            may_fail: false,
        }
    }

    /// Adds a header.
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_owned()));
        self
    }

    /// Adds headers.
    pub fn headers(self, headers: &[(&str, &str)]) -> Self {
        headers.iter().fold(self, |request, (name, value)| request.header(name, value))
    }

    /// Sends `Authorization: Bearer TOKEN`.
    pub fn token(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// Gives it a body and a `Content-Type`.
    pub fn body(self, content_type: &str, body: impl AsRef<[u8]>) -> Self {
        self.header("Content-Type", content_type).bare_body(body)
    }

    /// Gives it a body without a `Content-Type`.
    pub fn bare_body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = Some(body.as_ref().to_owned());
        self
    }

    /// Gives it a body that is sent as it stands, for which the test announces the length itself.
    pub fn raw_body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.announces_length = true;
        self.bare_body(body)
    }

    /// A 5xx may come back. Without this it fails the test.
    pub fn may_fail(mut self) -> Self {
        self.may_fail = true;
        self
    }

    /// Its method.
    pub fn method(&self) -> &str {
        self.method
    }

    /// Its target.
    pub fn target(&self) -> &str {
        self.target
    }

    /// The headers that were added, each with its value.
    pub fn added_headers(&self) -> &[(String, Vec<u8>)] {
        &self.headers
    }

    /// Its body.
    pub fn content(&self) -> Option<&[u8]> {
        self.body.as_deref()
    }
}

impl<S: Server> Request<'_, S> {
    /// Sends it; the answer, which is held to what is always true.
    pub fn send(self) -> Response {
        self.try_send().unwrap_or_else(|error| panic!("{self}: no answer: {error}"))
    }

    /// As [`Request::send`]; an error if there is no answer.
    pub fn try_send(&self) -> io::Result<Response> {
        self.checked(self.server.answer(self))
    }

    fn checked(&self, answer: io::Result<Response>) -> io::Result<Response> {
        let answer = answer?;
        answer.check(self.may_fail, self.server.hidden());
        Ok(answer)
    }
}

impl<'a> Request<'a> {
    /// Sends it to a host and reads the answer.
    pub(crate) fn exchange(&self) -> io::Result<Response> {
        let mut stream = self.connect()?;
        let mut head = self.whole_head();
        let body = self.body.as_deref().unwrap_or_default();
        let mut writer = stream.try_clone()?;
        std::thread::scope(|scope| {
            if head.len() + body.len() > 16 * 1024 {
                // The answer may come before the end of a long body: read while writing.
                scope.spawn(move || {
                    let _ = writer.write_all(&head).and_then(|()| writer.write_all(body));
                });
            } else {
                head.extend(body);
                // The service may answer and close before it has read everything.
                let _ = writer.write_all(&head);
            }
            let answer = self.read_answer(&mut stream);
            let _ = stream.shutdown(std::net::Shutdown::Both);
            answer
        })
    }

    /// As [`Request::send`], over HTTP/2, whose clients are told beforehand that the service speaks it.
    pub fn send_over_http2(self) -> Response {
        let address = self.server.address();
        let uri = format!("http://{address}{}", self.target);
        let mut request = http::Request::builder().method(self.method).uri(uri);
        for (name, value) in &self.headers {
            request = request.header(name, &value[..]);
        }
        let body = self.body.clone().unwrap_or_default();
        let request = request.body(body).unwrap_or_else(|error| panic!("{self}: {error}"));
        let answer = http2::exchange(address, request)
            .map(|answer| Response::new(self.to_string(), self.method == "HEAD", answer))
            .map_err(io::Error::other);
        self.checked(answer)
            .unwrap_or_else(|error| panic!("{self}: no answer over HTTP/2: {error}"))
    }

    fn connect(&self) -> io::Result<TcpStream> {
        connect(self.server.address())
    }

    /// The request line and the headers, without the empty line that ends them.
    fn head(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.method,
            self.target,
            self.server.address()
        )
        .into_bytes();
        for (name, value) in &self.headers {
            head.extend(name.as_bytes());
            head.extend(b": ");
            head.extend(value);
            head.extend(b"\r\n");
        }
        head
    }

    /// The request line and all headers.
    fn whole_head(&self) -> Vec<u8> {
        let mut head = self.head();
        if let Some(body) = self.body.as_ref().filter(|_| !self.announces_length) {
            head.extend(format!("Content-Length: {}\r\n", body.len()).bytes());
        }
        head.extend(b"\r\n");
        head
    }

    /// Connects, so that the request can be sent piece by piece.
    pub fn begin(self) -> Exchange<'a> {
        let stream =
            self.connect().unwrap_or_else(|error| panic!("{self}: no connection: {error}"));
        let mut unsent = self.whole_head();
        let head = unsent.len();
        unsent.extend(self.body.iter().flatten());
        Exchange { request: self, stream, unsent, head }
    }

    /// Sends it; its answer, which may take a while, is read by [`Exchange::finish`].
    pub fn start(self) -> Exchange<'a> {
        let mut exchange = self.begin();
        exchange.send(usize::MAX);
        exchange
    }

    fn read_answer(&self, stream: &mut impl Read) -> io::Result<Response> {
        Response::read(stream, self.to_string(), self.method == "HEAD")
    }

    fn receive(&self, stream: &mut impl Read) -> io::Result<Response> {
        self.checked(self.read_answer(stream))
    }
}

impl<S> fmt::Display for Request<'_, S> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        writeln!(formatter, "{} {}", self.method, self.target)?;
        for (name, value) in &self.headers {
            writeln!(formatter, "{name}: {}", String::from_utf8_lossy(value))?;
        }
        if let Some(body) = &self.body {
            let text = String::from_utf8_lossy(body);
            let begin: String = text.chars().take(2000).collect();
            writeln!(formatter, "\n{begin}")?;
        }
        Ok(())
    }
}

/// A request that is under way. When this is dropped the client has gone.
#[derive(Debug)]
pub struct Exchange<'a> {
    request: Request<'a>,
    stream: TcpStream,
    unsent: Vec<u8>,
    /// How much of the headers is unsent.
    head: usize,
}

impl Exchange<'_> {
    /// Sends the next bytes of it, at most so many. The service may answer and close before it has
    /// read everything, so it is no failure when it takes no more.
    pub fn send(&mut self, count: usize) {
        let count = count.min(self.unsent.len());
        let _ = self.stream.write_all(&self.unsent[..count]);
        self.unsent.drain(..count);
        self.head = self.head.saturating_sub(count);
    }

    /// Sends the headers, which say `Expect: 100-continue`, and waits until the service wants the body.
    pub fn send_head(&mut self) {
        self.send(self.head);
        let mut received = Vec::new();
        while !received.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte).expect("the service wants the body");
            received.extend(byte);
        }
        assert!(received.starts_with(b"HTTP/1.1 100 "), "{}", String::from_utf8_lossy(&received));
    }

    /// How many bytes of it are unsent.
    pub fn unsent(&self) -> usize {
        self.unsent.len()
    }

    /// Whether an answer has begun, or the other side has closed.
    pub fn answered(&self) -> bool {
        answered(&self.stream)
    }

    /// Sends the rest and reads the answer, which is held to what is always true.
    pub fn finish(self) -> Response {
        let what = self.request.to_string();
        self.try_finish().unwrap_or_else(|error| panic!("{what}: no answer: {error}"))
    }

    /// As [`Exchange::finish`]; an error if there is no answer.
    pub fn try_finish(mut self) -> io::Result<Response> {
        self.send(usize::MAX);
        self.request.receive(&mut self.stream)
    }
}

/// How the length of a streamed body is announced.
#[derive(Debug, Clone, Copy)]
pub enum Announced {
    /// By `Content-Length`, of which nothing has to follow.
    Length(u64),
    /// Not at all: chunked.
    Chunked,
}

/// Sends a request whose body never ends: `piece` after `piece` until an answer comes, or until
/// `most` bytes have been written. Gives the answer and how many bytes of the body were written.
pub fn send_streaming(
    request: &Request,
    announced: Announced,
    piece: &[u8],
    most: u64,
) -> (Response, u64) {
    let mut stream = request.connect().expect("the host takes connections");
    let mut head = request.head();
    match announced {
        Announced::Length(length) => head.extend(format!("Content-Length: {length}\r\n").bytes()),
        Announced::Chunked => head.extend(b"Transfer-Encoding: chunked\r\n"),
    }
    head.extend(b"\r\n");
    stream.write_all(&head).expect("the host reads the head");
    let chunk = match announced {
        Announced::Length(_) => piece.to_owned(),
        Announced::Chunked => {
            [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat()
        }
    };
    let mut written = 0;
    while written < most && !answered(&stream) {
        if stream.write_all(&chunk).is_err() {
            break;
        }
        written += piece.len() as u64;
    }
    let response = request
        .receive(&mut stream)
        .unwrap_or_else(|error| panic!("{request}: no answer after {written} bytes: {error}"));
    (response, written)
}

/// Whether something has come in, or the other side has closed.
fn answered(stream: &TcpStream) -> bool {
    stream.set_nonblocking(true).expect("a socket can be set");
    let answered = !matches!(
        stream.peek(&mut [0]),
        Err(error) if error.kind() == io::ErrorKind::WouldBlock
    );
    stream.set_nonblocking(false).expect("a socket can be set");
    answered
}
