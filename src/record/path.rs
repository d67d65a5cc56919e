//! Where a record is.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use thiserror::Error;

use super::limits;

/// What may stand in a path as it is: RFC 3986's `pchar` and `/`. Everything else is encoded.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@')
    .remove(b'/');

/// Why a path is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PathError {
    /// Malformed; the sentence says why.
    #[error("{0}")]
    Invalid(&'static str),
    /// A path of the service's own, or of its host's.
    #[error("it is no record's path")]
    Reserved,
    /// More than [`RecordPath::MAX_BYTES`] after normalisation; how many.
    #[error("it has {0} bytes after normalisation; {max} are the most", max = RecordPath::MAX_BYTES)]
    TooLong(usize),
}

/// A record's path, percent-encoded as RFC 3986 section 6.2.2 normalises it: two paths are the same
/// record exactly if they are the same string.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordPath(String);

impl RecordPath {
    /// The longest path, in bytes, after normalisation.
    pub const MAX_BYTES: usize = limits::MAX_PATH_BYTES;

    /// The record path that a request's path names.
    pub fn parse(raw: &str) -> Result<Self, PathError> {
        Self::from_normal_form(normalise(raw)?)
    }

    /// The record path that a path in its normal form names.
    pub fn from_normal_form(path: String) -> Result<Self, PathError> {
        /// Spin answers these itself.
        const OF_THE_HOST: &str = "/.well-known/spin";
        let reserved = |root| path.strip_prefix(root).is_some_and(is_whole_segment);
        if path == "/" || reserved("/-") || reserved(OF_THE_HOST) {
            return Err(PathError::Reserved);
        }
        if path.split('/').any(|segment| segment == "." || segment == "..") {
            return Err(PathError::Invalid("a segment is `.` or `..`"));
        }
        if path.len() > Self::MAX_BYTES {
            return Err(PathError::TooLong(path.len()));
        }
        Ok(Self(path))
    }

    /// The path of something below this one, whose name holds nothing that needs encoding.
    pub fn join(&self, name: &str) -> Result<Self, PathError> {
        Self::parse(&format!("{}{name}", self.0))
    }

    /// Whether this is a collection: a path to POST to.
    #[must_use]
    pub fn is_collection(&self) -> bool {
        self.0.ends_with('/')
    }

