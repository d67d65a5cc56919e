//! Feeds of changes.

use serde::Deserialize;

use crate::json;
use crate::response::Response;

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Event {
    /// It was stored, or changed.
    Written,
    /// Somebody deleted it.
    Deleted,
    /// Its time was over.
    Expired,
}

/// An entry of a feed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// The record's path.
    pub path: String,
    /// What became of it.
    pub event: Event,
    /// The tag that it has since, if it was written.
    pub etag: Option<String>,
    /// When it was written, in seconds, if it was.
    pub last_updated: Option<u64>,
}

impl Change {
    /// Path, event and tag: all of it that a test knows beforehand.
    pub fn told(&self) -> (&str, Event, Option<&str>) {
        (&self.path, self.event, self.etag.as_deref())
    }
}

/// What a feed answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Page {
    /// What has happened, in its order.
    pub changes: Vec<Change>,
    /// Where to ask for what happens then.
    pub next: String,
}

impl Page {
    /// Reads an answer, and holds it to what is true of every page.
    pub fn read(answer: &Response) -> Self {
        assert_eq!(answer.expect(200).required("content-type"), "application/json", "{answer}");
        assert_eq!(answer.required("cache-control"), "no-store", "{answer}");
        let page: Self =
            serde_json::from_str(answer.text()).unwrap_or_else(|error| panic!("{error}: {answer}"));
        assert!(page.next.starts_with("/-/changes?"), "{answer}");
        for change in &page.changes {
            let written = change.event == Event::Written;
            assert_eq!(change.etag.is_some(), written, "{change:?} in {answer}");
            assert_eq!(change.last_updated.is_some(), written, "{change:?} in {answer}");
        }
        let names: Vec<_> =
            json::members(answer.text()).into_iter().map(|member| member.0).collect();
        assert_eq!(names, ["changes", "next"], "{answer}");
        page
    }
}

/// The target of a feed that begins now.
pub fn changes_below(prefix: &str) -> String {
    format!("/-/changes?prefix={prefix}")
}
