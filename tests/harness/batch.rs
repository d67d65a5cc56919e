//! Batches: many requests in the body of one.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::host::Host;
use crate::json;
use crate::request::Request;
use crate::response::Response;

/// A batch that is put together request by request.
#[derive(Debug, Clone, Default)]
#[must_use = "a batch does nothing until it is sent"]
pub struct Batch(Vec<String>);

impl Batch {
    /// One without requests.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a request; its body is JSON text.
    pub fn add(
        mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&str>,
    ) -> Self {
        let quoted = |text: &str| Value::from(text).to_string();
        let mut members = vec![("method", quoted(method)), ("path", quoted(path))];
        if !headers.is_empty() {
            let fields = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into()));
            members.push(("headers", Value::Object(fields.collect()).to_string()));
        }
        members.extend(body.map(|json| ("body", json.to_owned())));
        let members = members.iter().map(|(name, text)| format!("\"{name}\":{text}"));
        self.0.push(format!("{{{}}}", members.collect::<Vec<_>>().join(",")));
        self
    }

    /// Adds a GET.
    pub fn get(self, path: &str) -> Self {
        self.add("GET", path, &[], None)
    }

    /// Adds a PUT of a JSON text under some conditions.
    pub fn put(self, path: &str, conditions: &[(&str, &str)], json: &str) -> Self {
        self.add("PUT", path, conditions, Some(json))
    }

    /// The body.
    pub fn text(&self) -> String {
        format!(r#"{{"requests":[{}]}}"#, self.0.join(","))
    }

    /// The request that has it as its body.
    pub fn to(self, host: &Host) -> Request<'_> {
        host.post("/-/batch", &self.text())
    }
}

/// The response to one request of a batch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The status.
    pub status: u16,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<Box<RawValue>>,
}

impl Part {
    /// A header, by its name in its usual case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// The entity tag, with its quotes.
    pub fn etag(&self) -> String {
        self.header("ETag").unwrap_or_else(|| panic!("no `ETag`: {self:?}")).to_owned()
    }

    /// The text of the body, which there is.
    pub fn text(&self) -> &str {
        self.body.as_ref().unwrap_or_else(|| panic!("no body: {self:?}")).get()
    }

    /// The body as JSON, for what is not about digits.
    pub fn json(&self) -> Value {
        serde_json::from_str(self.text()).expect("it was parsed")
    }

    /// The members of a representation, each with its text.
    pub fn members(&self) -> Vec<(String, String)> {
        json::members(self.text())
    }
}

/// The responses of a batch that was done.
pub fn responses(answer: &Response) -> Vec<Part> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Responses {
        responses: Vec<Part>,
    }
    assert_eq!(answer.expect(200).required("content-type"), "application/json", "{answer}");
    let Responses { responses } =
        serde_json::from_str(answer.text()).unwrap_or_else(|error| panic!("{error}: {answer}"));
    responses
}
