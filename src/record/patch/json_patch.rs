//! JSON Patch (RFC 6902).

use std::borrow::Cow;

use super::{
    Pairs, PatchError, Refusal,
    equality::equal,
    guide::Guide,
    name::{Name, decoded},
    object::Object,
    pointer::Pointer,
    reader::Reader,
    tree::{Edit, Node},
    work::Work,
};
use crate::record::{LAST_UPDATED, Members, Metadata, TTL, json::integer_or_null};

/// Operations, to be applied one after the other.
#[derive(Debug)]
pub struct JsonPatch<'a>(Vec<Operation<'a>>);

#[derive(Debug)]
struct Operation<'a> {
    path: Pointer<'a>,
    action: Action<'a>,
}

#[derive(Debug)]
enum Action<'a> {
    Add(Node<'a>),
    Replace(Node<'a>),
    Test(Node<'a>),
    Remove,
    Move(Pointer<'a>),
    Copy(Pointer<'a>),
}

impl<'a> JsonPatch<'a> {
    /// The patch that a text is, which is known to be JSON; or what it lacks to be one.
    pub fn parse(json: &'a str) -> Result<Self, String> {
        let mut reader = Reader::new(json);
        if reader.peek() != Some(b'[') {
            return Err("it is no array of operations".to_owned());
        }
        let mut operations = Vec::new();
        reader.enter();
        while reader.next_item() {
            let operation = Operation::parse(&mut reader)
                .map_err(|lack| format!("operation {} {lack}", operations.len()))?;
            operations.push(operation);
        }
        Ok(Self(operations))
    }

    /// The members after the change: names and JSON texts. `max_bytes` is the largest record.
    pub fn apply<'p>(
        &'p self,
        members: &'p Members<'_>,
        metadata: &Metadata,
        max_bytes: usize,
        work: &mut Work,
    ) -> Result<Pairs<'p>, PatchError> {
        let mut document = Document { root: root(members, metadata), max_bytes, copied: 0 };
        for (at, operation) in self.0.iter().enumerate() {
            document.apply(operation, work).map_err(|refusal| {
                refusal.of(&format!("operation {at}, at path `{}`", operation.path.to_text()))
            })?;
        }
        document.into_members(work)
    }
}

impl<'a> Operation<'a> {
    fn parse(reader: &mut Reader<'a>) -> Result<Self, String> {
        if reader.peek() != Some(b'{') {
            return Err("is no object".to_owned());
        }
        let [mut op, mut path, mut from, mut value] = [None; 4];
        reader.enter();
        while reader.next_item() {
            let name = decoded(reader.name());
            let (json, height) = reader.value();
            let place = match &*name {
                b"op" => &mut op,
                b"path" => &mut path,
                b"from" => &mut from,
                b"value" => &mut value,
                // RFC 6902, section 4: what an operation doesn't define is ignored.
                _ => continue,
            };
            if place.replace((json, height)).is_some() {
                return Err(format!("has `{}` twice", String::from_utf8_lossy(&name)));
            }
        }
        let (op, _) = op.ok_or("has no `op`")?;
        let op = decoded(op);
        let pointer = |name: &str, given: Option<(&'a str, u8)>| {
            let (json, _) = given.ok_or_else(|| format!("has no `{name}`"))?;
            let string = json.starts_with('"').then_some(json);
            let pointer = string.and_then(Pointer::parse);
            pointer.ok_or_else(|| format!("has a `{name}` that is no JSON Pointer"))
        };
        let value = || {
            let (json, height) = value.ok_or("has no `value`")?;
            Ok::<_, String>(Node::Text { json: json.into(), height: Some(height) })
        };
        let action = match &*op {
            b"add" => Action::Add(value()?),
            b"replace" => Action::Replace(value()?),
            b"test" => Action::Test(value()?),
            b"remove" => Action::Remove,
            b"move" => Action::Move(pointer("from", from)?),
            b"copy" => Action::Copy(pointer("from", from)?),
            other => {
                return Err(format!(
                    "has an `op` that is unknown, `{}`",
                    String::from_utf8_lossy(other)
                ));
            }
        };
        Ok(Self { path: pointer("path", path)?, action })
    }
}

/// The representation that the client patches: the members and the two that belong to the service.
fn root<'p>(members: &'p Members<'_>, metadata: &Metadata) -> Node<'p> {
    let mut root = Object::with_capacity(members.len() + 3);
    for (name, text) in members.iter() {
        root.push(Name::of_characters(Cow::Borrowed(name.as_bytes())), Node::text(text));
    }
    for (name, number) in [(LAST_UPDATED, metadata.last_updated), (TTL, metadata.ttl())] {
        let name = Name::of_characters(Cow::Borrowed(name.as_bytes()));
        root.push(name, Node::text(integer_or_null(number)));
    }
    Node::Object(Box::new(root))
}

/// A record while it is patched.
struct Document<'p> {
    root: Node<'p>,
    max_bytes: usize,
    copied: usize,
}

impl<'p> Document<'p> {
    fn apply(&mut self, operation: &'p Operation<'p>, work: &mut Work) -> Result<(), Refusal> {
        let path = &operation.path;
        match &operation.action {
            Action::Test(expected) => {
                let value = self.root.find(path.tokens(), work)?.ok_or(Refusal::NoValue)?;
                if equal(value, &mut expected.copy(), work)? {
                    Ok(())
                } else {
                    Err(Refusal::OtherValue)
                }
            }
            Action::Add(value) => self.put(path, value.copy(), Edit::Add, work),
            Action::Replace(value) => self.put(path, value.copy(), Edit::Replace, work),
            Action::Remove => self.take(path, work).map(drop),
            Action::Move(from) if path.is_below(from) => Err(Refusal::IntoItself),
            Action::Move(from) => {
                let value = self.take(from, work).map_err(Refusal::at_source)?;
                self.put(path, value, Edit::Add, work)
            }
            Action::Copy(from) => {
                let value = self.root.find(from.tokens(), work)?;
                let value = value.ok_or(Refusal::NoSource)?;
                let size = MEMBER + value.size();
                // Each copy may be of those before it: without a limit the record would double with
                // every operation.
                self.copied = self.copied.saturating_add(size);
                if self.copied > self.max_bytes {
                    return Err(Refusal::TooLarge);
                }
                let copy = value.copy();
                work.allow_for(size);
                self.put(path, copy, Edit::Add, work)
            }
        }
    }

    fn put(
        &mut self,
        path: &'p Pointer<'p>,
        mut value: Node<'p>,
        edit: fn(Node<'p>) -> Edit<'p>,
        work: &mut Work,
    ) -> Result<(), Refusal> {
        let tokens = path.tokens();
        if tokens.count() + usize::from(value.height(work)?) > Members::MAX_DEPTH {
            return Err(Refusal::TooDeep);
        }
        if tokens.is_empty() {
            self.root = value;
        } else {
            self.root.edit(tokens, edit(value), work)?;
        }
        Ok(())
    }

    fn take(&mut self, path: &'p Pointer<'p>, work: &mut Work) -> Result<Node<'p>, Refusal> {
        if path.tokens().is_empty() {
            return Err(Refusal::NoRoot);
        }
        self.root.edit(path.tokens(), Edit::Take, work)?.ok_or(Refusal::NoValue)
    }

    fn into_members(mut self, work: &mut Work) -> Result<Pairs<'p>, PatchError> {
        self.root.open(Guide::Surface, work).map_err(|refusal| refusal.of("the result"))?;
        let Node::Object(root) = self.root else {
            return Err(PatchError::NotAnObject);
        };
        let mut pairs = Vec::with_capacity(root.count());
        for (name, value) in root.into_members() {
            let name = name.into_unicode().ok_or_else(|| {
                let lone = "a member of the result has a name with a lone surrogate";
                PatchError::Failed(lone.to_owned())
            })?;
            pairs.push((name, value.into_text()));
        }
        Ok(pairs)
    }
}

/// What a member takes beside its name and its value, in bytes.
const MEMBER: usize = 4;
