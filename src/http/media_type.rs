//! Which bodies a method takes (RFC 9110, 8.3 and 8.4, 14.5).

use http::{HeaderMap, header};

use super::{
    problem::{Accepted, Problem},
    response::LINES,
};
use crate::record::PatchFormat;

/// What a record is sent as.
pub const RECORD: &str = "application/json";

/// What a patch is taken for, where nothing says what it is and that is no mistake.
pub const MERGE_PATCH: &str = "application/merge-patch+json";

/// Refuses a body that isn't sent as a record: `application/json`, or any `+json` type that isn't a
/// patch.
pub fn require_record(headers: &HeaderMap) -> Result<(), Problem> {
    const SEND: &str = "Send a JSON object with the header `Content-Type: application/json`";
    require_whole(headers)?;
    let sent = essence(headers);
    match sent.as_deref() {
        Some(RECORD) => Ok(()),
        Some(patch) if format_of(patch).is_some() => {
            let send = format!("{SEND}; a patch is for the method PATCH.");
            Err(Problem::UnsupportedMediaType(send, Accepted::Records))
        }
        Some(other) if other.ends_with("+json") => Ok(()),
        Some(_) | None => Err(Problem::UnsupportedMediaType(format!("{SEND}."), Accepted::Records)),
    }
}

/// Refuses a body that isn't sent as lines of JSON.
pub fn require_lines(headers: &HeaderMap) -> Result<(), Problem> {
    require_whole(headers)?;
    if essence(headers).as_deref() == Some(LINES) {
        return Ok(());
    }
    let send = format!("Send a JSON object a line with the header `Content-Type: {LINES}`.");
    Err(Problem::UnsupportedMediaType(send, Accepted::Lines))
}

/// The format that a patch is sent in.
pub fn require_patch(headers: &HeaderMap) -> Result<PatchFormat, Problem> {
    require_whole(headers)?;
    essence(headers).as_deref().and_then(format_of).ok_or_else(|| {
        let send = "Send a patch with the header `Content-Type: application/merge-patch+json` \
                    (RFC 7396) or `Content-Type: application/json-patch+json` (RFC 6902).";
        Problem::UnsupportedMediaType(send.to_owned(), Accepted::Patches)
    })
}

fn format_of(essence: &str) -> Option<PatchFormat> {
    match essence {
        MERGE_PATCH => Some(PatchFormat::Merge),
        "application/json-patch+json" => Some(PatchFormat::Json),
        _ => None,
    }
}

/// The media type without its parameters, in lower case; `None` without a header, or with several.
fn essence(headers: &HeaderMap) -> Option<String> {
    let mut fields = headers.get_all(header::CONTENT_TYPE).iter();
    let field = fields.next()?.to_str().ok()?;
    let essence = field.split(';').next()?.trim().to_ascii_lowercase();
    fields.next().is_none().then_some(essence)
}

/// Refuses a body that is a part of what is meant, or an encoding of it.
fn require_whole(headers: &HeaderMap) -> Result<(), Problem> {
    if headers.contains_key(header::CONTENT_RANGE) {
        let why = "the body would be taken for the whole, and a part of a record can't be stored";
        return Err(Problem::InvalidHeader("Content-Range", why));
    }
    let fields = headers.get_all(header::CONTENT_ENCODING).iter();
    let mut codings = fields.flat_map(|field| field.as_bytes().split(|byte| *byte == b','));
    let none = codings.all(|coding| {
        let coding = coding.trim_ascii();
        coding.is_empty() || coding.eq_ignore_ascii_case(b"identity")
    });
    if none {
        return Ok(());
    }
    let send = "Send the body as it is, without a `Content-Encoding`.";
    Err(Problem::UnsupportedMediaType(send.to_owned(), Accepted::Unencoded))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(content_type: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))])
    }

    #[test]
    fn records_are_json_of_any_kind_but_patches() {
        for sent in ["application/json", "Application/JSON; charset=utf-8", "application/ld+json"] {
            assert!(require_record(&headers(sent)).is_ok(), "{sent}");
        }
        for sent in [
            "",
            "text/plain",
            "application/x-www-form-urlencoded",
            "application/merge-patch+json",
            "application/json-patch+json; charset=utf-8",
            "application/jsonp",
            "json",
        ] {
            assert!(require_record(&headers(sent)).is_err(), "{sent}");
        }
        assert!(require_record(&HeaderMap::new()).is_err());
    }

    #[test]
    fn patches_come_in_two_formats() {
        assert_eq!(require_patch(&headers("application/merge-patch+json")), Ok(PatchFormat::Merge));
        assert_eq!(require_patch(&headers("application/json-patch+json")), Ok(PatchFormat::Json));
        assert!(require_patch(&headers("application/json")).is_err());
    }

    #[test]
    fn encoded_bodies_are_refused() {
        for (lines, whole) in [
            (&["gzip"][..], false),
            (&["identity, gzip"], false),
            (&["gzip, identity"], false),
            (&["identity", "br"], false),
            (&["identityx"], false),
            (&["Identity"], true),
            (&["identity ,identity", "identity"], true),
            (&[""], true),
        ] {
            let mut headers = headers("application/json");
            for line in lines {
                headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(line));
            }
            match require_record(&headers) {
                Ok(()) => assert!(whole, "{lines:?}"),
                Err(Problem::UnsupportedMediaType(_, Accepted::Unencoded)) => {
                    assert!(!whole, "{lines:?}");
                }
                Err(other) => panic!("{lines:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn parts_are_refused() {
        for range in ["bytes 0-1/10", "bytes */10", "records 1-2/3", ""] {
            let mut headers = headers("application/json");
            headers.insert(header::CONTENT_RANGE, HeaderValue::from_static(range));
            let refused = require_record(&headers).unwrap_err();
            assert!(matches!(refused, Problem::InvalidHeader("Content-Range", _)), "{range}");
            assert_eq!(require_patch(&headers), Err(refused), "{range}");
        }
    }
}
