//! The service as a function: a Redis that always says the same, and no waiting.

use bytes::Bytes;
use futures::FutureExt;
use http::{Method, Request, Uri};
use http_body_util::Full;
use path_records::config::{Config, Variables};
use path_records::http::response::Response;
use path_records::service::respond;
use path_records::store::{Delivery, Redis, RedisError, Value};

/// Milliseconds since the epoch, by the clock of the Redis that always says the same.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// The answer to a request, when Redis says `reply`.
pub fn answer(method: &Method, uri: Uri, body: &[u8], reply: Vec<Value>) -> Response {
    let body_type = "application/json";
    let request = Request::builder().method(method).uri(uri).header("content-type", body_type);
    let request = request.body(Full::new(Bytes::copy_from_slice(body))).expect("nothing is wrong");
    let config = Config::load(&Defaults).now_or_never().expect("nothing waits");
    let config = config.expect("the defaults can be used");
    respond(request, Ok((&config, &Parrot(reply)))).now_or_never().expect("nothing waits")
}

/// What the scripts say of a record: its tag, when it was written, that it stays, the time.
pub fn stamp(etag: impl Into<Vec<u8>>) -> Vec<Value> {
    let tag = Value::Binary(etag.into());
    vec![tag, Value::Int(NOW_MS / 1000), Value::Int(-1), Value::Int(NOW_MS)]
}

/// A string in a reply.
pub fn text(text: &str) -> Value {
    Value::Binary(text.into())
}

/// The `code` of a problem document.
pub fn code(response: &Response) -> String {
    let problem: serde_json::Value =
        serde_json::from_slice(response.body()).expect("a problem document");
    problem["code"].as_str().expect("a code").to_owned()
}

struct Parrot(Vec<Value>);

impl Redis for Parrot {
    async fn execute(
        &self,
        _: &'static str,
        _: &[Bytes],
        _: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        Ok(self.0.clone())
    }
}

/// The defaults in spin.toml.
struct Defaults;

impl Variables for Defaults {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        let begin = format!("{name} = {{ default = \"");
        let mut lines = include_str!("../../spin.toml").lines();
        let value = lines.find_map(|line| line.strip_prefix(&begin)?.split('"').next());
        value.map(str::to_owned).ok_or_else(|| "spin.toml does not have it".to_owned())
    }
}
