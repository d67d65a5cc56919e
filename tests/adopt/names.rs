//! Which name a hash gets, and which are records by name already: held to the service's own rules.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use harness::{Redis, setting};
use path_records::record::RecordPath;

use crate::script::{adopt, hset, key, path_of, sorted_set};

/// What names are made of.
const PIECES: [&[u8]; 44] = [
    b"a",
    b"Z",
    b"0",
    b"~",
    b"_",
    b"/",
    b"//",
    b".",
    b"..",
    b"/.",
    b"/../",
    b"-",
    b"-/",
    b"/-/",
    b" ",
    b"%",
    b"%41",
    b"%2F",
    b"%2f",
    b"%20",
    b"%C3%A9",
    b"%c3",
    b"%00",
    b"%zz",
    b"!$&'()*+,;=:@",
    b"?#[]",
    b"{}|\\\"<>^`",
    b"\0",
    b"\x1f",
    b"\x7f",
    b".well-known/spin",
    "é".as_bytes(),
    "漢字".as_bytes(),
    "\u{10ffff}".as_bytes(),
    "\u{80}".as_bytes(),
    "\u{9f}".as_bytes(),
    "\u{a0}".as_bytes(),
    b"\xff",
    b"\xc3",
    b"\xc0\xaf",
    b"\xed\xa0\x80",
    b"\xf4\x90\x80\x80",
    b"\xa9",
    &[b'x'; 500],
];

/// Names, each with the number that its hash holds.
fn names(count: usize, rng: &mut Rng) -> BTreeMap<Vec<u8>, usize> {
    let name = |rng: &mut Rng| -> Vec<u8> {
        (0..rng.usize(0..6)).flat_map(|_| PIECES[rng.usize(..PIECES.len())]).copied().collect()
    };
    (0..count).map(|number| (name(rng), number)).collect()
}

fn number(redis: &Redis, key: &[u8]) -> Option<usize> {
    redis::cmd("HGET").arg(key).arg("n").query(&mut redis.connect()).expect("a hash")
}

#[test]
fn a_hash_is_renamed_to_the_path_that_its_name_is_and_nothing_else_is() {
    let redis = Redis::start();
    let mut connection = redis.connect();
    let mut rng = Rng::with_seed(setting("SEED", 0x0061_646f_7074));
    let others = names(4000, &mut rng);
    // Half of them would be refused for their first byte: these begin as a record does.
    let records: BTreeMap<_, _> = names(2000, &mut rng)
        .into_iter()
        .map(|(name, number)| ([b"/", name.as_slice()].concat(), number + 10_000))
        .collect();
    for (name, number) in &others {
        hset(&mut connection, name, b"n", number.to_string().as_bytes());
    }
    for (path, number) in &records {
        hset(
            &mut connection,
            [&key(""), path.as_slice()].concat(),
            b"n",
            number.to_string().as_bytes(),
        );
    }

    let adoption = adopt(&redis);

    let mut paths = BTreeSet::new();
    for (path, number_of_it) in &records {
        let text = std::str::from_utf8(path).ok();
        let is_path =
            |text: &&str| RecordPath::parse(text).is_ok_and(|path| path.as_str() == *text);
        if let Some(path) = text.filter(is_path) {
            assert_eq!(number(&redis, &key(path)), Some(*number_of_it), "{path}: another's");
            paths.insert(path.to_owned());
        }
    }
    assert_eq!(adoption.count("put into the index, named as records already"), paths.len());
    assert!(paths.len() > 30, "there are enough of them: {}", paths.len());

    // Of names that make one path, one becomes the record, unless there is one already.
    let mut candidates = BTreeMap::<_, Vec<_>>::new();
    for (name, number) in &others {
        candidates.entry(path_of(name)).or_default().push((name, *number));
    }
    let mut renamed = 0;
    for (path, names) in candidates {
        let stays: Vec<_> =
            names.iter().filter(|(name, of_it)| number(&redis, name) == Some(*of_it)).collect();
        let Some(path) = path else {
            assert_eq!(stays.len(), names.len(), "can't be records: {names:?}");
            continue;
        };
        if !paths.insert(path.clone()) {
            assert_eq!(stays.len(), names.len(), "{path} was there already");
            continue;
        }
        assert_eq!(stays.len(), names.len() - 1, "{path} of {names:?}");
        let of_record = number(&redis, &key(&path)).expect("a record");
        assert!(names.iter().any(|(_, of_it)| *of_it == of_record), "{path} is another's");
        renamed += 1;
    }
    assert_eq!(adoption.count("renamed to records"), renamed);
    assert!(renamed > 100, "there are enough of them: {renamed}");

    assert_eq!(sorted_set(&redis, "index").into_keys().collect::<BTreeSet<_>>(), paths);
    let all = others.len() + records.len();
    assert_eq!(adoption.left_alone(), all - paths.len(), "{:?}", adoption.said);
}

#[test]
fn a_name_is_a_path_as_a_program_sees_it() {
    let redis = Redis::start();
    let mut connection = redis.connect();
    let longest = "x".repeat(RecordPath::MAX_BYTES - 1);
    for (name, path) in [
        (longest.as_str(), format!("/{longest}").as_str()),
        ("testurl", "/testurl"),
        ("docs/a b/", "/docs/a%20b/"),
        ("é", "/%C3%A9"),
        ("100%", "/100%25"),
        ("%41", "/%2541"),
        ("a?b#c", "/a%3Fb%23c"),
        ("/has/one", "/has/one"),
        ("//", "//"),
        ("(a)!~", "/(a)!~"),
    ] {
        hset(&mut connection, name, b"v", b"1");
        assert_eq!(adopt(&redis).count("renamed to records"), 1, "{name}");
        assert!(sorted_set(&redis, "index").contains_key(path), "{name}");
    }
}
