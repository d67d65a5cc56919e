//! Hashes that other programs wrote.

use std::collections::BTreeMap;

use http::{Method, Uri, header};
use path_records::record::is_reserved;
use path_records_stub::replies;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::answer::{answer, code};
use crate::body::is_deep;

/// Whatever is in a hash reads as a JSON object with all of it, or is a foreign value if it isn't
/// text. The input is the tag, then names and values, a zero byte between any two.
pub fn stored(data: &[u8]) {
    let mut pieces = data.split(|byte| *byte == 0);
    let etag = pieces.next().unwrap_or_default();
    let mut fields = BTreeMap::new();
    while let (Some(name), Some(value)) = (pieces.next(), pieces.next()) {
        fields.insert(name, value);
    }
    let reply = replies::found(etag, fields.iter().map(|(name, value)| (*name, *value)));
    let response = answer(&Method::GET, Uri::from_static("/x"), b"", reply);

    fields.retain(|name, _| name.first() != Some(&0xff));
    let texts = fields.iter().flat_map(|(name, value)| [*name, *value]).chain([etag]);
    if texts.into_iter().any(|text| std::str::from_utf8(text).is_err()) {
        assert_eq!(response.status(), 500, "{response:?}");
        assert_eq!(code(&response), "store-error");
        return;
    }
    assert_eq!(response.status(), 200, "{response:?}");
    assert!(response.headers().contains_key(header::ETAG), "{response:?}");
    let mut members: BTreeMap<String, Box<RawValue>> =
        serde_json::from_slice(response.body()).expect("an object");
    assert_eq!(members.remove("last_updated").expect("it is there").get(), "1700000000");
    assert_eq!(members.remove("ttl").expect("it is there").get(), "null");
    for (name, value) in fields {
        let (name, value) = (str_of(name), str_of(value));
        if is_reserved(name) {
            continue;
        }
        let member = members.remove(name).unwrap_or_else(|| panic!("{name:?} is missing"));
        if let Some(text) = json(value) {
            assert_eq!(member.get(), text);
        } else {
            let text: String = serde_json::from_str(member.get()).expect("a string");
            assert_eq!(text, value);
        }
    }
    assert!(members.is_empty(), "from nowhere: {members:?}");
}

/// The JSON text that a field is, if it is one that a member can have.
fn json(value: &str) -> Option<&str> {
    let text = serde_json::from_str::<&RawValue>(value).ok()?.get();
    let deep = matches!(serde_json::from_str::<Value>(text), Err(error) if is_deep(&error));
    (!deep).then_some(text)
}

fn str_of(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("it was looked at")
}
