//! Which parts of a value a patch goes into.

use std::borrow::Cow;

use super::{
    array::Array, name::Name, object::Object, pointer::Tokens, reader::Reader, tree::Node,
};

/// Which of the arrays and objects in a value are to be taken apart, so that it is read only once.
#[derive(Debug, Clone, Copy)]
pub enum Guide<'g> {
    /// None.
    Nowhere,
    /// The value itself, if it is an object.
    Surface,
    /// Those that a pointer leads through.
    Along(Tokens<'g>),
    /// The objects that a merge patch goes into.
    Merge(&'g Object<'g>),
    /// The objects that are in no array.
    Objects,
    /// All.
    Everywhere,
}

impl Guide<'_> {
    /// Whether a value that begins with this byte is to be taken apart.
    pub fn opens(self, first: Option<u8>) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Along(tokens) => matches!(first, Some(b'[' | b'{')) && !tokens.is_empty(),
            Self::Everywhere => matches!(first, Some(b'[' | b'{')),
            Self::Surface | Self::Merge(_) | Self::Objects => first == Some(b'{'),
        }
    }

    /// A value that a text is, taken apart.
    pub fn read(self, json: &str) -> Node<'_> {
        read(&mut Reader::new(json), self)
    }
}

fn read<'a>(reader: &mut Reader<'a>, guide: Guide<'_>) -> Node<'a> {
    match reader.peek() {
        Some(b'[') if guide.opens(Some(b'[')) => Node::Array(Box::new(read_array(reader, guide))),
        Some(b'{') if guide.opens(Some(b'{')) => Node::Object(Box::new(read_object(reader, guide))),
        _ => {
            let (json, height) = reader.value();
            Node::Text { json: Cow::Borrowed(json), height: Some(height) }
        }
    }
}

fn read_array<'a>(reader: &mut Reader<'a>, guide: Guide<'_>) -> Array<'a> {
    let (start, mut array) = (reader.at(), Array::default());
    let (others, chosen) = match guide {
        Guide::Along(tokens) => {
            let first = tokens.split_first();
            (Guide::Nowhere, first.and_then(|(token, rest)| Some((token.index()?, rest))))
        }
        Guide::Everywhere => (guide, None),
        _ => (Guide::Nowhere, None),
    };
    reader.enter();
    while reader.next_item() {
        let guide = match chosen {
            Some((index, rest)) if index == array.len() => Guide::Along(rest),
            _ => others,
        };
        array.push(read(reader, guide));
    }
    array.set_source(reader.since(start));
    array
}

fn read_object<'a>(reader: &mut Reader<'a>, guide: Guide<'_>) -> Object<'a> {
    let (start, mut object) = (reader.at(), Object::default());
    let first = match guide {
        Guide::Along(tokens) => tokens.split_first(),
        _ => None,
    };
    reader.enter();
    while reader.next_item() {
        let name = Name::of_json(reader.name());
        let guide = match (guide, &first) {
            (Guide::Along(_), Some((token, rest))) if token.characters() == name.characters() => {
                Guide::Along(*rest)
            }
            (Guide::Merge(patch), _) => match patch.get(name.characters()) {
                Some(Node::Object(patch)) => Guide::Merge(patch),
                _ => Guide::Nowhere,
            },
            (Guide::Objects | Guide::Everywhere, _) => guide,
            _ => Guide::Nowhere,
        };
        object.push(name, read(reader, guide));
    }
    object.set_source(reader.since(start));
    object
}
