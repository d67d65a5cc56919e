//! What the operations make of replies.

use super::{Argument, Delivery, Keys, Redis, RedisError, Store, StoreError, Value, WriteTtl};
use crate::{
    record::{Conditions, Members, RecordPath},
    test_support::block_on,
};

/// A Redis that has one answer to everything.
struct Parrot(Vec<Value>);

impl Redis for Parrot {
    async fn execute(
        &self,
        _: &'static str,
        _: &[Argument<'_>],
        _: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        Ok(self.0.clone())
    }
}

/// What each operation makes of a reply that begins with this word.
fn outcomes(word: &str) -> [(&'static str, Result<(), StoreError>); 3] {
    let numbers = [Value::Int(0), Value::Int(-1), Value::Int(0)];
    let mut reply = vec![Value::Binary(word.into()), Value::Binary("tag".into())];
    reply.extend(numbers);
    let (redis, keys) = (Parrot(reply), Keys::new(String::new()));
    let store = Store::new(&redis, &keys, true);
    let path = &RecordPath::parse("/a").unwrap();
    let (members, conditions) = (Members::parse(b"{}").unwrap(), &Conditions::default());
    let write = store.write(path, &members, WriteTtl::Keep, conditions);
    [
        ("read", block_on(store.read(path, conditions)).map(drop)),
        ("write", block_on(write).map(drop)),
        ("remove", block_on(store.remove(path, conditions)).map(drop)),
    ]
}

#[test]
fn an_outcome_is_one_of_the_operation_s_own_or_an_error() {
    for (word, operations) in [
        ("found", &["read"][..]),
        ("matched", &["read", "write", "remove"]),
        ("precondition-failed", &["read", "write", "remove"]),
        ("missing", &["read", "remove"]),
        ("created", &["write"]),
        ("replaced", &["write"]),
        ("removed", &["remove"]),
        ("", &[]),
        ("FOUND", &[]),
        ("expired", &[]),
    ] {
        for (operation, outcome) in outcomes(word) {
            if operations.contains(&operation) {
                assert_eq!(outcome, Ok(()), "{operation}: {word}");
            } else {
                let foreign = matches!(outcome, Err(StoreError::Foreign(_)));
                assert!(foreign, "{operation}: {word}: {outcome:?}");
            }
        }
    }
}
