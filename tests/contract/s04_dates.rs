//! Section 4: `If-Unmodified-Since` and `If-Modified-Since`, after RFC 9110, section 13.

use harness::{assert_problem, eventually};

use crate::common::{date, host, http_date, path, store, stored, with_lines};

/// A date in the three forms RFC 9110 (5.6.7) has every recipient accept.
fn forms(seconds: u64) -> [String; 3] {
    let preferred = http_date(seconds);
    // Sun, 06 Nov 1994 08:49:37 GMT
    let words: Vec<_> = preferred.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let [day, number, month, year, time, _] = words[..] else {
        panic!("no date: {preferred}");
    };
    let long = match day {
        "Tue" => "Tuesday",
        "Wed" => "Wednesday",
        "Thu" => "Thursday",
        "Sat" => "Saturday",
        "Sun" => "Sunday",
        "Mon" => "Monday",
        _ => "Friday",
    };
    let obsolete = format!("{long}, {number}-{month}-{} {time} GMT", &year[2..]);
    let padded = number.strip_prefix('0').map_or(number.to_owned(), |digit| format!(" {digit}"));
    let asctime = format!("{day} {month} {padded} {time} {year}");
    [preferred, obsolete, asctime]
}

#[test]
fn a_write_with_if_unmodified_since_is_412_where_the_record_changed_since() {
    let path = stored("s4", r#"{"a":1}"#);
    let before = host().get(&path).send();
    let modified = date(&before, "last-modified");
    for earlier in [modified - 1, modified - 100_000] {
        for form in forms(earlier) {
            for request in
                [host().put(&path, "{}"), host().merge(&path, "{}"), host().delete(&path)]
            {
                let answer = request.header("If-Unmodified-Since", &form).send();
                assert_problem(&answer, 412, "precondition-failed");
            }
        }
    }
    assert_eq!(host().get(&path).send().etag(), before.etag());
}

#[test]
fn a_write_with_if_unmodified_since_is_carried_out_where_it_holds() {
    let path = stored("s4", "{}");
    for number in 0..3 {
        for later in [0, 1, 100_000] {
            let since = || {
                let modified = date(&host().get(&path).send(), "last-modified");
                forms(modified + later)[number].clone()
            };
            host().put(&path, "{}").header("If-Unmodified-Since", since()).send().expect(200);
            host().merge(&path, "{}").header("If-Unmodified-Since", since()).send().expect(200);
            host().delete(&path).header("If-Unmodified-Since", since()).send().expect(204);
            host().put(&path, "{}").send().expect(201);
        }
    }
}

#[test]
fn if_unmodified_since_is_ignored_where_if_match_is_sent() {
    let path = stored("s4", "{}");
    let got = host().get(&path).send();
    let earlier = http_date(date(&got, "last-modified") - 10);
    let later = http_date(date(&got, "last-modified") + 10);
    let headers = [("If-Match", got.etag()), ("If-Unmodified-Since", earlier)];
    let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
    host().put(&path, "{}").headers(&headers).send().expect(200);
    let headers = [("If-Match", "\"x\""), ("If-Unmodified-Since", later.as_str())];
    host().put(&path, "{}").headers(&headers).send().expect(412);
}

/// Lines of a condition on a date that can't be read.
const UNREADABLE: [&[&str]; 14] = [
    &["yesterday"],
    &["0"],
    &[""],
    &["784111777"],
    &["1994-11-06T08:49:37Z"],
    &["Sun, 06 Nov 1994"],
    &["Sun, 06 Nov 1994 08:49:37 +0000"],
    &["06 Nov 1994 08:49:37 GMT"],
    &["Wed, 30 Feb 2050 08:49:37 GMT"],
    &["Sun, 06 Nov 1994 08:49:61 GMT"],
    &["Sun, 06 Nov 1994 24:49:37 GMT"],
    &["\"Sun, 06 Nov 1994 08:49:37 GMT\""],
    &["Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT"],
    &["Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"],
];

#[test]
fn a_date_that_cannot_be_read_lets_no_write_through() {
    let (path, missing) = (stored("s4", "{}"), path("s4"));
    let collection = format!("{missing}/");
    let etag = host().get(&path).send().etag();
    for lines in UNREADABLE {
        for request in [
            host().put(&path, "{}"),
            host().merge(&path, "{}"),
            host().delete(&path),
            host().put(&missing, "{}"),
            host().delete(&missing),
            host().post(&collection, "{}"),
        ] {
            let answer = with_lines(request, "If-Unmodified-Since", lines).send();
            let detail = assert_problem(&answer, 400, "invalid-header");
            assert!(detail.contains("`If-Unmodified-Since`"), "{answer}");
        }
    }
    assert_eq!(host().get(&path).send().etag(), etag);
    host().get(&missing).send().expect(404);
}

#[test]
fn such_a_date_is_ignored_where_it_guards_no_write() {
    let path = stored("s4", "{}");
    for lines in UNREADABLE {
        for method in ["GET", "HEAD"] {
            for header in ["If-Modified-Since", "If-Unmodified-Since"] {
                with_lines(host().request(method, &path), header, lines).send().expect(200);
            }
        }
        // RFC 9110, 13.1.3 and 13.1.4: the one means nothing to a write, the other nothing next to
        // `If-Match`.
        with_lines(host().put(&path, "{}"), "If-Modified-Since", lines).send().expect(200);
        let guarded = host().put(&path, "{}").header("If-Match", "*");
        with_lines(guarded, "If-Unmodified-Since", lines).send().expect(200);
    }
}

/// Dates before 1970, in all forms that can say so.
const BEFORE_1970: [&str; 6] = [
    "Wed, 31 Dec 1969 23:59:59 GMT",
    "Wed Dec 31 23:59:59 1969",
    "Sun, 20 Jul 1969 20:17:40 GMT",
    // It was a Sunday, but that doesn't make it another date.
    "Mon, 20 Jul 1969 20:17:40 GMT",
    "Mon, 01 Jan 1900 00:00:00 GMT",
    "Mon, 01 Jan 0001 00:00:00 GMT",
];

#[test]
fn dates_before_1970_are_dates() {
    let path = stored("s4", "{}");
    for date in BEFORE_1970 {
        for request in [host().put(&path, "{}"), host().merge(&path, "{}"), host().delete(&path)] {
            let answer = request.header("If-Unmodified-Since", date).send();
            assert_problem(&answer, 412, "precondition-failed");
        }
        host().get(&path).header("If-Unmodified-Since", date).send().expect(412);
        host().get(&path).header("If-Modified-Since", date).send().expect(200);
    }
}

#[test]
fn leap_seconds_are_dates() {
    let path = stored("s4", "{}");
    // The last one there was, in each form; and one that there may be.
    for date in [
        "Sat, 31 Dec 2016 23:59:60 GMT",
        "Saturday, 31-Dec-16 23:59:60 GMT",
        "Sat Dec 31 23:59:60 2016",
    ] {
        let put = host().put(&path, "{}").header("If-Unmodified-Since", date).send();
        assert_problem(&put, 412, "precondition-failed");
    }
    let future = "Fri, 30 Jun 2090 23:59:60 GMT";
    host().put(&path, "{}").header("If-Unmodified-Since", future).send().expect(200);
}

#[test]
fn if_unmodified_since_where_there_is_no_record() {
    // RFC 9110, 13.1.4: ignored where there is no modification date.
    let path = path("s4");
    let old = http_date(784_111_777);
    for request in [host().delete(&path), host().merge(&path, "{}"), host().get(&path)] {
        request.header("If-Unmodified-Since", &old).send().expect(404);
    }
    host().put(&path, "{}").header("If-Unmodified-Since", &old).send().expect(201);
}

#[test]
fn get_and_head_of_what_did_not_change_since_are_304() {
    let path = stored("s4", "{}");
    let got = host().get(&path).send();
    let modified = date(&got, "last-modified");
    wait_for_the_second_after(modified);
    for method in ["GET", "HEAD"] {
        for same_or_later in [modified, modified + 1, modified + 1000] {
            for form in forms(same_or_later) {
                let request = host().request(method, &path).header("If-Modified-Since", &form);
                assert_eq!(request.send().expect(304).etag(), got.etag());
            }
        }
        for form in forms(modified - 1) {
            let request = host().request(method, &path).header("If-Modified-Since", &form);
            request.send().expect(200);
        }
    }
}

/// Waits until a second of the store's clock is over.
fn wait_for_the_second_after(second: u64) {
    eventually("the second ends", || (store().now() > second).then_some(()));
}

#[test]
fn as_long_as_the_second_of_last_modified_runs_nothing_is_304() {
    let path = path("s4");
    // A second may end at any moment; one that was long enough is soon found.
    eventually("a second in which all of this happens", || {
        host().put(&path, r#"{"a":1}"#).send();
        let first = host().get(&path).send();
        let modified = date(&first, "last-modified");
        let since = http_date(modified);
        let later = http_date(modified + 1000);
        let unwritten = [&since, &later]
            .map(|date| host().get(&path).header("If-Modified-Since", date).send().status());
        host().put(&path, r#"{"a":2}"#).send();
        let second = host().get(&path).header("If-Modified-Since", &since).send();
        let head = host().head(&path).header("If-Modified-Since", &since).send();
        (store().now() == modified).then(|| {
            assert_eq!(unwritten, [200, 200], "{first}");
            assert_eq!(second.expect(200).member("a").as_deref(), Some("2"));
            head.expect(200);
        })
    });
    let got = host().get(&path).send();
    wait_for_the_second_after(date(&got, "last-modified"));
    let since = got.required("last-modified");
    host().get(&path).header("If-Modified-Since", since).send().expect(304);
}

#[test]
fn if_modified_since_is_ignored_where_if_none_match_is_sent() {
    let path = stored("s4", "{}");
    let got = host().get(&path).send();
    let (etag, modified) = (got.etag(), date(&got, "last-modified"));
    let both = |none: &str, since: u64| {
        let since = http_date(since);
        let headers = [("If-None-Match", none), ("If-Modified-Since", since.as_str())];
        host().get(&path).headers(&headers).send().status()
    };
    assert_eq!(both("\"x\"", modified + 10), 200);
    assert_eq!(both(&etag, modified - 10), 304);
}

#[test]
fn if_modified_since_means_nothing_to_a_write() {
    let path = stored("s4", "{}");
    let later = http_date(date(&host().get(&path).send(), "last-modified") + 10);
    host().put(&path, "{}").header("If-Modified-Since", &later).send().expect(200);
    host().merge(&path, "{}").header("If-Modified-Since", &later).send().expect(200);
    host().delete(&path).header("If-Modified-Since", &later).send().expect(204);
}

#[test]
fn if_unmodified_since_on_get_is_412_where_the_record_changed_since() {
    let path = stored("s4", "{}");
    let modified = date(&host().get(&path).send(), "last-modified");
    let get = |since| {
        let since = http_date(since);
        host().get(&path).header("If-Unmodified-Since", since).send().status()
    };
    assert_eq!(get(modified), 200);
    assert_eq!(get(modified - 1), 412);
}
