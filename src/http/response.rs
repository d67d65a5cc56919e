//! Responses: complete bodies, headers that can't be malformed.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

/// A response with its whole body.
pub type Response = http::Response<Bytes>;

/// `Accept-Patch` (RFC 5789, 3.1): the patch formats that a resource takes.
pub const ACCEPT_PATCH: HeaderName = HeaderName::from_static("accept-patch");

/// The two patch formats.
pub const PATCH_TYPES: &str = "application/merge-patch+json, application/json-patch+json";

/// The media type of lines of JSON.
pub const LINES: &str = "application/x-ndjson";

/// A response without content.
#[must_use]
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    // A record's headers, so that they need to find room only once.
    *response.headers_mut() = HeaderMap::with_capacity(12);
    response
}

/// A response with content of this type.
#[must_use]
pub fn with_body(
    status: StatusCode,
    content_type: HeaderValue,
    body: impl Into<Bytes>,
) -> Response {
    let mut response = empty(status);
    *response.body_mut() = body.into();
    response.headers_mut().insert(header::CONTENT_TYPE, content_type);
    response
}

/// A response with JSON.
#[must_use]
pub fn json(status: StatusCode, body: impl Into<Bytes>) -> Response {
    with_body(status, HeaderValue::from_static("application/json"), body)
}

/// Sets a header. A value that can't stand in one is left out; the service makes none.
pub fn set<V: TryInto<HeaderValue>>(response: &mut Response, name: HeaderName, value: V) {
    if let Ok(value) = value.try_into() {
        response.headers_mut().insert(name, value);
    }
}

/// Makes a response the answer to a request with this method: with its length and the headers that
/// every response has, and without content if that is not to be sent.
pub fn complete(response: &mut Response, method: Option<&Method>) {
    set(response, header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let status = response.status();
    if status != StatusCode::NO_CONTENT && status != StatusCode::NOT_MODIFIED {
        let length = HeaderValue::from(response.body().len());
        response.headers_mut().insert(header::CONTENT_LENGTH, length);
    }
    if method == Some(&Method::HEAD) {
        // The length stays: it is that of the answer to a GET (RFC 9110, 9.3.2).
        *response.body_mut() = Bytes::new();
    }
}
