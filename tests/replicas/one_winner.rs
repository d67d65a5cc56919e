//! Races, each of which has an outcome that can be told beforehand.

use std::collections::{BTreeSet, HashMap};
use std::sync::Barrier;

use harness::Response;

use crate::replicas::{Replicas, reading, writing};

const CLIENTS: usize = 32;

/// Runs `work` as all clients at once, each on one of the hosts; what each was told, by number.
fn at_once<T: Send>(work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = Barrier::new(CLIENTS);
    std::thread::scope(|scope| {
        let start = |number| {
            let (work, barrier) = (&work, &barrier);
            scope.spawn(move || {
                barrier.wait();
                work(number)
            })
        };
        let clients: Vec<_> = (0..CLIENTS).map(start).collect();
        let finish = clients.into_iter().map(std::thread::ScopedJoinHandle::join);
        finish.map(|end| end.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}

/// The one answer with this status; all others have the other.
fn winner(answers: &[Response], won: u16, lost: u16) -> &Response {
    let winners: Vec<_> = answers.iter().filter(|answer| answer.status() == won).collect();
    assert_eq!(winners.len(), 1, "winners");
    let losers = answers.iter().filter(|answer| answer.status() == lost).count();
    assert_eq!(losers, CLIENTS - 1, "losers");
    winners[0]
}

#[test]
fn of_all_who_write_with_the_same_if_match_one_wins() {
    let replicas = Replicas::start();
    let mut etag = writing(replicas.host(0).put("/race", "{}")).send().etag();
    for round in 0..12 {
        let answers = at_once(|client| {
            let body = format!(r#"{{"round":{round},"client":{client}}}"#);
            let host = replicas.host(client);
            let request =
                if client % 4 == 0 { host.merge("/race", &body) } else { host.put("/race", &body) };
            writing(request).header("If-Match", &etag).send()
        });
        let won = winner(&answers, 200, 412);
        let got = reading(replicas.host(round).get("/race")).send();
        assert_eq!(got.members(), won.members(), "what the winner wrote is there");
        etag = won.etag();
        assert_eq!(got.etag(), etag);
    }
    assert_eq!(replicas.hits(), 1 + 12 * (CLIENTS + 1));
}

#[test]
fn of_all_who_create_one_wins() {
    let replicas = Replicas::start();
    for round in 0..12 {
        let path = format!("/new-{round}");
        let answers = at_once(|client| {
            let body = format!(r#"{{"client":{client}}}"#);
            writing(replicas.host(client).put(&path, &body)).header("If-None-Match", "*").send()
        });
        let won = winner(&answers, 201, 412);
        let got = reading(replicas.host(round).get(&path)).send();
        assert_eq!((got.etag(), got.members()), (won.etag(), won.members()));
    }
}

#[test]
fn of_all_who_delete_one_wins() {
    let replicas = Replicas::start();
    for round in 0..12 {
        let etag = writing(replicas.host(round).put("/gone", "{}")).send().expect(201).etag();
        let answers = at_once(|client| {
            let request = writing(replicas.host(client).delete("/gone"));
            if client % 2 == 0 { request.header("If-Match", &etag).send() } else { request.send() }
        });
        winner(&answers, 204, 404);
    }
}

#[test]
fn no_patch_undoes_another() {
    let replicas = Replicas::start();
    let untouched = "12345678901234567890123";
    let record = format!(r#"{{"untouched":{untouched}}}"#);
    writing(replicas.host(0).put("/patched?ttl=5000", &record)).send().expect(201);
    at_once(|client| {
        for number in 0..12 {
            let host = replicas.host(client + number);
            let request = if client % 2 == 0 {
                host.merge("/patched", &format!(r#"{{"client {client}":{number}}}"#))
            } else {
                let add = format!(r#"[{{"op":"add","path":"/client {client}","value":{number}}}]"#);
                host.patch("/patched", &add)
            };
            writing(request).send().expect(200);
        }
    });
    let got = reading(replicas.host(0).get("/patched")).send();
    let members: HashMap<String, String> = got.members().into_iter().collect();
    let expected = (0..CLIENTS).map(|client| (format!("client {client}"), "11".to_owned()));
    let expected = expected.chain([("untouched".to_owned(), untouched.to_owned())]);
    assert_eq!(members, expected.collect());
    assert!(got.number("ttl") <= 5000, "a patch keeps the time to live: {got}");
    assert_eq!(replicas.hits(), 2 + CLIENTS * 12);
}

#[test]
fn every_hit_is_counted_once_and_every_answer_has_a_count_of_its_own() {
    const EACH: usize = 20;
    let replicas = Replicas::start();
    let counts = at_once(|client| {
        let ask = |number| {
            let host = replicas.host(client + number);
            reading(host.get("/")).header("Accept", "application/json").send().number("count")
        };
        (0..EACH).map(ask).collect::<Vec<_>>()
    });
    for client in &counts {
        assert!(client.is_sorted(), "what one client was told never goes back: {client:?}");
    }
    let all: BTreeSet<u64> = counts.into_iter().flatten().collect();
    let total = (CLIENTS * EACH) as u64;
    assert_eq!(all, (1..=total).collect::<BTreeSet<_>>());
}

#[test]
fn a_records_hits_are_counted_once() {
    const EACH: usize = 15;
    let replicas = Replicas::start();
    writing(replicas.host(0).put("/counted", "{}")).send().expect(201);
    at_once(|client| {
        for number in 0..EACH {
            let host = replicas.host(client + number);
            match (client + number) % 4 {
                0 => writing(host.put("/counted", "{}")).send().expect(200),
                1 => writing(host.merge("/counted", "{}")).send().expect(200),
                2 => reading(host.get("/counted")).send().expect(200),
                _ => reading(host.head("/counted")).send().expect(200),
            };
        }
    });
    let target = "/?path=/counted";
    let asked = reading(replicas.host(1).get(target)).header("Accept", "application/json").send();
    assert_eq!(asked.number("count"), 1 + (CLIENTS * EACH) as u64);
}

#[test]
fn a_listing_has_every_path_once_while_others_come_and_go() {
    let replicas = Replicas::start();
    let lasting: Vec<String> = (0..60).map(|number| format!("/list/{number:02}")).collect();
    for path in &lasting {
        writing(replicas.host(0).put(path, "{}")).send().expect(201);
    }
    at_once(|client| {
        let host = replicas.host(client);
        if client % 4 > 0 {
            for number in 0..8 {
                let path = format!("/list/{:02}-{client}", (client + number * 7) % 60);
                writing(host.put(&path, "{}")).send().expect(201);
                writing(host.delete(&path)).send().expect(204);
            }
            return;
        }
        let mut listed = Vec::new();
        let mut next = Some("/-/records?prefix=/list/&limit=7".to_owned());
        while let Some(page) = next {
            let page = reading(host.get(&page)).send().expect(200).json();
            let records = page["records"].as_array().expect("a list");
            let path = |record: &serde_json::Value| record["path"].as_str().map(str::to_owned);
            listed.extend(records.iter().map(|record| path(record).expect("a path")));
            next = page["next"].as_str().map(str::to_owned);
        }
        assert!(listed.is_sorted_by(|a, b| a < b), "in order, and none twice: {listed:?}");
        listed.retain(|path| lasting.contains(path));
        assert_eq!(listed, lasting);
    });
}
