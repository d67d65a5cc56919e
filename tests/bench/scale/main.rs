//! What a request costs each node of a Redis Cluster with 1, 2 and 3 primaries: seconds of a processor, so that
//! the result is the same however many processors there are, and however busy they are.
//!
//! Each node runs its commands on one core, and a request keeps one node busy, so the node that is busiest for a
//! request on average says how many requests a second the whole can do at the most.

use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use harness::{Host, Redis, RedisCluster, Shards};

/// In how many parts the records are: as many on each node.
const SHARDS: u16 = 12;

/// How many first segments there are, each with one record.
const SEGMENTS: u32 = 240;

/// A store of some size, with hosts of the build that `BUILD` names.
enum Store {
    One(Redis),
    Cluster(RedisCluster),
}

impl Store {
    fn start(primaries: usize) -> Self {
        if primaries == 0 {
            Self::One(Redis::start())
        } else {
            Self::Cluster(RedisCluster::start(primaries))
        }
    }

    /// A host that is told the nodes in the order of their slots, or one node alone.
    fn serve(&self, named: bool) -> Host {
        match self {
            Self::One(redis) => Host::start(redis),
            Self::Cluster(cluster) => {
                let shards = Shards::new(SHARDS);
                let host = cluster.serve(Host::options(), &shards, 0);
                let nodes: Vec<_> = self.nodes().iter().map(|node| node.port()).collect();
                let nodes = nodes.iter().map(|port| format!("127.0.0.1:{port}"));
                let nodes = nodes.collect::<Vec<_>>().join(",");
                host.variable("redis_cluster_nodes", if named { nodes } else { String::new() })
                    .start()
            }
        }
    }

    fn nodes(&self) -> Vec<&Redis> {
        match self {
            Self::One(redis) => vec![redis],
            Self::Cluster(cluster) => cluster.running().collect(),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::One(_) => "one Redis".to_owned(),
            Self::Cluster(cluster) => format!("a cluster of {}", cluster.len()),
        }
    }
}

/// How long each node has kept a processor busy.
fn busy(nodes: &[&Redis]) -> Result<Vec<Duration>> {
    let used = |node: &Redis, who: &str| -> Result<f64> {
        let field = format!("used_cpu_{who}");
        Ok(node.info("cpu", &field).context("INFO cpu has it")?.parse()?)
    };
    let each = nodes.iter().map(|node| {
        Ok(Duration::from_secs_f64(
            used(node, "user_main_thread")? + used(node, "sys_main_thread")?,
        ))
    });
    each.collect()
}

/// Sends requests for all segments in turn, and gives how many were answered.
fn load(host: &Host, method: &str, time: Duration) -> Result<f64> {
    let output = Command::new("wrk")
        .args(["--threads", "1", "--connections", "16", "--timeout", "20s"])
        .args(["--duration", &format!("{}s", time.as_secs())])
        .args(["--script", concat!(env!("CARGO_MANIFEST_DIR"), "/scale/load.lua")])
        .arg(format!("http://{}/", host.address()))
        .args(["--", method, &SEGMENTS.to_string()])
        .stdin(Stdio::null())
        .output()
        .context("wrk can't be started; Debian: apt-get install wrk")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix("answered "));
    let (answered, failed) =
        line.and_then(|line| line.split_once(" failed ")).context("wrk failed")?;
    ensure!(failed == "0", "{failed} requests failed: {text}");
    Ok(answered.parse()?)
}

fn main() -> Result<()> {
    let seconds = if std::env::var_os("QUICK").is_some() { 2 } else { 8 };
    let build = std::env::var("BUILD").unwrap_or_else(|_| "wasip2".to_owned());
    println!(
        "Build {build}, {SHARDS} parts; µs of a node's core for a request, on average over all requests."
    );
    println!("| records in | request | each node | the busiest | requests a second at the most |");
    println!("| --- | --- | --- | --- | --- |");
    for (primaries, named) in [(0, false), (1, false), (2, false), (2, true), (3, false), (3, true)]
    {
        let store = Store::start(primaries);
        let host = store.serve(named);
        let nodes = store.nodes();
        for method in ["PUT", "GET"] {
            // What is learned and made once isn't measured.
            load(&host, method, Duration::from_secs(1))?;
            let before = busy(&nodes)?;
            let answered = load(&host, method, Duration::from_secs(seconds))?;
            let after = busy(&nodes)?;
            let each: Vec<f64> = after
                .iter()
                .zip(&before)
                .map(|(after, before)| after.saturating_sub(*before).as_secs_f64() / answered * 1e6)
                .collect();
            let busiest = each.iter().copied().fold(0.0, f64::max);
            let shown: Vec<_> = each.iter().map(|micros| format!("{micros:.1}")).collect();
            let (mut name, shown) = (store.name(), shown.join(", "));
            if named {
                name += ", all named";
            }
            println!("| {name} | {method} | {shown} | {busiest:.1} | {:.0} |", 1e6 / busiest);
        }
    }
    Ok(())
}
