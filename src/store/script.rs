//! The scripts: what runs inside Redis, one file an operation.

use bytes::Bytes;

/// A Lua script, with what it shares with others in front.
#[derive(Debug, Clone, Copy)]
pub struct Script(&'static str);

/// Puts files together to one script; src/build.rs has taken their comments out.
macro_rules! script {
    ($($file:literal),+) => {
        Script(concat!($(include_str!(concat!(env!("OUT_DIR"), "/", $file, ".lua"))),+))
    };
}

/// Reads a record.
pub const READ: Script = script!("hit", "record", "read");
/// Writes a record.
pub const WRITE: Script = script!("hit", "record", "write");
/// Deletes a record.
pub const REMOVE: Script = script!("hit", "record", "remove");
/// Lists paths.
pub const LIST: Script = script!("hit", "record", "list");
/// Reads the counters.
pub const COUNT: Script = script!("hit", "count");

impl Script {
    /// The arguments of an EVAL of this script.
    #[must_use]
    pub fn eval<const K: usize>(
        self,
        keys: [Bytes; K],
        arguments: impl IntoIterator<Item = Bytes>,
    ) -> Vec<Bytes> {
        let mut eval = vec![Bytes::from_static(self.0.as_bytes()), K.to_string().into()];
        eval.extend(keys);
        eval.extend(arguments);
        eval
    }
}
