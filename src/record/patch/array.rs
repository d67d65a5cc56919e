//! Arrays that a patch has gone into.

use std::mem;

use super::{
    Refusal,
    heights::Heights,
    pointer::Token,
    tree::{Edit, Node},
    work::Work,
};

/// The items of an array, in pieces, so that to insert or to remove one moves few others.
#[derive(Debug, Default)]
pub struct Array<'a> {
    /// Its text as it was sent, as long as nothing in it has changed.
    source: Option<&'a str>,
    pieces: Vec<Vec<Node<'a>>>,
    len: usize,
    /// `None` until somebody asks.
    heights: Option<Heights>,
}

/// The most items in a piece.
const PIECE: usize = 1024;

/// Pieces that are passed over, and items that are moved, for one step of [`Work`].
const PER_STEP: usize = 8;

impl<'a> Array<'a> {
    /// One more item at the end, while it is read.
    pub fn push(&mut self, item: Node<'a>) {
        self.len += 1;
        match self.pieces.last_mut() {
            Some(piece) if piece.len() < PIECE => piece.push(item),
            _ => self.pieces.push(vec![item]),
        }
    }

    /// The text that it has been read from.
    pub fn set_source(&mut self, source: &'a str) {
        self.source = Some(source);
    }

    /// Its text as it was sent, if nothing in it has changed.
    pub fn source(&self) -> Option<&'a str> {
        self.source
    }

    /// How many items it has.
    pub fn len(&self) -> usize {
        self.len
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
        work.take(self.len)?;
        for item in self.iter_mut() {
            heights.add(item.height(work)?);
        }
        Ok(self.heights.insert(heights).height())
    }

    /// An item by its place.
    pub fn get_mut(
        &mut self,
        index: usize,
        work: &mut Work,
    ) -> Result<Option<&mut Node<'a>>, Refusal> {
        let (piece, at) = self.locate(index, work)?;
        Ok(self.pieces.get_mut(piece).and_then(|piece| piece.get_mut(at)))
    }

    /// The items, in order.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Node<'a>> {
        self.pieces.iter_mut().flatten()
    }

    /// Makes a change at a place: the item that was taken.
    pub fn edit(
        &mut self,
        token: &Token<'_>,
        edit: Edit<'a>,
        work: &mut Work,
    ) -> Result<Option<Node<'a>>, Refusal> {
        let index = if token.is_end() { Some(self.len) } else { token.index() };
        let last = match edit {
            Edit::Add(_) => Some(self.len),
            Edit::Replace(_) | Edit::Take => self.len.checked_sub(1),
        };
        let index = index.filter(|index| Some(*index) <= last).ok_or(Refusal::NoPlace)?;
        let (piece, at) = self.locate(index, work)?;
        self.source = None;
        match edit {
            Edit::Add(mut item) => {
                self.count_height(&mut item, work)?;
                self.insert(piece, at, item, work)?;
                Ok(None)
            }
            Edit::Replace(mut item) => {
                self.count_height(&mut item, work)?;
                if let Some(place) = self.pieces.get_mut(piece).and_then(|piece| piece.get_mut(at))
                {
                    let mut old = mem::replace(place, item);
                    self.discount_height(&mut old, work)?;
                }
                Ok(None)
            }
            Edit::Take => self.take(piece, at, work),
        }
    }

    /// One of its items has changed; its height before and after, if heights are counted.
    pub fn value_changed(&mut self, heights: Option<(u8, u8)>) {
        self.source = None;
        if let (Some(counted), Some((before, after))) = (&mut self.heights, heights) {
            counted.add(after);
            counted.remove(before);
        }
    }

    /// A copy; as text where nothing in it has changed.
    pub fn copy(&self) -> Node<'a> {
        if let Some(source) = self.source {
            return Node::Text { json: source.into(), height: self.known_height() };
        }
        let pieces = self.pieces.iter().map(|piece| piece.iter().map(Node::copy).collect());
        let pieces = pieces.collect();
        Node::Array(Box::new(Self { source: None, pieces, len: self.len, heights: None }))
    }

    /// How long its JSON text is, in bytes.
    pub fn size(&self) -> usize {
        let items = || self.pieces.iter().flatten();
        self.source.map_or_else(
            || "[]".len() + self.len.saturating_sub(1) + items().map(Node::size).sum::<usize>(),
            str::len,
        )
    }

    /// Appends its JSON text.
    pub fn write(&self, json: &mut String) {
        if let Some(source) = self.source {
            json.push_str(source);
            return;
        }
        json.push('[');
        for (at, item) in self.pieces.iter().flatten().enumerate() {
            if at > 0 {
                json.push(',');
            }
            item.write(json);
        }
        json.push(']');
    }

    /// The piece that a place is in, and where in it. The place behind the last item is in the last
    /// piece.
    fn locate(&self, index: usize, work: &mut Work) -> Result<(usize, usize), Refusal> {
        let mut at = index;
        for (number, piece) in self.pieces.iter().enumerate() {
            if at < piece.len() || (at == piece.len() && number + 1 == self.pieces.len()) {
                work.take(number / PER_STEP + 1)?;
                return Ok((number, at));
            }
            at -= piece.len();
        }
        work.take(self.pieces.len() / PER_STEP + 1)?;
        Ok((self.pieces.len(), at))
    }

    fn insert(
        &mut self,
        number: usize,
        at: usize,
        item: Node<'a>,
        work: &mut Work,
    ) -> Result<(), Refusal> {
        self.len += 1;
        let Some(piece) = self.pieces.get_mut(number) else {
            self.pieces.push(vec![item]);
            return Ok(());
        };
        work.take((piece.len() - at) / PER_STEP)?;
        piece.insert(at, item);
        if piece.len() > PIECE {
            let second = piece.split_off(PIECE / 2);
            self.pieces.insert(number + 1, second);
        }
        Ok(())
    }

    fn take(
        &mut self,
        number: usize,
        at: usize,
        work: &mut Work,
    ) -> Result<Option<Node<'a>>, Refusal> {
        let Some(piece) = self.pieces.get_mut(number) else {
            return Ok(None);
        };
        work.take((piece.len() - at) / PER_STEP)?;
        let mut item = piece.remove(at);
        if piece.is_empty() {
            self.pieces.remove(number);
        }
        self.len -= 1;
        self.discount_height(&mut item, work)?;
        Ok(Some(item))
    }

    fn count_height(&mut self, item: &mut Node<'a>, work: &mut Work) -> Result<(), Refusal> {
        if let Some(heights) = &mut self.heights {
            heights.add(item.height(work)?);
        }
        Ok(())
    }

    fn discount_height(&mut self, item: &mut Node<'a>, work: &mut Work) -> Result<(), Refusal> {
        if let Some(heights) = &mut self.heights {
            heights.remove(item.height(work)?);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::record::patch::pointer::Pointer;

    /// Makes a change to an array, and the same to a list of its items' texts.
    fn edit(
        array: &mut Array<'static>,
        list: &mut Vec<String>,
        kind: u8,
        at: usize,
        number: usize,
    ) {
        let mut work = Work::allowed_for(usize::MAX);
        let string = format!("\"/{at}\"");
        let pointer = Pointer::parse(&string).unwrap();
        let (token, _) = pointer.tokens().split_first().unwrap();
        let item = format!("{}{number}{}", "[".repeat(number % 5), "]".repeat(number % 5));
        let node = Node::text(item.clone());
        let (made, expected) = match kind {
            0 => {
                let fits = at <= list.len();
                if fits {
                    list.insert(at, item);
                }
                (array.edit(&token, Edit::Add(node), &mut work).is_ok(), fits)
            }
            1 => {
                let place = list.get_mut(at);
                let fits = place.is_some();
                if let Some(place) = place {
                    *place = item;
                }
                (array.edit(&token, Edit::Replace(node), &mut work).is_ok(), fits)
            }
            _ => {
                let taken = array.edit(&token, Edit::Take, &mut work).ok().flatten();
                let expected = (at < list.len()).then(|| list.remove(at));
                assert_eq!(taken.map(|item| item.into_text().into_owned()), expected);
                return;
            }
        };
        assert_eq!(made, expected);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn an_array_is_a_list(
            mut len in 0..3 * PIECE,
            edits in proptest::collection::vec((0..4_u8, 0..3 * PIECE, 1..PIECE), 1..6),
        ) {
            let mut array = Array::default();
            let mut list: Vec<String> = (0..len).map(|number| number.to_string()).collect();
            for item in &list {
                array.push(Node::text(item.clone()));
            }
            let mut work = Work::allowed_for(usize::MAX);
            array.height(&mut work).unwrap();
            for (kind, at, times) in edits {
                for number in 0..times {
                    edit(&mut array, &mut list, kind, at.min(len), number);
                }
                len = list.len();
                let mut json = String::new();
                array.write(&mut json);
                prop_assert_eq!(&json, &format!("[{}]", list.join(",")));
                prop_assert_eq!(array.size(), json.len());
                prop_assert_eq!(array.len(), len);
                let depths = list.iter().map(|item| item.bytes().filter(|b| *b == b'[').count());
                let height = 1 + depths.max().unwrap_or(0);
                prop_assert_eq!(usize::from(array.height(&mut work).unwrap()), height);
                prop_assert_eq!(array.copy().into_text(), json);
            }
        }
    }
}
