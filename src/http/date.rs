//! The dates of HTTP (RFC 9110, 5.6.7): read in all three forms, also before 1970 and with leap
//! seconds, and written in one.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

const LONG_DAYS: [&str; 7] =
    ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment as an HTTP date (RFC 9110, 5.6.7); `None` past the year 9999, which it can't say.
#[must_use]
pub fn format(seconds: u64) -> Option<String> {
    const YEAR_10000: u64 = 253_402_300_800;
    (seconds < YEAR_10000)
        .then(|| httpdate::fmt_http_date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)))
}

/// A date's seconds since the Unix epoch, negative before it; `None` if it isn't one. Which day of the
/// week it was is not looked at: the date is clear without it.
#[must_use]
pub fn parse(text: &[u8]) -> Option<i64> {
    parse_at(text, || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        since.ok().and_then(|since| since.as_secs().try_into().ok()).unwrap_or(0)
    })
}

/// The same; `now`, in seconds since the epoch, decides on the century of a year with two digits.
fn parse_at(text: &[u8], now: impl FnOnce() -> i64) -> Option<i64> {
    let text = text.trim_ascii();
    let [fixed, obsolete, asctime] = FORMS;
    let date = Date::read(fixed, text)
        .or_else(|| Some(Date::read(obsolete, text)?.of_its_century(now())))
        .or_else(|| Date::read(asctime, text));
    date?.seconds()
}

/// The forms of a date, in the letters of C's `strftime`: that which is sent, that of RFC 850, and that
/// of C's `asctime`.
const FORMS: [&str; 3] =
    ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];

/// A date as it is written.
#[derive(Debug, Clone, Copy, Default)]
struct Date {
    year: i64,
    /// From January, which is 1.
    month: i64,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
}

impl Date {
    /// Reads what has exactly this form.
    fn read(form: &str, text: &[u8]) -> Option<Self> {
        let mut date = Self::default();
        let (mut form, mut rest) = (form.bytes(), Rest(text));
        while let Some(letter) = form.next() {
            if letter != b'%' {
                rest.byte(letter)?;
                continue;
            }
            match form.next()? {
                b'a' => _ = rest.name(&DAYS)?,
                b'A' => _ = rest.name(&LONG_DAYS)?,
                b'b' => date.month = rest.name(&MONTHS)? + 1,
                b'd' => date.day = rest.digits(2)?,
                // A space may stand for the first of two digits.
                b'e' => {
                    let digits = if rest.byte(b' ').is_some() { 1 } else { 2 };
                    date.day = rest.digits(digits)?;
                }
                b'Y' => date.year = rest.digits(4)?,
                b'y' => date.year = 2000 + rest.digits(2)?,
                b'H' => date.hour = rest.digits(2)?,
                b'M' => date.minute = rest.digits(2)?,
                b'S' => date.second = rest.digits(2)?,
                _ => return None,
            }
        }
        rest.0.is_empty().then_some(date)
    }

    /// This date, or that of a hundred years before, if this one is more than 50 years away.
    fn of_its_century(self, now: i64) -> Self {
        const FIFTY_YEARS: i64 = 50 * 31_556_952;
        let far = self.moment() > now.saturating_add(FIFTY_YEARS);
        Self { year: if far { self.year - 100 } else { self.year }, ..self }
    }

    /// Seconds since the epoch, of a moment that there was or will be.
    fn seconds(self) -> Option<i64> {
        let days = days_since_epoch(self.year, self.month, self.day);
        let (year, month) =
            if self.month == 12 { (self.year + 1, 1) } else { (self.year, self.month + 1) };
        let in_month = self.day > 0 && days < days_since_epoch(year, month, 1);
        let in_day = self.hour < 24 && self.minute < 60 && self.second <= 60;
        (in_month && in_day).then(|| self.moment())
    }

    /// A leap second is the first one of the next minute, as in Unix time.
    fn moment(self) -> i64 {
        let days = days_since_epoch(self.year, self.month, self.day);
        ((days * 24 + self.hour) * 60 + self.minute) * 60 + self.second
    }
}

