//! The service's answer to a request.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Method, Request, Uri};
use path_records::config::Config;
use path_records::http::response::Response;
use path_records::store::Value;
use path_records_stub::{Given, Stub, config, respond};

/// The answer to a request, when Redis says `reply`.
pub fn answer(method: &Method, uri: Uri, body: &[u8], reply: Vec<Value>) -> Response {
    let body_type = "application/json";
    let request = Request::builder().method(method).uri(uri).header("content-type", body_type);
    let request = request.body(Bytes::copy_from_slice(body)).expect("nothing is wrong");
    respond_to(request, &Stub::replying(reply))
}

/// The answer to a request, with this Redis.
pub fn respond_to(request: Request<Bytes>, redis: &Stub) -> Response {
    static DEFAULT: LazyLock<Config> =
        LazyLock::new(|| config(&Given::defaults()).expect("the defaults can be used"));
    respond(request, Ok((&*DEFAULT, redis)))
}

/// The `code` of a problem document.
pub fn code(response: &Response) -> String {
    let problem: serde_json::Value =
        serde_json::from_slice(response.body()).expect("a problem document");
    problem["code"].as_str().expect("a code").to_owned()
}
