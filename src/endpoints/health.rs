//! `/-/live` and `/-/ready`: what an orchestrator asks.

use http::{Method, StatusCode};

use crate::{
    http::{
        problem::Problem,
        response::{Response, json, set},
    },
    service::{Context, Failure, read_only},
    store::Redis,
};

/// The path that answers while the component runs.
pub const LIVE: &str = "/-/live";

/// The path that answers while records can be served.
pub const READY: &str = "/-/ready";

/// That the component runs; nothing else is looked at.
pub fn live(method: &Method) -> Result<Response, Problem> {
    read_only(method).unwrap_or_else(|| Ok(status(r#"{"status":"live"}"#)))
}

/// That Redis answers.
pub async fn ready<R: Redis>(
    method: &Method,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    if let Some(answer) = read_only(method) {
        return Ok(answer?);
    }
    context.store.ping().await?;
    Ok(status(r#"{"status":"ready"}"#))
}

fn status(document: &'static str) -> Response {
    let mut response = json(StatusCode::OK, document);
    set(&mut response, http::header::CACHE_CONTROL, "no-store");
    response
}
