//! Sends Redis one command over a connection that the instance keeps, and answers with its reply. No
//! WASI 0.3 component that uses Redis can be faster on its host.
#![cfg(target_family = "wasm")]

use std::{cell::RefCell, rc::Rc};

use bytes::Bytes;
use spin_sdk::{
    http::{FullBody, Request, Response, StatusCode},
    http_service,
    redis::Connection,
    variables,
};

thread_local! {
    static CONNECTION: RefCell<Option<Rc<Connection>>> = const { RefCell::new(None) };
}

#[http_service]
async fn handle(_: Request) -> Response<FullBody<Bytes>> {
    let (status, body) = match ask().await {
        Ok(reply) => (StatusCode::OK, reply),
        Err(reason) => (StatusCode::SERVICE_UNAVAILABLE, reason.into_bytes()),
    };
    let length = body.len().into();
    let mut response = Response::new(FullBody::new(body.into()));
    *response.status_mut() = status;
    // Without it the answer would end in a chunk of its own, in a second write.
    response.headers_mut().insert("content-length", length);
    response
}

async fn ask() -> Result<Vec<u8>, String> {
    let connection = connection().await?;
    let reply = connection.get("bench:small").await.map_err(|error| error.to_string())?;
    reply.ok_or_else(|| "the key is missing".to_owned())
}

/// The connection; requests that find none each open one, of which one stays.
async fn connection() -> Result<Rc<Connection>, String> {
    if let Some(connection) = CONNECTION.with_borrow(Clone::clone) {
        return Ok(connection);
    }
    let address = variables::get("redis_address").await.map_err(|error| error.to_string())?;
    let opened = Connection::open(&address).await.map_err(|error| error.to_string())?;
    Ok(CONNECTION.with_borrow_mut(|kept| kept.get_or_insert(Rc::new(opened)).clone()))
}
