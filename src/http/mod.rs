//! What the service needs of HTTP and the `http` crate doesn't give.

pub mod accept;
pub mod authorization;
pub mod body;
pub mod conditions;
pub mod cors;
pub mod date;
pub mod head;
pub mod media_type;
pub mod prefer;
pub mod problem;
pub mod query;
pub mod response;
pub mod tokens;
