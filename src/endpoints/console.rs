//! The console's files.

use http::Method;

use crate::http::{problem::Problem, response::Response};

/// The file at a path from `/-` on.
pub fn file(_method: &Method, _path: &str) -> Result<Response, Problem> {
    Err(Problem::NoSuchEndpoint)
}
