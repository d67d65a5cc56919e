//! `/-/changes`: what happens below a prefix.

use std::borrow::Cow;

use http::{Request, StatusCode, header};

use super::{Context, Failure, listing::page_limit};
use crate::{
    http::{
        problem::Problem,
        query,
        response::{self, Response, set},
    },
    record::{json::push_string, limits, normalise},
    store::{Change, Changes, ChangesQuery, Event, Redis, Waiter},
};

/// What has happened, or, if the request waits, what happens first.
pub async fn follow<B, R: Redis>(
    request: &Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let query = parse(request.uri().query())?;
    if !context.store.can_follow(&query.prefix) {
        let why = "has no whole first segment, and the records are kept in several parts";
        return Err(query::invalid("prefix", why).into());
    }
    let wait = context.wait(request.headers());
    let waiter = wait.map(|wait| Waiter::new(wait.time(), context.config.max_waiting));
    let waited = context.store.changes(&query, waiter).await?;
    let waited = waited.ok_or(Problem::ChangesForgotten)?;
    let mut response = response::json(StatusCode::OK, document(&query, &waited.answer));
    set(&mut response, header::CACHE_CONTROL, "no-store");
    if let Some(wait) = wait.filter(|_| waited.honoured) {
        wait.applied(&mut response);
    }
    Ok(response)
}

fn parse(query: Option<&str>) -> Result<ChangesQuery, Problem> {
    let [prefix, after, limit] = query::parameters(query, ["prefix", "after", "limit"])?;
    let no_prefix = || {
        let most = limits::MAX_FOLLOWED_SEGMENTS;
        let why =
            format!("is not the beginning of a path that ends with `/` and has {most} segments");
        query::invalid("prefix", &format!("{why} at the most"))
    };
    let prefix = normalise(prefix.as_deref().unwrap_or("/")).map_err(|_| no_prefix())?;
    let segments = prefix.matches('/').count().saturating_sub(1);
    if !prefix.ends_with('/') || segments > limits::MAX_FOLLOWED_SEGMENTS {
        return Err(no_prefix());
    }
    if after.as_deref().is_some_and(|after| !is_position(after)) {
        return Err(query::invalid("after", "is not what `next` named"));
    }
    let after = after.map(Cow::into_owned);
    Ok(ChangesQuery { prefix, after, limit: page_limit(limit.as_deref())? })
}

/// Whether a text is a position: the id of a stream's entry, as Redis writes it.
fn is_position(text: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().is_ok_and(|number| number.to_string() == text);
    text.split_once('-').is_some_and(|(time, place)| number(time) && number(place))
}

fn document(query: &ChangesQuery, changes: &Changes) -> Vec<u8> {
    let mut json = br#"{"changes":["#.to_vec();
    for (at, change) in changes.changes.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        push_change(&mut json, change);
    }
    json.extend_from_slice(br#"],"next":"#);
    let limit = query.limit.to_string();
    let mut parameters = vec![("prefix", query.prefix.as_str())];
    if query.limit != limits::DEFAULT_PAGE {
        parameters.push(("limit", &limit));
    }
    parameters.push(("after", &changes.next));
    push_string(&mut json, &query::address("/-/changes", &parameters));
    json.push(b'}');
    json
}

fn push_change(json: &mut Vec<u8>, Change { path, event }: &Change) {
    json.extend_from_slice(br#"{"path":"#);
    push_string(json, path);
    let (event, etag) = match event {
        Event::Written { etag, last_updated } => ("written", Some((etag, last_updated))),
        Event::Deleted => ("deleted", None),
        Event::Expired => ("expired", None),
    };
    json.extend_from_slice(format!(r#","event":"{event}""#).as_bytes());
    if let Some((etag, last_updated)) = etag {
        json.extend_from_slice(br#","etag":"#);
        push_string(json, &etag.to_string());
        json.extend_from_slice(format!(r#","last_updated":{last_updated}"#).as_bytes());
    }
    json.push(b'}');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_defaults_and_limits() {
        let query = parse(None).unwrap();
        assert_eq!((query.prefix.as_str(), query.after, query.limit), ("/", None, 100));
        let query = parse(Some("prefix=/a/%25c3%25a9/&after=1700000000000-12&limit=7")).unwrap();
        assert_eq!(query.prefix, "/a/%C3%A9/");
        assert_eq!((query.after.as_deref(), query.limit), (Some("1700000000000-12"), 7));
        assert!(parse(Some("prefix=/1/2/3/4/5/6/7/8/")).is_ok());
        for query in [
            "prefix=",
            "prefix=/a",
            "prefix=a/",
            "prefix=/1/2/3/4/5/6/7/8/9/",
            "prefix=//////////",
            "prefix=/%25/",
            "after=",
            "after=1",
            "after=1-",
            "after=-1-1",
            "after=01-1",
            "after=1-1-1",
            "after=$",
            "after=18446744073709551616-0",
            "limit=0",
            "delimiter=/",
        ] {
            assert!(matches!(parse(Some(query)), Err(Problem::InvalidQuery(_))), "{query}");
        }
    }

    #[test]
    fn the_next_request_reads_as_it_was_written() {
        let query = parse(Some("prefix=/a%2520b/&limit=7")).unwrap();
        let changes = Changes { changes: Vec::new(), next: "5-0".to_owned() };
        let document: serde_json::Value =
            serde_json::from_slice(&document(&query, &changes)).unwrap();
        let next = document["next"].as_str().unwrap();
        let again = parse(next.strip_prefix("/-/changes?")).unwrap();
        assert_eq!(again, ChangesQuery { after: Some("5-0".to_owned()), ..query });
    }
}
