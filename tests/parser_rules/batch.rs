//! Batches.

use std::collections::{BTreeMap, HashSet};

use bytes::Bytes;
use http::{Method, Request, Uri};
use path_records::http::response::Response;
use path_records::record::RecordPath;
use path_records_stub::Stub;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{code, respond_to};

/// What a batch may be at the most.
const MAX_REQUESTS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    requests: Vec<Described>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Described {
    method: String,
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "present")]
    body: Option<Box<RawValue>>,
}

/// What is there, `null` included.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Box<RawValue>>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

/// What is no batch, as another JSON parser finds, is refused and asks Redis nothing; of what is one each
/// request is judged as it is by itself. Redis can't be reached, so 503 is the answer to what could be done.
pub fn batch(data: &[u8]) {
    let redis = Stub::unreachable();
    let response = respond_to(post(data), &redis);
    let status = response.status().as_u16();
    assert_eq!(redis.asked() > 0, status == 503, "asked {} times: {response:?}", redis.asked());
    let parsed: Option<Batch> = serde_json::from_slice(data).ok();
    let Some(Batch { requests }) = parsed.filter(|batch| batch.requests.len() <= MAX_REQUESTS)
    else {
        // Of a member that comes twice the last one counts, or it is refused: nobody promises which.
        let refused = (400..500).contains(&status) || has_duplicates(data);
        assert!(refused, "another parser finds no batch: {response:?}");
        return;
    };
    match status {
        503 => assert!(requests.iter().all(is_of_a_record), "{response:?}"),
        200 => {
            let statuses = statuses_within(&response);
            assert_eq!(statuses.len(), requests.len(), "{response:?}");
            assert!(statuses.iter().all(|status| (400..500).contains(status)), "{response:?}");
        }
        _ => {
            let place = place(&response);
            assert!(place.is_none_or(|place| place < requests.len()), "{response:?}");
            if code(&response) != "invalid-batch" {
                assert!(place.is_some(), "which one? {response:?}");
            }
        }
    }
    if let [only] = &requests[..] {
        as_by_itself(only, &response);
    }
    if requests.iter().all(is_plain) && are_distinct(&requests) && !requests.is_empty() {
        assert_eq!(status, 503, "nothing is wrong with it: {response:?}");
    }
}

fn post(data: &[u8]) -> Request<Bytes> {
    Request::post("/-/batch")
        .header("content-type", "application/json")
        .body(Bytes::copy_from_slice(data))
        .expect("nothing is wrong")
}

/// A batch of one request is answered as the request is.
fn as_by_itself(described: &Described, response: &Response) {
    let Some(request) = alone(described) else {
        return;
    };
    let alone = respond_to(request, &Stub::unreachable());
    let (status, own) = (alone.status().as_u16(), code(&alone));
    match (response.status().as_u16(), described.method.as_str()) {
        (200, "GET") => assert_eq!(statuses_within(response), [u64::from(status)], "{alone:?}"),
        (400, _) if code(response) == "invalid-batch" => {}
        (batched, _) => {
            let same = batched == status && code(response) == own;
            assert!(same, "alone {alone:?}, in a batch {response:?}");
        }
    }
}

/// The request that is described; `None` if it can't be written down, or means something else by itself.
fn alone(described: &Described) -> Option<Request<Bytes>> {
    let Described { method, path, headers, body } = described;
    if !path.starts_with('/') || RecordPath::parse(path.split(['?', '#']).next()?).is_err() {
        return None;
    }
    let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).ok()?);
    request = request.uri(path.parse::<Uri>().ok()?);
    let mut has_type = false;
    for (name, value) in headers {
        has_type = has_type || name.eq_ignore_ascii_case("content-type");
        request = request.header(name, value.as_bytes());
    }
    let usual = match method.as_str() {
        "PUT" => Some("application/json"),
        "PATCH" if body.is_some() => Some("application/merge-patch+json"),
        _ => None,
    };
    if let Some(usual) = usual.filter(|_| !has_type) {
        request = request.header("content-type", usual);
    }
    let body = body.as_ref().map_or("", |body| body.get());
    request.body(Bytes::copy_from_slice(body.as_bytes())).ok()
}

fn is_of_a_record(described: &Described) -> bool {
    let known = matches!(&described.method[..], "GET" | "PUT" | "PATCH" | "DELETE");
    known && (described.path.starts_with('/') || described.method == "GET")
}

/// Whether nothing at all is wrong with it.
fn is_plain(described: &Described) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/_~".contains(&byte);
    let Described { method, path, headers, body } = described;
    matches!(&method[..], "GET" | "DELETE")
        && path.starts_with('/')
        && (2..1000).contains(&path.len())
        && path.bytes().all(plain)
        && headers.is_empty()
        && body.is_none()
}

fn are_distinct(requests: &[Described]) -> bool {
    let mut paths = HashSet::new();
    requests.iter().all(|described| paths.insert(&described.path))
}

/// Whether a member of the batch or of a request comes twice, whatever its values are.
fn has_duplicates(data: &[u8]) -> bool {
    #[derive(Deserialize)]
    struct Members {
        #[serde(rename = "requests")]
        _requests: Vec<Request>,
    }
    #[derive(Deserialize)]
    struct Request {
        #[serde(rename = "method")]
        _method: Option<Box<RawValue>>,
        #[serde(rename = "path")]
        _path: Option<Box<RawValue>>,
        #[serde(rename = "headers")]
        _headers: Option<Box<RawValue>>,
        #[serde(rename = "body")]
        _body: Option<Box<RawValue>>,
    }
    let error = serde_json::from_slice::<Members>(data).err();
    error.is_some_and(|error| error.to_string().starts_with("duplicate field"))
}

fn place(response: &Response) -> Option<usize> {
    let problem: Value = serde_json::from_slice(response.body()).expect("a problem document");
    usize::try_from(problem["request"].as_u64()?).ok()
}

fn statuses_within(response: &Response) -> Vec<u64> {
    let document: Value = serde_json::from_slice(response.body()).expect("JSON");
    let responses = document["responses"].as_array().expect("responses");
    responses.iter().map(|part| part["status"].as_u64().expect("a status")).collect()
}
