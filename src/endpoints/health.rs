//! `/-/live` and `/-/ready`: what an orchestrator asks.

use http::StatusCode;

use super::{Context, Failure};
use crate::{
    http::response::{Response, json, set},
    store::Redis,
};

/// That the component runs; nothing else is looked at.
#[must_use]
pub fn live() -> Response {
    status(r#"{"status":"live"}"#)
}

/// That Redis answers.
pub async fn ready<R: Redis>(context: &Context<'_, R>) -> Result<Response, Failure> {
    context.store.ping().await?;
    Ok(status(r#"{"status":"ready"}"#))
}

fn status(document: &'static str) -> Response {
    let mut response = json(StatusCode::OK, document);
    set(&mut response, http::header::CACHE_CONTROL, "no-store");
    response
}
