//! Problem details (RFC 9457): the one error type of the service, and its one way to a response.

use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use super::{
    response::{self, Response, set},
    tokens::Part,
};
use crate::record::{MembersError, PathError};

/// What all problems with one code and one status have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kind {
    /// The word that programs go by.
    pub code: &'static str,
    /// The status of the response.
    pub status: StatusCode,
    /// The code in words for people.
    pub title: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        $(const $name: Kind = Kind { code: $code, status: StatusCode::$status, title: $title };)*

        /// All of them.
        pub const KINDS: &[Kind] = &[$($name),*];
    };
}

kinds! {
    INVALID_PATH = "invalid-path", BAD_REQUEST, "Invalid path";
    PATH_TOO_LONG = "path-too-long", URI_TOO_LONG, "Path too long";
    RECORD_NOT_FOUND = "record-not-found", NOT_FOUND, "Record not found";
    NO_SUCH_ENDPOINT = "no-such-endpoint", NOT_FOUND, "No such endpoint";
    METHOD_NOT_ALLOWED = "method-not-allowed", METHOD_NOT_ALLOWED, "Method not allowed";
    INVALID_QUERY = "invalid-query", BAD_REQUEST, "Invalid query";
    INVALID_HEADER = "invalid-header", BAD_REQUEST, "Invalid header";
    INVALID_JSON = "invalid-json", BAD_REQUEST, "Invalid JSON";
    NOT_AN_OBJECT = "not-an-object", UNPROCESSABLE_ENTITY, "Not an object";
    INVALID_BATCH = "invalid-batch", BAD_REQUEST, "Invalid batch";
    SPREAD_BATCH = "spread-batch", CONFLICT, "Spread batch";
    RECORD_TOO_LARGE = "record-too-large", PAYLOAD_TOO_LARGE, "Record too large";
    UNSUPPORTED_MEDIA_TYPE = "unsupported-media-type", UNSUPPORTED_MEDIA_TYPE, "Unsupported media type";
    PATCH_FAILED = "patch-failed", CONFLICT, "Patch failed";
    PRECONDITION_FAILED = "precondition-failed", PRECONDITION_FAILED, "Precondition failed";
    UNAUTHORIZED = "unauthorized", UNAUTHORIZED, "Unauthorized";
    FORBIDDEN = "forbidden", FORBIDDEN, "Forbidden";
    MISCONFIGURED = "misconfigured", INTERNAL_SERVER_ERROR, "Misconfigured";
    NOT_READY = "misconfigured", SERVICE_UNAVAILABLE, "Misconfigured";
    CHANGES_FORGOTTEN = "changes-forgotten", GONE, "Changes forgotten";
    STORE_UNAVAILABLE = "store-unavailable", SERVICE_UNAVAILABLE, "Store unavailable";
    STORE_FULL = "store-full", INSUFFICIENT_STORAGE, "Store full";
    STORE_ERROR = "store-error", INTERNAL_SERVER_ERROR, "Store error";
}

/// Everything that can go wrong with a request. What a variant carries is for the client to read:
/// no address, no secret, no reply of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The path is malformed; why.
    InvalidPath(&'static str),
    /// The path is too long; its length in bytes.
    PathTooLong(usize),
    /// There is no record.
    RecordNotFound,
    /// There is no such service path.
    NoSuchEndpoint,
    /// The method doesn't apply to the path; those that do.
    MethodNotAllowed(String),
    /// A query parameter is unknown or has no such value; which, and why.
    InvalidQuery(String),
    /// A header has no meaning, or one that this request can't have; which, and why.
    InvalidHeader(&'static str, &'static str),
    /// The body is not JSON; why and where.
    InvalidJson(String),
    /// A line of the body is no record; why.
    InvalidLine(String),
    /// JSON, but no object.
    NotAnObject,
    /// What is sent is no batch; why.
    InvalidBatch(String),
    /// The records of a batch are in several parts.
    SpreadBatch,
    /// The record would be larger than the limit, in bytes.
    RecordTooLarge(usize),
    /// The body is larger than the limit, in bytes.
    BodyTooLarge(usize),
    /// An import has more lines than this.
    TooManyLines(usize),
    /// The records of a batch are more than can be read at once.
    BatchReadsTooMuch,
    /// The body's type or encoding is not one that the method takes; what to send, in words and for
    /// the headers that say so.
    UnsupportedMediaType(String, Accepted),
    /// A patch can't be applied to the record as it is; why.
    PatchFailed(String),
    /// A condition of the request doesn't hold.
    PreconditionFailed,
    /// No token, or an unknown one.
    Unauthorized(Challenge),
    /// A token that doesn't allow this.
    Forbidden {
        /// Whether it allows reading what the request is about.
        inside: bool,
        /// What it allows; who has the token may know.
        prefixes: Vec<Part>,
    },
    /// What followed the change that is named isn't known any more.
    ChangesForgotten,
    /// A configuration variable can't be used; its name and why.
    Misconfigured(String),
    /// The same, to who asks whether the service is ready.
    NotReady(String),
    /// Redis doesn't serve; what that means for the request.
    StoreUnavailable(&'static str),
    /// Redis has no memory left.
    StoreFull,
    /// Redis holds something that is no record.
    StoreError(&'static str),
}

/// What a method takes instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// A record: `application/json` and its like.
    Records,
    /// A patch, in either format.
    Patches,
    /// Lines of JSON.
    Lines,
    /// Any of its types, without a content coding.
    Unencoded,
}

/// Why a token is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// None was sent.
    Missing,
    /// The one that was sent is unknown.
    Unknown,
}

