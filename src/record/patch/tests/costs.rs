//! What patches cost grows with their size and the record's, and has a limit. Costs are counted in steps
//! ([`Work`]).

use super::*;

const LARGE: usize = 1 << 20;

const LIMIT: usize = 2 * LARGE;

/// The steps that a patch takes, how many it may take, and what comes of it.
fn steps(format: PatchFormat, record: &str, patch: &str) -> (usize, usize, Result<(), PatchError>) {
    let metadata = Metadata { etag: ETag::from_store("tag"), last_updated: Some(17), expiry: None };
    let members = Members::parse(record.as_bytes()).unwrap();
    let patch = Patch::parse(format, patch.as_bytes()).unwrap();
    let bytes = members.size() + patch.bytes;
    let mut work = Work::allowed_for(bytes);
    let after = patch.apply_within(&mut work, &members, &metadata, LIMIT);
    (work.taken(), bytes, after.map(drop))
}

fn json_patch(count: usize, operation: impl Fn(usize) -> String) -> String {
    format!("[{}]", (0..count).map(operation).collect::<Vec<_>>().join(","))
}

/// Fails unless a patch of so many operations is taken, and costs at the most so many steps for each byte
/// of it and of the record.
#[track_caller]
fn assert_linear(
    steps_per_byte: usize,
    record: &str,
    count: usize,
    operation: impl Fn(usize) -> String,
) {
    let (steps, bytes, after) = steps(PatchFormat::Json, record, &json_patch(count, operation));
    assert_eq!(after, Ok(()));
    assert!(steps <= steps_per_byte * bytes, "{steps} steps for {bytes} bytes");
}

/// Fails unless a patch is refused because it costs too much.
#[track_caller]
fn assert_refused(record: &str, count: usize, operation: impl Fn(usize) -> String) {
    let (_, _, after) = steps(PatchFormat::Json, record, &json_patch(count, operation));
    let Err(PatchError::Failed(reason)) = after else { panic!("{after:?}") };
    assert!(reason.starts_with("operation ") && reason.contains("costs too much"), "{reason}");
}

fn array(items: usize) -> String {
    format!("[{}]", vec!["1"; items].join(","))
}

fn object(members: usize, value: &str) -> String {
    let members: Vec<String> = (0..members).map(|n| format!("\"k{n}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn nested(depth: usize, inner: &str) -> String {
    format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth))
}

fn pick<'a>(at: usize, choices: &[&'a str]) -> &'a str {
    choices[at % choices.len()]
}

