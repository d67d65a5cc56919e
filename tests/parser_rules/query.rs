//! Queries.

use http::{Method, Uri};
use path_records::store::Value;
use path_records_stub::replies;

use crate::answer::{answer, code};

/// A query is understood, or refused by the name of the parameter; nothing is silently dropped.
pub fn query(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else {
        return;
    };
    let parameters: Vec<(String, String)> = form_urlencoded::parse(
        uri("/x", raw).as_ref().and_then(Uri::query).unwrap_or("").as_bytes(),
    )
    .into_owned()
    .collect();
    let has_only = |known: &[&str]| {
        let mut names: Vec<&str> = parameters.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        names.len() == count && names.iter().all(|name| known.contains(name))
    };

    let record = replies::found(b"tag", []);
    taken_or_refused(&Method::GET, "/x", raw, record, parameters.is_empty(), true);

    taken_or_refused(&Method::PUT, "/x", raw, replies::created(), has_only(&["ttl"]), false);

    let counts = replies::counts(1, 1, 1);
    taken_or_refused(&Method::GET, "/", raw, counts, has_only(&["path"]), false);

    let listing = replies::empty_page();
    let known = ["prefix", "limit", "after", "delimiter", "values"];
    taken_or_refused(&Method::GET, "/-/records", raw, listing, has_only(&known), false);
}

fn uri(path: &str, query: &str) -> Option<Uri> {
    format!("{path}?{query}").parse().ok()
}

/// Fails unless the answer is a success, which takes `known` parameters only, or a refusal, which
/// `known` ones with any value (`whatever`) never get.
fn taken_or_refused(
    method: &Method,
    path: &str,
    query: &str,
    reply: Vec<Value>,
    known: bool,
    whatever: bool,
) {
    let Some(uri) = uri(path, query) else {
        return;
    };
    let response = answer(method, uri, b"{}", reply);
    match response.status().as_u16() {
        200 | 201 => assert!(known, "{method} {path}?{query}: {response:?}"),
        400 => {
            let code = code(&response);
            let expected = code == "invalid-query" || path == "/" && code == "invalid-path";
            assert!(expected, "{method} {path}?{query}: {response:?}");
            assert!(!(known && whatever), "{method} {path}?{query}: {response:?}");
        }
        414 => assert_eq!(path, "/", "{query}: {response:?}"),
        _ => panic!("{method} {path}?{query}: {response:?}"),
    }
}
