//! Deletion over several parts.

use harness::Host;

use crate::common::{PARTS, Store, cluster, fill};

/// Deletes below a prefix, following `next`; gives how many each request deleted.
fn remove_all(host: &Host, prefix: &str) -> Vec<u64> {
    let mut deleted = Vec::new();
    let mut next = Some(format!("/-/records?prefix={prefix}"));
    while let Some(target) = next {
        let answer = host.delete(&target).send();
        let document = answer.expect(200).json();
        deleted.push(document["deleted"].as_u64().expect("a number"));
        next = document["next"].as_str().map(str::to_owned);
        assert!(deleted.len() < 20, "it ends");
    }
    deleted
}

#[test]
fn a_thousand_at_the_most_go_with_each_request_and_all_in_the_end() {
    let store = Store::start();
    fill(&store.host, (0..2300).map(|number| format!("/dir-{number}/a")));
    fill(&store.host, (0..10).map(|number| format!("/other-{number}")));
    let deleted = remove_all(&store.host, "/dir");
    assert_eq!(deleted.iter().sum::<u64>(), 2300, "{deleted:?}");
    assert!(deleted.iter().all(|some| *some <= 1000), "{deleted:?}");
    assert_eq!(store.index(), (0..10).map(|number| format!("/other-{number}")).collect());
    let due = (0..PARTS).map(|part| store.shards.own(part, "due"));
    let due: u64 = due.map(|key| cluster().run::<u64>(&key, &["ZCARD", &key])).sum();
    assert_eq!(due, 10);
    assert_eq!(remove_all(&store.host, "/").iter().sum::<u64>(), 10);
    assert_eq!(remove_all(&store.host, "/"), [0]);
    assert!(store.keys().keys().all(|key| !key.contains('/')), "{:?}", store.keys());
}

#[test]
fn below_a_first_segment_it_is_one_script_as_ever() {
    let store = Store::start();
    fill(&store.host, (0..1500).map(|number| format!("/docs/{number:04}")));
    fill(&store.host, ["/docs".to_owned(), "/docs2/a".to_owned()]);
    assert_eq!(remove_all(&store.host, "/docs/"), [1000, 500]);
    assert_eq!(store.index(), ["/docs", "/docs2/a"].map(str::to_owned).into());
}

#[test]
fn it_comes_to_its_end_with_as_many_parts_as_it_may_delete_records() {
    let store = Store::with(1000, &[]);
    fill(&store.host, (0..30).map(|number| format!("/dir-{number}/a")));
    fill(&store.host, (0..3).map(|number| format!("/dir-7/{number}")));
    assert_eq!(remove_all(&store.host, "/").iter().sum::<u64>(), 33);
    let counts = store.host.get("/").header("Accept", "application/json").send().json();
    assert_eq!(counts["records"], 0);
}
