//! `/-/openapi.json`: the contract, for programs.

use http::{StatusCode, header};

use crate::http::response::{Response, json, set};

/// The document, without white space (src/build/main.rs).
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The document, as it is embedded.
#[must_use]
pub fn show() -> Response {
    let mut response = json(StatusCode::OK, DOCUMENT);
    set(&mut response, header::CACHE_CONTROL, "no-cache");
    response
}
