//! Preconditions (RFC 9110, section 13), parsed here and evaluated by the store, in the script that
//! reads or writes.

use http::{HeaderMap, HeaderName, Method, header};

use crate::record::ETag;

/// The preconditions of a request. Those that RFC 9110 section 13.2.2 says to ignore are not here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: the record has one of these tags.
    pub if_match: Option<EntityTags>,
    /// `If-None-Match`: the record has none of these tags.
    pub if_none_match: Option<EntityTags>,
    /// `If-Unmodified-Since`, in seconds since the Unix epoch.
    pub if_unmodified_since: Option<u64>,
    /// `If-Modified-Since`, in seconds since the Unix epoch.
    pub if_modified_since: Option<u64>,
    /// Whether the request states any condition, be it one to ignore.
    pub stated: bool,
}

/// The tags that a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`: any.
    Any,
    /// Opaque parts. None at all where the header is malformed, so that what was meant to guard a
    /// write never lets it through.
    Listed(Vec<String>),
}

impl Conditions {
    /// The preconditions that a request's headers state.
    #[must_use]
    pub fn of(method: &Method, headers: &HeaderMap) -> Self {
        let if_match = EntityTags::of(headers, &header::IF_MATCH, Comparison::Strong);
        let if_none_match = EntityTags::of(headers, &header::IF_NONE_MATCH, Comparison::Weak);
        let safe = method == Method::GET || method == Method::HEAD;
        let names = [
            header::IF_MATCH,
            header::IF_NONE_MATCH,
            header::IF_UNMODIFIED_SINCE,
            header::IF_MODIFIED_SINCE,
        ];
        Self {
            stated: names.iter().any(|name| headers.contains_key(name)),
            if_unmodified_since: date(headers, &header::IF_UNMODIFIED_SINCE)
                .filter(|_| if_match.is_none()),
            if_modified_since: date(headers, &header::IF_MODIFIED_SINCE)
                .filter(|_| safe && if_none_match.is_none()),
            if_match,
            if_none_match,
        }
    }

    /// These conditions, and that there is no record.
    #[must_use]
    pub fn and_missing(self) -> Self {
        Self { if_none_match: Some(EntityTags::Any), stated: true, ..self }
    }

    /// The condition that a record is still the one with this tag.
    #[must_use]
    pub fn unchanged_since(etag: &ETag) -> Self {
        let tags = EntityTags::Listed(vec![etag.as_str().to_owned()]);
        Self { if_match: Some(tags), stated: true, ..Self::default() }
    }
}

/// How tags are compared (RFC 9110, 8.8.3.2).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Comparison {
    /// A weak tag equals nothing.
    Strong,
    /// Only the opaque parts count.
    Weak,
}

impl EntityTags {
    fn of(headers: &HeaderMap, name: &HeaderName, comparison: Comparison) -> Option<Self> {
        let mut fields = headers.get_all(name).iter().peekable();
        fields.peek()?;
        let mut tags = Vec::new();
        for field in fields {
            let field = field.as_bytes().trim_ascii();
            if field == b"*" {
                return Some(Self::Any);
            }
            match listed(field, comparison) {
                Some(more) => tags.extend(more),
                None => return Some(Self::Listed(Vec::new())),
            }
        }
        Some(Self::Listed(tags))
    }
}

/// The opaque parts in a list of entity tags; `None` if it isn't one. Only ASCII ones are kept: the
/// service gives no others.
fn listed(mut field: &[u8], comparison: Comparison) -> Option<Vec<String>> {
    let mut tags = Vec::new();
    loop {
        field = field.trim_ascii_start();
        if let Some(rest) = field.strip_prefix(b",") {
            field = rest;
            continue;
        }
        if field.is_empty() {
            return Some(tags);
        }
        let (weak, quoted) = field.strip_prefix(b"W/").map_or((false, field), |rest| (true, rest));
        let opaque = quoted.strip_prefix(b"\"")?;
        let end = opaque.iter().position(|byte| *byte == b'"')?;
        let (tag, rest) = opaque.split_at_checked(end)?;
        if tag.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
            return None;
        }
        field = rest.get(1..)?.trim_ascii_start();
        if !(field.is_empty() || field.starts_with(b",")) {
            return None;
        }
        if let (Ok(tag), true) = (str::from_utf8(tag), !weak || comparison == Comparison::Weak) {
            tags.push(tag.to_owned());
        }
    }
}

