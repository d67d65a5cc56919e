//! Reading the variables.

use std::{future::Future, iter};

use super::Misconfigured;

/// Where the values of variables come from.
pub trait Variables {
    /// A variable's value, or why there is none.
    fn get(&self, name: &'static str) -> impl Future<Output = Result<String, String>>;
}

/// The variables, in the order in which [`super::Config`] takes them.
const VARIABLES: [&str; 17] = [
    "redis_address",
    "redis_username",
    "redis_password",
    "redis_database",
    "redis_timeout_ms",
    "key_prefix",
    "default_ttl",
    "max_ttl",
    "max_record_bytes",
    "count_hits",
    "max_waiting",
    SHARDS,
    NODES,
    "read_token",
    "write_token",
    "tokens",
    "cors_allow_origins",
];

pub const SHARDS: &str = "shards";
pub const NODES: &str = "redis_cluster_nodes";

/// A component variable that has the others, each as `name=value`. Every variable that is read costs a call of the
/// host, and the default build reads them with every request.
const ALL: &str = "all";

/// What parts them: the ASCII character for that.
const SEPARATOR: char = '\u{1f}';

/// The variables' values, in the order of their names.
pub type Values<'a> = [&'a str; VARIABLES.len()];

/// Has them all read, and gives what becomes of their values.
pub async fn read<V: Variables, T>(
    variables: &V,
    parse: fn(&Values<'_>) -> Result<T, Misconfigured>,
) -> Result<T, Misconfigured> {
    let mut each = Vec::new();
    // All are awaited in one place: each place where something is awaited makes the component larger.
    for variable in iter::once(ALL).chain(VARIABLES) {
        let value = variables.get(variable).await;
        if variable == ALL {
            // A manifest may not have it, or one of them no value.
            if let Some(values) = value.ok().as_deref().and_then(take_apart) {
                return parse(&values);
            }
        } else {
            each.push(value.map_err(|reason| Misconfigured { variable, reason })?);
        }
    }
    let mut values = Values::default();
    for (value, read) in values.iter_mut().zip(&each) {
        *value = read;
    }
    parse(&values)
}

/// The values that one text has; `None`: it has others, or one of them has a separator in it.
fn take_apart(all: &str) -> Option<Values<'_>> {
    let mut values = Values::default();
    let mut rest = all.split(SEPARATOR);
    for (value, variable) in values.iter_mut().zip(VARIABLES) {
        *value = rest.next()?.strip_prefix(variable)?.strip_prefix('=')?;
    }
    rest.next().is_none().then_some(values)
}
