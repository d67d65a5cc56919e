//! Which keys are looked at, with whatever prefixes.

use std::collections::BTreeSet;

use harness::Redis;

use crate::script::{Adoption, adopt_from, hset};

/// What becomes of the names of hashes.
fn adopted(key_prefix: &str, from: &str, names: &[&str]) -> (Adoption, BTreeSet<String>) {
    let redis = Redis::start();
    for name in names {
        hset(&mut redis.connect(), name, b"v", b"1");
    }
    let adoption = adopt_from(&redis, key_prefix, from);
    let keys: Vec<String> = redis.run(&["KEYS", "*"]);
    let index = format!("{key_prefix}index");
    (adoption, keys.into_iter().filter(|key| *key != index).collect())
}

#[test]
fn only_what_begins_with_the_prefixes_is_looked_at() {
    for (key_prefix, from, names, expected) in [
        (
            "path-records:",
            "flask:",
            &["flask:a", "flask:/b", "flask", "a", "other:flask:a"][..],
            &["path-records:/a", "path-records:/b", "flask", "a", "other:flask:a"][..],
        ),
        // Both services with the same prefix, or one within the other's.
        ("flask:", "flask:", &["flask:a", "flask:/b"], &["flask:/a", "flask:/b"]),
        ("p:", "p:old:", &["p:old:a", "p:other"], &["p:/a", "p:other"]),
        ("p:q:", "p:", &["p:a", "p:q:b"], &["p:q:/a", "p:q:b"]),
        ("", "", &["a", "/b"], &["/a", "/b"]),
        ("", "old:", &["old:a", "b"], &["/a", "b"]),
        // Nothing in a prefix is a pattern.
        (
            "r*:",
            "[a-z]?*",
            &["[a-z]?*x", "abc", "r*:/y", "rr:/z"],
            &["r*:/x", "abc", "r*:/y", "rr:/z"],
        ),
        ("r:", "é", &["éa", "b"], &["r:/a", "b"]),
        // A record by its name is never renamed.
        ("path-records:", "path-records:/", &["path-records:/a", "b"], &["path-records:/a", "b"]),
        ("", "/old/", &["/old/a"], &["/old/a"]),
    ] {
        let (adoption, keys) = adopted(key_prefix, from, names);
        let expected: BTreeSet<_> = expected.iter().map(|&key| key.to_owned()).collect();
        assert_eq!(keys, expected, "{key_prefix} {from}: {:?}", adoption.said);
        let renamed = expected.iter().filter(|key| !names.contains(&key.as_str())).count();
        assert_eq!(adoption.count("renamed to records"), renamed, "{key_prefix} {from}");
    }
}
