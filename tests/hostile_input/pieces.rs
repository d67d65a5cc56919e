//! The corpus of the fuzz targets, and what can be done to its inputs.

use fastrand::Rng;

/// What breaks parsers more often than chance does.
const TOKENS: [&[u8]; 28] = [
    b"\0",
    b"\xff",
    b"\xc3",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"%",
    b"%2F",
    b"%00",
    b"%c3%a9",
    b"\"",
    b"\\",
    b"\\u",
    b"\\ud800",
    b"\\u0000",
    b"{",
    b"}",
    b"[[[[[[[[",
    b"]]]]]]]]",
    b",",
    b":",
    b"null",
    b"-0",
    b"1e400",
    b"*",
    b"W/\"",
    b"/../",
    b"&ttl=",
];

/// The inputs of one fuzz target.
pub fn corpus(name: &str) -> Vec<Vec<u8>> {
    let directory = harness::workspace().join("tests/fuzz/corpus").join(name);
    let files = std::fs::read_dir(&directory).expect("the corpus is there");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    // The same seed takes the same choices everywhere.
    files.sort();
    files.iter().map(|file| std::fs::read(file).expect("it can be read")).collect()
}

/// Changes an input in one place, now and then with a piece of another one.
pub fn change(input: &mut Vec<u8>, corpus: &[Vec<u8>], rng: &mut Rng) {
    let at = rng.usize(..=input.len());
    let end = (at + rng.usize(..16)).min(input.len());
    match rng.u8(..7) {
        0 => {
            if let Some(byte) = input.get_mut(at) {
                *byte ^= 1 << rng.u8(..8);
            }
        }
        1 => drop(input.drain(at..end)),
        2 => input.truncate(at),
        3 => {
            let part: Vec<u8> = input[at..end].to_vec();
            let copies = part.repeat(rng.usize(1..40));
            input.splice(at..at, copies);
        }
        4 => {
            let other = rng.choice(corpus).expect("it has inputs");
            let from = rng.usize(..=other.len());
            let to = (from + rng.usize(..64)).min(other.len());
            input.splice(at..end, other[from..to].iter().copied());
        }
        _ => {
            let token = rng.choice(TOKENS).expect("there are some");
            input.splice(at..at, token.iter().copied());
        }
    }
}

/// One of these.
pub fn one<'a>(rng: &mut Rng, choices: &[&'a str]) -> &'a str {
    rng.choice(choices).expect("there are some")
}
