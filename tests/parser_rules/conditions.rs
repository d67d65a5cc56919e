//! Conditional headers.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use path_records::http::{conditions, problem::Problem};
use path_records::record::EntityTags;

const NAMES: [HeaderName; 4] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::IF_MODIFIED_SINCE,
];

/// A condition that guards a write is never dropped: it is read, or the write refused. A read goes on
/// whatever they are. What of them goes to the store has no quotes. The input's first byte chooses the
/// method; each line is a header, whose first byte chooses the name.
pub fn conditions(data: &[u8]) {
    let Some((choice, data)) = data.split_first() else {
        return;
    };
    let method = [Method::GET, Method::PUT][usize::from(*choice) % 2].clone();
    let mut headers = HeaderMap::new();
    for line in data.split(|byte| *byte == b'\n') {
        let Some((choice, value)) = line.split_first() else {
            continue;
        };
        if let Ok(value) = HeaderValue::from_bytes(value) {
            headers.append(&NAMES[usize::from(*choice) % NAMES.len()], value);
        }
    }
    let reads = method == Method::GET;
    let conditions = match conditions::parse(&method, &headers) {
        Ok(conditions) => conditions,
        Err(Problem::InvalidHeader(name, _)) => {
            assert!(!reads && headers.contains_key(name), "{name}: {headers:?}");
            return;
        }
        Err(other) => panic!("{other:?}: {headers:?}"),
    };
    tags(&headers, &header::IF_MATCH, conditions.if_match.as_ref(), reads);
    tags(&headers, &header::IF_NONE_MATCH, conditions.if_none_match.as_ref(), reads);
    let dated = headers.contains_key(header::IF_UNMODIFIED_SINCE);
    match conditions.if_match {
        Some(_) => assert_eq!(conditions.if_unmodified_since, None, "tags go before dates"),
        None if !reads => assert_eq!(conditions.if_unmodified_since.is_some(), dated),
        None => assert!(dated || conditions.if_unmodified_since.is_none()),
    }
    if conditions.if_none_match.is_some() || !reads {
        assert_eq!(conditions.if_modified_since, None, "tags go before dates");
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName, tags: Option<&EntityTags>, reads: bool) {
    let stated = headers.contains_key(name);
    assert!(tags.is_some() == stated || reads && stated, "{name}: {headers:?}");
    let mut fields = headers.get_all(name).iter().map(HeaderValue::as_bytes);
    match tags {
        Some(EntityTags::Any) => {
            assert!(fields.any(|field| field.trim_ascii() == b"*"), "{name}: {headers:?}");
        }
        Some(EntityTags::Listed(tags)) => {
            let fields: Vec<u8> = fields.collect::<Vec<_>>().join(&b',');
            for tag in tags {
                let harmless = |byte: u8| byte > b' ' && byte != 0x7f && byte != b'"';
                assert!(tag.bytes().all(harmless), "{tag:?}");
                let quoted = format!("\"{tag}\"");
                let sent = fields.windows(quoted.len()).any(|part| part == quoted.as_bytes());
                assert!(sent, "{tag:?} is in {headers:?}");
            }
        }
        None => {}
    }
}
