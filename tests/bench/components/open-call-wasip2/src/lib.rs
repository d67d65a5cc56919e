//! Connects to Redis, sends one command, answers with its reply, and ends the connection as path-records
//! does. No WASI 0.2 component that uses Redis can be faster on its host, and still have ports to connect
//! from.
#![cfg(target_family = "wasm")]
#![expect(
    unsafe_code,
    clippy::same_length_and_capacity,
    reason = "the SDK's macro exports the handler"
)]

use spin_sdk::{
    http::{IncomingRequest, OutgoingResponse, Response, ResponseOutparam},
    http_component,
    redis::Connection,
    variables,
};

#[http_component]
async fn handle(_: IncomingRequest, out: ResponseOutparam) {
    let connection = connect();
    let (status, body) = match connection.as_ref().map_err(Clone::clone).and_then(ask) {
        Ok(reply) => (200, reply),
        Err(reason) => (503, reason.into()),
    };
    if let Ok(response) = OutgoingResponse::try_from(Response::new(status, Vec::new())) {
        let _ = out.set_with_body(response, body).await;
    }
    if let Ok(connection) = connection
        && connection.execute("QUIT", &[]).is_ok()
    {
        let _ = connection.execute("PING", &[]);
    }
}

fn connect() -> Result<Connection, String> {
    let address = variables::get("redis_address").map_err(|error| error.to_string())?;
    Connection::open(&address).map_err(|error| error.to_string())
}

fn ask(redis: &Connection) -> Result<Vec<u8>, String> {
    let reply = redis.get("bench:small").map_err(|error| error.to_string())?;
    reply.ok_or_else(|| "the key is missing".to_owned())
}
