//! Section 11: hashes that other programs wrote.

use harness::{Redis, Service, assert_problem};

use crate::common::{key, ttl};
use crate::s05_listing::{pages, paths};

/// Writes a hash as another program would.
fn hset(redis: &Redis, path: &str, fields: &[(&str, &[u8])]) {
    let mut command = redis::cmd("HSET");
    command.arg(key(path));
    for (name, value) in fields {
        command.arg(name).arg(value);
    }
    command.exec(&mut redis.connect()).expect("Redis takes it");
}

#[test]
fn a_hash_that_another_program_wrote_is_a_record() {
    let service = Service::start();
    let host = &service.host;
    service.redis.run::<u64>(&["HSET", "path-records:/x", "hello", "999", "name", "bob"]);
    let got = host.get("/x").send();
    let expected =
        [("hello", "999"), ("name", "\"bob\"")].map(|(name, text)| (name.into(), text.into()));
    assert_eq!(got.expect(200).members(), expected);
    assert_eq!(got.member("last_updated").as_deref(), Some("null"));
    assert_eq!(ttl(&got), None);
    assert_eq!(got.header("last-modified"), None);
    assert_eq!(got.header("expires"), None);
    assert_eq!(host.head("/x").send().expect(200).etag(), got.etag());
    assert_eq!(host.get("/x").send().etag(), got.etag(), "reading does not change it");
    host.get("/x").header("If-None-Match", got.etag()).send().expect(304);
}

#[test]
fn a_field_whose_value_is_no_json_text_reads_as_a_string() {
    let service = Service::start();
    for (value, text) in [
        ("999", "999"),
        ("1.0", "1.0"),
        ("true", "true"),
        ("null", "null"),
        ("\"s\"", "\"s\""),
        ("[1, 2]", "[1,2]"),
        ("{\"a\":1}", "{\"a\":1}"),
        ("bob", "\"bob\""),
        ("", "\"\""),
        ("01", "\"01\""),
        ("True", "\"True\""),
        ("1 2", "\"1 2\""),
        ("{", "\"{\""),
        ("NaN", "\"NaN\""),
        ("say \"hi\"\\\n", r#""say \"hi\"\\\n""#),
        ("é", "\"é\""),
    ] {
        hset(&service.redis, "/x", &[("v", value.as_bytes())]);
        let got = service.host.get("/x").send();
        let member = got.expect(200).member("v").expect("it is there");
        if text.starts_with('"') {
            let [sent, read] =
                [text, member.as_str()].map(|text| serde_json::from_str::<String>(text).ok());
            assert_eq!(sent, read, "{value}");
        } else {
            assert_eq!(member, text, "{value}");
        }
    }
}

#[test]
fn a_field_that_is_not_utf_8_is_500_store_error() {
    let service = Service::start();
    let host = &service.host;
    hset(&service.redis, "/x", &[("v", b"\xc3\x28")]);
    assert_problem(&host.get("/x").may_fail().send(), 500, "store-error");
    let mut command = redis::cmd("HSET");
    command.arg(key("/y")).arg(b"n\xc3").arg("1");
    command.exec(&mut service.redis.connect()).expect("Redis takes it");
    assert_problem(&host.get("/y").may_fail().send(), 500, "store-error");
    host.put("/x", "{}").send().expect(200);
    host.get("/x").send().expect(200);
}

#[test]
fn its_etag_follows_its_content() {
    let service = Service::start();
    let host = &service.host;
    hset(&service.redis, "/x", &[("a", b"1"), ("b", b"2")]);
    let first = host.get("/x").send().etag();
    hset(&service.redis, "/x", &[("a", b"2")]);
    let second = host.get("/x").send().etag();
    assert_ne!(first, second);
    host.put("/x", "{}").header("If-Match", &first).send().expect(412);
    host.put("/x", "{}").header("If-Match", &second).send().expect(200);
}

#[test]
fn a_foreign_change_to_a_record_of_the_service_is_seen() {
    let service = Service::start();
    let host = &service.host;
    host.put("/x", r#"{"a":1}"#).send().expect(201);
    hset(&service.redis, "/x", &[("a", b"5"), ("b", b"text")]);
    let got = host.get("/x").send();
    assert_eq!(got.expect(200).member("a").as_deref(), Some("5"));
    assert_eq!(got.member("b").as_deref(), Some("\"text\""));
}

#[test]
fn it_can_be_patched() {
    let service = Service::start();
    let host = &service.host;
    hset(
        &service.redis,
        "/x",
        &[("hello", b"999"), ("name", b"bob"), ("big", b"12345678901234567890123")],
    );
    let etag = host.get("/x").send().etag();
    let patched = host.merge("/x", r#"{"name":"alice"}"#).header("If-Match", etag).send();
    let expected = [("big", "12345678901234567890123"), ("hello", "999"), ("name", "\"alice\"")];
    assert_eq!(
        patched.expect(200).members(),
        expected.map(|(name, text)| (name.into(), text.into()))
    );
    assert!(patched.number("last_updated") > 0);
    patched.required("last-modified");
    let patch = r#"[{"op":"test","path":"/hello","value":999.0},{"op":"remove","path":"/big"}]"#;
    host.patch("/x", patch).send().expect(200);
    assert_eq!(host.get("/x").send().members().len(), 2);
}

#[test]
fn its_own_expiry_is_its_time_to_live() {
    let service = Service::start();
    hset(&service.redis, "/x", &[("a", b"1")]);
    service.redis.run::<()>(&["EXPIRE", &key("/x"), "500"]);
    let got = service.host.get("/x").send();
    crate::common::assert_nearly(ttl(&got), 500);
    got.required("expires");
    let patched = service.host.merge("/x", r#"{"b":1}"#).send();
    crate::common::assert_nearly(ttl(&patched), 500);
}

#[test]
fn it_can_be_replaced_and_deleted() {
    let service = Service::start();
    let host = &service.host;
    hset(&service.redis, "/x", &[("a", b"1")]);
    host.put("/x", r#"{"b":1}"#).header("If-None-Match", "*").send().expect(412);
    assert_eq!(host.put("/x", r#"{"b":1}"#).send().expect(200).members().len(), 1);
    hset(&service.redis, "/y", &[("a", b"1")]);
    host.delete("/y").send().expect(204);
    host.get("/y").send().expect(404);
}

#[test]
fn a_foreign_last_updated_is_read_if_it_is_one() {
    let service = Service::start();
    let host = &service.host;
    hset(&service.redis, "/x", &[("last_updated", b"1700000000"), ("a", b"1")]);
    let got = host.get("/x").send();
    assert_eq!(got.number("last_updated"), 1_700_000_000);
    assert_eq!(got.required("last-modified"), "Tue, 14 Nov 2023 22:13:20 GMT");
    hset(&service.redis, "/y", &[("last_updated", b"yesterday"), ("a", b"1")]);
    let got = host.get("/y").send();
    assert_eq!(got.expect(200).member("last_updated").as_deref(), Some("null"));
}

#[test]
fn one_that_is_in_the_index_is_listed() {
    let service = Service::start();
    let host = &service.host;
    hset(&service.redis, "/x", &[("a", b"1")]);
    service.redis.run::<u64>(&["ZADD", "path-records:index", "0", "/x"]);
    let page = host.get("/-/records").send();
    let record = &page.expect(200).json()["records"][0];
    assert_eq!(record["path"], "/x");
    assert_eq!(record["etag"], host.get("/x").send().etag());
    assert!(record["last_updated"].is_null() && record["ttl"].is_null(), "{page}");
    assert_eq!(paths(&pages(host, "/-/records")), ["/x"]);
}
