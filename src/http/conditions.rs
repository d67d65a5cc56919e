//! Reads preconditions (RFC 9110, section 13).

use http::{HeaderMap, HeaderValue, Method};

use super::{date, problem::Problem};
use crate::record::{Conditions, EntityTags};

const IF_MATCH: &str = "If-Match";
const IF_NONE_MATCH: &str = "If-None-Match";
const IF_UNMODIFIED_SINCE: &str = "If-Unmodified-Since";
const IF_MODIFIED_SINCE: &str = "If-Modified-Since";
const NAMES: [&str; 4] = [IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, IF_MODIFIED_SINCE];

/// The preconditions that a request's headers state. One that can't be read was to guard a write, which
/// is refused. To a read it is as if it weren't there.
pub fn parse(method: &Method, headers: &HeaderMap) -> Result<Conditions, Problem> {
    if !NAMES.iter().any(|name| headers.contains_key(*name)) {
        return Ok(Conditions::default());
    }
    let reads = method == Method::GET || method == Method::HEAD;
    let fields = Fields { headers, reads };
    let if_match = fields.tags(IF_MATCH, Comparison::Strong)?;
    let if_none_match = fields.tags(IF_NONE_MATCH, Comparison::Weak)?;
    // A date that is to be ignored guards nothing, whether it can be read or not.
    let if_unmodified_since = match if_match {
        None => fields.date(IF_UNMODIFIED_SINCE)?,
        Some(_) => None,
    };
    let if_modified_since = match if_none_match {
        None if reads => fields.date(IF_MODIFIED_SINCE)?,
        _ => None,
    };
    Ok(Conditions { if_match, if_none_match, if_unmodified_since, if_modified_since, stated: true })
}

/// Refuses conditions, of a request that is about no single record.
pub fn refuse(headers: &HeaderMap) -> Result<(), Problem> {
    const WHY: &str = "a condition is about one record";
    match NAMES.into_iter().find(|name| headers.contains_key(*name)) {
        Some(name) => Err(Problem::InvalidHeader(name, WHY)),
        None => Ok(()),
    }
}

/// The headers, and whether the request only reads.
struct Fields<'a> {
    headers: &'a HeaderMap,
    reads: bool,
}

impl Fields<'_> {
    fn tags(
        &self,
        name: &'static str,
        comparison: Comparison,
    ) -> Result<Option<EntityTags>, Problem> {
        const WHY: &str = "it is neither `*` alone nor a list of entity tags in double quotes";
        self.condition(name, WHY, |lines| entity_tags(lines, comparison))
    }

    fn date(&self, name: &'static str) -> Result<Option<i64>, Problem> {
        const WHY: &str = "it is not one date such as `Sun, 06 Nov 1994 08:49:37 GMT`";
        self.condition(name, WHY, |lines| match lines {
            [line] => date::parse(line),
            _ => None,
        })
    }

    /// What `parse` makes of a header's lines, if it is sent.
    fn condition<T>(
        &self,
        name: &'static str,
        why: &'static str,
        parse: impl FnOnce(&[&[u8]]) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let lines = self.headers.get_all(name).iter().map(HeaderValue::as_bytes);
        let lines: Vec<&[u8]> = lines.collect();
        if lines.is_empty() {
            return Ok(None);
        }
        match parse(&lines) {
            None if !self.reads => Err(Problem::InvalidHeader(name, why)),
            parsed => Ok(parsed),
        }
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

/// The tags that the lines of a header name; `None` if they name none.
fn entity_tags(lines: &[&[u8]], comparison: Comparison) -> Option<EntityTags> {
    if let [line] = lines
        && line.trim_ascii() == b"*"
    {
        return Some(EntityTags::Any);
    }
    let mut tags = Vec::new();
    for line in lines {
        list(line, &mut tags)?;
    }
    if tags.is_empty() {
        return None;
    }
    let equal = tags.iter().filter(|tag| !tag.weak || comparison == Comparison::Weak);
    // The service gives tags of ASCII only.
    let opaque = equal.filter_map(|tag| str::from_utf8(tag.opaque).ok().map(str::to_owned));
    Some(EntityTags::Listed(opaque.collect()))
}

/// An entity tag as it is sent (RFC 9110, 8.8.3).
struct Tag<'a> {
    weak: bool,
    opaque: &'a [u8],
}

