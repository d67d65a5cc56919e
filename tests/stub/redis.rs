//! A Redis that gives prepared replies.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;

use path_records::store::{Call, Redis, RedisError, Replied, Value};

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
    async fn execute(&self, _: &Call<'_>) -> Replied {
        self.asked.set(self.asked.get() + 1);
        let reply = self.replies.borrow_mut().pop_front();
        reply.ok_or_else(|| RedisError::NotSent("no reply was prepared".to_owned()))
    }
}
