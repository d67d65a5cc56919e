//! A Redis that gives prepared replies.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use bytes::Bytes;
use path_records::store::{Delivery, Redis, RedisError, Value};

/// Milliseconds since the epoch, by the clock of this Redis.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// A Redis that gives each of its replies once, in turn, and then can't be reached.
#[derive(Debug, Default)]
pub struct Stub {
    replies: RefCell<VecDeque<Vec<Value>>>,
    asked: Cell<usize>,
}

impl Stub {
    /// One that can't be reached.
    #[must_use]
    pub fn unreachable() -> Self {
        Self::default()
    }

    /// One with one reply.
    #[must_use]
    pub fn replying(reply: Vec<Value>) -> Self {
        let stub = Self::default();
        stub.reply_next(reply);
        stub
    }

    /// Adds a reply to a command that is still to come.
    pub fn reply_next(&self, reply: Vec<Value>) {
        self.replies.borrow_mut().push_back(reply);
    }

    /// How many commands it was sent.
    pub fn asked(&self) -> usize {
        self.asked.get()
    }
}

impl Redis for Stub {
    async fn execute(
        &self,
        _: &'static str,
        _: &[Bytes],
        _: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        self.asked.set(self.asked.get() + 1);
        let reply = self.replies.borrow_mut().pop_front();
        reply.ok_or_else(|| RedisError::NotSent("no reply was prepared".to_owned()))
    }
}

/// What the scripts say of a record: its tag, when it was written, that it stays, the time.
pub fn metadata(etag: impl Into<Vec<u8>>) -> Vec<Value> {
    let tag = Value::Binary(etag.into());
    vec![tag, Value::Int(NOW_MS / 1000), Value::Int(-1), Value::Int(NOW_MS)]
}

/// A string in a reply.
#[must_use]
pub fn text(text: &str) -> Value {
    Value::Binary(text.into())
}
