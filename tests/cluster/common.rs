//! What most modules use.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Host, RedisCluster, Shards};

/// In how many parts the records are, unless a test is about that.
pub const PARTS: u16 = 12;

const PRIMARIES: usize = 3;

/// The cluster that tests share which break nothing.
pub fn cluster() -> &'static RedisCluster {
    static SHARED: LazyLock<RedisCluster> = LazyLock::new(|| RedisCluster::start(PRIMARIES));
    &SHARED
}

/// A host on the shared cluster, and names there that nobody else uses.
#[derive(Debug)]
pub struct Store {
    pub shards: Shards,
    pub host: Host,
}

impl Store {
    pub fn start() -> Self {
        Self::with(PARTS, &[])
    }

    /// One of so many parts, with these variables set. Which node its host is told is another one
    /// each time.
    pub fn with(parts: u16, variables: &[(&str, &str)]) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let shards = Shards::below(parts, &format!("store-{number}:"));
        let host = Host::options().variables(variables);
        let host = cluster().serve(host, &shards, number % PRIMARIES).start();
        Self { shards, host }
    }

    /// One more host, which is told the node of this number.
    pub fn another(&self, node: usize) -> Host {
        cluster().serve(Host::options(), &self.shards, node).start()
    }

    /// The keys of this store, each with the number of its node.
    pub fn keys(&self) -> BTreeMap<String, usize> {
        let mut keys = cluster().keys();
        keys.retain(|key, _| key.starts_with(self.shards.key_prefix()));
        keys
    }

    /// Where the key of the record at a path has to be.
    pub fn place(&self, path: &str) -> (String, usize) {
        let slot = self.shards.slot(self.shards.part(path));
        (self.shards.key(path), cluster().owner(slot))
    }

    /// What is in the indexes of all parts.
    pub fn index(&self) -> BTreeSet<String> {
        let of_part = |part| {
            let key = self.shards.own(part, "index");
            cluster().run::<Vec<String>>(&key, &["ZRANGE", &key, "0", "-1"])
        };
        (0..self.shards.count()).flat_map(of_part).collect()
    }
}

/// A first segment in each part, in the order of the parts.
pub fn segments(shards: &Shards) -> Vec<String> {
    let mut found = BTreeMap::new();
    for number in 0.. {
        let word = format!("s{number}");
        found.entry(shards.part(&format!("/{word}"))).or_insert(word);
        if found.len() == usize::from(shards.count()) {
            break;
        }
    }
    found.into_values().collect()
}

/// Imports a record at each of these paths.
pub fn fill(host: &Host, paths: impl IntoIterator<Item = String>) {
    let line = |path| format!("{{\"path\":\"{path}\",\"value\":{{}}}}\n");
    let text: String = paths.into_iter().map(line).collect();
    host.request("POST", "/-/records").body("application/x-ndjson", text).send().expect(200);
}

/// Text as a value in a query.
pub fn in_query(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}
