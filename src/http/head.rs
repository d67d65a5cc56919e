//! The head of a request, from text.

use http::{HeaderMap, HeaderName, HeaderValue, Uri};

/// The headers that have these names and values; `None` if HTTP allows one of them in no message (RFC 9110,
/// 5.1 and 5.5), or not so many.
pub fn headers<N: AsRef<str>>(
    fields: impl ExactSizeIterator<Item = (N, Vec<u8>)>,
) -> Option<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.try_reserve(fields.len()).ok()?;
    for (name, value) in fields {
        let name = HeaderName::from_bytes(name.as_ref().as_bytes()).ok()?;
        headers.try_append(name, HeaderValue::try_from(value).ok()?).ok()?;
    }
    Some(headers)
}

/// The target that a path with its query is (RFC 9112, 3.2.1); `None` if it is none, such as one with a
/// fragment, which is no part of a target.
#[must_use]
pub fn target(path_with_query: &str) -> Option<Uri> {
    let is_path = path_with_query.starts_with('/') && !path_with_query.contains('#');
    is_path.then(|| path_with_query.parse().ok())?
}
