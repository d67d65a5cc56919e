//! path-records: a record service as one WebAssembly component.
//!
//! A request comes through a door ([`doors`], one for each WASI version) and goes to
//! [`service::respond`], which finds the endpoint ([`endpoints`]). An endpoint reads the request
//! with [`http`], turns it into the types of [`record`], and asks the [`store`], which runs one
//! script in Redis. Everything but the doors is plain Rust that knows of no wasm, no Spin and no
//! sockets.
//!
//! | room | holds |
//! | --- | --- |
//! | [`service`] | which endpoint a request goes to; access, CORS, errors |
//! | [`endpoints`] | records, the base URL, the listing, health, metrics, OpenAPI, the console |
//! | [`http`] | conditions, negotiation, tokens, bodies, problem details |
//! | [`record`] | paths, members, patches, times to live, validators |
//! | [`store`] | the operations, one Lua script each, and the keys |
//! | [`config`] | Spin's variables, checked |
//! | `doors` | Spin's side, one door for each WASI version; a cargo feature says which |

// A trap takes along every request that its instance serves.
#![cfg_attr(
    not(test),
    warn(
        clippy::expect_used,
        clippy::indexing_slicing,
        clippy::panic,
        clippy::string_slice,
        clippy::unreachable,
        clippy::unwrap_used
    )
)]

pub mod config;
#[cfg(target_family = "wasm")]
mod doors;
pub mod endpoints;
pub mod http;
pub mod record;
pub mod service;
pub mod store;

#[cfg(test)]
mod test_support;

// `spin_sdk` to the doors, and to the macro of version 5, whichever it is.
#[cfg(all(target_family = "wasm", any(feature = "wasip2", feature = "wasip3-rc")))]
extern crate spin_sdk_5 as spin_sdk;
#[cfg(all(target_family = "wasm", feature = "wasip3"))]
extern crate spin_sdk_7 as spin_sdk;
