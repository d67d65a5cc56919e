//! The preference `wait` (RFC 7240).

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use super::response::{Response, set};
use crate::record::{limits, whole_number};

const PREFER: &str = "prefer";
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// How long a request prefers to wait for its answer, in whole seconds, [`limits::MAX_WAIT`] at the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(u64);

impl Wait {
    /// What a request prefers; `None`: an answer at once. Of several, the first counts (RFC 7240, section 2).
    /// What can't be read is as if it weren't there.
    #[must_use]
    pub fn parse(headers: &HeaderMap) -> Option<Self> {
        let lines = headers.get_all(PREFER).iter().map(HeaderValue::as_bytes);
        let value = lines.filter_map(|line| str::from_utf8(line).ok()).find_map(first)?;
        seconds(value.trim_ascii())
    }

    /// The time.
    #[must_use]
    pub fn time(self) -> Duration {
        Duration::from_secs(self.0)
    }

    /// Says that it was honoured.
    pub fn applied(self, response: &mut Response) {
        set(response, PREFERENCE_APPLIED, format!("wait={}", self.0));
    }
}

/// The value of the first `wait` in a line.
fn first(line: &str) -> Option<&str> {
    let (mut begin, mut quoted, mut escaped) = (0, false, false);
    let ends = line.char_indices().filter(|(_, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' => return !quoted,
            _ => {}
        }
        false
    });
    let ends: Vec<usize> = ends.map(|(at, _)| at).chain([line.len()]).collect();
    ends.into_iter().find_map(|end| {
        let preference = line.get(begin..end)?;
        begin = end + 1;
        // Parameters don't matter: `wait` has none.
        let preference = preference.split(';').next()?;
        let (name, value) = preference.split_once('=').unwrap_or((preference, ""));
        name.trim_ascii().eq_ignore_ascii_case("wait").then_some(value)
    })
}

fn seconds(value: &str) -> Option<Wait> {
    let quoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    let bare = quoted.map_or_else(|| value.to_owned(), unescaped);
    let digits = !bare.is_empty() && bare.bytes().all(|byte| byte.is_ascii_digit());
    // What is more than a number can hold is a long time, too.
    digits.then(|| Wait(whole_number(&bare).unwrap_or(u64::MAX).min(limits::MAX_WAIT)))
}

/// The text that a quoted string stands for (RFC 9110, 5.6.4).
fn unescaped(text: &str) -> String {
    let mut escapes = false;
    let stands = |c: &char| {
        escapes = !escapes && *c == '\\';
        !escapes
    };
    text.chars().filter(stands).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(lines: &[&str]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(PREFER, HeaderValue::from_bytes(line.as_bytes()).unwrap());
        }
        Wait::parse(&headers).map(|wait| wait.0)
    }

    #[test]
    fn seconds_to_wait_in_all_forms() {
        for (lines, seconds) in [
            (&["wait=5"][..], 5),
            (&["wait=0"], 0),
            (&["wait=007"], 7),
            (&["Wait = \"5\""], 5),
            (&["wait=\"\\5\""], 5),
            (&["respond-async, wait=5"], 5),
            (&["respond-async", "wait=5"], 5),
            (&["wait=5;foo=\"a,wait=6\", return=minimal"], 5),
            (&["foo=\"a, wait=6\\\", wait=7\", wait=5"], 5),
            (&["wait=5, wait=6"], 5),
            (&["wait=5", "wait=6"], 5),
            (&[",, wait=5 ,"], 5),
            (&["handling=lenient; wait=9, wait=5"], 5),
            (&["wait=60"], 60),
            (&["wait=61"], 60),
            (&["wait=99999999999999999999999999"], 60),
        ] {
            assert_eq!(parsed(lines), Some(seconds), "{lines:?}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_ignored() {
        for lines in [
            &[][..],
            &[""],
            &["wait"],
            &["wait="],
            &["wait=\"\""],
            &["wait=-1"],
            &["wait=+1"],
            &["wait=1.5"],
            &["wait=five"],
            &["wait=5s"],
            &["wait=\"5"],
            &["wait=\"\\\\5\""],
            &["wait=\\5"],
            &["waits=5"],
            &["respond-async"],
            &["foo=\"wait=5\""],
            &["foo;wait=5"],
            // The first one counts, and can't be read.
            &["wait=x, wait=5"],
            &["wait=x", "wait=5"],
        ] {
            assert_eq!(parsed(lines), None, "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn no_input_panics(line in "[ -~]{0,40}") {
            let _ = parsed(&[&line]);
        }
    }
}
