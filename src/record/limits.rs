//! How large and how many things may be, where no variable says so.

use std::time::Duration;

/// The longest path, in bytes, after normalisation.
pub const MAX_PATH_BYTES: usize = 1024;

/// The deepest nesting of arrays and objects, the record itself included.
pub const MAX_DEPTH: usize = 128;

/// The most members of a record: Redis takes 1,048,576 arguments in a command, and each member is two.
pub const MAX_MEMBERS: usize = 500_000;

/// How many steps applying a patch may take for each byte of the record and the patch together. A step is
/// a byte of JSON that is read, or a member or an item that is passed over: about as many as there are
/// bytes are taken, unless a patch is made to cost more.
pub const PATCH_STEPS_PER_BYTE: usize = 32;

/// The entries of a page of a listing, where the request doesn't say.
pub const DEFAULT_PAGE: u32 = 100;

/// The most entries of a page of a listing.
pub const MAX_PAGE: u32 = 1000;

/// The longest time that a request waits, in seconds.
pub const MAX_WAIT: u64 = 60;

/// The most segments of a prefix that can be followed (scripts/shared/followers.lua looks so far).
pub const MAX_FOLLOWED_SEGMENTS: usize = 8;

/// How long changes are remembered for who doesn't ask: ten minutes after a request has waited, and some more.
pub const FOLLOWED: Duration = Duration::from_mins(12);

/// The most bytes of members of a page of a listing, unless it has only one record.
pub const MAX_PAGE_BYTES: usize = 1 << 20;

/// The most records that one request deletes; each of several parts deletes its share of them.
pub const MAX_REMOVED: u32 = 1000;

/// The most parts of a store.
pub const MAX_SHARDS: u16 = 1000;

/// How many parts are asked at a time.
pub const PARTS_AT_ONCE: usize = 16;

/// The most requests of a batch.
pub const MAX_BATCH: usize = 100;

/// The most bytes of a batch, or of an import.
pub const MAX_BATCH_BYTES: usize = 4 << 20;

/// How many bytes of records a batch reads: once it has read more, it reads no other record.
pub const MAX_BATCH_READ: usize = 8 << 20;

/// The most lines of an import: as many as there can be that are records, the shortest of which has 25 bytes. Each
/// line has an answer, and shorter ones would have more answers than there is room for.
pub const MAX_IMPORT_LINES: usize = MAX_BATCH_BYTES / 25;

/// The most lines of an import that Redis stores at a time.
pub const IMPORT_LINES: usize = 100;

/// The bytes of lines of an import after which no other line goes along.
pub const IMPORT_BYTES: usize = 256 << 10;
