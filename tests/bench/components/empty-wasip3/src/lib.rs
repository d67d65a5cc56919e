//! Answers at once. No WASI 0.3 component can be faster on its host.
#![cfg(target_family = "wasm")]

use spin_sdk::{
    http::{EmptyBody, HeaderValue, Request, Response},
    http_service,
};

#[http_service]
async fn handle(_: Request) -> Response<EmptyBody> {
    let mut response = Response::new(EmptyBody::new());
    // Without it the answer would end in a chunk of its own, in a second write.
    response.headers_mut().insert("content-length", HeaderValue::from_static("0"));
    response
}
