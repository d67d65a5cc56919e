//! Hostile bodies.

use fastrand::Rng;

use crate::pieces::{change, corpus, one};

/// Bodies that are sent as they are, and changed.
#[derive(Debug)]
pub struct Bodies {
    records: Vec<Vec<u8>>,
    patches: Vec<Vec<u8>>,
    batches: Vec<Vec<u8>>,
    imports: Vec<Vec<u8>>,
}

/// What a body is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum For {
    Record,
    Patch,
    Batch,
    Import,
}

impl Bodies {
    pub fn load() -> Self {
        let mut patches = corpus("patch");
        for input in &mut patches {
            // A byte for the format, the record, a zero byte, the patch.
            let at = input.iter().skip(1).position(|byte| *byte == 0).map_or(0, |at| at + 2);
            input.drain(..at);
        }
        let (batches, imports) = (corpus("batch"), corpus("import"));
        Self { records: corpus("body"), patches, batches, imports }
    }

    pub fn one(&self, what: For, rng: &mut Rng) -> Vec<u8> {
        let inputs = match what {
            For::Record => &self.records,
            For::Patch => &self.patches,
            For::Batch => &self.batches,
            For::Import => &self.imports,
        };
        let mut body = rng.choice(inputs).expect("it has inputs").clone();
        match rng.u8(..20) {
            0..8 => {}
            8..14 => {
                for _ in 0..rng.usize(1..4) {
                    change(&mut body, inputs, rng);
                }
            }
            14 => body = nested(rng),
            15 => body = wide(rng),
            16 => body = long(rng),
            17 => body = (0..rng.usize(..2000)).map(|_| rng.u8(..)).collect(),
            _ => body = br#"{"name":"bob","list":[1,2.0,{"deep":null}]}"#.to_vec(),
        }
        body
    }
}

/// Deeper than any stack.
fn nested(rng: &mut Rng) -> Vec<u8> {
    let depth = *rng.choice(&[100, 127, 128, 129, 5_000, 100_000]).expect("there are some");
    let (open, close) = [("[", "]"), ("{\"a\":", "}")][rng.usize(..2)];
    let middle = one(rng, &["", "1", "\"", "{}"]);
    let closing = if rng.bool() { close.repeat(depth) } else { String::new() };
    format!("{{\"a\":{}{middle}{closing}}}", open.repeat(depth)).into_bytes()
}

/// More members than anybody needs, with one name or many.
fn wide(rng: &mut Rng) -> Vec<u8> {
    let count = rng.usize(100..8_000);
    let same = rng.bool();
    let member = |number| if same { "\"a\":1".to_owned() } else { format!("\"{number}\":[]") };
    format!("{{{}}}", (0..count).map(member).collect::<Vec<_>>().join(",")).into_bytes()
}

/// One thing that is long; now and then longer than a record may be.
fn long(rng: &mut Rng) -> Vec<u8> {
    let length = if rng.u8(..12) == 0 { 1_100_000 } else { rng.usize(1..100_000) };
    match rng.u8(..4) {
        0 => format!("{{\"a\":{}}}", "9".repeat(length)),
        1 => format!("{{\"a\":\"{}\"}}", "\\u00e9".repeat(length / 6)),
        2 => format!("{{\"{}\":1}}", "n".repeat(length)),
        _ => format!("{}{{}}", " \n".repeat(length / 2)),
    }
    .into_bytes()
}
