//! Problem details (RFC 9457): the one error type of the service, and its one way to a response.

use http::{HeaderValue, Method, StatusCode, header};
use serde::Serialize;

use super::response::{self, Response, set};
use crate::{
    record::{Members, MembersError, PatchError, PathError},
    store::StoreError,
};

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
    MethodNotAllowed(&'static str),
    /// A query parameter is unknown or has no such value; which, and why.
    InvalidQuery(String),
    /// The body is not JSON; why and where.
    InvalidJson(String),
    /// JSON, but no object.
    NotAnObject,
    /// The record would be larger than the limit, in bytes.
    RecordTooLarge(usize),
    /// The body's type or encoding is not one that the method takes; what to send, and the types.
    UnsupportedMediaType(String, Accepted),
    /// A patch can't be applied to the record as it is; why.
    PatchFailed(String),
    /// A condition of the request doesn't hold.
    PreconditionFailed,
    /// No token, or an unknown one.
    Unauthorized(Challenge),
    /// A token that doesn't allow this.
    Forbidden,
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

/// The types that a method takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// A record: `application/json` and its like.
    Records,
    /// A patch, in either format.
    Patches,
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
    /// The word for it that programs go by, and its status.
    #[must_use]
    pub fn code(&self) -> (&'static str, StatusCode) {
        match self {
            Self::InvalidPath(_) => ("invalid-path", StatusCode::BAD_REQUEST),
            Self::PathTooLong(_) => ("path-too-long", StatusCode::URI_TOO_LONG),
            Self::RecordNotFound => ("record-not-found", StatusCode::NOT_FOUND),
            Self::NoSuchEndpoint => ("no-such-endpoint", StatusCode::NOT_FOUND),
            Self::MethodNotAllowed(_) => ("method-not-allowed", StatusCode::METHOD_NOT_ALLOWED),
            Self::InvalidQuery(_) => ("invalid-query", StatusCode::BAD_REQUEST),
            Self::InvalidJson(_) => ("invalid-json", StatusCode::BAD_REQUEST),
            Self::NotAnObject => ("not-an-object", StatusCode::UNPROCESSABLE_ENTITY),
            Self::RecordTooLarge(_) => ("record-too-large", StatusCode::PAYLOAD_TOO_LARGE),
            Self::UnsupportedMediaType(..) => {
                ("unsupported-media-type", StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Self::PatchFailed(_) => ("patch-failed", StatusCode::CONFLICT),
            Self::PreconditionFailed => ("precondition-failed", StatusCode::PRECONDITION_FAILED),
            Self::Unauthorized(_) => ("unauthorized", StatusCode::UNAUTHORIZED),
            Self::Forbidden => ("forbidden", StatusCode::FORBIDDEN),
            Self::Misconfigured(_) => ("misconfigured", StatusCode::INTERNAL_SERVER_ERROR),
            Self::NotReady(_) => ("misconfigured", StatusCode::SERVICE_UNAVAILABLE),
            Self::StoreUnavailable(_) => ("store-unavailable", StatusCode::SERVICE_UNAVAILABLE),
            Self::StoreFull => ("store-full", StatusCode::INSUFFICIENT_STORAGE),
            Self::StoreError(_) => ("store-error", StatusCode::INTERNAL_SERVER_ERROR),
        }
    }

    /// What went wrong with this request, in a sentence.
    #[must_use]
    pub fn detail(&self) -> String {
        match self {
            Self::InvalidPath(why) => format!("The path can't be used: {why}."),
            Self::PathTooLong(bytes) => {
                format!("The path has {bytes} bytes after normalisation; 1024 are the most.")
            }
            Self::RecordNotFound => "There is no record at this path: thing doesn't exist.".into(),
            Self::NoSuchEndpoint => {
                "The paths from /-/ on belong to the service, and it has none of this name.".into()
            }
            Self::MethodNotAllowed(allow) => format!("This path answers {allow}."),
            Self::InvalidJson(why) => format!("The body is not what it should be: {why}."),
            Self::NotAnObject => "A record is a JSON object, and this would be none.".into(),
            Self::RecordTooLarge(limit) => format!("A record can have {limit} bytes at the most."),
            Self::UnsupportedMediaType(what, _) => what.clone(),
            Self::PreconditionFailed => {
                "The record is not in the state that the request's conditions ask for.".into()
            }
            Self::Unauthorized(Challenge::Missing) => {
                "Send a token with this request: `Authorization: Bearer TOKEN`.".into()
            }
            Self::Unauthorized(Challenge::Unknown) => "The token is unknown.".into(),
            Self::Forbidden => "The token allows reading, and this request writes.".into(),
            Self::StoreFull => "The store has no memory left; nothing was changed.".into(),
            Self::InvalidQuery(why)
            | Self::PatchFailed(why)
            | Self::Misconfigured(why)
            | Self::NotReady(why) => why.clone(),
            Self::StoreUnavailable(what) | Self::StoreError(what) => (*what).into(),
        }
    }

    /// The response.
    #[must_use]
    pub fn into_response(self) -> Response {
        let (code, status) = self.code();
        let details = Details {
            r#type: format!("urn:path-records:problem:{code}"),
            title: title(code),
            status: status.as_u16(),
            detail: self.detail(),
            code,
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
            Self::Forbidden => {
                let why = r#"Bearer realm="path-records", error="insufficient_scope""#;
                set(&mut response, header::WWW_AUTHENTICATE, why);
            }
            Self::StoreUnavailable(_) => set(&mut response, header::RETRY_AFTER, "1"),
            Self::UnsupportedMediaType(_, Accepted::Patches) => {
                set(&mut response, response::ACCEPT_PATCH, response::PATCH_TYPES);
            }
            _ => {}
        }
        response
    }
}

/// A problem document (RFC 9457, section 3).
#[derive(Serialize)]
struct Details {
    r#type: String,
    title: String,
    status: u16,
    detail: String,
    code: &'static str,
}

impl Challenge {
    fn as_str(self) -> &'static str {
        match self {
            Self::Missing => r#"Bearer realm="path-records""#,
            Self::Unknown => r#"Bearer realm="path-records", error="invalid_token""#,
        }
    }
}

/// A code's title: its words, as a sentence begins.
fn title(code: &str) -> String {
    let words = code.replace('-', " ").replace("json", "JSON");
    let mut letters = words.chars();
    letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
}

impl From<PathError> for Problem {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Invalid(why) => Self::InvalidPath(why),
            PathError::TooLong(bytes) => Self::PathTooLong(bytes),
        }
    }
}

