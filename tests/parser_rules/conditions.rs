//! Conditional headers.

use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use path_records::http::conditions::{Conditions, EntityTags};

const NAMES: [HeaderName; 4] = [
    header::IF_MATCH,
    header::IF_NONE_MATCH,
    header::IF_UNMODIFIED_SINCE,
    header::IF_MODIFIED_SINCE,
];

/// A condition that was stated is never dropped, and what of it goes to the store has no quotes. The
/// input's first byte chooses the method; each line is a header, whose first byte chooses the name.
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
    let conditions = Conditions::of(&method, &headers);
    tags(&headers, &header::IF_MATCH, conditions.if_match.as_ref());
    tags(&headers, &header::IF_NONE_MATCH, conditions.if_none_match.as_ref());
    if conditions.if_match.is_some() {
        assert_eq!(conditions.if_unmodified_since, None, "tags go before dates");
    }
    if conditions.if_none_match.is_some() || method == Method::PUT {
        assert_eq!(conditions.if_modified_since, None, "tags go before dates");
    }
    if conditions.if_unmodified_since.is_some() {
        assert!(headers.contains_key(header::IF_UNMODIFIED_SINCE));
    }
}

fn tags(headers: &HeaderMap, name: &HeaderName, tags: Option<&EntityTags>) {
    assert_eq!(tags.is_some(), headers.contains_key(name), "{name}: {headers:?}");
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
