//! Section 10: values of variables.

use std::cell::RefCell;
use std::collections::BTreeSet;

use futures::FutureExt;
use harness::{Response, assert_problem};
use path_records::config::{Config, Variables};
use path_records_stub::{Given, config, declared};

use crate::core_alone::Core;

/// Fails unless this value stops everything but the sign of life.
fn assert_misconfigured(name: &str, value: &str) {
    let core = Core::with(&[(name, value)]);
    let names_it = |answer: &Response, status| {
        let detail = assert_problem(answer, status, "misconfigured");
        assert!(detail.contains(name), "{name}={value}: {answer}");
        let tells = value.len() > 3 && detail.contains(value);
        assert!(!declared()[name].secret || !tells, "a secret: {answer}");
    };
    for target in ["/a", "/", "/-/records", "/-/metrics", "/-/openapi.json"] {
        names_it(&core.get(target).may_fail().send(), 500);
    }
    names_it(&core.put("/a", "{}").may_fail().send(), 500);
    names_it(&core.get("/-/ready").may_fail().send(), 503);
    core.request("HEAD", "/a").may_fail().send().expect(500);
    core.get("/-/live").send().expect(200);
    core.request("HEAD", "/-/live").send().expect(200);
    assert_eq!(core.asked(), 0);
}

#[test]
fn a_redis_address_with_anything_but_scheme_host_and_port_is_misconfigured() {
    for value in [
        "http://127.0.0.1:6379",
        "redis://user:secret@127.0.0.1:6379",
        "redis://user@127.0.0.1:6379",
        "redis://127.0.0.1:6379/1",
        "redis://127.0.0.1:6379?x=1",
        "redis://",
        "redis://:6379",
        "redis://127.0.0.1",
        "redis://127.0.0.1:0",
        "redis://127.0.0.1:99999",
        "redis://[::g]:6379",
        "127.0.0.1:6379",
        "",
    ] {
        assert_misconfigured("redis_address", value);
    }
}

#[test]
fn a_redis_database_that_is_no_number_is_misconfigured() {
    for value in ["x", "-1", "1.5", "0x1", ""] {
        assert_misconfigured("redis_database", value);
    }
}

#[test]
fn a_timeout_that_is_no_number_of_milliseconds_is_misconfigured() {
    for value in ["x", "-1", "0", "1.5", "2s", "3600001"] {
        assert_misconfigured("redis_timeout_ms", value);
    }
}

#[test]
fn a_time_to_live_that_is_no_number_of_seconds_is_misconfigured() {
    for value in ["x", "-1", "0", "1.5", "+5", "9223372036854775807", "99999999999999999999999"] {
        assert_misconfigured("default_ttl", value);
        assert_misconfigured("max_ttl", value);
    }
}

#[test]
fn a_default_above_the_maximum_is_misconfigured() {
    assert_misconfigured("default_ttl", "315360001");
}

#[test]
fn a_number_of_waiting_requests_that_is_none_is_misconfigured() {
    for value in ["x", "-1", "+1", "1.5", "", "99999999999999999999"] {
        assert_misconfigured("max_waiting", value);
    }
}

#[test]
fn a_number_of_parts_that_there_can_not_be_is_misconfigured() {
    for value in ["0", "1001", "-1", "+1", "1.5", "x", "", "99999"] {
        assert_misconfigured("shards", value);
    }
    assert!(config(&Given::defaults().but("shards", "1000")).is_ok());
}

#[test]
fn nodes_of_a_cluster_that_are_none_are_misconfigured() {
    let several = |nodes: &str| {
        config(&Given::defaults().but("shards", "2").but("redis_cluster_nodes", nodes))
    };
    for value in ["a", "a:0", "redis://a:1", "a:1 b:1", "a:1,b"] {
        let refused = several(value).expect_err("no node");
        assert_eq!(refused.variable, "redis_cluster_nodes");
    }
    for (value, nodes) in [("", 0), ("a:1", 1), ("a:1, [::1]:2,", 2)] {
        assert_eq!(several(value).expect("nodes").redis_nodes.len(), nodes, "{value}");
    }
}

#[test]
fn where_there_are_several_parts_a_prefix_with_a_hash_tag_is_misconfigured() {
    let several = Given::defaults().but("shards", "12");
    let refused = config(&several.but("key_prefix", "{a}:")).expect_err("a tag of its own");
    assert_eq!(refused.variable, "key_prefix");
    assert!(config(&Given::defaults().but("key_prefix", "{a}:")).is_ok());
}

#[test]
fn a_size_that_is_no_number_of_bytes_is_misconfigured() {
    for value in ["x", "-1", "0", "1", "1MB", "1 MiB"] {
        assert_misconfigured("max_record_bytes", value);
    }
}

#[test]
fn count_hits_other_than_on_and_off_is_misconfigured() {
    for value in ["yes", "true", "1", ""] {
        assert_misconfigured("count_hits", value);
    }
}

#[test]
fn a_token_that_no_header_can_carry_is_misconfigured() {
    for value in ["two words", "tökens", "tab\there"] {
        assert_misconfigured("read_token", value);
        assert_misconfigured("write_token", value);
    }
}

