//! Answers at once. No WASI 0.2 component can be faster on its host.
#![cfg(target_family = "wasm")]
#![expect(
    unsafe_code,
    clippy::same_length_and_capacity,
    reason = "the SDK's macro exports the handler"
)]

use spin_sdk::{
    http::{Request, Response},
    http_component,
};

#[http_component]
fn handle(_: Request) -> Response {
    Response::new(200, ())
}
