//! What the scripts reply.

use path_records::store::Value;

/// Milliseconds since the epoch, by the clock of the stub.
pub const NOW_MS: i64 = 1_700_000_000_000;

/// Of a record that was written where there was none.
#[must_use]
pub fn created() -> Vec<Value> {
    outcome("created", "tag")
}

/// Of a record that was read; the hash's fields and values.
#[must_use]
pub fn found<'a>(
    etag: &[u8],
    fields: impl IntoIterator<Item = (&'a [u8], &'a [u8])>,
) -> Vec<Value> {
    let mut reply = outcome("found", etag);
    reply.extend(hash(fields.into_iter().flat_map(|(name, value)| [name, value])));
    reply
}

/// A hash: how many fields and values it has, and those.
#[must_use]
pub fn hash<'a>(fields_and_values: impl IntoIterator<Item = &'a [u8]>) -> Vec<Value> {
    let mut hash: Vec<_> =
        fields_and_values.into_iter().map(|text| Value::Binary(text.to_vec())).collect();
    let length = i64::try_from(hash.len()).expect("a hash is smaller");
    hash.insert(0, Value::Int(length));
    hash
}

/// Of a store that serves and has no note of its parts.
#[must_use]
pub fn ready() -> Vec<Value> {
    vec![Value::Binary(Vec::new()), Value::Binary(Vec::new())]
}

/// Of hits, records, and the hits of one record.
#[must_use]
pub fn counts(hits: i64, records: i64, of_a_record: i64) -> Vec<Value> {
    [hits, records, of_a_record].map(Value::Int).to_vec()
}

/// Of a listing without entries and without a next page.
#[must_use]
pub fn empty_page() -> Vec<Value> {
    vec![text(""), Value::Int(0)]
}

/// The outcome, the tag, when the record was written, that it stays, the time.
fn outcome(outcome: &str, etag: impl Into<Vec<u8>>) -> Vec<Value> {
    let tag = Value::Binary(etag.into());
    vec![text(outcome), tag, Value::Int(NOW_MS / 1000), Value::Int(-1), Value::Int(NOW_MS)]
}

fn text(text: &str) -> Value {
    Value::Binary(text.into())
}
