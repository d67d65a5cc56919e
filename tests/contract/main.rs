//! The contract over real HTTP: a module for each of its sections, named `s` and the section's number.
//! Names of tests read as the contract's sentences.
//!
//! `BUILD=wasip3` runs them against the fast build instead of the default one.

mod common;
mod generate;

mod s10_configuration;
mod s11_credentials;
mod s11_foreign_records;
mod s11_redis;
mod s1_paths;
mod s1_values;
mod s2_bodies;
mod s2_methods;
mod s2_patch;
mod s2_patch_at_once;
mod s2_patch_examples;
mod s2_patch_values;
mod s3_ttl;
mod s4_conditions;
mod s4_dates;
mod s4_etags;
mod s5_expired;
mod s5_folding;
mod s5_listing;
mod s5_parameters;
mod s6_base_url;
mod s6_hits;
mod s7_service_paths;
mod s8_cors;
mod s8_limits;
mod s8_store_failures;
mod s8_tokens;
mod s8_unknown_outcomes;
