//! What the store makes of the outcomes that scripts name.

use futures::FutureExt;
use path_records::record::{Conditions, Members, RecordPath, Ttl};
use path_records::store::{Keys, Store, StoreError, Value, WriteTtl};
use path_records_stub::Stub;

/// What each operation makes of a reply that begins with this word.
fn outcomes(word: &str) -> [(&'static str, Result<(), StoreError>); 4] {
    let numbers = [Value::Int(0), Value::Int(-1), Value::Int(0)];
    let mut reply = vec![Value::Binary(word.into()), Value::Binary("tag".into())];
    reply.extend(numbers);
    let redis = Stub::unreachable();
    for _ in 0..4 {
        redis.reply_next(reply.clone());
    }
    let keys = Keys::new(String::new());
    let store = Store::new(&redis, &keys, true);
    let path = &RecordPath::parse("/a").expect("a path");
    let (members, conditions) = (Members::parse(b"{}").expect("JSON"), &Conditions::default());
    let waited = "nothing waits";
    let write = store.write(path, &members, WriteTtl::Keep, conditions).now_or_never();
    [
        ("read", store.read(path, conditions).now_or_never().expect(waited).map(drop)),
        ("write", write.expect(waited).map(drop)),
        (
            "touch",
            store.touch(path, Ttl::Never, conditions).now_or_never().expect(waited).map(drop),
        ),
        ("remove", store.remove(path, conditions).now_or_never().expect(waited).map(drop)),
    ]
}

#[test]
fn an_outcome_is_one_of_the_operation_s_own_or_an_error() {
    for (word, operations) in [
        ("found", &["read", "touch"][..]),
        ("matched", &["read", "write", "touch", "remove"]),
        ("precondition-failed", &["read", "write", "touch", "remove"]),
        ("missing", &["read", "touch", "remove"]),
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
