//! Section 5: the parameters of a listing.

use harness::{Served, Service, assert_problem};

use crate::common::in_query;
use crate::s05_listing::{pages, paths, put_in_redis};

#[test]
fn a_listing_holds_the_paths_that_begin_with_the_prefix() {
    let service = Served::start();
    let host = &service.host;
    let all = [
        "/doc",
        "/docs",
        "/docs/",
        "/docs/a",
        "/docs/b/c",
        "/docs0",
        "/docs.",
        "/dot",
        "/e",
        "/%C3%A9/a",
    ];
    for path in all {
        host.put(path, "{}").send().expect(201);
    }
    for prefix in [
        "/",
        "/d",
        "/doc",
        "/docs",
        "/docs/",
        "/docs/b",
        "/docs/b/c",
        "/docs/b/c/",
        "/x",
        "/%C3%A9/",
    ] {
        let mut expected: Vec<_> = all.iter().filter(|path| path.starts_with(prefix)).collect();
        expected.sort();
        for limit in [1, 100] {
            let target = format!("/-/records?limit={limit}&prefix={}", in_query(prefix));
            assert_eq!(
                paths(&pages(host, &target)).iter().collect::<Vec<_>>(),
                expected,
                "{prefix}"
            );
        }
    }
    let plain = host.get("/-/records?prefix=/docs/").send();
    assert_eq!(paths(&[plain]), ["/docs/", "/docs/a", "/docs/b/c"]);
}

#[test]
fn a_plus_is_a_space_as_in_forms() {
    let service = Served::start();
    let host = &service.host;
    for path in ["/a%20b", "/a+b"] {
        host.put(path, "{}").send().expect(201);
    }
    let listed = |query: &str| paths(&[host.get(&format!("/-/records?{query}")).send()]);
    for (query, expected) in [
        ("prefix=/a+b", &["/a%20b"][..]),
        ("prefix=/a%20b", &["/a%20b"]),
        ("prefix=/a%2Bb", &["/a+b"]),
        ("prefix=/&after=/a+b", &["/a+b"]),
        ("prefix=/&after=/a%2Bb", &[]),
    ] {
        assert_eq!(listed(query), expected, "{query}");
    }
    let hits_of = |query: &str| {
        let target = format!("/?path={query}");
        let answer = host.get(&target).header("Accept", "application/json").send();
        answer.expect(200).json()["path"].clone()
    };
    assert_eq!(hits_of("/a+b"), "/a%20b");
    assert_eq!(hits_of("/a%2Bb"), "/a+b");
}

#[test]
fn a_listing_goes_on_after_the_path_it_is_told() {
    let service = Served::start();
    let host = &service.host;
    for path in ["/a", "/b", "/c", "/c%2F", "/d"] {
        host.put(path, "{}").send().expect(201);
    }
    for (after, expected) in [
        ("/", &["/a", "/b", "/c", "/c%2F", "/d"][..]),
        ("/a", &["/b", "/c", "/c%2F", "/d"]),
        ("/bb", &["/c", "/c%2F", "/d"]),
        ("/c", &["/c%2F", "/d"]),
        ("/c%2F", &["/d"]),
        ("/d", &[]),
        ("/z", &[]),
    ] {
        let target = format!("/-/records?after={}", in_query(after));
        assert_eq!(paths(&pages(host, &target)), expected, "after {after}");
    }
    let page = host.get("/-/records?prefix=/c&after=/a").send();
    assert_eq!(paths(&[page]), ["/c", "/c%2F"]);
}

#[test]
fn limit_is_100_unless_told_and_may_be_1_to_1000() {
    let service = Service::start();
    let all: Vec<_> = (0..1001).map(|number| format!("/n/{number:04}")).collect();
    put_in_redis(&service.redis, &all);
    let size = |target: &str| paths(&[service.host.get(target).send()]).len();
    assert_eq!(size("/-/records"), 100);
    assert_eq!(size("/-/records?limit=1"), 1);
    assert_eq!(size("/-/records?limit=1000"), 1000);
    assert_eq!(paths(&pages(&service.host, "/-/records?limit=1000")), all);
    for (query, name) in [("limit=1001", "limit"), ("colour=1", "colour"), ("prefix=%FF", "prefix")]
    {
        let answer = service.host.get(&format!("/-/records?{query}")).send();
        let detail = assert_problem(&answer, 400, "invalid-query");
        assert!(detail.contains(name), "{answer}");
    }
}
