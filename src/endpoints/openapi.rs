//! `/-/openapi.json`: the contract, for programs.

use http::{StatusCode, header};

use crate::http::response::{Response, json, set};

/// The document, without white space and in LZ4 (src/build/main.rs): 15 KB instead of 44.
const DOCUMENT: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/openapi.json.lz4"));

/// The document, as it is embedded.
#[must_use]
pub fn show() -> Response {
    // What has been compressed when the component was built can be decompressed.
    let document = lz4_flex::decompress_size_prepended(DOCUMENT).unwrap_or_default();
    let mut response = json(StatusCode::OK, document);
    set(&mut response, header::CACHE_CONTROL, "no-cache");
    response
}
