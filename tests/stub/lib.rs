//! What stands in for Spin and Redis where the core is tested by itself: variables as `spin.toml`
//! declares them, and a Redis that gives prepared replies.
#![allow(
    clippy::missing_panics_doc,
    reason = "what is used for another thing than it was made for panics: that ends the test"
)]

mod redis;
pub mod replies;
mod variables;

pub use redis::Stub;
pub use variables::{Declaration, Given, declared};

use bytes::Bytes;
use futures::FutureExt;
use http::Request;
use http_body_util::Full;
use path_records::config::{Config, Misconfigured};
use path_records::http::response::Response;
use path_records::service;

/// The configuration that these variables make, or the one that can't be used.
pub fn config(variables: &Given) -> Result<Config, Misconfigured> {
    Config::load(variables).now_or_never().expect("nothing waits")
}

/// The service's answer to a request.
pub fn respond(
    request: Request<Bytes>,
    configured: Result<(&Config, &Stub), &Misconfigured>,
) -> Response {
    let request = request.map(Full::new);
    service::respond(request, configured).now_or_never().expect("nothing waits")
}
