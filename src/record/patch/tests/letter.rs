//! What a patch leaves alone keeps its text and its place.

use super::{json, merge};

const RECORD: &str =
    r#"{"o":{ "z" : [ 1 , 2.0 ] ,"\u0061":{ "x" : 1 },"m":-0,"b":"\u0041\/" },"t": [ 1e400 ]}"#;

#[test]
fn members_beside_the_changed_one_keep_their_text_and_their_order() {
    for (patch, after) in [
        (r#"{"o":{"m":1}}"#, r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":1,"b":"\u0041\/"}"#),
        (r#"{"o":{"m":null}}"#, r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"b":"\u0041\/"}"#),
        (
            r#"{"o":{"a":{"y":2,"A":3}}}"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{"x":1,"y":2,"A":3},"m":-0,"b":"\u0041\/"}"#,
        ),
        (
            r#"{"o":{"\u0062":[ ],"n":{ }}}"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":-0,"b":[ ],"n":{}}"#,
        ),
    ] {
        let expected = format!(r#"{{"o":{after},"t":[ 1e400 ]}}"#);
        assert_eq!(merge(RECORD, patch).as_deref(), Ok(expected.as_str()), "{patch}");
    }
    for (operation, after) in [
        (
            r#""op":"replace","path":"/o/m","value":1"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":1,"b":"\u0041\/"}"#,
        ),
        (
            r#""op":"add","path":"/o/a","value":[ ]"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":[ ],"m":-0,"b":"\u0041\/"}"#,
        ),
        (
            r#""op":"add","path":"/o/z/1","value":{ "y" : 1.50 }"#,
            r#"{"z":[1,{ "y" : 1.50 },2.0],"\u0061":{ "x" : 1 },"m":-0,"b":"\u0041\/"}"#,
        ),
        (
            r#""op":"move","from":"/o/z","path":"/o/a/z""#,
            r#"{"\u0061":{"x":1,"z":[ 1 , 2.0 ]},"m":-0,"b":"\u0041\/"}"#,
        ),
        (
            r#""op":"copy","from":"/o/a","path":"/o/c""#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":-0,"b":"\u0041\/","c":{ "x" : 1 }}"#,
        ),
        (
            r#""op":"move","from":"/o/b","path":"/o/b""#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":-0,"b":"\u0041\/"}"#,
        ),
    ] {
        let expected = format!(r#"{{"o":{after},"t":[ 1e400 ]}}"#);
        let patch = format!("[{{{operation}}}]");
        assert_eq!(json(RECORD, &patch).as_deref(), Ok(expected.as_str()), "{patch}");
    }
}

#[test]
fn what_is_only_looked_at_keeps_its_text() {
    let patch = r#"[{"op":"test","path":"/o/z/0","value":1.0},
        {"op":"test","path":"/o","value":{"z":[1,2],"a":{"x":1},"m":0,"b":"A/"}},
        {"op":"copy","from":"/o/a/x","path":"/o2"}]"#;
    let expected = RECORD.replace(r#","t": ["#, r#","o2":1,"t":["#);
    assert_eq!(json(RECORD, patch).as_deref(), Ok(expected.as_str()));
    let expected = RECORD.replace(r#""t": ["#, r#""t":["#);
    for patch in [r#"{"o":{}}"#, r#"{"o":{"a":{"y":null}}}"#, r#"{"o":{"n":null}}"#] {
        assert_eq!(merge(RECORD, patch).as_deref(), Ok(expected.as_str()), "{patch}");
    }
}

#[test]
fn what_comes_with_the_patch_keeps_its_text() {
    let value = r#"{ "b" : 1.0,"a":[ null ],"\u0061":"\u0041" }"#;
    let patch = format!(r#"[{{"op":"add","path":"/v","value": {value} }}]"#);
    let expected = format!(r#"{{"v":{value}}}"#);
    assert_eq!(json("{}", &patch), Ok(expected.clone()));
    assert_eq!(json(r#"{"v":1}"#, &patch), Ok(expected));
    assert_eq!(merge("{}", r#"{"v":[ {"a" : null} ]}"#).unwrap(), r#"{"v":[ {"a" : null} ]}"#);
    assert_eq!(
        merge("{}", r#"{"v":{"b":1.0,"x":null,"a":{"x":null}}}"#).unwrap(),
        r#"{"v":{"b":1.0,"a":{}}}"#
    );
}

#[test]
fn names_are_matched_by_their_characters() {
    let record = r#"{"o":{"\u0041":1,"\ud800":2,"\ud83d\ude00":3,"a\/b":4,"":5}}"#;
    for (pointer, name) in [
        ("A", r"\u0041"),
        (r"\u0041", r"\u0041"),
        (r"\ud800", r"\ud800"),
        (r"\uD800", r"\ud800"),
        ("😀", r"\ud83d\ude00"),
        ("a~1b", r"a\/b"),
        ("", ""),
    ] {
        let patch = format!(r#"[{{"op":"replace","path":"/o/{pointer}","value":"new"}}]"#);
        let after = json(record, &patch).unwrap();
        assert!(after.contains(&format!(r#""{name}":"new""#)), "{after}");
        assert_eq!(after.len(), record.len() + 4, "{after}");
        let name = pointer.replace("~1", "/");
        assert_eq!(merge(record, &format!(r#"{{"o":{{"{name}":"new"}}}}"#)).unwrap(), after);
    }
    for pointer in [r"\ud801", r"\udc00", "\u{fffd}", r"\\ud800", "a/b"] {
        let patch = format!(r#"[{{"op":"remove","path":"/o/{pointer}"}}]"#);
        assert!(json(record, &patch).is_err(), "{patch}");
    }
}

#[test]
fn lone_surrogates_are_kept_and_taken() {
    let record = r#"{"o":{"\ud800":"\udfff"},"p":1}"#;
    assert_eq!(merge(record, r#"{"p":2}"#).unwrap(), r#"{"o":{"\ud800":"\udfff"},"p":2}"#);
    assert_eq!(
        merge(record, r#"{"o":{"\uDC00":"\ud800"}}"#).unwrap(),
        r#"{"o":{"\ud800":"\udfff","\uDC00":"\ud800"},"p":1}"#
    );
    let patch = r#"[{"op":"test","path":"/o/\ud800","value":"\uDFFF"},
        {"op":"add","path":"/o/\uD801~1","value":"\ud800","ignored\ud800":1},
        {"op":"move","from":"/p","path":"/o/q"}]"#;
    assert_eq!(
        json(record, patch).unwrap(),
        r#"{"o":{"\ud800":"\udfff","\ud801/":"\ud800","q":1}}"#
    );
}

#[test]
fn no_top_level_name_gets_a_lone_surrogate() {
    use super::{MembersError, PatchError};
    assert!(matches!(
        merge("{}", r#"{"\ud800":1}"#),
        Err(PatchError::Malformed(MembersError::Syntax { line: 1, .. }))
    ));
    for patch in [
        r#"[{"op":"add","path":"/\ud800","value":1}]"#,
        r#"[{"op":"add","path":"","value":{"\ud800":1}}]"#,
        r#"[{"op":"move","from":"/o/\ud800","path":"/\ud800"}]"#,
    ] {
        assert!(
            matches!(json(r#"{"o":{"\ud800":1}}"#, patch), Err(PatchError::Failed(_))),
            "{patch}"
        );
    }
}

#[test]
fn of_duplicate_names_the_last_is_the_one_that_is_meant() {
    let record = r#"{"o":{"a":1,"b":2,"\u0061":{"x":3},"c":4}}"#;
    for (operation, after) in [
        (r#""op":"add","path":"/o/c","value":5"#, r#"{"a":1,"b":2,"\u0061":{"x":3},"c":5}"#),
        (
            r#""op":"add","path":"/o/a/y","value":5"#,
            r#"{"a":1,"b":2,"\u0061":{"x":3,"y":5},"c":4}"#,
        ),
        (r#""op":"replace","path":"/o/a","value":5"#, r#"{"b":2,"\u0061":5,"c":4}"#),
        (r#""op":"remove","path":"/o/a""#, r#"{"b":2,"c":4}"#),
        (r#""op":"move","from":"/o/a/x","path":"/o/a""#, r#"{"b":2,"\u0061":3,"c":4}"#),
        (r#""op":"test","path":"/o/a/x","value":3"#, r#"{"a":1,"b":2,"\u0061":{"x":3},"c":4}"#),
    ] {
        let patch = format!("[{{{operation}}}]");
        assert_eq!(json(record, &patch).unwrap(), format!(r#"{{"o":{after}}}"#), "{patch}");
    }
    for (patch, after) in [
        (r#"{"a":null}"#, r#"{"b":2,"c":4}"#),
        (r#"{"a":{"y":5}}"#, r#"{"a":1,"b":2,"\u0061":{"x":3,"y":5},"c":4}"#),
        (r#"{"a":5,"\u0061":6}"#, r#"{"b":2,"\u0061":6,"c":4}"#),
        (r#"{"d":{"x":1},"d":{"y":2}}"#, r#"{"a":1,"b":2,"\u0061":{"x":3},"c":4,"d":{"y":2}}"#),
    ] {
        let patch = format!(r#"{{"o":{patch}}}"#);
        assert_eq!(merge(record, &patch).unwrap(), format!(r#"{{"o":{after}}}"#), "{patch}");
    }
}
