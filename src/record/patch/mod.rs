//! Changes to a record's members: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902).
//!
//! What a patch leaves alone keeps its text and its place, and costs next to nothing: a value is text
//! ([`tree`]) until the patch goes into it.

mod array;
mod entries;
mod equality;
mod guide;
mod heights;
mod json_patch;
mod merge;
mod name;
mod number;
mod object;
mod pointer;
mod reader;
mod tree;
mod work;

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use serde::de::IgnoredAny;
use thiserror::Error;

use self::{json_patch::JsonPatch, merge::MergePatch, work::Work};
use super::{
    Members, MembersError, Metadata,
    limits::PATCH_STEPS_PER_BYTE,
    members::{check_depth, utf8},
};

/// The two formats of a patch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PatchFormat {
    /// `application/merge-patch+json`
    Merge,
    /// `application/json-patch+json`
    Json,
}

/// A patch, parsed and not yet applied.
#[derive(Debug)]
pub struct Patch<'a> {
    kind: Kind<'a>,
    bytes: usize,
}

#[derive(Debug)]
enum Kind<'a> {
    Merge(MergePatch<'a>),
    /// A merge patch that is no object: so would be the result.
    MergeOfNoObject,
    Json(JsonPatch<'a>),
}

/// Names and JSON texts of members.
type Pairs<'a> = Vec<(Cow<'a, str>, Cow<'a, str>)>;

/// Why a patch can't be read, or not be applied.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PatchError {
    /// Not a patch of its format.
    #[error(transparent)]
    Malformed(MembersError),
    /// Not a patch of its format, although JSON; the sentence says why.
    #[error("{0}")]
    NotAPatch(String),
    /// An operation can't be applied to the record as it is, or would cost too much; the sentence says
    /// which and why.
    #[error("{0}")]
    Failed(String),
    /// The result is no JSON object.
    #[error("the result is no JSON object")]
    NotAnObject,
    /// The result, or a step on the way to it, is larger than a record may be.
    #[error("larger than a record may be")]
    TooLarge,
}

/// Why a part of a patch can't be applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    NoValue,
    NoPlace,
    NoSource,
    OtherValue,
    IntoItself,
    NoRoot,
    TooDeep,
    TooCostly,
    TooLarge,
}

impl<'a> Patch<'a> {
    /// The patch that `body` is the text of.
    pub fn parse(format: PatchFormat, body: &'a [u8]) -> Result<Self, PatchError> {
        let kind = match format {
            PatchFormat::Merge => Self::parse_merge(body)?,
            PatchFormat::Json => Self::parse_json(body)?,
        };
        Ok(Self { kind, bytes: body.len() })
    }

    fn parse_merge(body: &'a [u8]) -> Result<Kind<'a>, PatchError> {
        match Members::parse(body) {
            Ok(members) => {
                let mut work = Work::allowed_for(body.len());
                let patch = MergePatch::new(members, &mut work);
                patch.map(Kind::Merge).map_err(|refusal| refusal.of("the patch as a whole"))
            }
            Err(MembersError::NotAnObject) => Ok(Kind::MergeOfNoObject),
            Err(MembersError::TooMany) => Err(PatchError::TooLarge),
            Err(error @ MembersError::Syntax { .. }) => Err(PatchError::Malformed(error)),
        }
    }

    fn parse_json(body: &'a [u8]) -> Result<Kind<'a>, PatchError> {
        let json = utf8(body).map_err(PatchError::Malformed)?;
        // First the syntax, which takes no stack, then the depth, which bounds the recursion of all that
        // follows.
        serde_json::from_str::<IgnoredAny>(json)
            .map_err(|error| PatchError::Malformed(MembersError::of(&error, json)))?;
        check_depth(json).map_err(PatchError::Malformed)?;
        JsonPatch::parse(json).map(Kind::Json).map_err(PatchError::NotAPatch)
    }

    /// The members after the change. What the patch leaves alone keeps its JSON text; what it moves
    /// keeps its text too. `max_bytes` is the largest record.
    pub fn apply<'p>(
        &'p self,
        members: &'p Members<'_>,
        metadata: &Metadata,
        max_bytes: usize,
    ) -> Result<Members<'p>, PatchError> {
        let mut work = Work::allowed_for(self.bytes + members.size());
        self.apply_within(&mut work, members, metadata, max_bytes)
    }

    fn apply_within<'p>(
        &'p self,
        work: &mut Work,
        members: &'p Members<'_>,
        metadata: &Metadata,
        max_bytes: usize,
    ) -> Result<Members<'p>, PatchError> {
        let whole = |refusal: Refusal| refusal.of("the patch as a whole");
        let pairs = match &self.kind {
            Kind::Merge(patch) => patch.apply(members, work).map_err(whole)?,
            Kind::MergeOfNoObject => return Err(PatchError::NotAnObject),
            Kind::Json(patch) => patch.apply(members, metadata, max_bytes, work)?,
        };
        match Members::from_pairs(pairs) {
            Ok(members) if members.size() <= max_bytes => Ok(members),
            _ => Err(PatchError::TooLarge),
        }
    }
}

impl Refusal {
    /// What it is where it is about the place that a value comes from.
    fn at_source(self) -> Self {
        match self {
            Self::NoValue | Self::NoPlace => Self::NoSource,
            other => other,
        }
    }

    /// The error that it is for a patch, of which `part` is the part that can't be applied.
    fn of(self, part: &str) -> PatchError {
        let reason = match self {
            Self::NoValue => "there is no such value",
            Self::NoPlace => "the array has no such place",
            Self::NoSource => "there is no value at its `from`",
            Self::OtherValue => "the value is another one",
            Self::IntoItself => "a value can't be moved into itself",
            Self::NoRoot => "the record as a whole can't be removed or moved",
            Self::TooDeep => &format!("nesting deeper than {}", Members::MAX_DEPTH),
            Self::TooCostly => &format!(
                "it costs too much: with what comes before it, it takes more than {PATCH_STEPS_PER_BYTE} \
                 steps for each byte of the record and the patch"
            ),
            Self::TooLarge => return PatchError::TooLarge,
        };
        PatchError::Failed(format!("{part}: {reason}"))
    }
}