/// Adds the tags of a list, whose elements may be empty; `None` if it isn't one.
fn list<'a>(mut line: &'a [u8], tags: &mut Vec<Tag<'a>>) -> Option<()> {
    loop {
        line = line.trim_ascii_start();
        if let Some(rest) = line.strip_prefix(b",") {
            line = rest;
            continue;
        }
        if line.is_empty() {
            return Some(());
        }
        let (weak, quoted) = line.strip_prefix(b"W/").map_or((false, line), |rest| (true, rest));
        let begun = quoted.strip_prefix(b"\"")?;
        let (opaque, rest) =
            begun.split_at_checked(begun.iter().position(|byte| *byte == b'"')?)?;
        if opaque.iter().any(|byte| *byte <= b' ' || *byte == 0x7f) {
            return None;
        }
        line = rest.get(1..)?.trim_ascii_start();
        if !(line.is_empty() || line.starts_with(b",")) {
            return None;
        }
        tags.push(Tag { weak, opaque });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DATE: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

    fn parsed(method: &Method, fields: &[(&'static str, &str)]) -> Result<Conditions, Problem> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, HeaderValue::from_str(value).unwrap());
        }
        parse(method, &headers)
    }

    fn listed(tags: &[&str]) -> EntityTags {
        EntityTags::Listed(tags.iter().map(|tag| (*tag).to_owned()).collect())
    }

    fn names(problem: &Problem, header: &str) -> bool {
        matches!(problem, Problem::InvalidHeader(name, _) if *name == header)
    }

    #[test]
    fn lists_of_tags() {
        for (lines, strong, weak) in [
            (&["\"a\""][..], listed(&["a"]), listed(&["a"])),
            (&["\"a\" ,, \"b,c\","], listed(&["a", "b,c"]), listed(&["a", "b,c"])),
            (&["W/\"a\", \"b\""], listed(&["b"]), listed(&["a", "b"])),
            (&["W/\"a\""], listed(&[]), listed(&["a"])),
            (&["\"\""], listed(&[""]), listed(&[""])),
            (&["\"é\""], listed(&["é"]), listed(&["é"])),
            (&["\"a\"", "\"b\""], listed(&["a", "b"]), listed(&["a", "b"])),
            (&["\"a\"", ""], listed(&["a"]), listed(&["a"])),
            (&["*"], EntityTags::Any, EntityTags::Any),
            (&[" *\t"], EntityTags::Any, EntityTags::Any),
            (&["\"*\""], listed(&["*"]), listed(&["*"])),
        ] {
            let fields: Vec<_> = lines.iter().map(|line| (IF_MATCH, *line)).collect();
            assert_eq!(parsed(&Method::PUT, &fields).unwrap().if_match, Some(strong), "{lines:?}");
            let fields: Vec<_> = lines.iter().map(|line| (IF_NONE_MATCH, *line)).collect();
            let parsed = parsed(&Method::PUT, &fields).unwrap();
            assert_eq!(parsed.if_none_match, Some(weak), "{lines:?}");
        }
    }

    #[test]
    fn tags_that_cannot_be_read_let_no_write_through() {
        for lines in [
            &[""][..],
            &[","],
            &["", ""],
            &["*, *"],
            &["*", "*"],
            &["*", ""],
            &["*,"],
            &["**"],
            &["W/*"],
            &["'*'"],
            &["a"],
            &["'a'"],
            &["\"a"],
            &["a\""],
            &["\"a\" \"b\""],
            &["\"a b\""],
            &["\"a\"b\""],
            &["\"a\";q=1"],
            &["w/\"a\""],
            &["W/ \"a\""],
            &["W/a"],
            &["\"a\", *"],
            &["\"a\"", "*"],
            &["\"a\"", "b"],
        ] {
            for name in [IF_MATCH, IF_NONE_MATCH] {
                let fields: Vec<_> = lines.iter().map(|line| (name, *line)).collect();
                for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::POST] {
                    assert!(names(&parsed(&method, &fields).unwrap_err(), name), "{fields:?}");
                }
                for method in [Method::GET, Method::HEAD] {
                    let ignored = Conditions { stated: true, ..Conditions::default() };
                    assert_eq!(parsed(&method, &fields).unwrap(), ignored, "{fields:?}");
                }
            }
        }
    }

    #[test]
    fn dates_give_way_to_tags() {
        let dates = [(IF_MODIFIED_SINCE, DATE), (IF_UNMODIFIED_SINCE, DATE)];
        let with_dates = parsed(&Method::GET, &dates).unwrap();
        assert_eq!(with_dates.if_modified_since, Some(784_111_777));
        assert_eq!(with_dates.if_unmodified_since, Some(784_111_777));
        assert_eq!(parsed(&Method::PUT, &dates).unwrap().if_modified_since, None);

        let [modified, unmodified] = dates;
        let tags = [(IF_MATCH, "\"a\""), (IF_NONE_MATCH, "\"a\"")];
        let both = parsed(&Method::GET, &[modified, unmodified, tags[0], tags[1]]).unwrap();
        assert_eq!((both.if_modified_since, both.if_unmodified_since), (None, None));
    }

    #[test]
    fn dates_that_cannot_be_read_let_no_write_through() {
        for dates in [&["yesterday"][..], &[""], &[DATE, DATE]] {
            let unmodified: Vec<_> =
                dates.iter().map(|date| (IF_UNMODIFIED_SINCE, *date)).collect();
            let refused = parsed(&Method::PUT, &unmodified).unwrap_err();
            assert!(names(&refused, IF_UNMODIFIED_SINCE), "{dates:?}");
            let ignored = Conditions { stated: true, ..Conditions::default() };
            assert_eq!(parsed(&Method::GET, &unmodified).unwrap(), ignored, "{dates:?}");
            // Where it would be ignored anyway, it doesn't have to be readable.
            let guarded = [&[(IF_MATCH, "*")], &unmodified[..]].concat();
            assert!(parsed(&Method::PUT, &guarded).is_ok(), "{dates:?}");
            let modified: Vec<_> = dates.iter().map(|date| (IF_MODIFIED_SINCE, *date)).collect();
            assert_eq!(parsed(&Method::PUT, &modified).unwrap(), ignored, "{dates:?}");
            assert_eq!(parsed(&Method::GET, &modified).unwrap(), ignored, "{dates:?}");
        }
    }

    #[test]
    fn a_read_goes_by_what_can_be_read_of_it() {
        let date = (IF_MODIFIED_SINCE, DATE);
        let parsed = parsed(&Method::GET, &[(IF_NONE_MATCH, "a"), date]).unwrap();
        assert_eq!((parsed.if_none_match, parsed.if_modified_since), (None, Some(784_111_777)));
    }
}
