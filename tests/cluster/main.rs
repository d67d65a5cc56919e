//! Section 14: the records over the nodes of a Redis Cluster, real ones of the tests' own.
//!
//! What a part is and where its keys lie the harness finds out by itself (`Shards`). Tests that break
//! nothing share a cluster, each with hosts and names of its own there; the modules of faults have
//! clusters of their own. `SEED=number` repeats a run's choices.

mod batches;
mod client;
mod common;
mod counts;
mod deletion;
mod failover;
mod feeds;
mod following;
mod keys;
mod ledger;
mod listing;
mod load;
mod moving;
mod records;
mod replicas;
mod resharding;
mod shards;
mod waiting;