/// Days from the Unix epoch to a day of the Gregorian calendar. Years are counted from March here, so
/// that the leap day is the last of its year.
fn days_since_epoch(year: i64, month: i64, day: i64) -> i64 {
    const DAYS_OF_400_YEARS: i64 = 146_097;
    const FROM_YEAR_0_TO_EPOCH: i64 = 719_468;
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (cycle, year) = (year.div_euclid(400), year.rem_euclid(400));
    let day_of_year = (153 * month + 2) / 5 + day - 1;
    let day_of_cycle = year * 365 + year / 4 - year / 100 + day_of_year;
    cycle * DAYS_OF_400_YEARS + day_of_cycle - FROM_YEAR_0_TO_EPOCH
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn byte(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// One of these names; which.
    fn name(&mut self, names: &[&str]) -> Option<i64> {
        let mut found = names.iter().zip(0..);
        let (rest, at) =
            found.find_map(|(name, at)| Some((self.0.strip_prefix(name.as_bytes())?, at)))?;
        self.0 = rest;
        Some(at)
    }

    /// A number of so many digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |number, digit| {
            digit.is_ascii_digit().then(|| number * 10 + i64::from(digit - b'0'))
        })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn parsed(text: &str) -> Option<i64> {
        // Some time in 2026.
        parse_at(text.as_bytes(), || 1_790_000_000)
    }

    #[test]
    fn the_three_forms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            " Sun, 06 Nov 1994 08:49:37 GMT\t",
        ] {
            assert_eq!(parsed(text), Some(784_111_777), "{text}");
        }
        assert_eq!(parsed("Fri Nov 11 00:00:00 1994"), Some(784_512_000));
    }

    #[test]
    fn dates_before_1970() {
        for (text, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
            ("Wed Dec 31 23:59:59 1969", -1),
            ("Mon, 01 Jan 1900 00:00:00 GMT", -2_208_988_800),
            ("Tue, 29 Feb 1600 00:00:00 GMT", -11_670_998_400),
            // As Go writes the zero of its time.
            ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
        ] {
            let seconds: i64 = seconds;
            assert_eq!(parsed(text), Some(seconds), "{text}");
        }
    }

    #[test]
    fn the_calendar_is_the_same_every_400_years() {
        const CYCLE: i64 = 146_097 * 86_400;
        for seconds in (0..i64::from(u32::MAX)).step_by(10_000_019) {
            let later = UNIX_EPOCH + Duration::from_secs(seconds.unsigned_abs());
            let later = httpdate::fmt_http_date(later);
            let (before, year, after) = (&later[..12], &later[12..16], &later[16..]);
            let earlier = format!("{before}{}{after}", year.parse::<u32>().unwrap() - 400);
            assert_eq!(parsed(&earlier), Some(seconds - CYCLE), "{earlier}");
        }
    }

    #[test]
    fn a_leap_second_is_the_next_second() {
        for (leap, next) in [
            ("Sat, 31 Dec 2016 23:59:60 GMT", "Sun, 01 Jan 2017 00:00:00 GMT"),
            ("Saturday, 31-Dec-16 23:59:60 GMT", "Sunday, 01-Jan-17 00:00:00 GMT"),
            ("Sat Dec 31 23:59:60 2016", "Sun Jan  1 00:00:00 2017"),
        ] {
            assert!(parsed(leap).is_some(), "{leap}");
            assert_eq!(parsed(leap), parsed(next), "{leap}");
        }
    }

    #[test]
    fn a_year_of_two_digits_is_at_most_50_years_away() {
        for (text, same) in [
            ("Monday, 21-Sep-26 00:00:00 GMT", "Mon, 21 Sep 2026 00:00:00 GMT"),
            ("Wednesday, 01-Jan-76 00:00:00 GMT", "Wed, 01 Jan 2076 00:00:00 GMT"),
            ("Saturday, 01-Jan-77 00:00:00 GMT", "Sat, 01 Jan 1977 00:00:00 GMT"),
            ("Friday, 31-Dec-99 00:00:00 GMT", "Fri, 31 Dec 1999 00:00:00 GMT"),
        ] {
            assert!(parsed(same).is_some(), "{same}");
            assert_eq!(parsed(text), parsed(same), "{text}");
        }
    }

    #[test]
    fn the_day_of_the_week_may_be_another() {
        for text in ["Mon, 06 Nov 1994 08:49:37 GMT", "Friday, 06-Nov-94 08:49:37 GMT"] {
            assert_eq!(parsed(text), Some(784_111_777), "{text}");
        }
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "",
            "0",
            "yesterday",
            "784111777",
            "1994-11-06T08:49:37Z",
            "Sun, 06 Nov 1994",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 +0000",
            "Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT",
            "Sun, 06 Nov 1994 8:49:37 GMT",
            "Sun, 06 Nov 1994 24:00:00 GMT",
            "Sun, 06 Nov 1994 08:60:00 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Day, 06 Nov 1994 08:49:37 GMT",
            "06 Nov 1994 08:49:37 GMT",
            "Thu, 30 Feb 2023 00:00:00 GMT",
            "Wed, 29 Feb 2023 00:00:00 GMT",
            "Sun, 00 Jan 2023 00:00:00 GMT",
            "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sun, 06-Nov-94 08:49:37 GMT",
            "Sun Nov 6 08:49:37 1994",
            "Sun Nov 06 08:49:37 1994 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parsed(text), None, "{text}");
        }
        assert_eq!(parse(b"Sun, 06 Nov 1994 08:49:37 GMT\xff"), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_as_it_was(seconds in 0..253_402_300_800_u64) {
            let text = httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds));
            prop_assert_eq!(parsed(&text), i64::try_from(seconds).ok());
        }
    }
}
