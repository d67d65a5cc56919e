//! What the service does with Redis. Each operation is a method of [`Store`] or an [`Action`], a Lua script,
//! and one round trip.

mod batch;
mod command;
mod error;
mod keys;
mod listing;
mod merge;
mod operations;
mod part;
mod readiness;
mod redis;
mod reply;
mod script;
mod waiting;

pub use batch::{BatchOutcome, Outcomes, Written};
pub use command::{Action, Command, Outcome, WriteTtl};
pub use error::StoreError;
pub use keys::Keys;
pub use listing::{ListedRecord, Listing, ListingPosition, ListingQuery, Removal};
pub use operations::{Counts, Store};
pub use part::{Part, Shards};
pub use readiness::Readiness;
pub use redis::{Argument, Call, Delivery, Redis, RedisError, Replied, Value};
pub use waiting::{Change, Changes, ChangesQuery, Event, Waited, Waiter};
