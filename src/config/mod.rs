//! The configuration: Spin variables, all read and checked before anything else happens.

mod redis_address;
mod variables;

use std::{num::NonZeroU64, time::Duration};

use thiserror::Error;

pub use redis_address::RedisAddress;
use redis_address::Server;
pub use variables::Variables;
use variables::{NODES, SHARDS, Values};

use crate::{
    http::{
        authorization::Access,
        cors::AllowedOrigins,
        tokens::{self, Token},
    },
    record::{Ttl, limits, whole_number},
    store::{Keys, Shards},
};

/// What the variables say, in the form that the service uses.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where Redis is.
    pub redis: RedisAddress,
    /// The nodes of a Redis Cluster, in the order of their slots, of which each is likely to have an equal share.
    pub redis_nodes: Vec<RedisAddress>,
    /// How long to wait for Redis, where the host lets a guest wait with a limit.
    pub redis_timeout: Duration,
    /// The names of everything in Redis.
    pub keys: Keys,
    /// The time to live of a record whose writer gives none.
    pub default_ttl: Ttl,
    /// The longest time to live, in seconds.
    pub max_ttl: NonZeroU64,
    /// The largest body, and the largest record, in bytes.
    pub max_record_bytes: usize,
    /// Whether hits are counted.
    pub count_hits: bool,
    /// How many requests may wait at once.
    pub max_waiting: u32,
    /// Which tokens open what.
    pub access: Access,
    /// Which origins' pages may use the service.
    pub cors: AllowedOrigins,
}

/// A variable that can't be used. Its value is not part of this: it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("The variable `{variable}` can't be used: {reason}.")]
pub struct Misconfigured {
    /// The variable's name.
    pub variable: &'static str,
    /// What is wrong with it.
    pub reason: String,
}

impl Config {
    /// Reads and checks every variable.
    pub async fn load<V: Variables>(variables: &V) -> Result<Self, Misconfigured> {
        variables::read(variables, Self::parse).await
    }

    fn parse(values: &Values<'_>) -> Result<Self, Misconfigured> {
        let [
            redis_address,
            redis_username,
            redis_password,
            redis_database,
            redis_timeout_ms,
            key_prefix,
            default_ttl,
            max_ttl,
            max_record_bytes,
            count_hits,
            max_waiting,
            shards,
            redis_cluster_nodes,
            read_token,
            write_token,
            tokens,
            cors_allow_origins,
        ] = *values;
        let max_ttl = check("max_ttl", max_ttl, seconds)?;
        let ttl_within = |text: &str| {
            Ttl::parse(text, max_ttl).map_err(|_| {
                format!("it must be `never` or whole seconds from 1 to `max_ttl` ({max_ttl})")
            })
        };
        let server = check("redis_address", redis_address, Server::parse)?;
        let database = check("redis_database", redis_database, from_0)?;
        let redis = RedisAddress::new(&server, redis_username, redis_password, database);
        Ok(Self {
            redis_nodes: check(NODES, redis_cluster_nodes, |text| nodes(&redis, text))?,
            redis,
            redis_timeout: check("redis_timeout_ms", redis_timeout_ms, timeout)?,
            keys: keys(key_prefix, shards)?,
            default_ttl: check("default_ttl", default_ttl, ttl_within)?,
            max_ttl,
            max_record_bytes: check("max_record_bytes", max_record_bytes, bytes)?,
            count_hits: check("count_hits", count_hits, on_or_off)?,
            max_waiting: check("max_waiting", max_waiting, from_0)?,
            access: Access::new(
                check("read_token", read_token, token)?,
                check("write_token", write_token, token)?,
                check("tokens", tokens, tokens::parse)?,
            ),
            cors: check("cors_allow_origins", cors_allow_origins, |text| {
                AllowedOrigins::parse(text).map_err(|reason| format!("it {reason}"))
            })?,
        })
    }
}

/// Reads the value of one variable.
fn check<T>(
    variable: &'static str,
    value: &str,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Result<T, Misconfigured> {
    parse(value).map_err(|reason| Misconfigured { variable, reason })
}

/// What names everything in Redis: the first braces in a key decide where a Redis Cluster has it.
fn keys(key_prefix: &str, shards: &str) -> Result<Keys, Misconfigured> {
    let shards = check(SHARDS, shards, |text| {
        let count = whole_number(text).and_then(Shards::new);
        count.ok_or_else(|| format!("it must be a whole number from 1 to {}", limits::MAX_SHARDS))
    })?;
    if !shards.is_one() && key_prefix.contains('{') {
        let reason = "where `shards` is more than 1, no brace may be in it".to_owned();
        return Err(Misconfigured { variable: "key_prefix", reason });
    }
    Ok(Keys::new(key_prefix.to_owned(), shards))
}

fn nodes(redis: &RedisAddress, text: &str) -> Result<Vec<RedisAddress>, String> {
    let nodes = text.split(',').map(str::trim).filter(|node| !node.is_empty());
    let nodes: Option<_> = nodes.map(|node| redis.at(node)).collect();
    nodes.ok_or_else(|| "it must be HOST:PORT, or several with commas".to_owned())
}

fn seconds(text: &str) -> Result<NonZeroU64, String> {
    /// Redis counts a key's expiry in milliseconds since the epoch, in 64 bits with a sign; this
    /// is 100,000 years.
    const MOST: u64 = 3_155_760_000_000;
    match whole_number::<NonZeroU64>(text) {
        Some(seconds) if seconds.get() <= MOST => Ok(seconds),
        _ => Err(format!("it must be whole seconds from 1 to {MOST}")),
    }
}

fn timeout(text: &str) -> Result<Duration, String> {
    const MOST: u64 = 3_600_000;
    match whole_number(text) {
        Some(milliseconds @ 1..=MOST) => Ok(Duration::from_millis(milliseconds)),
        _ => Err(format!("it must be whole milliseconds from 1 to {MOST}")),
    }
}

fn bytes(text: &str) -> Result<usize, String> {
    // What Redis takes as one value, by default.
    const MOST: usize = 512 << 20;
    match whole_number(text) {
        Some(bytes @ 2..=MOST) => Ok(bytes),
        _ => Err(format!("it must be a whole number from 2 to {MOST}")),
    }
}

fn from_0(text: &str) -> Result<u32, String> {
    whole_number(text).ok_or_else(|| "it must be a whole number from 0".to_owned())
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("it must be `on` or `off`".to_owned()),
    }
}

fn token(text: &str) -> Result<Option<Token>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let token = Token::new(text.to_owned())
        .ok_or("it must be visible ASCII characters, so that a header can carry it")?;
    Ok(Some(token))
}
