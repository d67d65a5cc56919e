//! The console's page and the files that it loads.

use http::{HeaderValue, StatusCode, header};

use crate::{
    console::{File, PAGE},
    http::response::{Response, set, with_body},
};

/// Nothing but the page's own files runs, and nothing is loaded from or sent to anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The page. It is no hit, and open to all: what it shows it asks for itself.
#[must_use]
pub fn page() -> Response {
    let mut response = embedded("text/html; charset=utf-8", PAGE);
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, header::REFERRER_POLICY, "no-referrer");
    set(&mut response, header::VARY, "Accept");
    response
}

/// A file that the page loads.
#[must_use]
pub fn file(file: &File) -> Response {
    embedded(file.media_type, file.content)
}

/// A part of the page. It is asked for again each time, since the parts have to be of one version.
fn embedded(media_type: &'static str, content: &'static str) -> Response {
    let media_type = HeaderValue::from_static(media_type);
    let mut response = with_body(StatusCode::OK, media_type, content);
    set(&mut response, header::CACHE_CONTROL, "no-cache");
    response
}
