//! Several hosts on one cluster. (`STORE=cluster` runs all of `replicas` and `contract` on one.)

use std::sync::Barrier;

use harness::Host;

use crate::common::{Store, segments};

const CLIENTS: usize = 12;

/// Lets all clients do something at the same moment; what each gave.
fn at_once<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..CLIENTS)
            .map(|client| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(client)
                })
            })
            .collect();
        clients.into_iter().map(|client| client.join().expect("no panic")).collect()
    })
}

fn hosts(store: &Store) -> [Host; 3] {
    [0, 1, 2].map(|node| store.another(node))
}

#[test]
fn of_all_who_write_with_the_same_if_match_one_wins_in_each_part() {
    let store = Store::start();
    let hosts = hosts(&store);
    for word in segments(&store.shards) {
        let path = format!("/{word}/race");
        let etag = store.host.put(&path, "{}").send().expect(201).etag();
        let answers = at_once(|client| {
            let body = format!(r#"{{"client":{client}}}"#);
            hosts[client % 3].put(&path, &body).header("If-Match", &etag).send()
        });
        let won: Vec<_> = answers.iter().filter(|answer| answer.status() == 200).collect();
        assert_eq!(won.len(), 1, "{answers:?}");
        assert!(answers.iter().all(|answer| [200, 412].contains(&answer.status())), "{answers:?}");
        let got = store.host.get(&path).send();
        assert_eq!((got.etag(), got.members()), (won[0].etag(), won[0].members()));
    }
}

#[test]
fn no_patch_undoes_another_in_any_part() {
    let store = Store::start();
    let hosts = hosts(&store);
    let words = segments(&store.shards);
    for word in &words {
        store.host.put(&format!("/{word}/patched"), "{}").send().expect(201);
    }
    at_once(|client| {
        for (number, word) in words.iter().enumerate() {
            let patch = format!(r#"{{"client {client}":{number}}}"#);
            let host = &hosts[(client + number) % 3];
            host.merge(&format!("/{word}/patched"), &patch).send().expect(200);
        }
    });
    for (number, word) in words.iter().enumerate() {
        let got = store.host.get(&format!("/{word}/patched")).send();
        for client in 0..CLIENTS {
            assert_eq!(got.number(&format!("client {client}")), number as u64);
        }
    }
}
