//! The log: one JSON line an event, on stderr, for the operator.

use serde::Serialize;

/// Logs an error. `event` is a word that stays the same, `reason` may hold anything.
pub fn error(event: &str, reason: &str) {
    let line = Line { level: "error", event, reason };
    // Strings always have a JSON text.
    eprintln!("{}", serde_json::to_string(&line).unwrap_or_default());
}

#[derive(Serialize)]
struct Line<'a> {
    level: &'static str,
    event: &'a str,
    reason: &'a str,
}
