//! Where the keys lie.

use std::collections::{BTreeMap, BTreeSet};

use harness::{Host, Redis, Shards, slot};

use crate::common::{PARTS, Store, cluster, fill, segments};

/// Paths whose first segments are of every kind.
const PATHS: [&str; 16] = [
    "/docs",
    "/docs/",
    "/docs/a",
    "/docs/b/c",
    "/docs//x",
    "//x",
    "//",
    "/a",
    "/b/",
    "/%C3%A9/a",
    "/%7Bdocs%7D/a",
    "/a%2Fb/c",
    "/a,b;c=d/@",
    "/ttl",
    "/-x/y",
    "/index",
];

#[test]
fn a_record_has_the_name_and_the_node_that_the_rule_says() {
    for parts in [2, 12, 100] {
        let store = Store::with(parts, &[]);
        for path in PATHS {
            store.host.put(path, "{}").send().expect(201);
        }
        let keys = store.keys();
        let is_record = |key: &str| PATHS.iter().any(|path| store.shards.key(path) == key);
        let records: BTreeMap<_, _> =
            keys.iter().filter(|(key, _)| is_record(key)).map(|(k, n)| (k.clone(), *n)).collect();
        let expected: BTreeMap<_, _> = PATHS.iter().map(|path| store.place(path)).collect();
        assert_eq!(records, expected, "{parts} parts");
        // And each part that has records has its sets and its counter beside them.
        let own = ["index", "due", "count"];
        let used: BTreeSet<u16> = PATHS.iter().map(|path| store.shards.part(path)).collect();
        let expected: BTreeSet<_> =
            used.iter().flat_map(|part| own.map(|name| store.shards.own(*part, name))).collect();
        let others = keys.into_keys().filter(|key| !is_record(key));
        assert_eq!(others.collect::<BTreeSet<_>>(), expected, "{parts} parts");
        assert_eq!(store.index(), PATHS.map(str::to_owned).into());
    }
}

#[test]
fn what_has_a_first_segment_in_common_is_in_one_part() {
    let shards = Shards::new(1024);
    for below in ["", "/", "/a", "/b/c", "//x", "/%C3%A9"] {
        let path = format!("/docs{below}");
        assert_eq!(slot(shards.key(&path).as_bytes()), slot(shards.key("/docs").as_bytes()));
    }
    let store = Store::start();
    let paths = ["/docs", "/docs/", "/docs/b/c"];
    for path in paths {
        store.host.put(path, "{}").send().expect(201);
    }
    let index = store.shards.own(store.shards.part("/docs"), "index");
    let together: Vec<String> = cluster().run(&index, &["ZRANGE", &index, "0", "-1"]);
    assert_eq!(together, paths);
}

#[test]
fn parts_and_records_are_spread_evenly_over_the_nodes() {
    let store = Store::start();
    fill(&store.host, (0..1200).map(|number| format!("/dir-{number}/a")));
    let mut parts = [0; 3];
    for part in 0..PARTS {
        parts[cluster().owner(store.shards.slot(part))] += 1;
    }
    assert_eq!(parts, [4, 4, 4]);
    let mut records = [0; 3];
    for node in
        store.keys().into_iter().filter(|(key, _)| key.contains("/dir-")).map(|(_, node)| node)
    {
        records[node] += 1;
    }
    assert_eq!(records.iter().sum::<u32>(), 1200);
    assert!(records.iter().all(|records| (340..460).contains(records)), "{records:?}");
}

#[test]
fn without_parts_the_names_have_no_tag() {
    let redis = Redis::start();
    let host = Host::options().redis(&redis).variable("shards", "1").start();
    host.put("/docs/a", "{}").send().expect(201);
    let mut keys: Vec<String> = redis.run(&["KEYS", "*"]);
    keys.sort();
    let expected = ["/docs/a", "count", "due", "index"].map(|name| format!("path-records:{name}"));
    assert_eq!(keys, expected);
}

#[test]
fn parts_on_one_redis_are_as_on_many() {
    let redis = Redis::start();
    let shards = Shards::new(PARTS);
    let host = Host::options().redis(&redis).variable("shards", PARTS.to_string()).start();
    let paths: Vec<_> = segments(&shards).iter().map(|word| format!("/{word}/a")).collect();
    for path in &paths {
        host.put(path, "{}").send().expect(201);
    }
    for path in &paths {
        assert!(redis.run::<bool>(&["EXISTS", &shards.key(path)]), "{path}");
    }
    let counts = host.get("/").header("Accept", "application/json").send().json();
    assert_eq!(counts, serde_json::json!({"count": 13, "records": 12}));
}
