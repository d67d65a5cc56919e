//! The document at `/-/openapi.json`: that it is valid, that it keeps in step with the code and the
//! README, that its examples are what the service answers, that a client made of it works, and what a
//! stranger finds who knows nothing but the document.

mod document;
mod examples;
mod generated;
mod in_step;
mod python;
mod readme;
mod stranger;
