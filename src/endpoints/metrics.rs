//! `/-/metrics`: what Prometheus scrapes.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use http::{HeaderValue, StatusCode, header};

use super::{Context, Failure};
use crate::{
    http::response::{Response, set, with_body},
    store::{Counts, Redis, StoreError},
};

/// The metrics. That Redis doesn't answer is one of them, not an error; that there is something else
/// where it should have the counters is one.
pub async fn show<R: Redis>(context: &Context<'_, R>) -> Result<Response, Failure> {
    let round_trip = round_trip(context).await.ok();
    let counts = if round_trip.is_some() { counts(context).await? } else { None };

    let mut text = String::new();
    gauge(&mut text, "redis_up", "Whether Redis answers.", u8::from(round_trip.is_some()));
    if let Some(round_trip) = round_trip {
        let seconds = format!("{}.{:06}", round_trip.as_secs(), round_trip.subsec_micros());
        gauge(&mut text, "redis_ping_seconds", "Round trip of a PING.", seconds);
    }
    if let Some(counts) = counts {
        metric(
            &mut text,
            "hits_total",
            "counter",
            "Hits since the store was created.",
            counts.hits,
        );
        gauge(&mut text, "records", "How many records there are.", counts.records);
        gauge(&mut text, "due", "How many paths are noted with when they expire.", counts.due);
        gauge(&mut text, "waiting", "How many requests wait for changes.", counts.waiting);
        let parts = context.config.keys.shards().count();
        gauge(&mut text, "parts", "In how many parts the records are kept.", parts);
    }
    let format = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    let mut response = with_body(StatusCode::OK, format, text);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    Ok(response)
}

/// How long Redis takes to answer, on a connection that is open: to open one takes several times as long.
async fn round_trip<R: Redis>(context: &Context<'_, R>) -> Result<Duration, StoreError> {
    context.store.ping().await?;
    let sent = Instant::now();
    context.store.ping().await?;
    Ok(sent.elapsed())
}

/// The counters; `None` where Redis doesn't answer.
async fn counts<R: Redis>(context: &Context<'_, R>) -> Result<Option<Counts>, StoreError> {
    match context.store.uncounted().count().await {
        Err(error @ StoreError::Foreign(_)) => Err(error),
        counts => Ok(counts.ok()),
    }
}

fn gauge(text: &mut String, name: &str, help: &str, value: impl std::fmt::Display) {
    metric(text, name, "gauge", help, value);
}

/// Appends one metric in the text format.
fn metric(text: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    let name = format!("path_records_{name}");
    // Writing to a string can't fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}");
}
