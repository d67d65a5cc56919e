//! Counts over all parts.

use harness::{Batch, Host, Response, responses};

use crate::common::{Store, cluster, segments};

fn counts(host: &Host) -> Response {
    host.get("/").header("Accept", "application/json").send()
}

/// The value of a metric that has no labels.
fn metric(host: &Host, name: &str) -> String {
    let page = host.get("/-/metrics").send();
    let line =
        page.expect(200).text().lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name}: {page}")).to_owned()
}

#[test]
fn hits_and_records_of_all_parts_are_counted_exactly() {
    let store = Store::start();
    let hosts = [0, 1, 2].map(|node| store.another(node));
    let words = segments(&store.shards);
    let mut hits = 0;
    for (number, word) in words.iter().enumerate() {
        let host = &hosts[number % 3];
        host.put(&format!("/{word}/a"), "{}").send().expect(201);
        host.put(&format!("/{word}/b?ttl=never"), "{}").send().expect(201);
        host.get(&format!("/{word}/a")).send().expect(200);
        host.get(&format!("/{word}/none")).send().expect(404);
        hits += 4;
        if number % 2 == 0 {
            host.delete(&format!("/{word}/b")).send().expect(204);
            hits += 1;
        }
        let batch = Batch::new().get(&format!("/{word}/a")).put(&format!("/{word}/c"), &[], "{}");
        assert_eq!(responses(&batch.to(host).send()).len(), 2);
        hits += 2;
    }
    let records = words.len() * 3 - words.len() / 2;
    for host in &hosts {
        hits += 1;
        let told = counts(host);
        assert_eq!(told.json(), serde_json::json!({"count": hits, "records": records}));
    }
    for host in &hosts {
        assert_eq!(metric(host, "path_records_hits_total"), hits.to_string());
        assert_eq!(metric(host, "path_records_records"), records.to_string());
        assert_eq!(metric(host, "path_records_redis_up"), "1");
    }
    let of_parts = (0..store.shards.count()).map(|part| {
        let key = store.shards.own(part, "count");
        cluster().run::<Option<u64>>(&key, &["GET", &key]).unwrap_or_default()
    });
    assert_eq!(of_parts.sum::<u64>(), hits);
    assert_eq!(hosts[0].count_of(&format!("/{}/a", words[0])), 3);
}

#[test]
fn of_hits_at_once_none_is_lost_and_who_asks_is_told_of_all_that_were_answered_before() {
    const CLIENTS: usize = 8;
    const EACH: usize = 15;
    let store = Store::start();
    let hosts = [0, 1, 2].map(|node| store.another(node));
    let words = segments(&store.shards);
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (hosts, words) = (&hosts, &words);
            scope.spawn(move || {
                let mut last = 0;
                for number in 0..EACH {
                    let host = &hosts[(client + number) % 3];
                    let word = &words[(client * EACH + number) % words.len()];
                    host.put(&format!("/{word}/{client}"), "{}").send();
                    let count = counts(host).number("count");
                    assert!(count > last + 1, "{count} after {last} and two hits");
                    last = count;
                }
            });
        }
    });
    assert_eq!(hosts[0].count(), (CLIENTS * EACH * 2 + 1) as u64);
}

#[test]
fn records_that_have_expired_are_not_counted_in_any_part() {
    let store = Store::start();
    for word in segments(&store.shards) {
        store.host.put(&format!("/{word}/short?ttl=1"), "{}").send().expect(201);
        store.host.put(&format!("/{word}/long"), "{}").send().expect(201);
    }
    std::thread::sleep(std::time::Duration::from_millis(1100));
    assert_eq!(counts(&store.host).number("records"), 12);
}
