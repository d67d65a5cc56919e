//! `/-/records`: what there is below a prefix, a page at a time; and its deletion.

use http::{HeaderValue, Request, StatusCode, header};

use super::{Context, Failure};
use crate::{
    http::{
        accept, conditions,
        problem::Problem,
        query,
        response::{self, Response, set},
    },
    record::{
        PathError,
        json::{integer_or_null, push_string},
        limits, normalise, whole_number,
    },
    store::{ListedRecord, Listing, ListingPosition, ListingQuery, Redis},
};

const ADDRESS: &str = "/-/records";

/// A page of records.
pub async fn list<B, R: Redis>(
    request: &Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let query = parse(request.uri().query())?;
    let listing = context.store.list(&query).await?;
    let next = listing.next.as_ref().map(|next| next_page(&query, next));
    let offered = ["application/json", response::LINES];
    let mut response = if accept::preferred(request.headers(), &offered) == response::LINES {
        let lines = HeaderValue::from_static(response::LINES);
        response::with_body(StatusCode::OK, lines, lines_of(&listing))
    } else {
        response::json(StatusCode::OK, document(&listing, next.as_deref()))
    };
    set(&mut response, header::CACHE_CONTROL, "no-store");
    set(&mut response, header::VARY, "Accept");
    if let Some(next) = next {
        set(&mut response, header::LINK, format!(r#"<{next}>; rel="next""#));
    }
    Ok(response)
}

/// Deletes records below a prefix.
pub async fn remove_all<B, R: Redis>(
    request: &Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let [prefix, after] = query::parameters(request.uri().query(), ["prefix", "after"])?;
    let prefix = prefix.ok_or_else(|| query::invalid("prefix", "must be there"))?;
    let (prefix, after) = place(&prefix, after.as_deref())?;
    conditions::refuse(request.headers())?;
    let removal = context.store.remove_all(&prefix, after.as_ref()).await?;
    let next = removal
        .next
        .map(|next| query::address(ADDRESS, &[("prefix", &prefix), ("after", next.as_str())]));
    let mut document = format!(r#"{{"deleted":{},"next":"#, removal.deleted).into_bytes();
    push_address(&mut document, next.as_deref());
    document.push(b'}');
    let mut response = response::json(StatusCode::OK, document);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    Ok(response)
}

fn parse(query: Option<&str>) -> Result<ListingQuery, Problem> {
    let [prefix, after, limit, delimiter, values] =
        query::parameters(query, ["prefix", "after", "limit", "delimiter", "values"])?;
    let (prefix, after) = place(prefix.as_deref().unwrap_or("/"), after.as_deref())?;
    Ok(ListingQuery {
        prefix,
        after,
        limit: page_limit(limit.as_deref())?,
        fold: match delimiter.as_deref() {
            None => false,
            Some("/") => true,
            Some(_) => return Err(query::invalid("delimiter", "can only be `/`")),
        },
        values: match values.as_deref() {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return Err(query::invalid("values", "is neither `true` nor `false`")),
        },
    })
}

/// A prefix and where to begin behind it.
fn place(prefix: &str, after: Option<&str>) -> Result<(String, Option<ListingPosition>), Problem> {
    let no_path = |name| move |_: PathError| query::invalid(name, "is not the beginning of a path");
    let after = after.map(ListingPosition::parse).transpose().map_err(no_path("after"))?;
    Ok((normalise(prefix).map_err(no_path("prefix"))?, after))
}

/// How many entries a page may have, by the parameter `limit`.
pub fn page_limit(limit: Option<&str>) -> Result<u32, Problem> {
    let most = limits::MAX_PAGE;
    let limit = limit.map_or(Some(limits::DEFAULT_PAGE), whole_number);
    limit
        .filter(|limit| (1..=most).contains(limit))
        .ok_or_else(|| query::invalid("limit", &format!("is not a whole number from 1 to {most}")))
}

/// The next page's address, with the parameters of this one.
fn next_page(query: &ListingQuery, next: &ListingPosition) -> String {
    let limit = query.limit.to_string();
    let mut parameters = vec![("prefix", query.prefix.as_str()), ("limit", &limit)];
    if query.fold {
        parameters.push(("delimiter", "/"));
    }
    if query.values {
        parameters.push(("values", "true"));
    }
    parameters.push(("after", next.as_str()));
    query::address(ADDRESS, &parameters)
}

/// The document of a page.
fn document(listing: &Listing, next: Option<&str>) -> Vec<u8> {
    let mut json = br#"{"records":["#.to_vec();
    for (at, record) in listing.records.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        push_record(&mut json, record);
    }
    json.extend_from_slice(br#"],"prefixes":["#);
    for (at, prefix) in listing.prefixes.iter().enumerate() {
        if at > 0 {
            json.push(b',');
        }
        push_string(&mut json, prefix);
    }
    json.extend_from_slice(br#"],"next":"#);
    push_address(&mut json, next);
    json.push(b'}');
    json
}

/// A page as lines, records and prefixes together in byte order.
fn lines_of(listing: &Listing) -> Vec<u8> {
    let mut lines = Vec::new();
    let mut prefixes = listing.prefixes.iter().peekable();
    for record in &listing.records {
        while let Some(prefix) = prefixes.next_if(|prefix| **prefix < record.path) {
            push_prefix(&mut lines, prefix);
        }
        let begin = lines.len();
        push_record(&mut lines, record);
        // A line's end in a value stands between tokens: nothing else may stand in a string unescaped.
        let record = lines.iter_mut().skip(begin);
        record.filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
        lines.push(b'\n');
    }
    prefixes.for_each(|prefix| push_prefix(&mut lines, prefix));
    lines
}

fn push_prefix(lines: &mut Vec<u8>, prefix: &str) {
    lines.extend_from_slice(br#"{"prefix":"#);
    push_string(lines, prefix);
    lines.extend_from_slice(b"}\n");
}

fn push_record(json: &mut Vec<u8>, record: &ListedRecord) {
    json.extend_from_slice(br#"{"path":"#);
    push_string(json, &record.path);
    let (ttl, last_updated) = (integer_or_null(record.ttl), integer_or_null(record.last_updated));
    json.extend_from_slice(
        format!(r#","ttl":{ttl},"last_updated":{last_updated},"etag":"#).as_bytes(),
    );
    push_string(json, &record.etag.to_string());
    if let Some(members) = &record.members {
        json.extend_from_slice(br#","value":"#);
        members.push_object(json);
    }
    json.push(b'}');
}

fn push_address(json: &mut Vec<u8>, address: Option<&str>) {
    match address {
        Some(address) => push_string(json, address),
        None => json.extend_from_slice(b"null"),
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
            "values=",
            "values=1",
            "offset=1",
        ] {
            assert!(matches!(parse(Some(query)), Err(Problem::InvalidQuery(_))), "{query}");
        }
    }

    #[test]
    fn the_next_page_reads_as_it_was_written() {
        let query = parse(Some("prefix=/a%2520b&limit=7&delimiter=/&values=true")).unwrap();
        let next = ListingPosition::parse("/a%20b/\u{7f}").unwrap();
        let address = next_page(&query, &next);
        let again = parse(address.strip_prefix("/-/records?")).unwrap();
        assert_eq!(again, ListingQuery { after: Some(next), ..query });
    }
}
