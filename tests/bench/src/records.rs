//! What is in Redis before anything is measured.

use std::collections::BTreeMap;

use anyhow::Result;
use harness::Redis;

/// The service's default prefix.
const PREFIX: &str = "path-records:";

/// The database of the records that are read and written, and the one that is large.
pub const DATABASES: [u32; 2] = [0, 1];

/// How many records there are in either.
pub const FEW: usize = 1_000;
/// How many records there are in the large database.
pub const MANY: usize = 1_000_000;

/// The tag of every record.
pub const TAG: &str = "01a206eec601776dab476ba13515f50f";

/// Stores records from ARGV[2] to ARGV[3] as the service does, as hashes with an expiry and in the
/// index.
const FILL: &str = r"
for i = ARGV[2], ARGV[3] do
  local path = string.format('/records/%07d', i)
  redis.call('HSET', ARGV[1] .. path, '\255etag', ARGV[4], 'last_updated', 1795412641, '\255hits', 0, 'hello', 999)
  redis.call('EXPIRE', ARGV[1] .. path, 31104000)
  redis.call('ZADD', ARGV[1] .. 'index', 0, path)
end";

/// Fills the database with many records.
pub fn fill_many(redis: &Redis) -> Result<()> {
    let [_, many] = DATABASES;
    fill_database(redis, many, MANY)
}

/// The path of a record in either database, from 1 on.
pub fn path(number: u32) -> String {
    format!("/records/{number:07}")
}

fn fill_database(redis: &Redis, database: u32, records: usize) -> Result<()> {
    const STEP: usize = 10_000;
    let mut connection = redis.connect_to(database.into());
    for first in (1..=records).step_by(STEP) {
        let last = records.min(first + STEP - 1);
        let mut script = redis::cmd("EVAL");
        script.arg(FILL).arg(0).arg(PREFIX).arg(first).arg(last).arg(TAG);
        script.exec(&mut connection)?;
    }
    Ok(())
}

/// Fills the database with few records, and stores what the others serve.
pub fn fill_few(redis: &Redis) -> Result<()> {
    let [few, _] = DATABASES;
    fill_database(redis, few, FEW)?;
    let mut connection = redis.connect();
    for (path, members) in [("/small", small()), ("/large", large())] {
        for prefix in [PREFIX, "flask:"] {
            let key = match prefix {
                PREFIX => format!("{prefix}{path}"),
                _ => format!("{prefix}{}", path.trim_start_matches('/')),
            };
            let mut hash = redis::cmd("HSET");
            hash.arg(&key).arg(&members).arg("last_updated").arg(1_795_412_641);
            if prefix == PREFIX {
                hash.arg(b"\xffetag").arg(TAG);
            } else {
                hash.arg("ttl").arg(31_104_000);
            }
            hash.exec(&mut connection)?;
            redis::cmd("EXPIRE").arg(&key).arg(31_104_000).exec(&mut connection)?;
        }
    }
    // What the smallest component asks for.
    redis::cmd("SET").arg("bench:small").arg(r#"{"hello":999}"#).exec(&mut connection)?;
    Ok(())
}

/// Deletes what says that somebody waits for changes, and the streams of changes.
pub fn forget_followers(redis: &Redis) -> Result<()> {
    let mut connection = redis.connect();
    let mut keys: Vec<String> =
        redis::cmd("KEYS").arg(format!("{PREFIX}changes:*")).query(&mut connection)?;
    keys.extend(["followed", "waiting"].map(|name| format!("{PREFIX}{name}")));
    redis::cmd("DEL").arg(keys).exec(&mut connection)?;
    Ok(())
}

/// The members of the small record, as Redis holds them.
fn small() -> BTreeMap<String, String> {
    BTreeMap::from([("hello".to_owned(), "999".to_owned())])
}

/// The members of a record of 100 KiB.
fn large() -> BTreeMap<String, String> {
    let member = |n| (format!("member{n:03}"), format!("\"{}\"", "x".repeat(1_000)));
    (0..100).map(member).collect()
}