/// A date's seconds since the Unix epoch; a date that isn't one is ignored (RFC 9110, 13.1.3), and
/// so is a header that comes twice.
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<u64> {
    let mut fields = headers.get_all(name).iter();
    let field = fields.next()?.to_str().ok()?;
    if fields.next().is_some() {
        return None;
    }
    let time = httpdate::parse_http_date(field).ok()?;
    time.duration_since(std::time::UNIX_EPOCH).ok().map(|since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn conditions(method: &Method, fields: &[(HeaderName, &'static str)]) -> Conditions {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(name, HeaderValue::from_static(value));
        }
        Conditions::of(method, &headers)
    }

    fn listed_tags(tags: &[&str]) -> EntityTags {
        EntityTags::Listed(tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    #[test]
    fn lists_of_tags() {
        for (field, strong, weak) in [
            ("\"a\"", Some(listed_tags(&["a"])), Some(listed_tags(&["a"]))),
            (
                "\"a\" ,, \"b,c\",",
                Some(listed_tags(&["a", "b,c"])),
                Some(listed_tags(&["a", "b,c"])),
            ),
            ("W/\"a\", \"b\"", Some(listed_tags(&["b"])), Some(listed_tags(&["a", "b"]))),
            ("\"\"", Some(listed_tags(&[""])), Some(listed_tags(&[""]))),
            ("*", Some(EntityTags::Any), Some(EntityTags::Any)),
            ("", Some(listed_tags(&[])), Some(listed_tags(&[]))),
            ("a", Some(listed_tags(&[])), Some(listed_tags(&[]))),
            ("\"a", Some(listed_tags(&[])), Some(listed_tags(&[]))),
            ("\"a\" \"b\"", Some(listed_tags(&[])), Some(listed_tags(&[]))),
            ("\"a b\"", Some(listed_tags(&[])), Some(listed_tags(&[]))),
            ("w/\"a\"", Some(listed_tags(&[])), Some(listed_tags(&[]))),
            ("\"a\", *", Some(listed_tags(&[])), Some(listed_tags(&[]))),
        ] {
            let both = [(header::IF_MATCH, field), (header::IF_NONE_MATCH, field)];
            let conditions = conditions(&Method::PUT, &both);
            assert_eq!(conditions.if_match, strong, "If-Match: {field}");
            assert_eq!(conditions.if_none_match, weak, "If-None-Match: {field}");
        }
    }

    #[test]
    fn several_fields_are_one_list() {
        let fields = [(header::IF_MATCH, "\"a\""), (header::IF_MATCH, "\"b\"")];
        assert_eq!(conditions(&Method::PUT, &fields).if_match, Some(listed_tags(&["a", "b"])));
    }

    #[test]
    fn dates_give_way_to_tags() {
        const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";
        let dates = [(header::IF_MODIFIED_SINCE, DATE), (header::IF_UNMODIFIED_SINCE, DATE)];
        let with_dates = conditions(&Method::GET, &dates);
        assert_eq!(with_dates.if_modified_since, Some(784_111_777));
        assert_eq!(with_dates.if_unmodified_since, Some(784_111_777));
        assert_eq!(conditions(&Method::PUT, &dates).if_modified_since, None);

        let [modified, unmodified] = dates;
        let tag = |name| (name, "\"a\"");
        let both = conditions(
            &Method::GET,
            &[modified, unmodified, tag(header::IF_MATCH), tag(header::IF_NONE_MATCH)],
        );
        assert_eq!((both.if_modified_since, both.if_unmodified_since), (None, None));
    }

    #[test]
    fn what_is_no_date_is_ignored() {
        let fields = [(header::IF_UNMODIFIED_SINCE, "yesterday")];
        let ignored = conditions(&Method::PUT, &fields);
        assert_eq!(ignored, Conditions { stated: true, ..Conditions::default() });
    }
}
