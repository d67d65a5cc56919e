//! `/-/openapi.json`: the contract, for programs.

use http::{Method, StatusCode, header};

use crate::{
    http::{
        problem::Problem,
        response::{Response, json, set},
    },
    service::read_only,
};

/// The document, without white space (src/build.rs).
const DOCUMENT: &str = include_str!(concat!(env!("OUT_DIR"), "/openapi.json"));

/// The document, as it is embedded.
pub fn answer(method: &Method) -> Result<Response, Problem> {
    read_only(method).unwrap_or_else(|| {
        let mut response = json(StatusCode::OK, DOCUMENT);
        set(&mut response, header::CACHE_CONTROL, "no-cache");
        Ok(response)
    })
}
