//! Taking in what other programs wrote: `runtime-manifests/redis/adopt.lua`, run by the command line of the
//! README, against real Redis servers.

mod bounded;
mod flask;
mod left_alone;
mod names;
mod prefixes;
mod refused;
mod script;
