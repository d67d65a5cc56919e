//! JSON Merge Patch (RFC 7396).

use std::borrow::Cow;

use super::{Pairs, Refusal, guide::Guide, object::Object, tree::Node, work::Work};
use crate::record::Members;

/// A merge patch that is an object.
#[derive(Debug)]
pub struct MergePatch<'a>(
    /// In byte order of the names.
    Vec<(Cow<'a, str>, Node<'a>)>,
);

impl<'a> MergePatch<'a> {
    /// The patch whose members these are.
    pub fn new(members: Members<'a>, work: &mut Work) -> Result<Self, Refusal> {
        let mut patch = Vec::with_capacity(members.len());
        for (name, text) in members.into_pairs() {
            let mut value = Node::text(text);
            value.open(Guide::Objects, work)?;
            settle(&mut value);
            patch.push((name, value));
        }
        Ok(Self(patch))
    }

    /// The members after the change: names and JSON texts.
    pub fn apply<'p>(
        &'p self,
        members: &'p Members<'_>,
        work: &mut Work,
    ) -> Result<Pairs<'p>, Refusal> {
        let mut after = Vec::with_capacity(members.len() + self.0.len());
        for (name, text) in members.iter() {
            if self.0.binary_search_by(|(other, _)| other.as_ref().cmp(name)).is_err() {
                after.push((Cow::Borrowed(name), Cow::Borrowed(text)));
            }
        }
        for (name, patch) in &self.0 {
            let before = members.get(name).map(Node::text);
            if let Some(value) = merged(before, patch, work)? {
                after.push((Cow::Borrowed(name.as_ref()), value.into_text()));
            }
        }
        Ok(after)
    }
}

/// Prepares a patch's objects to be looked into.
fn settle(patch: &mut Node<'_>) {
    if let Node::Object(object) = patch {
        object.settle();
        for (_, value) in object.iter_mut() {
            settle(value);
        }
    }
}

/// What becomes of a member; `None`: it is removed.
fn merged<'p>(
    before: Option<Node<'p>>,
    patch: &'p Node<'p>,
    work: &mut Work,
) -> Result<Option<Node<'p>>, Refusal> {
    match patch {
        Node::Object(patch) => {
            let mut value = before.unwrap_or_else(Node::empty_object);
            merge(&mut value, patch, work)?;
            Ok(Some(value))
        }
        Node::Text { json, .. } if json == "null" => Ok(None),
        patch => Ok(Some(patch.copy())),
    }
}

/// Merges an object into a value: whether that has changed it.
fn merge<'p>(
    value: &mut Node<'p>,
    patch: &'p Object<'p>,
    work: &mut Work,
) -> Result<bool, Refusal> {
    value.open(Guide::Merge(patch), work)?;
    let mut changed = false;
    if !matches!(value, Node::Object(_)) {
        *value = Node::empty_object();
        changed = true;
    }
    let Node::Object(object) = value else {
        return Ok(changed);
    };
    for (name, patch) in patch.iter() {
        match (object.get_mut(name.characters(), work)?, patch) {
            (Some(value), Node::Object(patch)) => {
                if merge(value, patch, work)? {
                    object.value_changed(None);
                    changed = true;
                }
            }
            (before, patch) => {
                let is_there = before.is_some();
                match merged(None, patch, work)? {
                    Some(value) => object.set(name, value, work)?,
                    None if is_there => {
                        object.remove(name.characters(), work)?;
                    }
                    None => continue,
                }
                changed = true;
            }
        }
    }
    Ok(changed)
}
