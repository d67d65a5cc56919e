//! What a record is: where it is ([`RecordPath`]), what it holds ([`Members`]), and what the store
//! says about it ([`Metadata`]). None of these types can hold a value that the contract rules out.

mod conditions;
mod digits;
mod etag;
pub mod json;
pub mod limits;
mod members;
mod metadata;
mod patch;
mod path;
mod ttl;

pub use conditions::{Conditions, EntityTags};
pub use digits::whole_number;
pub use etag::ETag;
pub use members::{Members, MembersError, utf8};
pub use metadata::{Expiry, Metadata, Remaining};
pub use patch::{Patch, PatchError, PatchFormat};
pub use path::{PathError, RecordPath, normalise};
pub use ttl::{Ttl, TtlError};

/// The member that says when the record was last written.
pub const LAST_UPDATED: &str = "last_updated";

/// The member that says how long the record has left.
pub const TTL: &str = "ttl";

/// Whether a top-level member belongs to the service, so that a client's value for it is ignored.
#[must_use]
pub fn is_reserved(name: &str) -> bool {
    name == LAST_UPDATED || name == TTL
}
