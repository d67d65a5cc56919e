//! The variable `tokens`.

use path_records::http::tokens::parse;
use path_records::record::RecordPath;
use serde::Deserialize;
use serde_json::{Map, Value};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    token: String,
    prefix: String,
    can: String,
}

impl Entry {
    /// Its prefix, normalised, and whether it writes; `None`: it can't be used.
    fn used(&self) -> Option<(String, bool)> {
        let visible = !self.token.is_empty() && self.token.bytes().all(|b| b.is_ascii_graphic());
        let prefix = if self.prefix == "/" {
            "/".to_owned()
        } else {
            RecordPath::parse(&self.prefix).ok()?.as_str().to_owned()
        };
        let writes = match &*self.can {
            "read" => false,
            "write" => true,
            _ => return None,
        };
        visible.then_some((prefix, writes))
    }
}

/// What is a list of entries is read as one, and nothing else is.
pub fn tokens(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    // An array would do for a struct, too.
    let objects = |text| serde_json::from_str::<Vec<Map<String, Value>>>(text).is_ok();
    let entries = if text.is_empty() { Ok(Vec::new()) } else { serde_json::from_str(text) };
    let used = entries.ok().filter(|_| text.is_empty() || objects(text)).and_then(
        |entries: Vec<Entry>| entries.iter().map(Entry::used).collect::<Option<Vec<_>>>(),
    );
    let parsed = parse(text).ok().map(|tokens| {
        let parts = tokens.into_iter().map(|(_, part)| (part.prefix.into_owned(), part.writes));
        parts.collect::<Vec<_>>()
    });
    assert_eq!(parsed, used);
}
