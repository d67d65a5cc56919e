//! The core by itself: what a request is answered before anything is asked of Redis, or by what Redis
//! would reply. Here every case is tried; one of each kind goes over the wire in the target `contract`.

mod bodies;
mod configuration;
mod core_alone;
mod cors;
mod methods;
mod outcomes;
mod parameters;
mod parts;
mod paths;
mod tokens;
mod ways;
