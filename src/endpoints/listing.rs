//! `/-/records`: the paths there are.

use std::borrow::Cow;

use http::{Request, StatusCode, header};
use serde::{Serialize, Serializer};

use super::{Context, Failure};
use crate::{
    http::{
        problem::Problem,
        query,
        response::{self, Response, set},
    },
    record::{ETag, limits, normalise, whole_number},
    store::{ListedRecord, Listing, ListingPosition, ListingQuery, Redis},
};

/// A page of records.
pub async fn list<B, R: Redis>(
    request: &Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let query = parse(request.uri().query())?;
    let listing = context.store.list(&query).await?;
    let next = listing.next.as_ref().map(|next| next_page(&query, next));
    let Listing { records, prefixes, .. } = listing;
    let records = records.into_iter().map(Entry::from).collect();
    let page = Page { records, prefixes, next: next.as_deref() };
    // Strings and numbers always have a JSON text.
    let document = serde_json::to_vec(&page).unwrap_or_default();
    let mut response = response::json(StatusCode::OK, document);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    if let Some(next) = next {
        set(&mut response, header::LINK, format!(r#"<{next}>; rel="next""#));
    }
    Ok(response)
}

fn parse(query: Option<&str>) -> Result<ListingQuery, Problem> {
    let [prefix, after, limit, delimiter] =
        query::parameters(query, ["prefix", "after", "limit", "delimiter"])?;
    let no_path = |name| query::invalid(name, "is not the beginning of a path");
    let prefix = prefix.unwrap_or(Cow::Borrowed("/"));
    Ok(ListingQuery {
        prefix: normalise(&prefix).map_err(|_| no_path("prefix"))?,
        after: after
            .map(|after| ListingPosition::parse(&after))
            .transpose()
            .map_err(|_| no_path("after"))?,
        limit: match limit {
            None => limits::DEFAULT_PAGE,
            Some(limit) => parse_limit(&limit).ok_or_else(|| {
                let most = limits::MAX_PAGE;
                query::invalid("limit", &format!("is not a whole number from 1 to {most}"))
            })?,
        },
        fold: match delimiter.as_deref() {
            None => false,
            Some("/") => true,
            Some(_) => return Err(query::invalid("delimiter", "can only be `/`")),
        },
    })
}

fn parse_limit(text: &str) -> Option<u32> {
    whole_number(text).filter(|limit| (1..=limits::MAX_PAGE).contains(limit))
}

/// The next page's address, with the parameters of this one.
fn next_page(query: &ListingQuery, next: &ListingPosition) -> String {
    let mut parameters = form_urlencoded::Serializer::new(String::new());
    parameters.append_pair("prefix", &query.prefix);
    parameters.append_pair("limit", &query.limit.to_string());
    if query.fold {
        parameters.append_pair("delimiter", "/");
    }
    parameters.append_pair("after", next.as_str());
    format!("/-/records?{}", parameters.finish())
}

/// The document of a page.
#[derive(Serialize)]
struct Page<'a> {
    records: Vec<Entry>,
    prefixes: Vec<String>,
    next: Option<&'a str>,
}

/// A record in it.
#[derive(Serialize)]
struct Entry {
    path: String,
    ttl: Option<u64>,
    last_updated: Option<u64>,
    #[serde(serialize_with = "quoted")]
    etag: ETag,
}

fn quoted<S: Serializer>(etag: &ETag, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(etag)
}

impl From<ListedRecord> for Entry {
    fn from(record: ListedRecord) -> Self {
        let ListedRecord { path, ttl, last_updated, etag } = record;
        Self { path, ttl, last_updated, etag }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_have_defaults_and_limits() {
        let query = parse(None).unwrap();
        assert_eq!((query.prefix.as_str(), query.limit, query.fold), ("/", 100, false));
        let query = parse(Some("prefix=/%25c3%25a9&limit=1000&delimiter=/&after=/x%7F")).unwrap();
        assert_eq!((query.prefix.as_str(), query.limit, query.fold), ("/%C3%A9", 1000, true));
        assert_eq!(query.after.unwrap().as_str(), "/x\u{7f}");
        for query in [
            "limit=0",
            "limit=1001",
            "limit=x",
            "limit=%2B5",
            "limit=",
            "delimiter=.",
            "delimiter=",
            "after=",
            "prefix=docs",
            "prefix=",
            "after=x",
            "prefix=/%25",
            "offset=1",
        ] {
            assert!(matches!(parse(Some(query)), Err(Problem::InvalidQuery(_))), "{query}");
        }
    }

    #[test]
    fn the_next_page_reads_as_it_was_written() {
        let query = parse(Some("prefix=/a%2520b&limit=7&delimiter=/")).unwrap();
        let next = ListingPosition::parse("/a%20b/\u{7f}").unwrap();
        let address = next_page(&query, &next);
        let again = parse(address.strip_prefix("/-/records?")).unwrap();
        assert_eq!(again, ListingQuery { after: Some(next), ..query });
    }
}
