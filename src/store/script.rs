//! The scripts: what runs inside Redis, one file an operation.

use super::Argument;

/// A Lua script, with what it shares with others in front.
#[derive(Debug, Clone, Copy)]
pub struct Script(&'static str);

/// Puts files together to one script; src/build/lua.rs has made them short.
macro_rules! script {
    ($($file:literal),+) => {
        Script(concat!($(include_str!(concat!(env!("OUT_DIR"), "/", $file, ".lua"))),+))
    };
}

/// The script of an operation on one record.
macro_rules! on_record {
    ($file:literal) => {
        script!(
            "shared/hit",
            "shared/clock",
            "shared/record",
            "shared/conditions",
            "shared/index",
            $file
        )
    };
}

/// Reads a record.
pub const READ: Script = on_record!("read");
/// Writes a record.
pub const WRITE: Script = on_record!("write");
/// Gives a record another time to live.
pub const TOUCH: Script = on_record!("touch");
/// Deletes a record.
pub const REMOVE: Script = on_record!("remove");
/// Lists records.
pub const LIST: Script =
    script!("shared/hit", "shared/clock", "shared/record", "shared/index", "list");
/// Counts the hits of the service, and its records.
pub const COUNT: Script = script!("shared/hit", "shared/clock", "shared/index", "count");
/// Counts the hits of a record.
pub const RECORD_HITS: Script = script!("shared/hit", "shared/index", "record_hits");

impl Script {
    /// The arguments of an EVAL of this script.
    #[must_use]
    pub fn eval<'a, const K: usize>(
        self,
        keys: [Argument<'a>; K],
        arguments: impl IntoIterator<Item = Argument<'a>>,
    ) -> Vec<Argument<'a>> {
        let arguments = arguments.into_iter();
        let mut eval = Vec::with_capacity(2 + K + arguments.size_hint().0);
        eval.push(self.0.as_bytes().into());
        eval.push(K.to_string().into_bytes().into());
        eval.extend(keys);
        eval.extend(arguments);
        eval
    }
}
