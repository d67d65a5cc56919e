//! Batches: within one part.

use harness::{Batch, assert_problem, responses};

use crate::common::{Store, segments};

#[test]
fn a_batch_over_several_parts_is_refused_and_changes_nothing() {
    let store = Store::start();
    let words = segments(&store.shards);
    let there = format!("/{}/there", words[0]);
    let etag = store.host.put(&there, r#"{"n":1}"#).send().expect(201).etag();
    let hits = store.host.count();
    for batch in [
        Batch::new().put(&there, &[], "{}").put(&format!("/{}/new", words[1]), &[], "{}"),
        Batch::new().get(&there).get(&format!("/{}/new", words[11])),
        words.iter().fold(Batch::new(), |batch, word| batch.put(&format!("/{word}/x"), &[], "{}")),
    ] {
        assert_problem(&batch.to(&store.host).send(), 409, "spread-batch");
    }
    assert_eq!(store.host.get(&there).send().etag(), etag);
    assert_eq!(store.index(), [there].into());
    assert_eq!(store.host.count(), hits + 2, "what was refused is no hit");
}

#[test]
fn a_batch_within_one_part_is_everything_or_nothing() {
    let store = Store::start();
    for word in segments(&store.shards) {
        // Two first segments of one part, too.
        let part = store.shards.part(&format!("/{word}"));
        let other = (0..).map(|number| format!("/other-{number}"));
        let other = other.into_iter().find(|path| store.shards.part(path) == part);
        let other = other.expect("one of many");
        let (a, b) = (format!("/{word}/a"), format!("/{word}/b"));
        let whole =
            Batch::new().put(&a, &[], r#"{"n":1}"#).put(&b, &[], "{}").put(&other, &[], "{}");
        let done = responses(&whole.to(&store.host).send());
        assert!(done.iter().all(|response| response.status == 201), "{done:?}");
        let half = Batch::new().put(&a, &[], r#"{"n":2}"#).put(&b, &[("If-None-Match", "*")], "{}");
        let refused = half.to(&store.host).send();
        assert_problem(&refused, 412, "precondition-failed");
        assert_eq!(refused.number("request"), 1);
        assert_eq!(store.host.get(&a).send().etag(), done[0].etag());
        let merge = [("Content-Type", "application/merge-patch+json")];
        let patched = Batch::new().add("PATCH", &a, &merge, Some(r#"{"m":1}"#)).get(&b);
        let patched = responses(&patched.to(&store.host).send());
        assert_eq!(patched[0].json()["n"], 1);
        assert_eq!(patched[1].etag(), done[1].etag());
    }
}
