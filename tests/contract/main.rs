//! The contract over real HTTP: a module for each of its sections, named `s` and the section's number.
//! Names of tests read as the contract's sentences.
//!
//! `BUILD=wasip3` runs them against the fast build instead of the default one.

mod common;
mod generate;
mod waiting;

mod s01_paths;
mod s01_values;
mod s02_head;
mod s02_methods;
mod s02_patch;
mod s02_patch_at_once;
mod s02_patch_costs;
mod s02_patch_examples;
mod s02_patch_letter;
mod s02_patch_values;
mod s02_refusals;
mod s03_touch;
mod s03_ttl;
mod s04_conditions;
mod s04_dates;
mod s04_etags;
mod s05_deletion;
mod s05_expired;
mod s05_folding;
mod s05_import;
mod s05_listing;
mod s05_parameters;
mod s05_round_trip;
mod s05_values;
mod s06_base_url;
mod s06_hits;
mod s07_service_paths;
mod s08_access;
mod s08_foreign_values;
mod s08_limits;
mod s08_store_failures;
mod s08_tokens;
mod s08_unknown_outcomes;
mod s10_configuration;
mod s11_credentials;
mod s11_due;
mod s11_foreign_records;
mod s11_plain_reads;
mod s11_redis;
mod s12_alone;
mod s12_batch;
mod s13_cursors;
mod s13_feed;
mod s13_feed_expiry;
mod s13_feed_waiting;
mod s13_places;
mod s13_prefer;
mod s13_record;
mod s13_redis;
