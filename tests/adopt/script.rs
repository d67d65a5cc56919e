//! Running the script, and what is in Redis before and afterwards.

use std::collections::BTreeMap;
use std::fs;
use std::process::{Command, Stdio};

use harness::{Redis, workspace};
use path_records::record::RecordPath;
use redis::Connection;

/// What a record's key begins with.
pub const KEY_PREFIX: &str = "path-records:";

/// What the script said.
pub struct Adoption {
    /// Its lines, of all steps.
    pub said: Vec<String>,
}

impl Adoption {
    /// The lines of the steps that were not the last one.
    pub fn steps(&self) -> impl Iterator<Item = &str> {
        self.said.iter().map(String::as_str).filter(|line| line.starts_with("more: "))
    }

    /// How many keys were looked at, and how many of them renamed, up to the end of each of these steps.
    pub fn progress(&self) -> Vec<[usize; 2]> {
        let numbers = |line: &str| {
            let numbers: Vec<_> = line.split(' ').filter_map(|word| word.parse().ok()).collect();
            numbers.try_into().unwrap_or_else(|_| panic!("not two numbers: {line}"))
        };
        self.steps().map(numbers).collect()
    }

    /// The number in the line of the report that begins so; 0 where there is none.
    pub fn count(&self, outcome: &str) -> usize {
        assert!(self.is_done(), "{:?}", self.said);
        let of_line = |line: &String| {
            let number = line.strip_prefix(outcome)?.strip_prefix(": ")?;
            Some(number.split(',').next()?.parse().expect("a number"))
        };
        self.said.iter().find_map(of_line).unwrap_or(0)
    }

    /// How many were left alone, for whatever reason.
    pub fn left_alone(&self) -> usize {
        let outcomes = self.said.iter().filter_map(|line| line.split_once(": "));
        outcomes
            .filter(|(outcome, _)| outcome.starts_with("left alone"))
            .map(|(outcome, _)| self.count(outcome))
            .sum()
    }

    /// Whether it came to its end.
    pub fn is_done(&self) -> bool {
        self.said.iter().any(|line| line.starts_with("done: "))
    }
}

/// The command line that the page beside the script and the script's head give.
fn command_line() -> String {
    let text = |path: &str| fs::read_to_string(workspace().join(path)).expect("a text");
    let page = text("runtime-manifests/redis/README.md");
    let mut lines = page.lines().filter(|line| line.contains("redis-cli --eval"));
    let line = lines.next().expect("the page has it");
    assert_eq!(lines.next(), None, "it has one");
    assert!(text("runtime-manifests/redis/adopt.lua").contains(line), "the script's head has it");
    line.to_owned()
}

/// Runs the command line as it stands, but for the server's port.
pub fn adopt(redis: &Redis) -> Adoption {
    run(redis, &command_line())
}

/// Runs the command line with other prefixes.
pub fn adopt_from(redis: &Redis, key_prefix: &str, from: &str) -> Adoption {
    with_arguments(redis, &format!("'{key_prefix}' '{from}'"))
}

/// Runs the command line with other arguments.
pub fn with_arguments(redis: &Redis, arguments: &str) -> Adoption {
    let usual = format!(", {KEY_PREFIX} '' |");
    let line = command_line();
    assert!(line.contains(&usual), "{line}");
    run(redis, &line.replace(&usual, &format!(", {arguments} |")))
}

/// Runs the first step alone.
pub fn first_step(redis: &Redis) -> Adoption {
    let line = command_line();
    let (step, _) = line.split_once(" |").expect("what comes of a step is looked at");
    run(redis, &format!("{} >&2", step.strip_prefix("while ").expect("a loop")))
}

fn run(redis: &Redis, line: &str) -> Adoption {
    let line = line.replace("redis-cli", &format!("redis-cli -p {}", redis.port()));
    let output = Command::new("sh")
        .args(["-c", &line])
        .current_dir(workspace())
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    assert!(output.status.success() && output.stdout.is_empty(), "{output:?}");
    let said = String::from_utf8(output.stderr).expect("text that any terminal shows");
    assert!(said.is_ascii(), "{said}");
    Adoption { said: said.lines().map(str::to_owned).collect() }
}

/// The record path that a name stands for as the Flask service saw it, by the service's own rules.
pub fn path_of(name: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(name).ok()?.replace('%', "%25");
    let slash = if text.starts_with('/') { "" } else { "/" };
    Some(RecordPath::parse(&format!("{slash}{text}")).ok()?.as_str().to_owned())
}

/// The key of the record at a path.
pub fn key(path: &str) -> Vec<u8> {
    format!("{KEY_PREFIX}{path}").into_bytes()
}

/// Writes a hash with one field.
pub fn hset(connection: &mut Connection, key: impl AsRef<[u8]>, field: &[u8], value: &[u8]) {
    redis::cmd("HSET")
        .arg(key.as_ref())
        .arg(field)
        .arg(value)
        .exec(connection)
        .expect("Redis takes it");
}

/// Everything in Redis: of each key its type, whether it expires, and a digest of what it holds.
pub fn everything(redis: &Redis) -> BTreeMap<Vec<u8>, String> {
    let script = "local all = {}
        for _, key in ipairs(redis.call('KEYS', '*')) do
            local left = redis.call('PTTL', key)
            local dump = redis.sha1hex(redis.call('DUMP', key))
            all[#all + 1] = key
            all[#all + 1] = redis.call('TYPE', key).ok .. (left < 0 and ' stays ' or ' expires ') .. dump
        end
        return all";
    let mut eval = redis::cmd("EVAL");
    let pairs: Vec<(Vec<u8>, String)> =
        eval.arg(script).arg(0).query(&mut redis.connect()).expect("a list");
    pairs.into_iter().collect()
}

/// The members of a sorted set with their scores.
pub fn sorted_set(redis: &Redis, name: &str) -> BTreeMap<String, u64> {
    let name = format!("{KEY_PREFIX}{name}");
    let pairs: Vec<(String, u64)> = redis.run(&["ZRANGE", &name, "0", "-1", "WITHSCORES"]);
    pairs.into_iter().collect()
}
