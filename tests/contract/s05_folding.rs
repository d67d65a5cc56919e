//! Section 5: `delimiter=/`.

use harness::{Monitor, Served, Service, assert_problem};

use crate::common::in_query;
use crate::s05_listing::{pages, paths, prefixes, put_in_redis};

/// What is listed of `all` under `prefix`: records and prefixes, in byte order.
fn folded(all: &[&str], prefix: &str) -> (Vec<String>, Vec<String>) {
    let mut records = Vec::new();
    let mut prefixes = Vec::new();
    for path in all.iter().filter(|path| path.starts_with(prefix)) {
        match path[prefix.len()..].split_once('/') {
            Some((name, rest)) if !rest.is_empty() => prefixes.push(format!("{prefix}{name}/")),
            _ => records.push((*path).to_owned()),
        }
    }
    records.sort();
    prefixes.sort();
    prefixes.dedup();
    (records, prefixes)
}

const ALL: [&str; 22] = [
    "/docs",
    "/docs/",
    "/docs/a",
    "/docs/b",
    "/docs/c/1",
    "/docs/c/2",
    "/docs/c/3/4",
    "/docs/c0",
    "/docs/c-",
    "/docs/d/",
    "/docs/d/e",
    "/docs/f/",
    "/docs//x",
    "/docs/%2F/y",
    "/docs/g%2Fh",
    "/docs/%C3%A9/z",
    "/docs/~/z",
    "/docs/~~",
    "/e",
    "/e/f/g",
    "//x",
    "/docs/c/",
];

#[test]
fn paths_that_go_on_past_the_next_slash_are_folded() {
    let service = Served::start();
    for path in ALL {
        service.host.put(path, "{}").send().expect(201);
    }
    for prefix in [
        "/",
        "/docs",
        "/docs/",
        "/docs/c",
        "/docs/c/",
        "/docs/d/",
        "/docs//",
        "/x",
        "/docs/%C3%A9/",
    ] {
        let (records, folds) = folded(&ALL, prefix);
        for limit in [1, 2, 3, 5, 1000] {
            let target =
                format!("/-/records?delimiter=/&limit={limit}&prefix={}", in_query(prefix));
            let pages = pages(&service.host, &target);
            assert_eq!(paths(&pages), records, "records of {prefix}, limit={limit}");
            assert_eq!(prefixes(&pages), folds, "prefixes of {prefix}, limit={limit}");
        }
    }
}

#[test]
fn a_record_whose_path_ends_with_the_slash_is_no_fold() {
    let service = Served::start();
    let host = &service.host;
    host.put("/docs/c/", "{}").send();
    let page = host.get("/-/records?prefix=/docs/&delimiter=/").send();
    assert_eq!((paths(&[page])), ["/docs/c/"]);
    let page = host.get("/-/records?prefix=/docs/&delimiter=/").send();
    assert!(prefixes(&[page]).is_empty());
    host.put("/docs/c/1", "{}").send();
    let page = [host.get("/-/records?prefix=/docs/&delimiter=%2F").send()];
    assert_eq!(
        (paths(&page), prefixes(&page)),
        (vec!["/docs/c/".to_owned()], vec!["/docs/c/".to_owned()])
    );
}

#[test]
fn without_a_delimiter_nothing_is_folded() {
    let service = Served::start();
    service.host.put("/a/b/c", "{}").send();
    let page = [service.host.get("/-/records").send()];
    assert_eq!(paths(&page), ["/a/b/c"]);
    assert!(prefixes(&page).is_empty());
    let answer = service.host.get("/-/records?delimiter=-").send();
    assert_problem(&answer, 400, "invalid-query");
}

#[test]
fn a_prefix_whose_records_have_all_expired_is_not_listed() {
    let service = Service::start();
    let host = &service.host;
    let gone: Vec<_> = (0..40).map(|number| format!("/gone/{number}")).collect();
    put_in_redis(&service.redis, &gone);
    put_in_redis(&service.redis, &["/half/a".to_owned(), "/half/z".to_owned(), "/x".to_owned()]);
    for path in gone.iter().map(String::as_str).chain(["/half/a"]) {
        service.redis.run::<()>(&["DEL", &crate::common::key(path)]);
    }
    let pages = pages(host, "/-/records?delimiter=/");
    assert_eq!(prefixes(&pages), ["/half/"]);
    assert_eq!(paths(&pages), ["/x"]);
}

#[test]
fn folding_does_not_visit_every_folded_path() {
    let service = Service::start();
    let many: Vec<_> = (0..40_000).map(|number| format!("/f{}/{number:05}", number % 8)).collect();
    put_in_redis(&service.redis, &many);
    let mut monitor = Monitor::start(&service.redis);
    let page = [service.host.get("/-/records?delimiter=/").send()];
    let commands = monitor.take().len();
    assert_eq!(prefixes(&page), (0..8).map(|number| format!("/f{number}/")).collect::<Vec<_>>());
    assert!(page[0].json()["next"].is_null(), "{}", page[0]);
    assert!(commands < 200, "{commands} commands for 8 prefixes");
}
