//! Connects to Redis, sends one command, and answers with its reply. No WASI 0.2 component that uses
//! Redis can be faster on its host.
#![cfg(target_family = "wasm")]
#![expect(
    unsafe_code,
    clippy::same_length_and_capacity,
    reason = "the SDK's macro exports the handler"
)]

use spin_sdk::{
    http::{Request, Response},
    http_component,
    redis::Connection,
    variables,
};

#[http_component]
fn handle(_: Request) -> Response {
    match ask() {
        Ok(reply) => Response::new(200, reply),
        Err(reason) => Response::new(503, reason),
    }
}

fn ask() -> Result<Vec<u8>, String> {
    let address = variables::get("redis_address").map_err(|error| error.to_string())?;
    let redis = Connection::open(&address).map_err(|error| error.to_string())?;
    let reply = redis.get("bench:small").map_err(|error| error.to_string())?;
    reply.ok_or_else(|| "the key is missing".to_owned())
}
