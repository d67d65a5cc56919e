//! Section 2: what PATCH leaves alone keeps its text to the letter and its place, at every depth.

use harness::assert_problem;

use crate::common::{assert_members, host, path, stored};

const INNER: &str = r#"{ "z" : [ 1 , 2.0 ] ,"\u0061":{ "x" : 1 },"m":-0,"b":"\u0041\/" }"#;

/// What the record's member `o` is after a patch, white space and all.
fn after(content_type: &str, patch: &str) -> String {
    let path = stored("s2", &format!(r#"{{"o":{INNER}}}"#));
    host().request("PATCH", &path).body(content_type, patch).send().expect(200);
    let got = host().get(&path).send();
    let members = got.text().strip_prefix(r#"{"o":"#).expect("it is the first member");
    // What may come behind it: a member that the patch has added, and those of the service.
    let others = [r#","p":1,"last_updated":"#, r#","last_updated":"#];
    let ends = others.iter().find_map(|other| members.find(other));
    members[..ends.expect("it is not the last member")].to_owned()
}

fn after_merge(patch: &str) -> String {
    after("application/merge-patch+json", patch)
}

fn after_patch(operation: &str) -> String {
    after("application/json-patch+json", &format!("[{{{operation}}}]"))
}

#[test]
fn inside_a_member_that_a_patch_goes_into_the_others_keep_text_and_place() {
    for (patch, expected) in [
        (r#"{"o":{"m":1}}"#, r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":1,"b":"\u0041\/"}"#),
        (
            r#"{"o":{"m":null,"c":2}}"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"b":"\u0041\/","c":2}"#,
        ),
        (
            r#"{"o":{"a":{"A":3,"y":2}}}"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{"x":1,"A":3,"y":2},"m":-0,"b":"\u0041\/"}"#,
        ),
    ] {
        assert_eq!(after_merge(patch), expected, "{patch}");
    }
    for (operation, expected) in [
        (
            r#""op":"add","path":"/o/m","value":1"#,
            r#"{"z":[ 1 , 2.0 ],"\u0061":{ "x" : 1 },"m":1,"b":"\u0041\/"}"#,
        ),
        (
            r#""op":"add","path":"/o/z/-","value":{ "y" : 1.50 }"#,
            r#"{"z":[1,2.0,{ "y" : 1.50 }],"\u0061":{ "x" : 1 },"m":-0,"b":"\u0041\/"}"#,
        ),
        (
            r#""op":"move","from":"/o/z","path":"/o/a/z""#,
            r#"{"\u0061":{"x":1,"z":[ 1 , 2.0 ]},"m":-0,"b":"\u0041\/"}"#,
        ),
    ] {
        assert_eq!(after_patch(operation), expected, "{operation}");
    }
}

#[test]
fn what_a_patch_only_looks_at_keeps_its_text() {
    for operation in [
        r#""op":"test","path":"/o/z/1","value":2"#,
        r#""op":"test","path":"/o","value":{"a":{"x":1},"b":"A/","m":0,"z":[1,2]}"#,
        r#""op":"copy","from":"/o/a/x","path":"/p""#,
    ] {
        assert_eq!(after_patch(operation), INNER, "{operation}");
    }
    for patch in [r#"{"o":{}}"#, r#"{"o":{"n":null}}"#, r#"{"p":1}"#] {
        assert_eq!(after_merge(patch), INNER, "{patch}");
    }
}

#[test]
fn a_record_with_lone_surrogates_can_be_patched() {
    let record = r#"{"o":{"\ud800":"\udfff","k":1},"p":1}"#;
    let path = stored("s2", record);
    host().merge(&path, r#"{"p":2}"#).send().expect(200);
    assert_members(&path, &[("o", r#"{"\ud800":"\udfff","k":1}"#), ("p", "2")]);
    host().merge(&path, r#"{"o":{"k":"\udbff","\udc00":[]}}"#).send().expect(200);
    let patch = r#"[{"op":"test","path":"/o/\ud800","value":"\uDFFF"},
        {"op":"move","from":"/o/\uD800","path":"/q"},
        {"op":"add","path":"/o/\ud801","value":{"\ud802":1}}]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(
        &path,
        &[
            ("o", r#"{"k":"\udbff","\udc00":[],"\ud801":{"\ud802":1}}"#),
            ("p", "2"),
            ("q", r#""\udfff""#),
        ],
    );
    // A name with another lone surrogate is another name.
    let patch = r#"[{"op":"remove","path":"/o/\ud805"}]"#;
    assert_problem(&host().patch(&path, patch).send(), 409, "patch-failed");
}

#[test]
fn a_members_own_name_holds_no_lone_surrogate() {
    let lone = r#"{"\ud800":1}"#;
    assert_problem(&host().put(&path("s2"), lone).send(), 400, "invalid-json");
    let path = stored("s2", r#"{"a":{"\ud800":1}}"#);
    assert_problem(&host().merge(&path, lone).send(), 400, "invalid-json");
    let patch = r#"[{"op":"move","from":"/a/\ud800","path":"/\ud800"}]"#;
    assert_problem(&host().patch(&path, patch).send(), 409, "patch-failed");
    assert_members(&path, &[("a", r#"{"\ud800":1}"#)]);
}

#[test]
fn names_are_found_however_they_are_written() {
    let path = stored("s2", r#"{"o":{"\u0041":1,"\ud83d\ude00":2,"a\/b":3}}"#);
    let patch = r#"[{"op":"replace","path":"/o/A","value":4},
        {"op":"replace","path":"/o/😀","value":5},{"op":"replace","path":"/o/a~1b","value":6}]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(&path, &[("o", r#"{"\u0041":4,"\ud83d\ude00":5,"a\/b":6}"#)]);
    host().merge(&path, r#"{"o":{"A":null,"\uD83D\uDE00":7}}"#).send().expect(200);
    assert_members(&path, &[("o", r#"{"\ud83d\ude00":7,"a\/b":6}"#)]);
}

#[test]
fn of_duplicate_names_in_a_member_the_last_is_the_one_that_is_meant() {
    let path = stored("s2", r#"{"o":{"x":1,"k":1,"x":{"y":2}}}"#);
    host().merge(&path, r#"{"o":{"k":2}}"#).send().expect(200);
    assert_members(&path, &[("o", r#"{"x":1,"k":2,"x":{"y":2}}"#)]);
    let patch = r#"[{"op":"test","path":"/o/x/y","value":2},{"op":"remove","path":"/o/x"}]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(&path, &[("o", r#"{"k":2}"#)]);
}
