//! Generators of JSON text and of paths. They make text, not values: the text is what is promised.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::prelude::*;

/// So many cases, unless `PROPTEST_CASES` says otherwise; nothing is written beside the sources.
pub fn cases(usual: u32) -> ProptestConfig {
    let asked = std::env::var("PROPTEST_CASES").ok();
    ProptestConfig {
        cases: asked.map_or(usual, |cases| cases.parse().expect("PROPTEST_CASES is a number")),
        failure_persistence: None,
        max_shrink_iters: 500,
        ..ProptestConfig::default()
    }
}

/// Any number JSON can write: `-0`, `1e400`, more digits than a double holds.
pub fn number() -> impl Strategy<Value = String> {
    "-?(0|[1-9][0-9]{0,30})(\\.[0-9]{1,20})?([eE][+-]?[0-9]{1,4})?"
}

/// Any string JSON can write, with every kind of escape.
pub fn string() -> impl Strategy<Value = String> {
    let plain = any::<char>().prop_map(|character| match character {
        '"' | '\\' => format!("\\{character}"),
        '\0'..='\x1f' => format!("\\u{:04x}", u32::from(character)),
        _ => character.to_string(),
    });
    let short =
        prop::sample::select(vec!["\\n", "\\t", "\\r", "\\b", "\\f", "\\/", "\\\"", "\\\\"])
            .prop_map(str::to_owned);
    let escaped = (any::<char>(), any::<bool>()).prop_map(|(character, upper)| {
        let mut text = String::new();
        for unit in character.encode_utf16(&mut [0; 2]) {
            if upper {
                write!(text, "\\u{unit:04X}").expect("a string takes text");
            } else {
                write!(text, "\\u{unit:04x}").expect("a string takes text");
            }
        }
        text
    });
    vec(prop_oneof![4 => plain, 1 => short, 1 => escaped], 0..12)
        .prop_map(|pieces| format!("\"{}\"", pieces.concat()))
}

fn space() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["", "", "", " ", "\n", "\t ", "\r\n  "])
}

/// Any JSON value, with whitespace in all the places it may stand.
pub fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        Just("false".to_owned()),
        number(),
        string(),
    ];
    leaf.prop_recursive(6, 40, 6, |inner| {
        let array = (space(), vec(inner.clone(), 0..6)).prop_map(|(space, values)| {
            format!("[{space}{}{space}]", values.join(&format!("{space},{space}")))
        });
        let members = vec((string(), inner), 0..6);
        let object = (space(), members).prop_map(|(space, members)| object(space, &members));
        prop_oneof![array, object]
    })
}

/// The text of an object.
pub fn object(space: &str, members: &[(String, String)]) -> String {
    let members: Vec<_> = members
        .iter()
        .map(|(name, value)| format!("{space}{name}{space}:{space}{value}{space}"))
        .collect();
    format!("{{{}}}", members.join(","))
}

/// Members of a record: many of the names come more than once, and some are the service's own.
pub fn record() -> impl Strategy<Value = (&'static str, Vec<(String, String)>)> {
    let repeated = prop::sample::select(vec![
        r#""a""#,
        r#""\u0061""#,
        r#""b""#,
        r#""""#,
        r#""ttl""#,
        r#""last_updated""#,
        r#""tt\u006c""#,
    ])
    .prop_map(str::to_owned);
    let name = prop_oneof![repeated, string()];
    (space(), vec((name, value()), 0..8))
}

/// A path as RFC 3986 normalises it, and two other ways to write it.
#[derive(Debug, Clone)]
pub struct Spellings {
    pub normalised: String,
    pub others: [String; 2],
}

/// Paths with every kind of character, encoded where they may be.
pub fn spellings() -> impl Strategy<Value = Spellings> {
    let raw = prop::sample::select("!$&'()*+,;=:@/".chars().collect::<Vec<_>>());
    let unreserved = prop::sample::select("azAZ09-._~".chars().collect::<Vec<_>>());
    let encoded = any::<char>().prop_filter("no control character", |c| !c.is_control());
    let atom = prop_oneof![
        raw.prop_map(|character| (character, true)),
        unreserved.prop_map(|character| (character, false)),
        encoded.prop_map(|character| (character, false)),
        prop::sample::select(vec!['/', ' ', '%', '?', '#', '+']).prop_map(|c| (c, false)),
    ];
    vec((atom, any::<[u8; 2]>()), 1..24)
        .prop_map(|atoms| {
            let mut spellings = Spellings {
                normalised: String::from("/"),
                others: [String::from("/"), String::from("/")],
            };
            for ((character, raw), choices) in atoms {
                spellings.normalised += &spell(character, raw, 0);
                for (other, choice) in spellings.others.iter_mut().zip(choices) {
                    *other += &spell(character, raw, choice);
                }
            }
            spellings
        })
        .prop_filter("no dot segments", |spellings| {
            let mut segments = spellings.normalised.split('/');
            !segments.any(|segment| segment == "." || segment == "..")
        })
}

/// One character; 0 is the normal form.
fn spell(character: char, raw: bool, choice: u8) -> String {
    let unreserved = character.is_ascii_alphanumeric() || "-._~".contains(character);
    if raw || unreserved && choice.is_multiple_of(3) {
        return character.to_string();
    }
    let mut text = String::new();
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        if choice % 3 == 1 {
            write!(text, "%{byte:02x}").expect("a string takes text");
        } else {
            write!(text, "%{byte:02X}").expect("a string takes text");
        }
    }
    text
}
