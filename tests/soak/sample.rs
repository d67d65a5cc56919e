//! What is measured.

use std::process::Command;

use harness::Service;

/// A moment of the load.
#[derive(Debug, Clone, Copy)]
pub struct Sample {
    /// What the host holds, in KiB.
    pub memory: u64,
    /// Connections to Redis.
    pub connections: u64,
    /// What half of the answers took at the most, in microseconds.
    pub median: u64,
    /// What 99 % of the answers took at the most, in microseconds.
    pub percentile: u64,
}

impl Sample {
    /// The state now, and how long the answers since the last sample took.
    pub fn take(service: &Service, mut answers: Vec<u64>) -> Self {
        answers.sort_unstable();
        let at = |share: usize| answers.get(answers.len() * share / 100).copied().unwrap_or(0);
        let connections = service.redis.info("clients", "connected_clients");
        let connections = connections.and_then(|text| text.parse().ok()).expect("Redis tells");
        Self { memory: memory_of_host(), connections, median: at(50), percentile: at(99) }
    }
}

/// The resident memory of this process's hosts, in KiB.
fn memory_of_host() -> u64 {
    let output = Command::new("ps").args(["-A", "-o", "ppid=,rss=,comm="]).output();
    let table = String::from_utf8(output.expect("ps is there").stdout).expect("text");
    let own = std::process::id().to_string();
    let memory = table.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (parent, memory, program) = (words.next()?, words.next()?, words.next()?);
        (parent == own && program.ends_with("dev-host")).then(|| memory.parse::<u64>().ok())?
    });
    memory.sum()
}

/// The median over samples.
pub fn median(samples: &[Sample], of: fn(&Sample) -> u64) -> u64 {
    let mut values: Vec<u64> = samples.iter().map(of).collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied().expect("there are samples")
}
