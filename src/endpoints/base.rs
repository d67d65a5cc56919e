//! `/`: how often the service, or one record, was hit.

use http::{HeaderValue, Request, StatusCode, header};

use crate::{
    endpoints::console,
    http::{
        accept,
        authorization::Intent,
        problem::Problem,
        query,
        response::{Response, json, set, with_body},
    },
    record::RecordPath,
    service::{Context, Failure, read_only},
    store::Redis,
};

const TEXT: &str = "text/plain";
const JSON: &str = "application/json";
const HTML: &str = "text/html";

/// Answers a request to the base URL.
pub async fn answer<B, R: Redis>(
    request: &Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    if let Some(answer) = read_only(request.method()) {
        return Ok(answer?);
    }
    let format = accept::preferred(request.headers(), &[TEXT, JSON, HTML]);
    if format == HTML {
        // No hit, and open to all: what it shows it asks for itself.
        let mut page = console::page();
        set(&mut page, header::VARY, "Accept");
        return Ok(page);
    }
    let [path] = query::parameters(request.uri().query(), ["path"])?;
    context.authorize(Intent::Read, request)?;
    let (count, document) = match path {
        None => {
            let counts = context.store.count().await?;
            (counts.hits, format!(r#"{{"count":{},"records":{}}}"#, counts.hits, counts.records))
        }
        Some(path) => {
            let path = record_path(&path)?;
            let hits = context.store.count_of(&path).await?.ok_or(Problem::RecordNotFound)?;
            // A normalised path holds nothing that JSON would escape.
            (hits, format!(r#"{{"count":{hits},"path":"{}"}}"#, path.as_str()))
        }
    };
    let mut response = if format == JSON {
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
