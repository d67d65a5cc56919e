//! `/`: how often the service, or one record, was hit.

use http::{HeaderValue, Request, StatusCode, header};

use super::{Context, Failure};
use crate::{
    http::{
        problem::Problem,
        query,
        response::{Response, json, set, with_body},
    },
    record::RecordPath,
    route::RootFormat,
    store::Redis,
};

/// Counts the hits of the service, this request included, or of the record that `path` names.
pub async fn count<B, R: Redis>(
    request: &Request<B>,
    format: RootFormat,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let [path] = query::parameters(request.uri().query(), ["path"])?;
    let (count, document) = match path {
        None => {
            let counts = context.store.count().await?;
            (counts.hits, format!(r#"{{"count":{},"records":{}}}"#, counts.hits, counts.records))
        }
        Some(path) => {
            let path = record_path(&path)?;
            let hits = context.store.record_hits(&path).await?.ok_or(Problem::RecordNotFound)?;
            // A normalised path holds nothing that JSON would escape.
            (hits, format!(r#"{{"count":{hits},"path":"{}"}}"#, path.as_str()))
        }
    };
    let mut response = if format == RootFormat::Json {
        json(StatusCode::OK, document)
    } else {
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        with_body(StatusCode::OK, text, format!("Count is {count}.\n"))
    };
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::VARY, "Accept");
    Ok(response)
}

fn record_path(value: &str) -> Result<RecordPath, Problem> {
    RecordPath::parse(value).map_err(|_| query::invalid("path", "is not a record's path"))
}
