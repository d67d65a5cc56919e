//! What `runtime-manifests/redis` has for operators: taking in what other programs wrote, with `adopt.lua` by the
//! command line of the README, and moving records from one service to another, with `move.sh`; against real Redis
//! servers.

mod bounded;
mod flask;
mod left_alone;
mod moved;
mod names;
mod prefixes;
mod refused;
mod script;
