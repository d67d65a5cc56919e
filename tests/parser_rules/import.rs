//! Lines of an import.

use bytes::Bytes;
use http::{Request, Uri};
use path_records::record::RecordPath;
use path_records_stub::Stub;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::respond_to;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    path: Box<RawValue>,
    value: Box<RawValue>,
    #[serde(default, deserialize_with = "present")]
    ttl: Option<Value>,
    #[serde(rename = "etag")]
    _etag: Option<Box<RawValue>>,
    #[serde(rename = "last_updated")]
    _last_updated: Option<Box<RawValue>>,
}

/// What is there, `null` included.
fn present<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Option<Value>, D::Error> {
    Deserialize::deserialize(from).map(Some)
}

/// How a line has to be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judgement {
    /// With this status.
    Status(u64),
    /// It is no line of an import: which of its faults is named first is not promised.
    Refused,
    /// Nobody promises.
    Unknown,
}

impl Judgement {
    fn allows(self, status: u64) -> bool {
        match self {
            Self::Status(expected) => status == expected,
            Self::Refused => (400..500).contains(&status),
            Self::Unknown => true,
        }
    }
}

/// Every line has an answer, which says what is wrong with it if anything is: the same as of the PUT that
/// the line is. Redis can't be reached, so nothing is stored: where a line could be, the answer is 503.
pub fn import(data: &[u8]) {
    let redis = Stub::unreachable();
    let request = Request::post("/-/records").header("content-type", "application/x-ndjson");
    let request = request.body(Bytes::copy_from_slice(data)).expect("nothing is wrong");
    let response = respond_to(request, &redis);
    let lines = data.split(|byte| *byte == b'\n').zip(1..);
    let lines = lines.filter(|(line, _)| !line.trim_ascii().is_empty());
    let judged: Vec<(usize, Judgement)> =
        lines.map(|(line, number)| (number, judge(line))).collect();
    match response.status().as_u16() {
        503 => {
            assert!(redis.asked() > 0, "{response:?}");
            let good = judged.iter().any(|(_, judgement)| judgement.allows(503));
            assert!(good, "no line could be stored: {response:?}");
        }
        200 => {
            let text = std::str::from_utf8(response.body()).expect("text");
            let told: Vec<Value> =
                text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
            assert_eq!(told.len(), judged.len(), "a line for a line: {response:?}");
            for (told, (number, expected)) in told.iter().zip(judged) {
                assert_eq!(told["line"], number, "{told}");
                assert!(told["code"].is_string() && told["detail"].is_string(), "{told}");
                let status = told["status"].as_u64().expect("a status");
                assert!(expected.allows(status), "{expected:?}: {told}");
            }
        }
        _ => panic!("neither lines nor 503: {response:?}"),
    }
}

/// What a line is, as the PUT that it is would be answered by itself.
fn judge(line: &[u8]) -> Judgement {
    let line = match serde_json::from_slice::<Line>(line) {
        Ok(line) => line,
        // Of a member that comes twice the last one counts, or it is refused.
        Err(error) if error.to_string().starts_with("duplicate field") => {
            return Judgement::Unknown;
        }
        Err(_) => return Judgement::Refused,
    };
    let Ok(path) = serde_json::from_str::<String>(line.path.get()) else {
        return Judgement::Refused;
    };
    let ttl = match line.ttl {
        None => String::new(),
        Some(Value::Null) => "?ttl=never".to_owned(),
        Some(Value::Number(seconds)) => format!("?ttl={seconds}"),
        Some(_) => return Judgement::Refused,
    };
    // By itself it would be a path and a query, or none that can be written down.
    let path = if path.contains(['?', '#']) { None } else { RecordPath::parse(&path).ok() };
    let target = path.and_then(|path| format!("{}{ttl}", path.as_str()).parse::<Uri>().ok());
    let Some(target) = target else {
        return Judgement::Unknown;
    };
    let body = Bytes::copy_from_slice(line.value.get().as_bytes());
    let put = Request::put(target).header("content-type", "application/json").body(body);
    let response = respond_to(put.expect("nothing is wrong"), &Stub::unreachable());
    Judgement::Status(response.status().as_u16().into())
}