#[test]
fn tokens_that_open_nothing_are_misconfigured() {
    let entry = r#"{"token":"s3cret","prefix":"/a/","can":"read"}"#;
    assert!(config(&Given::defaults().but("tokens", &format!("[{entry}]"))).is_ok());
    for value in [
        entry.to_owned(),
        "s3cret".to_owned(),
        format!("[{entry}"),
        format!("[{entry},null]"),
        format!("[{}]", entry.replace("s3cret", "")),
        format!("[{}]", entry.replace("s3cret", r"s3\u200bcret")),
        format!("[{}]", entry.replace("/a/", "a/")),
        format!("[{}]", entry.replace("/a/", "/-/")),
        format!("[{}]", entry.replace("read", "delete")),
        format!("[{}]", entry.replace("can", "may")),
        format!("[{}]", entry.replace('}', r#","can":"read"}"#)),
    ] {
        assert_misconfigured("tokens", &value);
    }
}

#[test]
fn origins_that_are_none_are_misconfigured() {
    for value in [
        "a.example",
        "https://",
        "https://a.example/path",
        "https://a.example, b",
        "https://*.a.example",
    ] {
        assert_misconfigured("cors_allow_origins", value);
    }
}

#[test]
fn values_at_their_limits_can_be_used() {
    for (variable, value) in [
        ("redis_address", "rediss://redis.example:6380"),
        ("redis_address", "redis://[::1]:65535"),
        ("redis_timeout_ms", "3600000"),
        ("default_ttl", "never"),
        ("default_ttl", "315360000"),
        ("max_record_bytes", "2"),
        ("key_prefix", ""),
        ("count_hits", "off"),
    ] {
        assert!(config(&Given::defaults().but(variable, value)).is_ok(), "{variable} {value}");
    }
}

#[test]
fn credentials_may_hold_any_characters() {
    let address = |changes: &[(&str, &str)]| {
        let given =
            changes.iter().fold(Given::defaults(), |given, (name, value)| given.but(name, value));
        config(&given).expect("it can be used").redis.expose().to_owned()
    };
    assert_eq!(address(&[]), "redis://127.0.0.1:6379/0");
    let all = [("redis_username", "me@x"), ("redis_password", "a:/?#%é"), ("redis_database", "3")];
    assert_eq!(address(&all), "redis://me%40x:a%3A%2F%3F%23%25%C3%A9@127.0.0.1:6379/3");
    assert_eq!(address(&[("redis_password", "p")]), "redis://:p@127.0.0.1:6379/0");
}

/// Notes which variables are asked for.
struct Asked(Given, RefCell<BTreeSet<String>>);

impl Variables for Asked {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        self.1.borrow_mut().insert(name.to_owned());
        self.0.get(name).await
    }
}

/// Which variables are asked for where these values are given.
fn asked(given: Given) -> BTreeSet<String> {
    let asked = Asked(given, RefCell::default());
    let loaded = Config::load(&asked).now_or_never().expect("nothing waits");
    loaded.expect("the values can be used");
    asked.1.into_inner()
}

#[test]
fn all_variables_are_read_at_once() {
    assert_eq!(asked(Given::defaults()), BTreeSet::from(["all".to_owned()]));
}

#[test]
fn what_parts_them_may_be_in_a_value_and_the_manifest_declares_exactly_what_is_read() {
    for value in ["\u{1f}", "a\u{1f}read_token=b", "a\u{1f}"] {
        let given = Given::defaults().but("redis_password", value);
        let address = config(&given).expect("it can be used").redis;
        assert!(address.expose().contains("%1F"), "{}", address.expose());
        let mut read = asked(given);
        assert!(read.remove("all"));
        // That is for the host: where the component may connect to.
        read.insert("redis_cluster_hosts".to_owned());
        assert_eq!(read, declared().keys().cloned().collect());
    }
}

/// The component variables of a manifest: those that a test asks for.
struct Component<'a>(&'a toml::Table, Given, &'a dyn Fn(&str) -> bool);

impl Variables for Component<'_> {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        let template = self.0.get(name).filter(|_| (self.2)(name)).ok_or("there is none")?;
        Ok(self.1.expand(template.as_str().expect("a text")))
    }
}

#[test]
fn every_manifest_gives_the_same_at_once_and_one_by_one() {
    for manifest in [
        include_str!("../../spin.toml"),
        include_str!("../../runtime-manifests/wasip3/spin.toml"),
        include_str!("../../runtime-manifests/wasip3-rc/spin.toml"),
    ] {
        let manifest: toml::Table = manifest.parse().expect("a manifest");
        let component = &manifest["component"]["path-records"]["variables"];
        let component = component.as_table().expect("a table");
        // Whichever is left out of them, or confused with another, it shows.
        let given = [
            ("redis_username", "somebody"),
            ("redis_password", "secret"),
            ("read_token", "reading"),
            ("write_token", "writing"),
            ("tokens", r#"[{"token":"other","prefix":"/","can":"read"}]"#),
            ("shards", "3"),
            ("redis_cluster_nodes", "a:1"),
            ("cors_allow_origins", "https://a.example"),
        ];
        let given =
            given.iter().fold(Given::defaults(), |given, (name, value)| given.but(name, value));
        let load = |which: &dyn Fn(&str) -> bool| {
            let variables = Component(component, given.clone(), which);
            let config = Config::load(&variables).now_or_never().expect("nothing waits");
            let config = config.expect("the values can be used");
            let secrets = (config.redis.expose().to_owned(), config.access.clone());
            (secrets, format!("{config:?}"))
        };
        assert_eq!(load(&|name| name == "all"), load(&|name| name != "all"));
    }
}
