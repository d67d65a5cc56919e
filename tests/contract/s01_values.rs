//! Section 1: values, and the two members that belong to the service.

use std::collections::BTreeMap;

use harness::{compact, members};
use proptest::prelude::*;

use crate::common::{assert_nearly, date, host, path, store, stored, ttl};
use crate::generate::{cases, object, record};

#[test]
fn values_keep_their_json_text() {
    for text in [
        "1.0",
        "1.10",
        "12345678901234567890123",
        "0.1000000000000000055511151231257827",
        "-0",
        "-0.0",
        "1e400",
        "1E+2",
        "1e-400",
        r#""\u0061""#,
        r#""\u00E9\u00e9é""#,
        r#""\ud83d\ude00😀""#,
        r#""\/""#,
        r#""\u0000""#,
        r#""\ud800""#,
        "\"\u{7f}\u{2028}\u{feff}\"",
        r#"[[],{},[{"a":[1.0]}]]"#,
        r#"{"x":1,"x":2}"#,
        "null",
        "true",
        r#""""#,
    ] {
        let path = path("s1");
        let json = format!("{{\"v\":{text}}}");
        let put = host().put(&path, &json).send();
        assert_eq!(put.expect(201).member("v").as_deref(), Some(text));
        let get = host().get(&path).send();
        assert_eq!(get.expect(200).member("v").as_deref(), Some(text));
    }
}

#[test]
fn of_duplicate_names_the_last_one_wins() {
    let path = stored("s1", r#"{"a":1,"b":2,"\u0061":3,"a":4.0}"#);
    let get = host().get(&path).send();
    let expected = [("a", "4.0"), ("b", "2")].map(|(name, text)| (name.into(), text.into()));
    assert_eq!(get.members(), expected);
}

#[test]
fn members_come_in_byte_order_and_the_services_two_last() {
    let path = stored("s1", r#"{"é":1,"b":1,"ｆ":1,"B":1,"zz":1,"a":1,"😀":1,"":1}"#);
    let get = host().get(&path).send();
    let names: Vec<_> = members(get.text()).into_iter().map(|member| member.0).collect();
    // Bytes, not UTF-16 units: those would put the last two the other way round.
    let expected = ["", "B", "a", "b", "zz", "é", "ｆ", "😀", "last_updated", "ttl"];
    assert_eq!(names, expected);
}

#[test]
fn a_record_may_be_empty() {
    let path = stored("s1", "{}");
    let get = host().get(&path).send();
    assert!(get.expect(200).members().is_empty());
    let path = stored("s1", " \r\n\t{ } \n");
    host().get(&path).send().expect(200);
}

#[test]
fn last_updated_is_the_stores_clock_when_the_record_was_last_written() {
    let path = path("s1");
    let before = store().now();
    let put = host().put(&path, "{}").send();
    let written = put.number("last_updated");
    assert!((before..=store().now()).contains(&written), "{put}");
    assert_eq!(date(&put, "last-modified"), written);
    harness::eventually("the clock goes on", || (store().now() > written).then_some(()));
    let get = host().get(&path).send();
    assert_eq!(get.number("last_updated"), written, "reading is no writing");
    let patched = host().merge(&path, r#"{"a":1}"#).send();
    assert!(patched.number("last_updated") > written, "{patched}");
}

#[test]
fn ttl_is_seconds_until_the_store_deletes_the_record_or_null() {
    let path = path("s1");
    let put = host().put(&format!("{path}?ttl=500"), "{}").send();
    assert_nearly(ttl(&put), 500);
    assert_nearly(ttl(&host().get(&path).send()), 500);
    let put = host().put(&format!("{path}?ttl=never"), "{}").send();
    assert_eq!(ttl(&put), None);
    assert_eq!(ttl(&host().get(&path).send()), None);
}

#[test]
fn ttl_runs_down() {
    let path = path("s1");
    host().put(&format!("{path}?ttl=1000"), "{}").send();
    let first = ttl(&host().get(&path).send()).expect("it expires");
    harness::eventually("the time runs", || {
        (ttl(&host().get(&path).send())? < first).then_some(())
    });
}

#[test]
fn what_a_client_sends_as_the_services_members_is_ignored() {
    let path = path("s1");
    for (last_updated, own_ttl) in [("1", "2"), ("\"x\"", "null"), ("{}", "[1]"), ("-1", "1e400")] {
        let json = format!(r#"{{"a":1,"last_updated":{last_updated},"ttl":{own_ttl}}}"#);
        let put = host().put(&format!("{path}?ttl=700"), &json).send();
        assert!(put.number("last_updated") + 60 > store().now(), "{put}");
        assert_nearly(ttl(&put), 700);
        assert_eq!(put.members(), [("a".to_owned(), "1".to_owned())]);
    }
}

#[test]
fn what_a_client_got_can_be_sent_back() {
    let path = stored("s1", r#"{"a":1.0,"b":"\u0061"}"#);
    let got = host().get(&path).send();
    let put = host().put(&path, got.text()).header("If-Match", got.etag()).send();
    assert_eq!(put.expect(200).members(), got.members());
}

#[test]
fn names_of_the_service_below_the_top_level_are_ordinary() {
    let path = stored("s1", r#"{"a":{"ttl":1,"last_updated":2}}"#);
    let get = host().get(&path).send();
    assert_eq!(get.member("a").as_deref(), Some(r#"{"ttl":1,"last_updated":2}"#));
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn what_was_put_is_what_get_returns((space, sent) in record()) {
        let path = path("s1");
        let mut expected = BTreeMap::new();
        for (name, value) in &sent {
            let name: String = serde_json::from_str(name).expect("a JSON string");
            expected.insert(name, compact(value));
        }
        expected.remove("ttl");
        expected.remove("last_updated");
        let put = host().put(&format!("{path}?ttl=never"), &object(space, &sent)).send();
        let get = host().get(&path).send();
        prop_assert_eq!(get.expect(200).text(), put.expect(201).text());
        prop_assert_eq!(get.members(), expected.into_iter().collect::<Vec<_>>());
        let head = host().head(&path).send();
        prop_assert_eq!(head.required("content-length"), get.text().len().to_string());
        host().delete(&path).send().expect(204);
    }
}
