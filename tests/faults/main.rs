//! Faults under load. Clients keep a ledger of what was acknowledged, while Redis, a host or the
//! connection between them is hurt; afterwards Redis is held to the ledger.
//!
//! `SEED=number` repeats the clients' choices; each run prints its own.

mod accounts;
mod client;
mod failover;
mod feeds;
mod hosts;
mod imports;
mod leaving;
mod ledger;
mod line;
mod load;
mod memory;
mod proxy;
mod redis_stops;
mod waits;
