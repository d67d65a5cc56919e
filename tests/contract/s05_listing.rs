//! Section 5: listing.

use harness::{Host, Redis, Response, Served, Service};
use serde_json::Value;

use crate::common::{key, ttl};

/// Follows `next` from `target` to the last page, holding each page to what is true of all.
pub fn pages(host: &Host, target: &str) -> Vec<Response> {
    let mut pages = Vec::new();
    let mut next = Some(target.to_owned());
    while let Some(target) = next {
        let page = host.get(&target).send();
        assert_eq!(page.expect(200).required("content-type"), "application/json");
        next = page.json()["next"].as_str().map(str::to_owned);
        if let Some(next) = &next {
            assert!(next.starts_with("/-/records?"), "{page}");
            assert_eq!(page.required("link"), format!("<{next}>; rel=\"next\""));
        } else {
            assert!(page.json()["next"].is_null(), "{page}");
            assert_eq!(page.header("link"), None, "{page}");
        }
        pages.push(page);
        assert!(pages.len() < 2000, "the pages end");
    }
    pages
}

/// The paths of the records on these pages, in their order.
pub fn paths(pages: &[Response]) -> Vec<String> {
    strings(pages, |page| page["records"].clone(), |record| record["path"].clone())
}

/// The folded prefixes on these pages, in their order.
pub fn prefixes(pages: &[Response]) -> Vec<String> {
    strings(pages, |page| page["prefixes"].clone(), Value::clone)
}

fn strings(
    pages: &[Response],
    list: impl Fn(&Value) -> Value,
    text: impl Fn(&Value) -> Value,
) -> Vec<String> {
    let of_page = |page: &Response| {
        let list = list(&page.json());
        let list = list.as_array().unwrap_or_else(|| panic!("no list: {page}"));
        list.iter()
            .map(|entry| text(entry).as_str().expect("a string").to_owned())
            .collect::<Vec<_>>()
    };
    pages.iter().flat_map(of_page).collect()
}

/// Puts records straight into Redis, as section 11 says they lie there; with a time to live, if any.
pub fn put_in_redis(redis: &Redis, paths: &[String]) {
    let mut connection = redis.connect();
    for some in paths.chunks(5000) {
        let mut pipe = redis::pipe();
        for path in some {
            pipe.cmd("HSET").arg(key(path)).arg(&["a", "1", "last_updated", "1700000000"]).ignore();
            pipe.cmd("ZADD").arg("path-records:index").arg(0).arg(path).ignore();
        }
        pipe.exec(&mut connection).expect("Redis takes records");
    }
}

#[test]
fn an_empty_store_has_an_empty_page() {
    let service = Served::start();
    let page = service.host.get("/-/records").send();
    assert_eq!(
        page.expect(200).json(),
        serde_json::json!({"records": [], "prefixes": [], "next": null})
    );
}

