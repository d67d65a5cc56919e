//! Section 2: what PATCH does to values, and how it compares them.

use harness::assert_problem;

use crate::common::{assert_members, host, stored};

#[test]
fn digits_of_untouched_and_of_moved_values_survive() {
    let digits = "12345678901234567890123";
    let record = format!(
        r#"{{"big":{digits},"f":1.0,"z":-0,"e":1e400,"t":"\u0061","n":{{"x":1.10,"y":{digits}}},"l":[1.00,{{"v":{digits}.0}}]}}"#
    );
    let path = stored("s2", &record);
    host().merge(&path, r#"{"n":{"x":2.50}}"#).send().expect(200);
    let patch = r#"[
        {"op":"move","from":"/big","path":"/moved"},
        {"op":"copy","from":"/e","path":"/copied"},
        {"op":"add","path":"/l/0","value":7.000},
        {"op":"move","from":"/l/2/v","path":"/n/z"}
    ]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(
        &path,
        &[
            ("copied", "1e400"),
            ("e", "1e400"),
            ("f", "1.0"),
            ("l", "[7.000,1.00,{}]"),
            ("moved", digits),
            ("n", &format!(r#"{{"x":2.50,"y":{digits},"z":{digits}.0}}"#)),
            ("t", r#""\u0061""#),
            ("z", "-0"),
        ],
    );
}

#[test]
fn untouched_members_keep_their_text_whatever_it_is() {
    let untouched = r#"{"a":{"x":1,"x":2},"s":"\ud800\/\u00E9","o":{"b":1,"a":2}"#;
    let path = stored("s2", &format!("{untouched},\"c\":1}}"));
    host().merge(&path, r#"{"c":2}"#).send().expect(200);
    let patch = r#"[{"op":"replace","path":"/c","value":3}]"#;
    host().patch(&path, patch).send().expect(200);
    assert_members(
        &path,
        &[
            ("a", r#"{"x":1,"x":2}"#),
            ("c", "3"),
            ("o", r#"{"b":1,"a":2}"#),
            ("s", r#""\ud800\/\u00E9""#),
        ],
    );
}

#[test]
fn test_compares_numbers_numerically() {
    let record = r#"{"one":1,"big":12345678901234567890123,"huge":1e400,"neg":-0,"l":[{"x":100}],"half":0.50}"#;
    let path = stored("s2", record);
    let test = |at: &str, value: &str| {
        let patch = format!(r#"[{{"op":"test","path":"{at}","value":{value}}}]"#);
        host().patch(&path, &patch).send()
    };
    for (at, value) in [
        ("/one", "1.0"),
        ("/one", "1e0"),
        ("/one", "10e-1"),
        ("/one", "0.1E+1"),
        ("/big", "12345678901234567890123.0"),
        ("/big", "1.2345678901234567890123e22"),
        ("/huge", "10e399"),
        ("/neg", "0"),
        ("/neg", "0.0e5"),
        ("/half", "5e-1"),
        ("/l", r#"[{"x":1e2}]"#),
        ("/l/0", r#"{"x":100.0}"#),
    ] {
        test(at, value).expect(200);
    }
    for (at, value) in [
        ("/one", "-1"),
        ("/one", "1.0000000000000000000000001"),
        ("/big", "12345678901234567890124"),
        ("/big", "12345678901234567000000"),
        ("/huge", "1e401"),
        ("/huge", "1e999999999999"),
        ("/one", "\"1\""),
        ("/one", "true"),
        ("/half", "0.05"),
        ("/l", r#"[{"x":101}]"#),
    ] {
        assert_problem(&test(at, value), 409, "patch-failed");
    }
}

#[test]
fn test_compares_strings_and_objects_by_what_they_mean() {
    let path = stored("s2", r#"{"s":"\u0061é","o":{"a":1,"b":[true,null]}}"#);
    let patch = r#"[
        {"op":"test","path":"/s","value":"a\u00e9"},
        {"op":"test","path":"/o","value":{"b":[true,null],"a":1.0}}
    ]"#;
    host().patch(&path, patch).send().expect(200);
    for value in [r#"{"a":1}"#, r#"{"a":1,"b":[null,true]}"#, r#"{"a":1,"b":[true,null],"c":0}"#] {
        let patch = format!(r#"[{{"op":"test","path":"/o","value":{value}}}]"#);
        assert_problem(&host().patch(&path, &patch).send(), 409, "patch-failed");
    }
}
