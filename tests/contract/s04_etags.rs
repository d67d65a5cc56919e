//! Section 4: entity tags.

use std::collections::BTreeSet;

use harness::{Host, Redis};

use crate::common::{at_once, host, path, stored, ttl};

#[test]
fn an_etag_changes_with_every_write() {
    let path = path("s4");
    let mut seen = BTreeSet::new();
    for _ in 0..20 {
        let answers = [
            host().put(&path, r#"{"a":1}"#).send(),
            host().put(&path, r#"{"a":1}"#).send(),
            host().merge(&path, r#"{"a":1}"#).send(),
            host().patch(&path, r#"[{"op":"replace","path":"/a","value":1}]"#).send(),
            host().merge(&format!("{path}?ttl=100"), r#"{"a":1}"#).send(),
        ];
        for answer in answers {
            assert!(seen.insert(answer.etag()), "it came back: {answer}");
        }
    }
}

#[test]
fn an_etag_never_comes_back_after_delete_and_re_create() {
    let path = path("s4");
    let mut seen = BTreeSet::new();
    for _ in 0..100 {
        let put = host().put(&path, "{}").send();
        assert!(seen.insert(put.expect(201).etag()), "it came back: {put}");
        host().delete(&path).send().expect(204);
    }
}

#[test]
fn an_etag_never_comes_back_however_many_write_at_once() {
    let redis = Redis::start();
    let hosts = [(); 3].map(|()| Host::start(&redis));
    let etags: Vec<_> = at_once(6, |client| {
        let host = &hosts[client % hosts.len()];
        let mut etags = Vec::new();
        for _ in 0..40 {
            etags.push(host.put("/x", "{}").send().etag());
            host.delete("/x").send();
        }
        etags
    })
    .concat();
    let distinct: BTreeSet<_> = etags.iter().collect();
    assert_eq!(distinct.len(), etags.len());
}

#[test]
fn an_etag_never_comes_back_after_the_record_expired() {
    let path = path("s4");
    let target = format!("{path}?ttl=1");
    let first = host().put(&target, "{}").send().etag();
    harness::eventually("the record expires", || {
        (host().get(&path).send().status() == 404).then_some(())
    });
    assert_ne!(host().put(&target, "{}").send().expect(201).etag(), first);
}

#[test]
fn ttl_running_down_does_not_change_it() {
    let path = path("s4");
    let put = host().put(&format!("{path}?ttl=1000"), "{}").send();
    harness::eventually("the time runs", || {
        let get = host().get(&path).send();
        assert_eq!(get.etag(), put.etag());
        (ttl(&get) < ttl(&put)).then_some(())
    });
}

#[test]
fn reading_does_not_change_it() {
    let path = stored("s4", "{}");
    let etag = host().get(&path).send().etag();
    for method in ["GET", "HEAD", "OPTIONS", "GET"] {
        host().request(method, &path).send();
    }
    assert_eq!(host().head(&path).send().etag(), etag);
}
