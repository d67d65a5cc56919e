//! Section 5: expired records are never listed, and section 11: they leave the index.

use harness::{Service, eventually};

use crate::common::key;
use crate::s05_listing::{pages, paths, put_in_redis};

/// The size of the index.
fn index(service: &Service) -> usize {
    service.redis.run(&["ZCARD", "path-records:index"])
}

/// Lets the records at these paths be gone as if they had expired: the index still knows them.
fn expire(service: &Service, paths: &[String]) {
    let mut connection = service.redis.connect();
    for some in paths.chunks(5000) {
        let keys: Vec<_> = some.iter().map(|path| key(path)).collect();
        redis::cmd("DEL").arg(keys).exec(&mut connection).expect("Redis deletes");
    }
}

#[test]
fn an_expired_record_is_not_listed_and_a_listing_drops_it() {
    let service = Service::start();
    let host = &service.host;
    host.put("/a?ttl=1", "{}").send().expect(201);
    host.put("/b", "{}").send().expect(201);
    assert_eq!(index(&service), 2);
    eventually("the record expires", || {
        let exists: bool = service.redis.run(&["EXISTS", &key("/a")]);
        (!exists).then_some(())
    });
    assert_eq!(index(&service), 2, "no script has run since");
    let base = host.get("/").header("Accept", "application/json").send();
    assert_eq!(base.number("records"), 1, "what has expired is not counted");
    assert_eq!(paths(&pages(host, "/-/records")), ["/b"]);
    assert_eq!(index(&service), 1);
}

#[test]
fn a_request_to_its_path_drops_an_expired_record() {
    for method in ["GET", "HEAD", "DELETE", "PATCH"] {
        let service = Service::start();
        put_in_redis(&service.redis, &["/a".to_owned(), "/b".to_owned()]);
        expire(&service, &["/a".to_owned()]);
        let request = service.host.request(method, "/a");
        let request = if method == "PATCH" {
            request.body("application/merge-patch+json", "{}")
        } else {
            request
        };
        request.send().expect(404);
        assert_eq!(index(&service), 1, "{method}");
    }
}

#[test]
fn a_page_is_full_even_if_expired_records_lie_in_between() {
    let service = Service::start();
    let all: Vec<_> = (0..400).map(|number| format!("/n/{number:04}")).collect();
    put_in_redis(&service.redis, &all);
    let (gone, live): (Vec<_>, Vec<_>) = all.into_iter().partition(|path| !path.ends_with('0'));
    expire(&service, &gone);
    let pages = pages(&service.host, "/-/records?limit=15");
    assert_eq!(paths(&pages), live);
    assert_eq!(paths(&pages[..1]).len(), 15);
    assert_eq!(index(&service), live.len());
}

#[test]
fn thousands_of_expired_records_in_between_hide_nothing() {
    let service = Service::start();
    let all: Vec<_> = (0..30_000).map(|number| format!("/n/{number:05}")).collect();
    put_in_redis(&service.redis, &all);
    let is_live =
        |path: &String| ["/n/00000", "/n/00007", "/n/29998", "/n/29999"].contains(&path.as_str());
    let (live, gone): (Vec<_>, Vec<_>) = all.into_iter().partition(is_live);
    expire(&service, &gone);
    for limit in [3, 100] {
        // Each request does bounded work, so a page may be short; but there is an end to it.
        let pages = pages(&service.host, &format!("/-/records?limit={limit}"));
        assert_eq!(paths(&pages), live, "limit={limit}");
        assert!(pages.len() < 100, "{} pages", pages.len());
    }
    assert_eq!(index(&service), live.len());
}

#[test]
fn all_expired_is_an_empty_listing() {
    let service = Service::start();
    let all: Vec<_> = (0..3000).map(|number| format!("/n/{number:04}/x")).collect();
    put_in_redis(&service.redis, &all);
    expire(&service, &all);
    for query in ["delimiter=/", "prefix=/n/&delimiter=/", "limit=1000"] {
        let pages = pages(&service.host, &format!("/-/records?{query}"));
        assert!(paths(&pages).is_empty());
        assert!(crate::s05_listing::prefixes(&pages).is_empty());
    }
    assert_eq!(index(&service), 0);
}
