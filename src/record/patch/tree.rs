//! A record as a patch sees it: values that stay text until the patch goes into them.

use std::borrow::Cow;

use super::{
    Refusal,
    array::Array,
    guide::Guide,
    object::Object,
    pointer::{Token, Tokens},
    reader::Reader,
    work::Work,
};

/// A value. None of the functions on it recurses deeper than it nests, which is never more than
/// [`Members::MAX_DEPTH`](crate::record::Members::MAX_DEPTH).
#[derive(Debug)]
pub enum Node<'a> {
    /// One that nothing has gone into.
    Text {
        /// Its JSON text.
        json: Cow<'a, str>,
        /// How deep arrays and objects nest in it; `None` until somebody asks.
        height: Option<u8>,
    },
    /// An array that has been gone into.
    Array(Box<Array<'a>>),
    /// An object that has been gone into.
    Object(Box<Object<'a>>),
}

/// A change at the end of a pointer.
#[derive(Debug)]
pub enum Edit<'a> {
    /// `add`
    Add(Node<'a>),
    /// `replace`
    Replace(Node<'a>),
    /// `remove`
    Take,
}

impl<'a> Node<'a> {
    /// A value that stays text for now.
    pub fn text(json: impl Into<Cow<'a, str>>) -> Self {
        Self::Text { json: json.into(), height: None }
    }

    /// An object without members.
    pub fn empty_object() -> Self {
        Self::Object(Box::default())
    }

    /// How deep arrays and objects nest in it.
    pub fn height(&mut self, work: &mut Work) -> Result<u8, Refusal> {
        match self {
            Self::Text { height: Some(height), .. } => Ok(*height),
            Self::Text { json, height } => {
                work.take(json.len())?;
                let (_, measured) = Reader::new(json).value();
                *height = Some(measured);
                Ok(measured)
            }
            Self::Array(array) => array.height(work),
            Self::Object(object) => object.height(work),
        }
    }

    /// The same, if somebody has asked before.
    pub fn known_height(&self) -> Option<u8> {
        match self {
            Self::Text { height, .. } => *height,
            Self::Array(array) => array.known_height(),
            Self::Object(object) => object.known_height(),
        }
    }

    /// The bracket that it begins with, if it is an array or an object.
    pub fn bracket(&self) -> Option<u8> {
        match self {
            Self::Text { json, .. } => {
                json.bytes().next().filter(|byte| matches!(byte, b'[' | b'{'))
            }
            Self::Array(_) => Some(b'['),
            Self::Object(_) => Some(b'{'),
        }
    }

    /// Its text as it was sent, if nothing in it has changed.
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Text { json, .. } => Some(json),
            Self::Array(array) => array.source(),
            Self::Object(object) => object.source(),
        }
    }

    /// Takes it apart where the guide leads, unless that has been done.
    pub fn open(&mut self, guide: Guide<'_>, work: &mut Work) -> Result<(), Refusal> {
        // What is owned is a number of the service's.
        if let Self::Text { json: Cow::Borrowed(json), .. } = self
            && guide.opens(json.bytes().next())
        {
            let json: &'a str = json;
            work.take(json.len())?;
            *self = guide.read(json);
        }
        Ok(())
    }

    /// The value that a pointer leads to.
    pub fn find(
        &mut self,
        tokens: Tokens<'_>,
        work: &mut Work,
    ) -> Result<Option<&mut Self>, Refusal> {
        let (mut node, mut tokens) = (self, tokens);
        while let Some((token, rest)) = tokens.split_first() {
            node.open(Guide::Along(tokens), work)?;
            let Some(child) = node.child(&token, work)? else {
                return Ok(None);
            };
            (node, tokens) = (child, rest);
        }
        Ok(Some(node))
    }

    /// Makes a change at the end of a pointer, which is not empty: the value that was taken.
    pub fn edit(
        &mut self,
        tokens: Tokens<'a>,
        edit: Edit<'a>,
        work: &mut Work,
    ) -> Result<Option<Self>, Refusal> {
        self.open(Guide::Along(tokens), work)?;
        let (token, rest) = tokens.split_first().ok_or(Refusal::NoValue)?;
        if rest.is_empty() {
            return match self {
                Self::Text { .. } => Err(Refusal::NoValue),
                Self::Array(array) => array.edit(&token, edit, work),
                Self::Object(object) => object.edit(token, edit, work),
            };
        }
        let counted = self.known_height().is_some();
        let child = self.child(&token, work)?.ok_or(Refusal::NoValue)?;
        let before = if counted { Some(child.height(work)?) } else { None };
        let taken = child.edit(rest, edit, work)?;
        let after = if counted { Some(child.height(work)?) } else { None };
        let heights = before.zip(after);
        match self {
            Self::Text { .. } => {}
            Self::Array(array) => array.value_changed(heights),
            Self::Object(object) => object.value_changed(heights),
        }
        Ok(taken)
    }

    /// The value that a token leads to from here, where this has been taken apart.
    fn child(&mut self, token: &Token<'_>, work: &mut Work) -> Result<Option<&mut Self>, Refusal> {
        match self {
            Self::Text { .. } => Ok(None),
            Self::Array(array) => match token.index() {
                Some(index) => array.get_mut(index, work),
                None => Ok(None),
            },
            Self::Object(object) => object.get_mut(token.characters(), work),
        }
    }

    /// A copy; as text where nothing in it has changed.
    pub fn copy(&self) -> Self {
        match self {
            Self::Text { json, height } => Self::Text { json: json.clone(), height: *height },
            Self::Array(array) => array.copy(),
            Self::Object(object) => object.copy(),
        }
    }

    /// How long its JSON text is, in bytes.
    pub fn size(&self) -> usize {
        match self {
            Self::Text { json, .. } => json.len(),
            Self::Array(array) => array.size(),
            Self::Object(object) => object.size(),
        }
    }

    /// Its JSON text.
    pub fn into_text(self) -> Cow<'a, str> {
        let source = match &self {
            Self::Text { .. } => None,
            Self::Array(array) => array.source(),
            Self::Object(object) => object.source(),
        };
        match (self, source) {
            (Self::Text { json, .. }, _) => json,
            (_, Some(source)) => Cow::Borrowed(source),
            (changed, None) => {
                let mut json = String::with_capacity(changed.size());
                changed.write(&mut json);
                Cow::Owned(json)
            }
        }
    }

    /// Appends its JSON text.
    pub fn write(&self, json: &mut String) {
        match self {
            Self::Text { json: text, .. } => json.push_str(text),
            Self::Array(array) => array.write(json),
            Self::Object(object) => object.write(json),
        }
    }
}