    /// The normalised path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether what follows a prefix leaves its last segment whole.
fn is_whole_segment(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with('/')
}

/// A path, or the beginning of one, in its normal form (RFC 3986, 6.2.2.1 and 6.2.2.2): encodings of
/// unreserved characters decoded, the hex of the others in upper case, and what may not stand there
/// as it is, encoded.
pub fn normalise(raw: &str) -> Result<String, PathError> {
    if !raw.starts_with('/') {
        return Err(PathError::Invalid("it does not begin with `/`"));
    }
    let mut path = String::with_capacity(raw.len());
    for (at, piece) in raw.split('%').enumerate() {
        let literal = if at == 0 { piece } else { push_encoded(&mut path, piece)? };
        path.extend(utf8_percent_encode(literal, ENCODED));
    }
    let Ok(decoded) = percent_decode_str(&path).decode_utf8() else {
        return Err(PathError::Invalid("its percent-encoding is not UTF-8"));
    };
    if decoded.chars().any(char::is_control) {
        return Err(PathError::Invalid("it holds a control character"));
    }
    Ok(path)
}

/// Appends the encoded byte that `piece` (what stands behind a `%`) begins with; gives what follows.
fn push_encoded<'a>(path: &mut String, piece: &'a str) -> Result<&'a str, PathError> {
    const MALFORMED: PathError =
        PathError::Invalid("a `%` is not followed by two hexadecimal digits");
    let (digits, literal) = piece.split_at_checked(2).ok_or(MALFORMED)?;
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(MALFORMED);
    }
    let byte = u8::from_str_radix(digits, 16).map_err(|_| MALFORMED)?;
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        path.push(char::from(byte));
    } else {
        path.push_str(percent_encoding::percent_encode_byte(byte));
    }
    Ok(literal)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(raw: &str) -> Result<String, PathError> {
        RecordPath::parse(raw).map(|path| path.as_str().to_owned())
    }

    #[test]
    fn encodings_of_unreserved_characters_are_decoded() {
        for raw in ["/a%7eb", "/a%7Eb", "/a~b", "/%61~b"] {
            assert_eq!(parse(raw).as_deref(), Ok("/a~b"));
        }
    }

    #[test]
    fn the_hex_of_other_encodings_is_upper_cased() {
        assert_eq!(parse("/a%2fb").as_deref(), Ok("/a%2Fb"));
        assert_eq!(parse("/%c3%a9").as_deref(), Ok("/%C3%A9"));
    }

    #[test]
    fn what_may_not_stand_in_a_path_is_encoded() {
        assert_eq!(parse("/é{x}|\"").as_deref(), Ok("/%C3%A9%7Bx%7D%7C%22"));
    }

    #[test]
    fn slashes_are_kept() {
        for raw in ["/a", "/a/", "/a//", "//"] {
            assert_eq!(parse(raw).as_deref(), Ok(raw));
        }
    }

    #[test]
    fn malformed_paths_are_refused() {
        for raw in [
            "",
            "a",
            "*",
            "/%",
            "/%a",
            "/%zz",
            "/%+1",
            "/%é",
            "/%ff",
            "/%C3",
            "/%C3x%A9",
            "/%00",
            "/%7f",
            "/%C2%80",
            "/.",
            "/a/../b",
            "/a/%2e%2E",
        ] {
            assert!(matches!(parse(raw), Err(PathError::Invalid(_))), "{raw}");
        }
    }

    #[test]
    fn paths_of_the_service_and_of_its_host_are_no_records() {
        for raw in [
            "/",
            "/-",
            "/-/",
            "/%2D/live",
            "/.well-known/spin",
            "/.well-known/spin/",
            "/.well-known/%73pin/info",
        ] {
            assert_eq!(parse(raw), Err(PathError::Reserved), "{raw}");
        }
    }

    #[test]
    fn paths_that_only_look_reserved_are_records() {
        for raw in [
            "/-x",
            "/--",
            "/.a",
            "/...",
            "/a..",
            "/.well-known/spine",
            "/.well-known/",
            "/a/.well-known/spin",
        ] {
            assert_eq!(parse(raw).as_deref(), Ok(raw));
        }
    }

    #[test]
    fn the_length_is_that_of_the_normal_form() {
        let longest = format!("/{}", "%61".repeat(RecordPath::MAX_BYTES - 1));
        assert!(parse(&longest).is_ok());
        assert_eq!(parse(&format!("{longest}a")), Err(PathError::TooLong(1025)));
    }

    proptest! {
        #[test]
        fn the_normal_form_is_its_own(raw in "/\\PC{0,40}") {
            if let Ok(path) = parse(&raw) {
                prop_assert_eq!(parse(&path), Ok(path));
            }
        }

        #[test]
        fn every_encoding_of_a_character_is_the_same_record(text in "[^\\pC/%.-]{1,20}") {
            let everything: Vec<String> =
                text.bytes().map(|byte| format!("%{byte:02x}")).collect();
            let path = parse(&format!("/{}", everything.concat()));
            prop_assert!(path.is_ok());
            let path = path.unwrap_or_default();
            prop_assert!(path.bytes().all(|byte| byte.is_ascii_graphic()));
            let decoded = percent_decode_str(&path).decode_utf8_lossy().into_owned();
            prop_assert_eq!(decoded, format!("/{}", text));
        }

        #[test]
        fn no_input_panics(raw in ".*") {
            let _ = parse(&raw);
        }
    }
}
