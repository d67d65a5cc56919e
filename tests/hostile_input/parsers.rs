//! The corpus of the fuzz targets, replayed and changed at random: what libFuzzer does with
//! `cargo fuzz`, on any toolchain and for a bounded time.

use std::panic::{AssertUnwindSafe, catch_unwind};

use fastrand::Rng;
use harness::setting;
use path_records_parser_rules::{CHECKS, Check};

use crate::pieces::{change, corpus};

#[test]
fn paths() {
    check("path");
}

#[test]
fn queries() {
    check("query");
}

#[test]
fn bodies() {
    check("body");
}

#[test]
fn patches() {
    check("patch");
}

#[test]
fn conditional_headers() {
    check("conditions");
}

#[test]
fn stored_hashes() {
    check("stored");
}

#[test]
fn batches() {
    check("batch");
}

#[test]
fn imports() {
    check("import");
}

#[test]
fn tokens() {
    check("tokens");
}

/// Tries the corpus as it is, then changed at random.
fn check(name: &str) {
    let (_, check) = CHECKS.iter().find(|(other, _)| *other == name).expect("there is a check");
    let corpus = corpus(name);
    assert!(corpus.len() > 10, "the corpus of {name}");
    for input in &corpus {
        try_one(name, *check, input);
    }
    let seed = setting("SEED", 0x7061_7273_6572);
    let mut rng = Rng::with_seed(seed);
    for _ in 0..setting("INPUTS", 5_000) {
        let mut input = rng.choice(&corpus).expect("it has inputs").clone();
        for _ in 0..rng.usize(1..6) {
            change(&mut input, &corpus, &mut rng);
        }
        try_one(name, *check, &input);
    }
}

fn try_one(name: &str, check: Check, input: &[u8]) {
    let result = catch_unwind(AssertUnwindSafe(|| check(input)));
    assert!(result.is_ok(), "{name} fails for \"{}\"", input.escape_ascii());
}