impl Problem {
    /// The code, status and title.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::InvalidPath(_) => INVALID_PATH,
            Self::PathTooLong(_) => PATH_TOO_LONG,
            Self::RecordNotFound => RECORD_NOT_FOUND,
            Self::NoSuchEndpoint => NO_SUCH_ENDPOINT,
            Self::MethodNotAllowed(_) => METHOD_NOT_ALLOWED,
            Self::InvalidQuery(_) => INVALID_QUERY,
            Self::InvalidHeader(..) => INVALID_HEADER,
            Self::InvalidJson(_) | Self::InvalidLine(_) => INVALID_JSON,
            Self::NotAnObject => NOT_AN_OBJECT,
            Self::InvalidBatch(_) => INVALID_BATCH,
            Self::SpreadBatch => SPREAD_BATCH,
            Self::RecordTooLarge(_)
            | Self::BodyTooLarge(_)
            | Self::TooManyLines(_)
            | Self::BatchReadsTooMuch => RECORD_TOO_LARGE,
            Self::UnsupportedMediaType(..) => UNSUPPORTED_MEDIA_TYPE,
            Self::PatchFailed(_) => PATCH_FAILED,
            Self::PreconditionFailed => PRECONDITION_FAILED,
            Self::Unauthorized(_) => UNAUTHORIZED,
            Self::Forbidden { .. } => FORBIDDEN,
            Self::ChangesForgotten => CHANGES_FORGOTTEN,
            Self::Misconfigured(_) => MISCONFIGURED,
            Self::NotReady(_) => NOT_READY,
            Self::StoreUnavailable(_) => STORE_UNAVAILABLE,
            Self::StoreFull => STORE_FULL,
            Self::StoreError(_) => STORE_ERROR,
        }
    }

    /// What went wrong with this request, in a sentence.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::InvalidPath(why) => format!("The path can't be used: {why}."),
            Self::PathTooLong(bytes) => {
                format!("The path can't be used: {}.", PathError::TooLong(*bytes))
            }
            Self::RecordNotFound => "There is no record at this path: thing doesn't exist.".into(),
            Self::NoSuchEndpoint => {
                "The paths from /-/ on belong to the service and those from /.well-known/spin on to its \
                 host, and neither has one of this name."
                    .into()
            }
            Self::MethodNotAllowed(allow) => format!("This path answers {allow}."),
            Self::InvalidHeader(name, why) => format!("The header `{name}` can't be used: {why}."),
            Self::InvalidJson(why) => format!("The body is not what it should be: {why}."),
            Self::InvalidLine(why) => format!("The line is no record: {why}."),
            Self::NotAnObject => "A record is a JSON object, and this would be none.".into(),
            Self::RecordTooLarge(limit) => format!("A record can have {limit} bytes at the most."),
            Self::BodyTooLarge(limit) => format!("The body can have {limit} bytes at the most."),
            Self::TooManyLines(limit) => format!("An import can have {limit} lines at the most."),
            Self::BatchReadsTooMuch => {
                "The batch reads more than fits into one: send this request in another.".into()
            }
            Self::SpreadBatch => {
                "The records are kept in several parts, and no batch goes over more than one: those of paths \
                 with the same first segment are together. Nothing was changed."
                    .into()
            }
            Self::UnsupportedMediaType(what, _) => what.clone(),
            Self::PreconditionFailed => {
                "The record is not in the state that the request's conditions ask for.".into()
            }
            Self::Unauthorized(Challenge::Missing) => {
                "Send a token with this request: `Authorization: Bearer TOKEN`.".into()
            }
            Self::Unauthorized(Challenge::Unknown) => "The token is unknown.".into(),
            Self::Forbidden { inside: true, .. } => {
                "The token allows reading, and this request writes.".into()
            }
            Self::Forbidden { inside: false, .. } => {
                "The token is for other paths, and this request is not about them alone.".into()
            }
            Self::ChangesForgotten => {
                "What has happened since isn't known any more: list the records, and go on without `after`."
                    .into()
            }
            Self::StoreFull => "The store has no memory left; nothing was changed.".into(),
            Self::InvalidQuery(why)
            | Self::InvalidBatch(why)
            | Self::PatchFailed(why)
            | Self::Misconfigured(why)
            | Self::NotReady(why) => why.clone(),
            Self::StoreUnavailable(what) | Self::StoreError(what) => (*what).into(),
        }
    }

    /// The response.
    #[must_use]
    pub fn into_response(self) -> Response {
        self.into_response_to(None)
    }

    /// The response to a batch, of which the request at this place (from 0) has the problem.
    #[must_use]
    pub fn into_response_to(self, request: Option<usize>) -> Response {
        let Kind { code, status, title } = self.kind();
        let details = Details {
            r#type: format!("urn:path-records:problem:{code}"),
            title,
            status: status.as_u16(),
            detail: self.detail(),
            code,
            request,
            prefixes: match &self {
                Self::Forbidden { prefixes, .. } => prefixes.iter().map(Opened::from).collect(),
                _ => Vec::new(),
            },
        };
        let json = HeaderValue::from_static("application/problem+json");
        // Strings and a number always have a JSON text.
        let document = serde_json::to_vec(&details).unwrap_or_default();
        let mut response = response::with_body(status, json, document);
        let no_store = HeaderValue::from_static("no-store");
        response.headers_mut().insert(header::CACHE_CONTROL, no_store);
        match self {
            Self::MethodNotAllowed(allow) => set(&mut response, header::ALLOW, allow),
            Self::Unauthorized(challenge) => {
                set(&mut response, header::WWW_AUTHENTICATE, challenge.as_str());
            }
            Self::Forbidden { .. } => {
                let why = r#"Bearer realm="path-records", error="insufficient_scope""#;
                set(&mut response, header::WWW_AUTHENTICATE, why);
            }
            Self::StoreUnavailable(_) => set(&mut response, header::RETRY_AFTER, "1"),
            Self::UnsupportedMediaType(_, Accepted::Records) => {
                set(&mut response, header::ACCEPT, "application/json");
            }
            Self::UnsupportedMediaType(_, Accepted::Patches) => {
                set(&mut response, response::ACCEPT_PATCH, response::PATCH_TYPES);
            }
            Self::UnsupportedMediaType(_, Accepted::Lines) => {
                set(&mut response, header::ACCEPT, response::LINES);
            }
            Self::UnsupportedMediaType(_, Accepted::Unencoded) => {
                set(&mut response, header::ACCEPT_ENCODING, "identity");
            }
            _ => {}
        }
        response
    }
}

