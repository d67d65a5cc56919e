//! The endpoints, each from its request to its response.

pub mod base;
pub mod console;
pub mod health;
pub mod metrics;
pub mod openapi;
pub mod record;
pub mod records;