impl From<MembersError> for Problem {
    fn from(error: MembersError) -> Self {
        match error {
            MembersError::Syntax { reason, line, column } => {
                Self::InvalidJson(format!("{reason} at line {line} column {column}"))
            }
            MembersError::NotAnObject => Self::NotAnObject,
            MembersError::TooMany => {
                Self::InvalidJson(format!("more than {} members", Members::MAX_COUNT))
            }
        }
    }
}

impl Problem {
    /// What a patch that can't be applied is to the client; `limit` is the largest record, in bytes.
    #[must_use]
    pub fn of_patch(error: PatchError, limit: usize) -> Self {
        match error {
            PatchError::Malformed(error) => error.into(),
            PatchError::NotAPatch(why) => Self::InvalidJson(format!("it is no JSON Patch: {why}")),
            PatchError::Failed(why) => Self::PatchFailed(format!("The patch failed: {why}.")),
            PatchError::NotAnObject => Self::NotAnObject,
            PatchError::TooLarge => Self::RecordTooLarge(limit),
        }
    }

    /// What a failure of the store is to the client. `method` decides whether an unknown outcome
    /// matters: nobody asks what became of a read.
    #[must_use]
    pub fn of_store(error: &StoreError, method: &Method) -> Self {
        let reads = method == Method::GET || method == Method::HEAD;
        match error {
            StoreError::OutcomeUnknown(_) if !reads => Self::StoreUnavailable(
                "The connection to the store broke before its answer came: this write may have \
                 been applied or not. Read the record before sending it again.",
            ),
            StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_) => {
                Self::StoreUnavailable("The store doesn't answer; nothing was changed. Try again.")
            }
            StoreError::Contended => Self::StoreUnavailable(
                "Others kept changing the record; nothing was changed. Try again.",
            ),
            StoreError::Full(_) => Self::StoreFull,
            StoreError::Foreign(_) => {
                Self::StoreError("What the store holds at this path is no record.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_are_readable() {
        assert_eq!(title("invalid-json"), "Invalid JSON");
        assert_eq!(title("not-an-object"), "Not an object");
    }

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
