//! Which bodies a method takes (RFC 9110, 8.3 and 8.4).

use http::{HeaderMap, header};

use super::problem::{Accepted, Problem};
use crate::record::PatchFormat;

/// Refuses a body that isn't sent as a record: `application/json`, or any `+json` type that isn't a
/// patch.
pub fn require_record(headers: &HeaderMap) -> Result<(), Problem> {
    const SEND: &str = "Send a JSON object with the header `Content-Type: application/json`";
    require_identity(headers, Accepted::Records)?;
    let sent = essence(headers);
    match sent.as_deref() {
        Some("application/json") => Ok(()),
        Some(patch) if format_of(patch).is_some() => {
            let send = format!("{SEND}; a patch is for the method PATCH.");
            Err(Problem::UnsupportedMediaType(send, Accepted::Records))
        }
        Some(other) if other.ends_with("+json") => Ok(()),
        Some(_) | None => Err(Problem::UnsupportedMediaType(format!("{SEND}."), Accepted::Records)),
    }
}

/// The format that a patch is sent in.
pub fn require_patch(headers: &HeaderMap) -> Result<PatchFormat, Problem> {
    require_identity(headers, Accepted::Patches)?;
    essence(headers).as_deref().and_then(format_of).ok_or_else(|| {
        let send = "Send a patch with the header `Content-Type: application/merge-patch+json` \
                    (RFC 7396) or `Content-Type: application/json-patch+json` (RFC 6902).";
        Problem::UnsupportedMediaType(send.to_owned(), Accepted::Patches)
    })
}

fn format_of(essence: &str) -> Option<PatchFormat> {
    match essence {
        "application/merge-patch+json" => Some(PatchFormat::Merge),
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

fn require_identity(headers: &HeaderMap, accepted: Accepted) -> Result<(), Problem> {
    let mut fields = headers.get_all(header::CONTENT_ENCODING).iter();
    if fields.all(|field| field.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Ok(());
    }
    let send = "Send the body as it is, without a `Content-Encoding`.";
    Err(Problem::UnsupportedMediaType(send.to_owned(), accepted))
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
        let mut headers = headers("application/json");
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        assert!(require_record(&headers).is_err());
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("Identity"));
        assert!(require_record(&headers).is_ok());
    }
}
