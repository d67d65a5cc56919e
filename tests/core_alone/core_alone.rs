//! The core, a configuration, and a stub of Redis.

use std::io;

use bytes::Bytes;
use harness::{Request, Response, Server};
use http::Uri;
use path_records::config::{Config, Misconfigured};
use path_records::store::Value;
use path_records_stub::{Given, Stub, config, respond};

/// The core with a configuration and a Redis that can't be reached, or gives prepared replies.
#[derive(Debug)]
pub struct Core {
    configured: Result<Config, Misconfigured>,
    redis: Stub,
}

impl Core {
    /// One with the default configuration.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// One with these variables set.
    pub fn with(variables: &[(&str, &str)]) -> Self {
        let given =
            variables.iter().fold(Given::defaults(), |given, (name, value)| given.but(name, value));
        Self { configured: config(&given), redis: Stub::unreachable() }
    }

    /// Has Redis reply this to one more command.
    pub fn reply(&self, reply: Vec<Value>) -> &Self {
        self.redis.reply_next(reply);
        self
    }

    /// How many commands Redis was sent.
    pub fn asked(&self) -> usize {
        self.redis.asked()
    }

    /// A request to it. The target is taken as it is, byte for byte.
    pub fn request<'a>(&'a self, method: &'a str, target: &'a str) -> Request<'a, Self> {
        Request::new(self, method, target)
    }

    /// A GET.
    pub fn get<'a>(&'a self, target: &'a str) -> Request<'a, Self> {
        self.request("GET", target)
    }

    /// A PUT of a JSON text.
    pub fn put<'a>(&'a self, target: &'a str, json: &str) -> Request<'a, Self> {
        self.request("PUT", target).body("application/json", json)
    }

    /// A POST of a JSON text.
    pub fn post<'a>(&'a self, target: &'a str, json: &str) -> Request<'a, Self> {
        self.request("POST", target).body("application/json", json)
    }

    /// A PATCH with a JSON Merge Patch.
    pub fn merge<'a>(&'a self, target: &'a str, patch: &str) -> Request<'a, Self> {
        self.request("PATCH", target).body("application/merge-patch+json", patch)
    }
}

impl Server for Core {
    fn answer(&self, request: &Request<'_, Self>) -> io::Result<Response> {
        let uri: Uri = request.target().parse().expect("a target that a host lets through");
        let mut parts = http::Request::builder().method(request.method()).uri(uri);
        for (name, value) in request.added_headers() {
            parts = parts.header(name, value.as_slice());
        }
        let content = Bytes::copy_from_slice(request.content().unwrap_or_default());
        let configured = self.configured.as_ref().map(|config| (config, &self.redis));
        let whole = parts.body(content).expect("a request that a host lets through");
        let answer = respond(whole, configured);
        Ok(Response::new(request.to_string(), request.method() == "HEAD", answer))
    }

    fn hidden(&self) -> &[String] {
        &[]
    }
}
