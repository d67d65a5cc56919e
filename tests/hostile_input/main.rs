//! What strangers send: requests put together from hostile pieces, and inputs of the parsers.
//!
//! `SEED=number` repeats a run's choices, each run prints its own; `REQUESTS=number` sends another
//! number of requests than 10,000, `INPUTS=number` tries another number of inputs for each parser.

mod body;
mod generator;
mod headers;
mod parsers;
mod pieces;
mod requests;
mod wire;

/// A number that the environment may set.
fn setting(name: &str, default: u64) -> u64 {
    let value = std::env::var(name).ok().map(|text| text.parse().expect("a number"));
    let value = value.unwrap_or(default);
    println!("{name}={value}");
    value
}
