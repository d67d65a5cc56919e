//! What strangers send: requests put together from hostile pieces, and inputs of the parsers.
//!
//! `SEED=number` repeats a run's choices, each run prints its own; `REQUESTS=number` sends another
//! number of requests than 10,000, `INPUTS=number` tries another number of inputs for each parser.

mod batches;
mod body;
mod generator;
mod headers;
mod memory;
mod parsers;
mod pieces;
mod requests;
