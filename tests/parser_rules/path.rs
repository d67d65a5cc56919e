//! Paths.

use http::{Method, Uri};
use path_records::record::{PathError, RecordPath, normalise};
use percent_encoding::percent_decode_str;

use crate::answer::answer;

/// A request's path names what its bytes decode to, or is refused for what it is.
pub fn path(data: &[u8]) {
    let Ok(raw) = std::str::from_utf8(data) else {
        return;
    };
    if let Ok(uri) = raw.parse::<Uri>() {
        let response = answer(&Method::OPTIONS, uri, b"", Vec::new());
        assert!(response.status().as_u16() < 500, "{raw:?}: {response:?}");
    }
    match RecordPath::parse(raw) {
        Ok(path) => stands_for(&path, raw),
        Err(PathError::TooLong(length)) => {
            let normal = normalise(raw).expect("only its length is wrong");
            assert_eq!(normal.len(), length);
            assert!(length > RecordPath::MAX_BYTES, "{raw:?}");
        }
        Err(PathError::Reserved) => {
            let normal = normalise(raw).expect("it is a path");
            let segments: Vec<&str> = normal.split('/').skip(1).collect();
            assert!(
                matches!(segments[..], [""] | ["-", ..] | [".well-known", "spin", ..]),
                "{raw:?} is refused"
            );
        }
        Err(PathError::Invalid(_)) => assert!(!is_plain(raw), "{raw:?} is refused"),
    }
}

/// The normal form decodes to the same, is its own normal form, and has no other in it.
fn stands_for(path: &RecordPath, raw: &str) {
    let normal = path.as_str();
    assert_eq!(RecordPath::parse(normal).as_ref(), Ok(path), "{raw:?}");
    assert!(normal.len() <= RecordPath::MAX_BYTES && normal.starts_with('/'), "{raw:?}");
    assert!(normal.bytes().all(|byte| byte.is_ascii_graphic()), "{raw:?}: {normal:?}");
    assert_eq!(normal.matches('/').count(), raw.matches('/').count(), "{raw:?}: {normal:?}");
    assert!(percent_decode_str(normal).eq(percent_decode_str(raw)), "{raw:?}: {normal:?}");
    assert!(percent_decode_str(normal).decode_utf8().is_ok(), "{raw:?}: {normal:?}");
    for (at, _) in normal.match_indices('%') {
        let hex = &normal[at + 1..at + 3];
        let byte = u8::from_str_radix(hex, 16).expect("two hexadecimal digits");
        assert_eq!(hex, format!("{byte:02X}"), "{raw:?}: {normal:?}");
        let unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
        assert!(!unreserved && !byte.is_ascii_control(), "{raw:?}: {normal:?}");
    }
}

/// Whether nothing at all is wrong with a path, judged by its letters.
fn is_plain(raw: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_~!$&'()*+,;=:@".contains(&byte);
    raw.starts_with('/') && raw != "/" && raw.bytes().all(plain)
}
