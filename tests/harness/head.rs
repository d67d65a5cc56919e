//! The head of an answer: status and headers.

use std::io;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

/// The head of an answer.
#[derive(Debug)]
pub struct Head {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// How many bytes of HTTP/1.1 it took.
    pub length: usize,
}

impl Head {
    /// Reads the head that these bytes begin with; `None` if it isn't all there yet.
    pub fn parse(received: &[u8]) -> io::Result<Option<Self>> {
        let mut slots = [httparse::EMPTY_HEADER; 64];
        let mut head = httparse::Response::new(&mut slots);
        let parsed = head.parse(received).map_err(io::Error::other)?;
        let httparse::Status::Complete(length) = parsed else {
            return Ok(None);
        };
        let status =
            StatusCode::from_u16(head.code.unwrap_or_default()).map_err(io::Error::other)?;
        let mut headers = HeaderMap::new();
        for header in head.headers.iter() {
            headers.append(
                HeaderName::from_bytes(header.name.as_bytes()).map_err(io::Error::other)?,
                HeaderValue::from_bytes(header.value).map_err(io::Error::other)?,
            );
        }
        Ok(Some(Self { status, headers, length }))
    }

    /// A header's value, the first if there are several.
    pub fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.get(name).map(HeaderValue::as_bytes)
    }

    /// Whether content follows, in the answer to a HEAD or to another method (RFC 9110, 6.4.1).
    pub fn has_content(&self, is_head: bool) -> bool {
        !is_head && self.status != StatusCode::NO_CONTENT && self.status != StatusCode::NOT_MODIFIED
    }

    /// `Content-Length`.
    pub fn content_length(&self) -> Option<usize> {
        std::str::from_utf8(self.header("content-length")?).ok()?.parse().ok()
    }
}
