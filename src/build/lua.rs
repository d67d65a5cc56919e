//! Makes Lua scripts short: without comments, with no more white space than is needed, and with short names.

use std::collections::{BTreeMap, BTreeSet};

/// Lua's words (Lua 5.1 manual, section 2.1).
const WORDS: [&str; 21] = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "if", "in", "local",
    "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
];

/// The names that scripts don't give themselves: Redis's and Lua's own. With one that is missing here a
/// script doesn't run at all.
const GIVEN: [&str; 14] = [
    "ARGV", "KEYS", "error", "ipairs", "math", "pairs", "pcall", "redis", "string", "table",
    "tonumber", "tostring", "type", "unpack",
];

/// The short names of scripts that may be put together: the same name is the same in all of them.
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Names for all that the scripts give, the shortest for the most frequent.
    pub fn of<'a>(scripts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for script in scripts {
            for name in
                tokens(script).into_iter().filter(|token| token.is_name).map(|token| token.text)
            {
                *counts.entry(name).or_default() += 1;
            }
        }
        let mut names: Vec<_> = counts.into_iter().collect();
        names.sort_by_key(|(name, count)| (usize::MAX - count, *name));
        Self(names.into_iter().map(|(name, _)| name.to_owned()).zip(short_names()).collect())
    }

    /// A script that does the same, with these names. Lines of code stay lines: Redis names them in errors.
    pub fn shorten(&self, script: &str) -> String {
        let mut short = String::new();
        for token in tokens(script) {
            let text =
                self.0.get(token.text).filter(|_| token.is_name).map_or(token.text, String::as_str);
            if needs_space(short.chars().next_back(), text.chars().next()) {
                short.push(' ');
            }
            if text != "\n" || !(short.is_empty() || short.ends_with('\n')) {
                short.push_str(text);
            }
        }
        short
    }
}

/// `a`, `b`, … and then of two letters.
fn short_names() -> impl Iterator<Item = String> {
    let letters = || ('a'..='z').chain('A'..='Z');
    let two =
        letters().flat_map(move |first| letters().map(move |second| format!("{first}{second}")));
    let taken: BTreeSet<&str> = WORDS.into_iter().chain(GIVEN).collect();
    letters().map(String::from).chain(two).filter(move |name| !taken.contains(name.as_str()))
}

struct Token<'a> {
    text: &'a str,
    /// Whether a script gives this name.
    is_name: bool,
}

/// What a script is made of. Of white space only the ends of lines are left.
fn tokens(script: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token<'_>> = Vec::new();
    let mut rest = script;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            '\'' | '"' => string_length(rest, first),
            '.' if rest.starts_with("..") => 2,
            // A number may have letters, as in 1e15, and a point.
            '0'..='9' => word_length(rest, |c| is_word(c) || c == '.')
                .min(rest.find("..").unwrap_or(rest.len())),
            _ if is_word(first) => word_length(rest, is_word),
            _ => first.len_utf8(),
        };
        let (text, after) = rest.split_at(length);
        let is_field = tokens.last().is_some_and(|before| before.text == ".");
        let is_word = first.is_ascii_alphabetic() || first == '_';
        if !text.starts_with("--") && (first == '\n' || !first.is_whitespace()) {
            let is_name = is_word && !is_field && !WORDS.contains(&text) && !GIVEN.contains(&text);
            tokens.push(Token { text, is_name });
        }
        rest = after;
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn word_length(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// How long the string is that a text begins with, quotes included.
fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let closes = *c == quote && !escaped;
        escaped = *c == '\\' && !escaped;
        closes
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

/// Whether two tokens would be something else without a space between them.
fn needs_space(before: Option<char>, after: Option<char>) -> bool {
    match (before, after) {
        (Some('-'), Some('-')) => true,
        (Some(before), Some('.')) => before.is_ascii_digit(),
        (Some(before), Some(after)) => is_word(before) && is_word(after),
        _ => false,
    }
}
