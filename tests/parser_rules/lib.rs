//! What must hold for every input of the parsers: a function for each, which panics where it does
//! not. libFuzzer looks for such inputs (tests/fuzz), and a test replays the corpus with changes.

#![allow(
    clippy::missing_panics_doc,
    reason = "an input that breaks a rule panics: that is what these functions are for"
)]

mod answer;
mod batch;
mod body;
mod conditions;
mod import;
mod patch;
mod path;
mod query;
mod stored;
mod tokens;

pub use batch::batch;
pub use body::body;
pub use conditions::conditions;
pub use import::import;
pub use patch::patch;
pub use path::path;
pub use query::query;
pub use stored::stored;
pub use tokens::tokens;

/// Checks one input.
pub type Check = fn(&[u8]);

/// All of them, by name; inputs worth keeping are in the directory `tests/fuzz/corpus/NAME`.
pub const CHECKS: [(&str, Check); 9] = [
    ("path", path),
    ("query", query),
    ("body", body),
    ("patch", patch),
    ("conditions", conditions),
    ("stored", stored),
    ("batch", batch),
    ("import", import),
    ("tokens", tokens),
];
