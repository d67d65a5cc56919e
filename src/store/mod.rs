//! What the service does with Redis. Each operation is a method of [`Store`], a Lua script, and one round
//! trip.

mod error;
mod keys;
mod listing;
mod operations;
mod redis;
mod reply;
mod script;

pub use error::StoreError;
pub use keys::Keys;
pub use listing::{ListedRecord, Listing, ListingPosition, ListingQuery};
pub use operations::{Counts, ReadOutcome, RemoveOutcome, Store, WriteOutcome, WriteTtl};
pub use redis::{Argument, Delivery, Redis, RedisError, Value};