#[test]
fn a_listing_shows_path_ttl_last_updated_and_etag() {
    let service = Served::start();
    let host = &service.host;
    let first = host.put("/docs/b?ttl=60", r#"{"a":1}"#).send();
    let second = host.put("/docs/c?ttl=never", "{}").send();
    let page = host.get("/-/records?prefix=/docs/").send();
    let json = page.expect(200).json();
    let records = json["records"].as_array().expect("a list");
    assert_eq!(records.len(), 2, "{page}");
    for (record, (path, put)) in records.iter().zip([("/docs/b", &first), ("/docs/c", &second)]) {
        let mut names: Vec<_> = record.as_object().expect("an object").keys().collect();
        names.sort();
        assert_eq!(names, ["etag", "last_updated", "path", "ttl"], "{page}");
        assert_eq!(record["path"], path);
        assert_eq!(record["etag"], put.etag());
        assert_eq!(record["last_updated"], put.number("last_updated"));
        assert_eq!(record["ttl"].is_null(), ttl(put).is_none());
    }
    let left = records[0]["ttl"].as_u64().expect("it expires");
    assert!((1..=60).contains(&left), "{page}");
    assert_eq!(json["prefixes"], serde_json::json!([]));
}

#[test]
fn paths_come_in_byte_order_each_once_over_the_pages() {
    let service = Served::start();
    let host = &service.host;
    let mut expected: Vec<String> = [
        "/b",
        "/a",
        "/a/",
        "/a//",
        "/a/b",
        "/a/b/c",
        "/a-b",
        "/a.b",
        "/a~b",
        "/A",
        "/Z",
        "/z",
        "/%20",
        "/%C3%A9",
        "/%E2%82%AC",
        "/a%2Fb",
        "/0",
        "/_",
        "/!",
        "/~",
        "/a!b",
        "/a,b",
        "/a=b&c",
        "/a+b",
        "/%26",
        "/%25",
        "/-a",
        "//",
        "//x",
    ]
    .map(str::to_owned)
    .to_vec();
    for path in &expected {
        host.put(path, "{}").send().expect(201);
    }
    expected.sort();
    for limit in [1, 2, 3, 7, 28, 29, 30, 100, 1000] {
        let pages = pages(host, &format!("/-/records?limit={limit}"));
        assert_eq!(paths(&pages), expected, "limit={limit}");
        let (last, full) = pages.split_last().expect("there is a page");
        for page in full {
            assert_eq!(page.json()["records"].as_array().map(Vec::len), Some(limit), "{page}");
        }
        assert!(last.json()["records"].as_array().is_some_and(|records| records.len() <= limit));
    }
    assert_eq!(paths(&pages(host, "/-/records")), expected);
}

#[test]
fn what_was_deleted_is_not_listed() {
    let service = Served::start();
    let host = &service.host;
    for path in ["/a", "/b", "/c"] {
        host.put(path, "{}").send().expect(201);
    }
    host.delete("/b").send().expect(204);
    let made = host.post("/d/", "{}").send();
    let listed = paths(&pages(host, "/-/records"));
    assert_eq!(listed, ["/a", "/c", made.required("location")]);
}

#[test]
fn head_of_a_listing_is_as_get() {
    let service = Served::start();
    for path in ["/a", "/b"] {
        service.host.put(&format!("{path}?ttl=never"), "{}").send();
    }
    let get = service.host.get("/-/records?limit=1").send();
    let head = service.host.head("/-/records?limit=1").send();
    for header in ["content-type", "content-length", "link"] {
        assert_eq!(head.expect(200).required(header), get.required(header));
    }
}

#[test]
fn records_that_come_and_go_between_pages_disturb_no_others() {
    let service = Service::start();
    let host = &service.host;
    let stay: Vec<_> = (0..20).map(|number| format!("/s/{number:02}")).collect();
    put_in_redis(&service.redis, &stay);
    let mut seen = Vec::new();
    let mut next = Some("/-/records?prefix=/s/&limit=3".to_owned());
    let mut round = 0;
    while let Some(target) = next {
        let page = host.get(&target).send();
        seen.extend(paths(std::slice::from_ref(&page)));
        next = page.json()["next"].as_str().map(str::to_owned);
        // One before, one behind; and the one that `next` goes on after disappears.
        host.put(&format!("/s/00-{round}"), "{}").send();
        host.put(&format!("/s/99-{round}"), "{}").send();
        if round == 1 {
            host.delete(&seen[seen.len() - 1]).send().expect(204);
        }
        round += 1;
        if round == 12 {
            break;
        }
    }
    let stayed: Vec<_> = seen.iter().filter(|path| !path.contains('-')).collect();
    assert_eq!(stayed, stay.iter().collect::<Vec<_>>());
    let distinct: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!(distinct.len(), seen.len());
}

/// How many commands Redis carries out for a request, in scripts and outside.
fn commands(service: &Service, target: &str) -> usize {
    service.host.get(target).send().expect(200);
    let mut monitor = harness::Monitor::start(&service.redis);
    service.host.get(target).send().expect(200);
    monitor.take().len()
}

#[test]
fn the_work_of_a_page_does_not_grow_with_the_store() {
    let service = Service::start();
    let some: Vec<_> = (0..300).map(|number| format!("/n/{number:06}")).collect();
    put_in_redis(&service.redis, &some);
    let targets = [
        "/-/records?limit=10",
        "/-/records?limit=10&after=/n/000150",
        "/-/records?limit=10&prefix=/n/0001",
        "/-/records?limit=10&delimiter=/&prefix=/n/",
    ];
    let few = targets.map(|target| commands(&service, target));
    let many: Vec<_> = (0..60_000).map(|number| format!("/n/{number:06}")).collect();
    put_in_redis(&service.redis, &many);
    assert_eq!(targets.map(|target| commands(&service, target)), few);
    let listed = service.host.get("/-/records?limit=3&after=/n/055000").send();
    assert_eq!(paths(&[listed]), ["/n/055001", "/n/055002", "/n/055003"]);
}

#[test]
fn addresses_are_paths_from_the_root_whatever_a_proxy_says_of_itself() {
    let service = Served::start();
    let forwarded = [
        ("Forwarded", "host=proxy.example;proto=https"),
        ("X-Forwarded-Host", "proxy.example"),
        ("X-Forwarded-Prefix", "/below"),
        ("X-Original-URI", "/below/docs/"),
    ];
    for _ in 0..2 {
        let added = service.host.post("/docs/", "{}").headers(&forwarded).send();
        let location = added.expect(201).required("location");
        assert!(location.starts_with("/docs/"), "{added}");
    }
    let page = service.host.get("/-/records?limit=1").headers(&forwarded).send();
    let next = page.expect(200).json()["next"].as_str().expect("there is another page").to_owned();
    assert!(next.starts_with("/-/records?"), "{page}");
    assert_eq!(page.required("link"), format!("<{next}>; rel=\"next\""));
}
