//! path-records: a record service as one WebAssembly component.
//!
//! A request comes through a door (one for each WASI version) to [`service::respond`]. Its path and
//! method name an [operation](route::Operation), and an [endpoint](endpoints) carries that out: it
//! reads the request with [`http`], turns it into the types of [`record`], and asks the [`store`],
//! which runs one script in Redis. Everything but the doors is plain Rust that knows of no wasm, no
//! Spin and no sockets.
//!
//! | room | holds | uses | what is always true |
//! | --- | --- | --- | --- |
//! | `doors` | Spin's side: requests, connections to Redis, variables | `service`, `config`, `store`, `http` | Nothing is decided here that the contract speaks of. |
//! | [`service`] | from a request to its response | `endpoints`, `route`, `config`, `store`, `http`, `log` | Access, OPTIONS, 405 and the headers of all responses are decided once. |
//! | [`endpoints`] | what each operation does; what a failure becomes | `route`, `console`, `config`, `store`, `http`, `record`, `log` | An endpoint sees a request that may do what it asks for. |
//! | [`route`] | which operation a request asks for | `console`, `http`, `record` | A method that isn't in its table can't happen. |
//! | [`config`] | Spin's variables | `http`, `store`, `record` | Every value has been checked. |
//! | [`store`] | what is done in Redis: one method and one Lua script an operation; the keys | `record` | A script does all of an operation or nothing. |
//! | [`http`] | what HTTP needs: conditions, negotiation, tokens, bodies, problems | `record` | Every error has a code of the contract. |
//! | [`record`] | paths, members, patches, times to live, validators | | No type holds a value that the contract rules out. |
//! | [`console`] | the page for browsers | | It reads records as any other client does. |
//! | `log` | one JSON line an event | | |

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
pub mod console;
#[cfg(target_family = "wasm")]
mod doors;
// Of the doors, what needs no host: for its tests.
#[cfg(all(test, not(target_family = "wasm")))]
mod doors {
    mod cluster;
    mod spin;
}
pub mod endpoints;
pub mod http;
mod log;
pub mod record;
pub mod route;
pub mod service;
pub mod store;

#[cfg(test)]
mod rooms;

// `spin_sdk` to the doors, and to the macro of version 5, whichever it is.
#[cfg(all(target_family = "wasm", any(feature = "wasip2", feature = "wasip3-rc")))]
extern crate spin_sdk_5 as spin_sdk;
#[cfg(all(target_family = "wasm", feature = "wasip3"))]
extern crate spin_sdk_7 as spin_sdk;
