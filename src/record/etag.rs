//! The validator of a representation.

use std::fmt;

use uuid::Uuid;

/// An entity tag's opaque part, without its quotes (RFC 9110, 8.8.3).
///
/// A new one is drawn for every write, out of 2^74 for each millisecond, so that none ever comes
/// back: not after a delete and a re-create, and not after a store that lost its last second.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ETag(String);

impl ETag {
    /// The tag for a write that is about to happen.
    #[must_use]
    pub fn unique() -> Self {
        Self(Uuid::now_v7().simple().to_string())
    }

    /// The tag that the store has; what could not stand between a header's quotes is left out.
    #[must_use]
    pub fn from_store(text: impl Into<String>) -> Self {
        let mut text = text.into();
        text.retain(|c| c.is_ascii_graphic() && c != '"');
        Self(text)
    }

    /// The opaque part.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The opaque part.
impl From<ETag> for String {
    fn from(etag: ETag) -> Self {
        etag.0
    }
}

/// As it stands in a header: a strong tag, quoted.
impl fmt::Display for ETag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{}\"", self.0)
    }
}
