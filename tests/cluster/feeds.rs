//! Feeds: below one first segment.

use harness::{Change, Event, Host, Page, assert_problem, changes_below};

use crate::common::{Store, fill, segments};
use crate::waiting::feed;

/// What a feed tells, to its end.
fn all(host: &Host, start: &str) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut next = start.to_owned();
    loop {
        let page = Page::read(&host.get(&next).send());
        if page.changes.is_empty() {
            return changes;
        }
        changes.extend(page.changes);
        next = page.next;
    }
}

#[test]
fn a_feed_needs_a_whole_first_segment() {
    let store = Store::start();
    for prefix in ["/", "%2F"] {
        let answer = store.host.get(&changes_below(prefix)).send();
        let detail = assert_problem(&answer, 400, "invalid-query");
        assert!(detail.contains("`prefix`"), "{answer}");
    }
    for prefix in ["/docs/", "/docs/a/", "//", "//a/", "/%C3%A9/"] {
        feed(&store.host, prefix);
    }
}

#[test]
fn a_feed_tells_of_what_is_below_its_prefix_in_each_part() {
    let store = Store::start();
    let words = segments(&store.shards);
    let feeds: Vec<_> = words
        .iter()
        .map(|word| [format!("/{word}/"), format!("/{word}/b/")].map(|at| feed(&store.host, &at)))
        .collect();
    let mut tags = Vec::new();
    for word in &words {
        let put = |name: &str| store.host.put(&format!("/{word}{name}"), "{}").send().etag();
        put("");
        tags.push([put("/a"), put("/b/c")]);
        store.host.delete(&format!("/{word}/a")).send().expect(204);
    }
    for ((word, [above, below]), [a, c]) in words.iter().zip(&feeds).zip(&tags) {
        let (path_a, path_c) = (format!("/{word}/a"), format!("/{word}/b/c"));
        let changes = all(&store.host, above);
        assert_eq!(
            changes.iter().map(Change::told).collect::<Vec<_>>(),
            [
                (&path_a[..], Event::Written, Some(&a[..])),
                (&path_c[..], Event::Written, Some(&c[..])),
                (&path_a[..], Event::Deleted, None),
            ]
        );
        let changes = all(&store.host, below);
        let told: Vec<_> = changes.iter().map(Change::told).collect();
        assert_eq!(told, [(&path_c[..], Event::Written, Some(&c[..]))]);
    }
}

#[test]
fn a_deletion_and_an_import_over_all_parts_are_told_in_each() {
    let store = Store::start();
    let words = segments(&store.shards);
    let feeds: Vec<_> = words.iter().map(|word| feed(&store.host, &format!("/{word}/"))).collect();
    fill(&store.host, words.iter().map(|word| format!("/{word}/a")));
    store.host.delete("/-/records?prefix=/").send().expect(200);
    for feed in &feeds {
        let events: Vec<_> = all(&store.host, feed).iter().map(|change| change.event).collect();
        assert_eq!(events, [Event::Written, Event::Deleted]);
    }
}
