//! Responses, and what is true of every one of them.

use std::fmt;
use std::io::{self, Read};

use bytes::Bytes;
use http::{HeaderName, StatusCode};
use serde_json::Value;

use crate::head::Head;
use crate::json;
use crate::problem;

/// An answer.
#[derive(Debug)]
pub struct Response {
    request: String,
    is_head: bool,
    head: Head,
    body: Vec<u8>,
}

impl Response {
    /// An answer that was not read from an HTTP/1.1 connection.
    pub fn new(request: String, is_head: bool, response: http::Response<Bytes>) -> Self {
        let (parts, body) = response.into_parts();
        let head = Head { status: parts.status, headers: parts.headers, length: 0 };
        Self { request, is_head, head, body: body.into() }
    }

    /// Reads an answer and everything behind it until the other side closes.
    pub(crate) fn read(stream: &mut impl Read, request: String, is_head: bool) -> io::Result<Self> {
        let mut received = Vec::new();
        loop {
            match Head::parse(&received)? {
                Some(head) if !head.status.is_informational() => {
                    let body = received.split_off(head.length);
                    let mut response = Self { request, is_head, head, body };
                    response.read_body(stream)?;
                    return Ok(response);
                }
                Some(head) => drop(received.drain(..head.length)),
                None => {
                    let mut piece = [0; 8192];
                    let count = stream.read(&mut piece)?;
                    if count == 0 {
                        return Err(io::ErrorKind::UnexpectedEof.into());
                    }
                    received.extend_from_slice(&piece[..count]);
                }
            }
        }
    }

    /// Reads until the other side closes. A connection that is reset after the announced end is one
    /// whose request was refused before it was read whole.
    fn read_body(&mut self, stream: &mut impl Read) -> io::Result<()> {
        let result = stream.read_to_end(&mut self.body);
        let whole = !self.has_body() || self.head.content_length() == Some(self.body.len());
        match result {
            Err(error) if !whole => Err(error),
            _ => Ok(()),
        }
    }

    fn has_body(&self) -> bool {
        self.head.has_content(self.is_head)
    }

    /// What is always true. A 5xx is a failure unless the test said that it may come.
    pub(crate) fn check(&self, may_fail: bool, hidden: &[String]) {
        assert!(may_fail || !self.head.status.is_server_error(), "an unexpected failure: {self}");
        assert_eq!(
            self.all("x-content-type-options"),
            ["nosniff"],
            "X-Content-Type-Options: {self}"
        );
        assert!(
            !self.head.headers.contains_key("transfer-encoding"),
            "Content-Length instead: {self}"
        );
        if self.has_body() {
            assert_eq!(self.head.content_length(), Some(self.body.len()), "Content-Length: {self}");
        } else {
            assert!(self.body.is_empty(), "no body belongs here: {self}");
            assert!(
                self.head.content_length().is_some() == self.is_head
                    || self.head.status == StatusCode::NOT_MODIFIED
                    || self.is_head && self.head.status == StatusCode::NO_CONTENT,
                "Content-Length: {self}"
            );
        }
        if self.head.status.is_client_error() || self.head.status.is_server_error() {
            problem::check(self);
        }
        let everything = self.to_string();
        let answer = &everything[self.request.len()..];
        for text in hidden {
            assert!(!answer.contains(text), "holds `{text}`: {self}");
        }
    }

    /// The status, as a number.
    pub fn status(&self) -> u16 {
        self.head.status.as_u16()
    }

    /// Whether this answers a HEAD.
    pub fn is_head(&self) -> bool {
        self.is_head
    }

    /// Fails unless the status is this one.
    pub fn expect(&self, status: u16) -> &Self {
        assert_eq!(self.status(), status, "status of {self}");
        self
    }

    /// A header that is sent at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        let all = self.all(name);
        assert!(all.len() < 2, "`{name}` more than once: {self}");
        all.first().copied()
    }

    /// A header that has to be there.
    pub fn required(&self, name: &str) -> &str {
        self.header(name).unwrap_or_else(|| panic!("`{name}` is missing: {self}"))
    }

    /// All lines of a header.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.head
            .headers
            .get_all(name)
            .iter()
            .map(|value| value.to_str().expect("headers are ASCII"))
            .collect()
    }

    /// The elements of a header that is a list, over all its lines; names in lower case.
    pub fn list(&self, name: &str) -> Vec<String> {
        self.all(name)
            .iter()
            .flat_map(|line| line.split(','))
            .map(|element| element.trim().to_ascii_lowercase())
            .filter(|element| !element.is_empty())
            .collect()
    }

    /// The names of the headers.
    pub fn header_names(&self) -> Vec<&str> {
        self.head.headers.keys().map(HeaderName::as_str).collect()
    }

    /// The entity tag, with its quotes.
    pub fn etag(&self) -> String {
        self.required("etag").to_owned()
    }

    /// The body.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|_| panic!("no UTF-8: {self}"))
    }

    /// The body as JSON, for what is not about digits.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).unwrap_or_else(|error| panic!("{error}: {self}"))
    }

    /// A number at the top level of a JSON body.
    pub fn number(&self, name: &str) -> u64 {
        self.json()[name].as_u64().unwrap_or_else(|| panic!("`{name}` is no number: {self}"))
    }

    /// The members of a representation but for the service's two, each with its text.
    pub fn members(&self) -> Vec<(String, String)> {
        let mut members = json::members(self.text());
        members.retain(|(name, _)| name != "last_updated" && name != "ttl");
        members
    }

    /// The text of one member's value.
    pub fn member(&self, name: &str) -> Option<String> {
        let mut members = json::members(self.text());
        let at = members.iter().position(|(member, _)| member == name)?;
        Some(members.swap_remove(at).1)
    }
}

impl fmt::Display for Response {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "{}\n→ {}\n", self.request, self.head.status)?;
        for (name, value) in &self.head.headers {
            writeln!(formatter, "{name}: {}", value.to_str().unwrap_or("(not ASCII)"))?;
        }
        let text = String::from_utf8_lossy(&self.body);
        let begin: String = text.chars().take(4000).collect();
        writeln!(formatter, "\n{begin}")
    }
}
