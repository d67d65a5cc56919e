//! The scripts: what runs inside Redis, one file an operation.

use super::{Argument, Call, Delivery, command::number, keys::PartKeys};

/// A Lua script in parts, of which those in front are shared with others.
#[derive(Debug, Clone, Copy)]
pub struct Script(&'static [&'static str]);

/// Puts files together to one script; src/build/lua.rs has made them short.
macro_rules! script {
    ($($file:literal),+) => {
        Script(&[$(include_str!(concat!(env!("OUT_DIR"), "/", $file, ".lua"))),+])
    };
}

/// The script of an operation on records. (Redis reads and hashes each script with every request, so none has
/// a part that it doesn't need.)
macro_rules! on_record {
    ($($file:literal),+) => {
        script!(
            "shared/hit",
            "shared/clock",
            "shared/record",
            "shared/conditions",
            "shared/followers",
            "shared/index",
            $($file),+
        )
    };
}

/// Reads a record.
pub const READ: Script = on_record!("shared/look", "read");
/// Writes a record.
pub const WRITE: Script = on_record!("shared/changes", "write");
/// Gives a record another time to live.
pub const TOUCH: Script = on_record!("shared/changes", "touch");
/// Deletes a record.
pub const REMOVE: Script = on_record!("remove");
/// Does several things with records, or none of them.
pub const BATCH: Script = on_record!("shared/size", "shared/changes", "batch");
/// Stores records, one after the other.
pub const IMPORT: Script = on_record!("shared/changes", "import");
/// Lists records.
pub const LIST: Script = script!(
    "shared/hit",
    "shared/clock",
    "shared/record",
    "shared/size",
    "shared/followers",
    "shared/index",
    "list"
);
/// Deletes the records below a prefix.
pub const REMOVE_ALL: Script = script!(
    "shared/hit",
    "shared/clock",
    "shared/record",
    "shared/followers",
    "shared/index",
    "remove_all"
);
/// Counts the hits of the service, and its records.
pub const COUNT: Script =
    script!("shared/hit", "shared/clock", "shared/followers", "shared/index", "count");
/// Counts the hits of a record.
pub const RECORD_HITS: Script =
    script!("shared/hit", "shared/clock", "shared/followers", "shared/index", "record_hits");
/// Reads a record, or is to wait until it changes.
pub const AWAIT: Script = on_record!("shared/look", "shared/waiting", "await");
/// Takes a place for who waits, or gives it up.
pub const PLACE: Script = script!("shared/clock", "shared/waiting", "place");
/// Makes sure that the store serves.
pub const READY: Script = script!("ready");
/// Reads what has happened below a prefix, or is to wait until something happens.
pub const FEED: Script = script!(
    "shared/hit",
    "shared/clock",
    "shared/followers",
    "shared/index",
    "shared/waiting",
    "feed"
);

impl Script {
    /// An EVAL of this script on a part.
    #[must_use]
    pub fn on_part<'a>(
        self,
        part: &'a PartKeys,
        keys: impl IntoIterator<Item = Argument<'a>>,
        arguments: impl IntoIterator<Item = Argument<'a>>,
        delivery: Delivery,
    ) -> Call<'a> {
        let arguments = self.eval(keys.into_iter().chain(part.absent()), arguments);
        Call { part: Some(part.part()), command: "EVAL", arguments, delivery }
    }

    /// An EVAL of this script, with keys that are in no part.
    #[must_use]
    pub fn elsewhere<'a>(
        self,
        keys: impl IntoIterator<Item = Argument<'a>>,
        arguments: impl IntoIterator<Item = Argument<'a>>,
        delivery: Delivery,
    ) -> Call<'a> {
        Call { part: None, command: "EVAL", arguments: self.eval(keys, arguments), delivery }
    }

    fn eval<'a>(
        self,
        keys: impl IntoIterator<Item = Argument<'a>>,
        arguments: impl IntoIterator<Item = Argument<'a>>,
    ) -> Vec<Argument<'a>> {
        let (keys, arguments) = (keys.into_iter(), arguments.into_iter());
        let mut eval = Vec::with_capacity(2 + keys.size_hint().0 + arguments.size_hint().0);
        eval.push(self.0.concat().into_bytes().into());
        eval.push(Argument::default());
        eval.extend(keys);
        let key_count = number(&(eval.len() - 2));
        if let Some(place) = eval.get_mut(1) {
            *place = key_count;
        }
        eval.extend(arguments);
        eval
    }
}
