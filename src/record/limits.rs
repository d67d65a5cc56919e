//! How large and how many things may be, where no variable says so.

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
