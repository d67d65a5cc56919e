//! What becomes of the outcomes that scripts name.

use path_records::store::Value;

use crate::core_alone::Core;

/// A reply that begins with this word.
fn reply(word: &str) -> Vec<Value> {
    let mut reply = vec![Value::Binary(word.into()), Value::Binary("tag".into())];
    reply.extend([0, -1, 0, 0].map(Value::Int));
    reply
}

/// The statuses of a GET, a PUT, a PATCH of the time to live, and a DELETE whose script replies with this word.
fn statuses(word: &str) -> [u16; 4] {
    let core = Core::start();
    for _ in 0..4 {
        core.reply(reply(word));
    }
    [
        core.get("/a"),
        core.put("/a", "{}"),
        core.request("PATCH", "/a?ttl=9"),
        core.request("DELETE", "/a"),
    ]
    .map(|request| request.may_fail().send().status())
}

#[test]
fn an_outcome_is_one_of_the_operation_s_own_or_an_error() {
    for (word, expected) in [
        ("found", [200, 500, 200, 500]),
        ("matched", [304, 412, 412, 412]),
        ("precondition-failed", [412, 412, 412, 412]),
        ("missing", [404, 404, 404, 404]),
        ("created", [500, 201, 500, 500]),
        ("replaced", [500, 200, 500, 500]),
        ("removed", [500, 500, 500, 204]),
        ("foreign", [500, 500, 500, 500]),
        ("", [500, 500, 500, 500]),
        ("FOUND", [500, 500, 500, 500]),
        ("expired", [500, 500, 500, 500]),
    ] {
        assert_eq!(statuses(word), expected, "{word}");
    }
}
