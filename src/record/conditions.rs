//! What a request asks of the record that it finds (RFC 9110, section 13). The store evaluates it, in
//! the script that reads or writes.

use super::ETag;

/// The preconditions of a request. Those that RFC 9110 section 13.2.2 says to ignore are not here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Conditions {
    /// `If-Match`: the record has one of these tags.
    pub if_match: Option<EntityTags>,
    /// `If-None-Match`: the record has none of these tags.
    pub if_none_match: Option<EntityTags>,
    /// `If-Unmodified-Since`, in seconds since the Unix epoch, negative before it.
    pub if_unmodified_since: Option<i64>,
    /// `If-Modified-Since`, in seconds since the Unix epoch, negative before it.
    pub if_modified_since: Option<i64>,
    /// Whether the request states any condition, be it one to ignore.
    pub stated: bool,
}

/// The tags that a condition names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EntityTags {
    /// `*`: any.
    Any,
    /// Opaque parts, of those that can equal a tag of the service's. None: no record has one of them.
    Listed(Vec<String>),
}

impl Conditions {
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
