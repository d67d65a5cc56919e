//! The scripts: what runs inside Redis, one file an operation.
//!
//! Redis keeps the scripts that it has been sent, so they are run by their digests (EVALSHA), and only a Redis that
//! doesn't have one is sent its text (EVAL): 40 bytes instead of some 8,000, which Redis would hash each time.

use super::{Argument, Call, Delivery, Part, command::number, keys::PartKeys};

/// A Lua script.
#[derive(Debug)]
pub struct Script {
    /// By what Redis knows it: the SHA-1 of its text, in hexadecimal.
    digest: &'static str,
    /// Its text, in parts, of which those in front are shared with others.
    parts: &'static [&'static str],
}

/// A script with all that it needs, as src/build/scripts.rs has put it together.
macro_rules! script {
    ($name:literal) => {
        include!(concat!(env!("OUT_DIR"), "/", $name, ".rs"))
    };
}

/// Reads a record.
pub static READ: Script = script!("read");
/// Writes a record.
pub static WRITE: Script = script!("write");
/// Gives a record another time to live.
pub static TOUCH: Script = script!("touch");
/// Deletes a record.
pub static REMOVE: Script = script!("remove");
/// Does several things with records, or none of them.
pub static BATCH: Script = script!("batch");
/// Stores records, one after the other.
pub static IMPORT: Script = script!("import");
/// Lists records.
pub static LIST: Script = script!("list");
/// Deletes the records below a prefix.
pub static REMOVE_ALL: Script = script!("remove_all");
/// Counts the hits of the service, and its records.
pub static COUNT: Script = script!("count");
/// Counts the hits of a record.
pub static RECORD_HITS: Script = script!("record_hits");
/// Reads a record, or is to wait until it changes.
pub static AWAIT: Script = script!("await");
/// Takes a place for who waits, or gives it up.
pub static PLACE: Script = script!("place");
/// Makes sure that the store serves.
pub static READY: Script = script!("ready");
/// Reads what has happened below a prefix, or is to wait until something happens.
pub static FEED: Script = script!("feed");

impl Script {
    /// A run of this script on a part.
    #[must_use]
    pub fn on_part<'a>(
        &'static self,
        part: &'a PartKeys,
        keys: impl IntoIterator<Item = Argument<'a>>,
        arguments: impl IntoIterator<Item = Argument<'a>>,
        delivery: Delivery,
    ) -> Call<'a> {
        let keys = keys.into_iter().chain(part.absent());
        self.call(Some(part.part()), keys, arguments, delivery)
    }

    /// A run of this script, with keys that are in no part.
    #[must_use]
    pub fn elsewhere<'a>(
        &'static self,
        keys: impl IntoIterator<Item = Argument<'a>>,
        arguments: impl IntoIterator<Item = Argument<'a>>,
        delivery: Delivery,
    ) -> Call<'a> {
        self.call(None, keys, arguments, delivery)
    }

    fn call<'a>(
        &'static self,
        part: Option<Part>,
        keys: impl IntoIterator<Item = Argument<'a>>,
        own: impl IntoIterator<Item = Argument<'a>>,
        delivery: Delivery,
    ) -> Call<'a> {
        let (keys, own) = (keys.into_iter(), own.into_iter());
        let mut arguments = Vec::with_capacity(2 + keys.size_hint().0 + own.size_hint().0);
        arguments.push(self.digest.as_bytes().into());
        arguments.push(Argument::default());
        arguments.extend(keys);
        let key_count = number(&(arguments.len() - 2));
        if let Some(place) = arguments.get_mut(1) {
            *place = key_count;
        }
        arguments.extend(own);
        Call { part, command: "EVALSHA", arguments, delivery, script: Some(self) }
    }
}

impl Call<'_> {
    /// The same with the script's text, for a Redis that doesn't have it. `None`: it runs no script.
    #[must_use]
    pub fn with_text(mut self) -> Option<Self> {
        let text = self.script.take()?.parts.concat();
        if let Some(digest) = self.arguments.first_mut() {
            *digest = text.into_bytes().into();
        }
        self.command = "EVAL";
        Some(self)
    }
}
