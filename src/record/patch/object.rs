//! Objects that a patch has gone into.

use std::mem;

use super::{
    Refusal,
    entries::Entries,
    heights::Heights,
    name::Name,
    pointer::Token,
    tree::{Edit, Node},
    work::Work,
};

/// An object. Where members have the same name, the last is the one that counts, and the others stay as
/// they are until the name is given another value or is removed: then they go.
#[derive(Debug, Default)]
pub struct Object<'a> {
    /// Its text as it was sent, as long as nothing in it has changed.
    source: Option<&'a str>,
    entries: Entries<'a>,
    /// `None` until somebody asks.
    heights: Option<Heights>,
}

impl<'a> Object<'a> {
    /// One without members, but with room for so many.
    pub fn with_capacity(members: usize) -> Self {
        Self { entries: Entries::with_capacity(members), ..Self::default() }
    }

    /// One more member at the end, while it is read.
    pub fn push(&mut self, name: Name<'a>, value: Node<'a>) {
        self.entries.push(name, value);
    }

    /// The text that it has been read from.
    pub fn set_source(&mut self, source: &'a str) {
        self.source = Some(source);
    }

    /// Its text as it was sent, if nothing in it has changed.
    pub fn source(&self) -> Option<&'a str> {
        self.source
    }

    /// How many members there are, those that are shadowed among them.
    pub fn count(&self) -> usize {
        self.entries.count()
    }

    /// The members, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name<'a>, &Node<'a>)> {
        self.entries.iter()
    }

    /// The members, in their order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Name<'a>, &mut Node<'a>)> {
        self.entries.iter_mut()
    }

    /// The members, in their order.
    pub fn into_members(self) -> impl Iterator<Item = (Name<'a>, Node<'a>)> {
        self.entries.into_pairs()
    }

    /// Its height, if that has been counted; from then on it is kept up to date.
    pub fn known_height(&self) -> Option<u8> {
        self.heights.as_ref().map(Heights::height)
    }

    /// How deep arrays and objects nest in it, itself included.
    pub fn height(&mut self, work: &mut Work) -> Result<u8, Refusal> {
        if let Some(heights) = &self.heights {
            return Ok(heights.height());
        }
        let mut heights = Heights::default();
        work.take(self.entries.count())?;
        for (_, value) in self.entries.iter_mut() {
            heights.add(value.height(work)?);
        }
        Ok(self.heights.insert(heights).height())
    }

    /// The value that counts of a name. This is quick where there are few, and where it is settled.
    pub fn get(&self, name: &[u8]) -> Option<&Node<'a>> {
        self.entries.get(self.entries.find(name)?)
    }

    /// The value that counts of a name.
    pub fn get_mut(
        &mut self,
        name: &[u8],
        work: &mut Work,
    ) -> Result<Option<&mut Node<'a>>, Refusal> {
        let at = self.entries.search(name, work)?;
        Ok(at.and_then(|at| self.entries.get_mut(at)))
    }

    /// Makes a change to the member of a name: the value that was taken.
    pub fn edit(
        &mut self,
        token: Token<'a>,
        edit: Edit<'a>,
        work: &mut Work,
    ) -> Result<Option<Node<'a>>, Refusal> {
        match (edit, self.entries.search(token.characters(), work)?) {
            (Edit::Add(value), None) => {
                self.append(Name::of_characters(token.into_characters()), value, work)?;
                Ok(None)
            }
            (Edit::Add(value) | Edit::Replace(value), Some(at)) => {
                self.replace(at, value, work)?;
                Ok(None)
            }
            (Edit::Take, Some(at)) => self.take(at, work),
            (Edit::Replace(_) | Edit::Take, None) => Err(Refusal::NoValue),
        }
    }

    /// Gives a name a value: in the place of the one that it has, or at the end.
    pub fn set(
        &mut self,
        name: &Name<'a>,
        value: Node<'a>,
        work: &mut Work,
    ) -> Result<(), Refusal> {
        match self.entries.search(name.characters(), work)? {
            Some(at) => self.replace(at, value, work),
            None => self.append(name.clone(), value, work),
        }
    }

    /// Removes the member of a name: whether there is one.
    pub fn remove(&mut self, name: &[u8], work: &mut Work) -> Result<bool, Refusal> {
        match self.entries.search(name, work)? {
            Some(at) => self.take(at, work).map(|_| true),
            None => Ok(false),
        }
    }

    /// One of its values has changed; its height before and after, if heights are counted.
    pub fn value_changed(&mut self, heights: Option<(u8, u8)>) {
        self.source = None;
        if let (Some(counted), Some((before, after))) = (&mut self.heights, heights) {
            counted.add(after);
            counted.remove(before);
        }
    }

    /// Prepares an object of a patch to be looked into: only the members that count are left.
    pub fn settle(&mut self) {
        self.entries.settle();
    }

    /// A copy; as text where nothing in it has changed.
    pub fn copy(&self) -> Node<'a> {
        if let Some(source) = self.source {
            return Node::Text { json: source.into(), height: self.known_height() };
        }
        let mut copy = Self::with_capacity(self.entries.count());
        for (name, value) in self.entries.iter() {
            copy.push(name.clone(), value.copy());
        }
        Node::Object(Box::new(copy))
    }

    /// How long its JSON text is, in bytes.
    pub fn size(&self) -> usize {
        if let Some(source) = self.source {
            return source.len();
        }
        let members = self.entries.iter();
        let members = members.map(|(name, value)| "\"\":".len() + name.text().len() + value.size());
        "{}".len() + self.entries.count().saturating_sub(1) + members.sum::<usize>()
    }

    /// Appends its JSON text.
    pub fn write(&self, json: &mut String) {
        if let Some(source) = self.source {
            json.push_str(source);
            return;
        }
        json.push('{');
        for (at, (name, value)) in self.entries.iter().enumerate() {
            if at > 0 {
                json.push(',');
            }
            json.push('"');
            json.push_str(name.text());
            json.push_str("\":");
            value.write(json);
        }
        json.push('}');
    }

    fn append(
        &mut self,
        name: Name<'a>,
        mut value: Node<'a>,
        work: &mut Work,
    ) -> Result<(), Refusal> {
        self.source = None;
        if let Some(heights) = &mut self.heights {
            heights.add(value.height(work)?);
        }
        self.entries.append(name, value);
        Ok(())
    }

    fn replace(&mut self, at: usize, mut value: Node<'a>, work: &mut Work) -> Result<(), Refusal> {
        self.source = None;
        self.drop_shadowed(at, work)?;
        if let Some(heights) = &mut self.heights {
            heights.add(value.height(work)?);
        }
        if let Some(place) = self.entries.get_mut(at) {
            let mut old = mem::replace(place, value);
            self.discount(&mut old, work)?;
        }
        self.entries.close_gaps(work)
    }

    fn take(&mut self, at: usize, work: &mut Work) -> Result<Option<Node<'a>>, Refusal> {
        self.source = None;
        self.drop_shadowed(at, work)?;
        let Some(mut value) = self.entries.take(at) else {
            return Ok(None);
        };
        self.discount(&mut value, work)?;
        self.entries.close_gaps(work)?;
        Ok(Some(value))
    }

    fn drop_shadowed(&mut self, at: usize, work: &mut Work) -> Result<(), Refusal> {
        while let Some(mut value) = self.entries.take_shadowed(at) {
            self.discount(&mut value, work)?;
        }
        Ok(())
    }

    fn discount(&mut self, value: &mut Node<'a>, work: &mut Work) -> Result<(), Refusal> {
        if let Some(heights) = &mut self.heights {
            heights.remove(value.height(work)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::patch::{pointer::Pointer, reader::Reader};

    fn json(members: &[(String, String)]) -> String {
        let members = members.iter().map(|(name, value)| format!("\"{name}\":{value}"));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }

    /// Makes a change to members as they are listed: whether it could be made.
    fn edit(members: &mut Vec<(String, String)>, kind: u8, name: &str, value: &str) -> bool {
        let Some(at) = members.iter().rposition(|(other, _)| other == name) else {
            if kind == 0 {
                members.push((name.to_owned(), value.to_owned()));
            }
            return kind == 0;
        };
        let kept = (kind != 2).then(|| (name.to_owned(), value.to_owned()));
        let after = members.split_off(at + 1);
        members.retain(|(other, _)| other != name);
        members.extend(kept);
        members.extend(after);
        true
    }

    proptest! {
        #[test]
        fn an_object_is_a_list_of_members(
            members in proptest::collection::vec((0..30_u8, 0..4_usize), 0..40),
            edits in proptest::collection::vec((0..3_u8, 0..40_u8, 0..6_usize), 0..80),
            heights: bool,
        ) {
            let value = |height: usize| format!("{}{}", "[".repeat(height), "]".repeat(height));
            let value = |height| if height == 0 { "0".to_owned() } else { value(height) };
            let mut list: Vec<_> =
                members.iter().map(|(name, height)| (format!("n{name}"), value(*height))).collect();
            let edits: Vec<_> = edits
                .iter()
                .map(|(kind, name, height)| (*kind, format!("\"/n{name}\""), value(*height)))
                .collect();
            let pointers: Vec<_> =
                edits.iter().map(|(_, pointer, _)| Pointer::parse(pointer).unwrap()).collect();
            let text = json(&list);
            let mut work = Work::allowed_for(usize::MAX);
            let mut node = Node::text(&text);
            node.open(crate::record::patch::guide::Guide::Surface, &mut work).unwrap();
            if heights {
                node.height(&mut work).unwrap();
            }
            for ((kind, _, value), pointer) in edits.iter().zip(&pointers) {
                let (token, _) = pointer.tokens().split_first().unwrap();
                let name = String::from_utf8(token.into_characters().into_owned()).unwrap();
                let change = match kind {
                    0 => Edit::Add(Node::text(value)),
                    1 => Edit::Replace(Node::text(value)),
                    _ => Edit::Take,
                };
                let made = node.edit(pointer.tokens(), change, &mut work).is_ok();
                prop_assert_eq!(made, edit(&mut list, *kind, &name, value));
                let mut text = String::new();
                node.write(&mut text);
                prop_assert_eq!(&text, &json(&list));
                prop_assert_eq!(node.size(), text.len());
                if heights {
                    let (_, height) = Reader::new(&text).value();
                    prop_assert_eq!(node.height(&mut work).unwrap(), height);
                }
                for (name, _) in &list {
                    let last = list.iter().rfind(|(other, _)| other == name).unwrap();
                    let Node::Object(object) = &node else { panic!("it is an object") };
                    let found = object.get(name.as_bytes()).unwrap();
                    prop_assert_eq!(found.source(), Some(last.1.as_str()));
                }
            }
        }
    }
}
