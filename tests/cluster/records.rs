//! Records, their methods and conditions, whichever part they are in.

use harness::{Host, Response, assert_problem};

use crate::common::{Store, cluster, segments};

/// Everything that one record goes through.
fn life_of_a_record(host: &Host, path: &str) {
    let made = host.put(path, r#"{"a":1.0,"b":12345678901234567890123}"#).send();
    assert_eq!(made.expect(201).member("b").as_deref(), Some("12345678901234567890123"));
    let etag = made.etag();
    let got = host.get(path).send();
    assert_eq!((got.expect(200).members(), got.etag()), (made.members(), etag.clone()));
    let head = host.head(path).send();
    assert_eq!(head.expect(200).etag(), etag);
    host.get(path).header("If-None-Match", &etag).send().expect(304);
    let refused = host.put(path, "{}").header("If-None-Match", "*").send();
    assert_problem(&refused, 412, "precondition-failed");
    let touched = host.request("PATCH", &format!("{path}?ttl=60")).send();
    assert_eq!(touched.expect(200).etag(), etag);
    let merged = host.merge(path, r#"{"a":2}"#).header("If-Match", &etag).send();
    assert_eq!(merged.expect(200).member("a").as_deref(), Some("2"));
    let refused = host.put(path, "{}").header("If-Match", &etag).send();
    assert_problem(&refused, 412, "precondition-failed");
    let patch = r#"[{"op":"test","path":"/a","value":2},{"op":"remove","path":"/b"}]"#;
    let patched = host.patch(path, patch).send();
    assert_eq!(patched.expect(200).member("b"), None);
    assert!(patched.number("ttl") <= 60, "a patch keeps the time to live: {patched}");
    assert_problem(&host.patch(path, patch).send(), 409, "patch-failed");
    let replaced = host.put(path, "{}").header("If-Match", patched.etag()).send();
    assert_eq!(replaced.expect(200).member("a"), None);
    host.delete(path).header("If-Match", &etag).send().expect(412);
    host.delete(path).send().expect(204);
    assert_problem(&host.get(path).send(), 404, "record-not-found");
    host.delete(path).send().expect(404);
}

fn posted(host: &Host, collection: &str) -> Response {
    let made = host.post(collection, r#"{"a":1}"#).send();
    let location = made.expect(201).required("location").to_owned();
    assert!(location.starts_with(collection), "{made}");
    let got = host.get(&location).send();
    assert_eq!(got.expect(200).etag(), made.etag());
    made
}

#[test]
fn a_record_lives_in_each_part_as_in_one_redis() {
    let store = Store::start();
    for (number, word) in segments(&store.shards).iter().enumerate() {
        life_of_a_record(&store.host, &format!("/{word}"));
        life_of_a_record(&store.host, &format!("/{word}/a/b"));
        let made = posted(&store.host, &format!("/{word}/"));
        let location = made.required("location");
        let (key, node) = store.place(location);
        assert_eq!(store.keys().get(&key), Some(&node), "{location}");
        assert_eq!(store.index().len(), number + 1, "nothing else is left");
    }
}

#[test]
fn redis_address_may_be_any_of_the_nodes() {
    let store = Store::start();
    let hosts: Vec<_> = (0..cluster().len()).map(|node| store.another(node)).collect();
    for (number, word) in segments(&store.shards).iter().enumerate() {
        let path = format!("/{word}");
        let etag = hosts[number % 3].put(&path, "{}").send().expect(201).etag();
        for host in &hosts {
            assert_eq!(host.get(&path).send().expect(200).etag(), etag);
        }
        let answers: Vec<u16> = hosts
            .iter()
            .map(|host| host.put(&path, "{}").header("If-Match", &etag).send().status())
            .collect();
        assert_eq!(answers, [200, 412, 412]);
    }
}
