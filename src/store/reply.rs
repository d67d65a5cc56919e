//! Reads a reply, value by value.

use std::{borrow::Cow, vec};

use super::{StoreError, Value};
use crate::record::{ETag, Expiry, Members, Metadata, Remaining};

/// A reply, flattened, from which the values are taken one after the other.
#[derive(Debug)]
pub struct Reply(vec::IntoIter<Value>);

impl Reply {
    /// A reply from its beginning.
    pub fn new(values: Vec<Value>) -> Self {
        Self(values.into_iter())
    }

    /// A string.
    pub fn text(&mut self) -> Result<String, StoreError> {
        match self.0.next() {
            Some(Value::Binary(bytes)) => utf8(bytes),
            Some(Value::Status(text)) => Ok(text),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// A number that is not negative.
    pub fn count(&mut self) -> Result<u64, StoreError> {
        self.optional_count()?.ok_or_else(|| unexpected(None))
    }

    /// A number that is not negative; `None` for a nil.
    pub fn optional_count(&mut self) -> Result<Option<u64>, StoreError> {
        match self.0.next() {
            Some(Value::Nil) => Ok(None),
            Some(Value::Int(number @ 0..)) => Ok(Some(number.unsigned_abs())),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// Milliseconds to live; `None` for a -1, which is for ever.
    pub fn remaining(&mut self) -> Result<Option<Remaining>, StoreError> {
        match self.0.next() {
            Some(Value::Int(-1)) => Ok(None),
            Some(Value::Int(number)) => Ok(Some(Remaining(number.try_into().unwrap_or(0)))),
            other => Err(unexpected(other.as_ref())),
        }
    }

    /// A metadata: the tag, `last_updated`, milliseconds to live, the time in milliseconds.
    pub fn metadata(&mut self) -> Result<Metadata, StoreError> {
        let etag = ETag::from_store(self.text()?);
        let last_updated = self.optional_count()?;
        let remaining = self.remaining()?;
        let now_ms = self.count()?;
        let expiry = remaining.map(|remaining| Expiry { remaining, now_ms });
        Ok(Metadata { etag, last_updated, expiry })
    }

    /// A record's members: how many values follow, and those: a hash's fields and values. The service's
    /// own fields are no members. All of it is taken, also where it is no record.
    pub fn members(&mut self) -> Result<Members<'static>, StoreError> {
        const OWN_FIELD: u8 = 0xff;
        let mut pairs = Vec::new();
        let mut fault = None;
        for _ in 0..self.count()? / 2 {
            let name = self.bytes().unwrap_or_default();
            let value = self.bytes().unwrap_or_default();
            if name.first() == Some(&OWN_FIELD) {
                continue;
            }
            match utf8(name).and_then(|name| Ok((name, json_text(utf8(value)?)))) {
                Ok((name, text)) => pairs.push((Cow::Owned(name), Cow::Owned(text))),
                Err(error) => fault = Some(error),
            }
        }
        if let Some(error) = fault {
            return Err(error);
        }
        Members::from_pairs(pairs)
            .map_err(|_| StoreError::Foreign("a hash with too many fields".to_owned()))
    }

    /// A string that need not be UTF-8; `None` at the end.
    pub fn bytes(&mut self) -> Option<Vec<u8>> {
        match self.0.next()? {
            Value::Binary(bytes) => Some(bytes),
            Value::Status(text) => Some(text.into_bytes()),
            Value::Int(number) => Some(number.to_string().into_bytes()),
            Value::Nil => Some(Vec::new()),
        }
    }
}

/// Text that Redis holds.
fn utf8(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Foreign("text that is not UTF-8".to_owned()))
}

/// The JSON text that a field's value is, or that of the string that it is. What this service has stored
/// is JSON, but other programs may write the same hashes, and nothing marks what they wrote: unless each
/// value is looked at, a representation may be no JSON.
fn json_text(value: String) -> String {
    match Members::json_of_stored(&value) {
        Some(text) if text.len() == value.len() => value,
        Some(text) => text.to_owned(),
        // A string always has a JSON text.
        None => serde_json::to_string(&value).unwrap_or_default(),
    }
}

fn unexpected(value: Option<&Value>) -> StoreError {
    StoreError::Foreign(format!("a reply of another form: {value:?}"))
}
