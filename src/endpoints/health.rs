//! `/-/live` and `/-/ready`: what an orchestrator asks.

use http::StatusCode;

use super::{Context, Failure};
use crate::{
    config::Misconfigured,
    http::{
        problem::Problem,
        response::{Response, json, set},
    },
    log,
    store::{Readiness, Redis},
};

/// That the component runs; nothing else is looked at.
#[must_use]
pub fn live() -> Response {
    status(r#"{"status":"live"}"#)
}

/// That the store serves: every node answers, runs scripts and takes writes. One that is full is served from, too.
pub async fn ready<R: Redis>(context: &Context<'_, R>) -> Result<Response, Failure> {
    match context.store.readiness().await? {
        Readiness::Serves => Ok(status(r#"{"status":"ready"}"#)),
        Readiness::Full => Ok(status(r#"{"status":"ready","full":true}"#)),
        Readiness::MadeWith(count) => {
            let reason = format!("the store was made with {count}");
            let misconfigured = Misconfigured { variable: "shards", reason };
            log::error("misconfigured", &misconfigured.to_string());
            Err(Problem::NotReady(misconfigured.to_string()).into())
        }
    }
}

fn status(document: &'static str) -> Response {
    let mut response = json(StatusCode::OK, document);
    set(&mut response, http::header::CACHE_CONTROL, "no-store");
    response
}
