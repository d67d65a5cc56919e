//! Section 2: what a PATCH costs is in proportion to its size and the record's.

use harness::assert_problem;

use crate::common::{assert_members, host, stored};

const LARGE: usize = 1_000_000;

fn array(bytes: usize) -> String {
    format!("[{}1]", "1,".repeat(bytes / 2))
}

fn operations(count: usize, operation: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(operation).collect::<Vec<_>>().join(","))
}

#[test]
fn thousands_of_operations_on_something_large_are_carried_out() {
    let path = stored("s2", &format!(r#"{{"a":{}}}"#, array(LARGE)));
    let moves = operations(20_000, |at| {
        let (from, to) = if at % 2 == 0 { ("a", "b") } else { ("b", "a") };
        format!(r#"{{"op":"move","from":"/{from}","path":"/{to}"}}"#)
    });
    let front = operations(20_000, |_| r#"{"op":"remove","path":"/a/0"}"#.to_owned());
    let middle = operations(20_000, |_| r#"{"op":"add","path":"/a/99999","value":1}"#.to_owned());
    for patch in [moves, front, middle] {
        host().patch(&path, &patch).send().expect(200);
    }
    let left = host().get(&path).send().member("a").expect("it is there");
    assert_eq!(left, array(LARGE));
}

#[test]
fn what_costs_many_times_its_size_is_refused() {
    let record = format!(r#"{{"a":1.{},"b":1}}"#, "0".repeat(LARGE / 2));
    let path = stored("s2", &record);
    let etag = host().get(&path).send().etag();
    let test = r#"{"op":"test","path":"/a","value":1}"#;
    host().patch(&path, &operations(10, |_| test.to_owned())).send().expect(200);
    let etag_after = host().get(&path).send().etag();
    assert_ne!(etag, etag_after);
    let answer = host().patch(&path, &operations(2000, |_| test.to_owned())).send();
    let detail = assert_problem(&answer, 409, "patch-failed");
    assert!(detail.contains("costs too much"), "{answer}");
    assert_eq!(host().get(&path).send().etag(), etag_after);
}

#[test]
fn the_deepest_records_are_patched_all_the_way_down() {
    const DEPTH: usize = 126;
    let nested = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(DEPTH), close.repeat(DEPTH))
    };
    for (open, close, token) in [("[", "]", "/0"), (r#"{"k":"#, "}", "/k")] {
        let value = nested(open, "1", close);
        let path = stored("s2", &format!(r#"{{"a":{value}}}"#));
        let deepest = token.repeat(DEPTH);
        // Spaces, so that the texts differ and everything is compared.
        let spaced = nested(&open.replace(':', " : "), "1.0", &format!(" {close}"));
        let patch = format!(
            r#"[{{"op":"test","path":"/a","value":{spaced}}},
                {{"op":"replace","path":"/a{deepest}","value":2}},
                {{"op":"copy","from":"/a","path":"/b"}},
                {{"op":"move","from":"/a","path":"/c"}},
                {{"op":"replace","path":"/c{deepest}","value":[]}},
                {{"op":"test","path":"/b","value":{}}},
                {{"op":"remove","path":"/b"}},
                {{"op":"add","path":"/b","value":{{}}}},
                {{"op":"move","from":"/c","path":"/a"}}]"#,
            nested(open, " 2 ", close)
        );
        host().patch(&path, &patch).send().expect(200);
        assert_members(&path, &[("a", &nested(open, "[]", close)), ("b", "{}")]);
        // A level more is one too many.
        let patch = r#"[{"op":"move","from":"/a","path":"/b/a"}]"#;
        let detail = assert_problem(&host().patch(&path, patch).send(), 409, "patch-failed");
        assert!(detail.contains("deeper than 128"), "{detail}");
    }
    let value = nested(r#"{"k":"#, "1", "}");
    let path = stored("s2", &format!(r#"{{"a":{value}}}"#));
    let merged = nested(r#"{"k":"#, "[2]", "}");
    host().merge(&path, &format!(r#"{{"a":{merged},"b":{merged}}}"#)).send().expect(200);
    assert_members(&path, &[("a", &merged), ("b", &merged)]);
}