#[test]
fn moves_of_something_large() {
    let flat = format!(r#"{{"a":{}}}"#, array(LARGE / 2));
    let deep = format!(r#"{{"a":{}}}"#, nested(120, &array(LARGE / 4)));
    for record in [&flat, &deep] {
        for count in [1000, 20_000] {
            assert_linear(2, record, count, |at| {
                let (from, to) = if at % 2 == 0 { ("a", "b") } else { ("b", "a") };
                format!(r#"{{"op":"move","from":"/{from}","path":"/{to}"}}"#)
            });
        }
    }
}

#[test]
fn moves_of_something_large_that_changes_in_between() {
    // What is added makes it as deep as may be, and is removed again: what was known about its depth
    // doesn't hold any more, each time.
    let deep = nested(125, "");
    let inside = object(20_000, "[]");
    let record = format!(r#"{{"a":{inside},"deep":{deep},"list":{}}}"#, array(50_000));
    assert_linear(4, &record, 6000, |at| {
        pick(
            at,
            &[
                r#"{"op":"move","from":"/deep","path":"/a/deep"}"#,
                r#"{"op":"move","from":"/a","path":"/b"}"#,
                r#"{"op":"move","from":"/b/deep","path":"/deep"}"#,
                r#"{"op":"move","from":"/b","path":"/a"}"#,
            ],
        )
        .to_owned()
    });
    assert_linear(4, &record, 6000, |at| {
        pick(
            at,
            &[
                r#"{"op":"move","from":"/deep","path":"/list/70"}"#,
                r#"{"op":"move","from":"/list","path":"/moved"}"#,
                r#"{"op":"move","from":"/moved/70","path":"/deep"}"#,
                r#"{"op":"move","from":"/moved","path":"/list"}"#,
            ],
        )
        .to_owned()
    });
}

#[test]
fn items_at_the_front_and_in_the_middle_of_a_large_array() {
    let record = format!(r#"{{"a":{}}}"#, array(300_000));
    for at in [0, 150_000] {
        assert_linear(4, &record, 10_000, |_| format!(r#"{{"op":"remove","path":"/a/{at}"}}"#));
        assert_linear(4, &record, 10_000, |_| {
            format!(r#"{{"op":"add","path":"/a/{at}","value":2}}"#)
        });
    }
    assert_linear(4, &record, 10_000, |_| {
        r#"{"op":"move","from":"/a/0","path":"/a/-"}"#.to_owned()
    });
}

#[test]
fn tests_of_large_values() {
    let value = object(1000, "[1.0,2]");
    let record = format!(r#"{{"a":{value},"b":{}}}"#, value.replace("1.0", "1"));
    for at in ["a", "b"] {
        assert_linear(8, &record, 30, |_| {
            format!(r#"{{"op":"test","path":"/{at}","value":{value}}}"#)
        });
    }
}

#[test]
fn tests_of_values_that_are_large_in_the_record_only() {
    let spaces = format!("[1,{}2]", " ".repeat(100_000));
    assert_linear(4, &format!(r#"{{"a":{spaces}}}"#), 2000, |_| {
        r#"{"op":"test","path":"/a","value":[1,2]}"#.to_owned()
    });
    let digits = format!("1.{}", "0".repeat(5000));
    let duplicates = format!("{{{}\"a\":1}}", "\"a\":0,".repeat(4000));
    for (large, small) in [(digits, "1"), (duplicates, r#"{"a":1}"#)] {
        let record = format!(r#"{{"a":{large}}}"#);
        let test = |_| format!(r#"{{"op":"test","path":"/a","value":{small}}}"#);
        assert_linear(PATCH_STEPS_PER_BYTE, &record, 16, test);
        assert_refused(&record, 1000, test);
    }
}

#[test]
fn copies_of_something_large() {
    let record = format!(r#"{{"a":{}}}"#, array(LARGE / 8));
    let patch = json_patch(10_000, |_| r#"{"op":"copy","from":"/a","path":"/a/-"}"#.to_owned());
    let (steps, bytes, after) = steps(PatchFormat::Json, &record, &patch);
    assert_eq!(after, Err(PatchError::TooLarge));
    assert!(steps <= 4 * bytes, "{steps} steps for {bytes} bytes");
}

#[test]
fn copies_of_what_has_been_emptied() {
    let record = format!("{{\"a\":{{{}\"b\":1}}}}", "\"b\":0,".repeat(20_000));
    assert_linear(4, &record, 10_000, |at| match at {
        0 => r#"{"op":"replace","path":"/a/b","value":1}"#.to_owned(),
        _ => r#"{"op":"copy","from":"/a","path":"/c"}"#.to_owned(),
    });
}

#[test]
fn pointers_into_one_deep_path() {
    let record = format!(r#"{{"a":{}}}"#, nested(120, &array(100_000)));
    let path = format!("/a{}", "/0".repeat(120));
    assert_linear(4, &record, 2000, |at| {
        format!(r#"{{"op":"replace","path":"{path}/{at}","value":2}}"#)
    });
}

#[test]
fn pointers_that_go_deeper_each_time() {
    let record = format!(r#"{{"a":{},"b":1}}"#, nested(120, &array(50_000)));
    let deeper = |at| format!(r#"{{"op":"copy","from":"/b","path":"/a{}/-"}}"#, "/0".repeat(at));
    assert_linear(PATCH_STEPS_PER_BYTE, &record, 20, deeper);
    assert_refused(&record, 120, deeper);
}

#[test]
fn long_pointers() {
    let record = format!(r#"{{"a":{},"o":{}}}"#, array(1000), object(1000, "[1]"));
    let digits = "1".repeat(100_000);
    for path in
        [format!("/a/{digits}"), format!("/o/{digits}"), format!("/o{}", "/o".repeat(50_000))]
    {
        let patch = json_patch(1, |_| format!(r#"{{"op":"test","path":"{path}","value":1}}"#));
        let (steps, bytes, after) = steps(PatchFormat::Json, &record, &patch);
        assert!(matches!(after, Err(PatchError::Failed(_))), "{after:?}");
        assert!(steps <= bytes, "{steps} steps for {bytes} bytes");
    }
}

#[test]
fn pointers_into_different_members_of_a_large_object() {
    let large = object(100_000, "1");
    let record = format!(r#"{{"a":{large}}}"#);
    assert_linear(8, &record, 4000, |at| {
        format!(r#"{{"op":"add","path":"/a/k{}","value":2}}"#, at * 3)
    });
    assert_linear(8, &record, 4000, |at| format!(r#"{{"op":"remove","path":"/a/k{at}"}}"#));
    assert_linear(8, &large, 4000, |at| {
        format!(r#"{{"op":"move","from":"/k{at}","path":"/l{at}"}}"#)
    });
}

#[test]
fn members_that_come_and_go() {
    for record in [r#"{"a":{}}"#.to_owned(), format!(r#"{{"a":{}}}"#, object(1000, "1"))] {
        assert_linear(8, &record, 10_000, |at| match at % 2 {
            0 => r#"{"op":"add","path":"/a/b","value":2}"#.to_owned(),
            _ => r#"{"op":"remove","path":"/a/b"}"#.to_owned(),
        });
    }
}

#[test]
fn merges_into_large_objects() {
    let inner = object(10_000, r#"{"x":[1],"y":2}"#);
    let record = format!(r#"{{"a":{inner},"b":{inner}}}"#);
    for count in [5, 1000, 10_000] {
        let patch = format!(r#"{{"a":{}}}"#, object(count, r#"{"y":null,"z":1}"#));
        let (steps, bytes, after) = steps(PatchFormat::Merge, &record, &patch);
        assert_eq!(after, Ok(()));
        assert!(steps <= 4 * bytes, "{steps} steps for {bytes} bytes");
    }
}

#[test]
fn what_a_patch_does_not_name_is_not_read() {
    let record = format!(r#"{{"a":{},"b":{{"c":1}}}}"#, array(400_000));
    for (format, patch) in [
        (PatchFormat::Json, r#"[{"op":"add","path":"/b/c","value":1}]"#),
        (PatchFormat::Merge, r#"{"b":{"c":2},"d":1}"#),
    ] {
        let (steps, _, after) = steps(format, &record, patch);
        assert_eq!(after, Ok(()));
        assert!(steps < 100, "{steps}");
    }
}
