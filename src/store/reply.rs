//! Reads a reply, value by value.

use std::vec;

use super::{StoreError, Value};
use crate::record::{ETag, Expiry, Metadata, Remaining};

/// A reply, flattened, from which the values are taken one after the other.
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
pub fn utf8(bytes: Vec<u8>) -> Result<String, StoreError> {
    String::from_utf8(bytes).map_err(|_| StoreError::Foreign("text that is not UTF-8".to_owned()))
}

fn unexpected(value: Option<&Value>) -> StoreError {
    StoreError::Foreign(format!("a reply of another form: {value:?}"))
}