/// A problem document (RFC 9457, section 3).
#[derive(Serialize)]
struct Details<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    detail: String,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<usize>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    prefixes: Vec<Opened<'a>>,
}

/// What a token opens.
#[derive(Serialize)]
struct Opened<'a> {
    prefix: &'a str,
    can: &'static str,
}

impl<'a> From<&'a Part> for Opened<'a> {
    fn from(part: &'a Part) -> Self {
        Self { prefix: &part.prefix, can: if part.writes { "write" } else { "read" } }
    }
}

impl Challenge {
    fn as_str(self) -> &'static str {
        match self {
            Self::Missing => r#"Bearer realm="path-records""#,
            Self::Unknown => r#"Bearer realm="path-records", error="invalid_token""#,
        }
    }
}

impl From<PathError> for Problem {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Invalid(why) => Self::InvalidPath(why),
            PathError::Reserved => Self::NoSuchEndpoint,
            PathError::TooLong(bytes) => Self::PathTooLong(bytes),
        }
    }
}

impl From<MembersError> for Problem {
    fn from(error: MembersError) -> Self {
        match error {
            MembersError::NotAnObject => Self::NotAnObject,
            other => Self::InvalidJson(other.to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_document_has_every_member() {
        let response = Problem::RecordNotFound.into_response();
        assert_eq!(response.status(), 404);
        assert_eq!(response.headers()[header::CONTENT_TYPE], "application/problem+json");
        let document: serde_json::Value = serde_json::from_slice(response.body()).unwrap();
        assert_eq!(document["code"], "record-not-found");
        assert_eq!(document["status"], 404);
        assert_eq!(document["title"], "Record not found");
        assert_eq!(document["type"], "urn:path-records:problem:record-not-found");
        assert!(document["detail"].as_str().unwrap().contains("thing doesn't exist"));
    }
}
