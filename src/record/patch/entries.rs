//! The members of an object, found by name, and in their order.

use std::collections::BTreeMap;

use super::{Refusal, name::Name, tree::Node, work::Work};

/// Members in their order. Of a name that comes more than once, the last is the one that counts; it
/// shadows the others.
#[derive(Debug, Default)]
pub struct Entries<'a> {
    /// With gaps where some have been removed, so that the others stay where they are.
    places: Vec<Option<Entry<'a>>>,
    /// How many are no gaps.
    count: usize,
    /// Where the last of each name is; made when it has been searched [`SEARCHES`] times.
    index: Option<BTreeMap<Name<'a>, usize>>,
    searches: usize,
}

#[derive(Debug)]
struct Entry<'a> {
    name: Name<'a>,
    value: Node<'a>,
    /// Where the one before it of the same name is, if there is an index.
    shadowed: Option<usize>,
}

/// How often members are searched one by one before they are worth an index, and how many are worth
/// one.
const SEARCHES: usize = 8;

/// How many gaps there may be, beside as many as there are members.
const GAPS: usize = 16;

impl<'a> Entries<'a> {
    /// None, but with room for so many.
    pub fn with_capacity(count: usize) -> Self {
        Self { places: Vec::with_capacity(count), ..Self::default() }
    }

    /// How many there are, those that are shadowed among them.
    pub fn count(&self) -> usize {
        self.count
    }

    /// Names and values, in their order.
    pub fn iter(&self) -> impl Iterator<Item = (&Name<'a>, &Node<'a>)> {
        self.places.iter().flatten().map(|entry| (&entry.name, &entry.value))
    }

    /// Names and values, in their order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Name<'a>, &mut Node<'a>)> {
        self.places.iter_mut().flatten().map(|entry| (&entry.name, &mut entry.value))
    }

    /// Names and values, in their order.
    pub fn into_pairs(self) -> impl Iterator<Item = (Name<'a>, Node<'a>)> {
        self.places.into_iter().flatten().map(|entry| (entry.name, entry.value))
    }

    /// Where the last of a name is. Each is looked at, unless there is an index.
    pub fn find(&self, name: &[u8]) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(name).copied(),
            None => self.find_before(self.places.len(), name),
        }
    }

    /// The same; makes an index where this has often been asked.
    pub fn search(&mut self, name: &[u8], work: &mut Work) -> Result<Option<usize>, Refusal> {
        if self.index.is_none() {
            work.take(self.places.len())?;
            self.searches += 1;
            if self.searches > SEARCHES {
                self.make_index_of_many();
            }
        }
        Ok(self.find(name))
    }

    /// The value at a place.
    pub fn get(&self, at: usize) -> Option<&Node<'a>> {
        self.places.get(at)?.as_ref().map(|entry| &entry.value)
    }

    /// The value at a place.
    pub fn get_mut(&mut self, at: usize) -> Option<&mut Node<'a>> {
        self.places.get_mut(at)?.as_mut().map(|entry| &mut entry.value)
    }

    /// One more at the end, while they are read.
    pub fn push(&mut self, name: Name<'a>, value: Node<'a>) {
        self.count += 1;
        self.places.push(Some(Entry { name, value, shadowed: None }));
    }

    /// One more at the end, of a name that hasn't been there.
    pub fn append(&mut self, name: Name<'a>, value: Node<'a>) {
        if let Some(index) = &mut self.index {
            index.insert(name.clone(), self.places.len());
        }
        self.push(name, value);
    }

    /// Takes the last of its name, which shadows none any more, from its place.
    pub fn take(&mut self, at: usize) -> Option<Node<'a>> {
        let entry = self.places.get_mut(at)?.take()?;
        self.count -= 1;
        if let Some(index) = &mut self.index {
            index.remove(&entry.name);
        }
        Some(entry.value)
    }

    /// Takes the one that the one at a place shadows.
    pub fn take_shadowed(&mut self, at: usize) -> Option<Node<'a>> {
        if self.index.is_none() {
            let entry = self.places.get(at)?.as_ref()?;
            self.find_before(at, entry.name.characters())?;
            self.make_index();
        }
        let shadowed = self.places.get(at)?.as_ref()?.shadowed?;
        let gone = self.places.get_mut(shadowed)?.take()?;
        self.count -= 1;
        if let Some(Some(entry)) = self.places.get_mut(at) {
            entry.shadowed = gone.shadowed;
        }
        Some(gone.value)
    }

    /// Moves together where there are more gaps than members.
    pub fn close_gaps(&mut self, work: &mut Work) -> Result<(), Refusal> {
        if self.places.len() <= 2 * self.count + GAPS {
            return Ok(());
        }
        work.take(self.places.len())?;
        let (mut place, mut places) = (0, Vec::with_capacity(self.places.len()));
        for entry in &self.places {
            places.push(place);
            place += usize::from(entry.is_some());
        }
        self.places.retain(Option::is_some);
        let last = self.index.iter_mut().flatten().map(|(_, at)| at);
        let shadowed = self.places.iter_mut().flatten().filter_map(|entry| entry.shadowed.as_mut());
        for at in last.chain(shadowed) {
            *at = places.get(*at).copied().unwrap_or_default();
        }
        Ok(())
    }

    /// Makes an index where there are many, and takes those that are shadowed.
    pub fn settle(&mut self) {
        self.make_index_of_many();
        for at in (0..self.places.len()).rev() {
            while self.take_shadowed(at).is_some() {}
        }
    }

    fn find_before(&self, end: usize, name: &[u8]) -> Option<usize> {
        let before = self.places.get(..end)?;
        before
            .iter()
            .rposition(|entry| entry.as_ref().is_some_and(|entry| entry.name.characters() == name))
    }

    fn make_index_of_many(&mut self) {
        if self.places.len() > SEARCHES {
            self.make_index();
        }
    }

    fn make_index(&mut self) {
        let mut index = BTreeMap::new();
        for (at, entry) in self.places.iter_mut().enumerate() {
            if let Some(entry) = entry {
                entry.shadowed = index.insert(entry.name.clone(), at);
            }
        }
        self.index = Some(index);
    }
}
