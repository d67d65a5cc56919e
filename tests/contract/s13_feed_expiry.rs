//! Section 13: feeds and records that expire.

use harness::Event::{Deleted, Expired, Written};
use harness::{Batch, Event, Host, Page, Response, Service, eventually, responses};

use crate::common::{at_once, key};
use crate::s05_import::import;
use crate::s13_feed::{all, assert_told, page};
use crate::waiting::{LONG, blocked, feed, wait, wait_alone};

#[test]
fn expiry_is_told_of_when_it_happens() {
    let Service { host, redis } = &Service::start();
    host.put("/docs/long?ttl=1000", "{}").send().expect(201);
    for shorten in [false, true] {
        let start = feed(host, "/docs/");
        let etag = if shorten {
            // The one who waits doesn't know yet that it expires.
            let waiting = wait(host.get(&start).header("Prefer", LONG));
            blocked(redis, 1);
            let etag = host.put("/docs/a?ttl=1", "{}").send().expect(201).etag();
            assert_told(&Page::read(&waiting.told()).changes, &[("/docs/a", Written, Some(&etag))]);
            etag
        } else {
            host.put("/docs/a?ttl=1", "{}").send().expect(201).etag()
        };
        let written = page(host, &start);
        assert_told(&written.changes[..1], &[("/docs/a", Written, Some(&etag))]);
        let rest = written.changes[1..].to_vec();
        let told = if rest.is_empty() {
            let waiting = wait(host.get(&written.next).header("Prefer", LONG));
            Page::read(&waiting.told()).changes
        } else {
            rest
        };
        assert_told(&told, &[("/docs/a", Expired, None)]);
        host.get("/docs/a").send().expect(404);
    }
}

#[test]
fn a_time_to_live_that_is_shortened_is_told_of_in_time() {
    let Service { host, redis } = &Service::start();
    host.put("/docs/a/b?ttl=never", "{}").send().expect(201);
    host.put("/docs/a/c?ttl=1000", "{}").send().expect(201);
    for (prefix, path) in [("/docs/", "/docs/a/b"), ("/", "/docs/a/c")] {
        let start = feed(host, prefix);
        let waiting = wait_alone(host.get(&start).header("Prefer", LONG), redis);
        if prefix == "/" {
            host.request("PATCH", &format!("{path}?ttl=1")).send().expect(200);
        } else {
            let batch = Batch::new().add("PATCH", &format!("{path}?ttl=1"), &[], None);
            responses(&batch.to(host).send());
        }
        let page = Page::read(&waiting.told());
        assert_told(&page.changes, &[(path, Expired, None)]);
    }
}

#[test]
fn of_one_path_expiry_comes_before_the_write_that_follows() {
    let Service { host, .. } = &Service::start();
    let start = feed(host, "/");
    for _ in 0..3 {
        host.put("/a?ttl=1", "{}").send().expect(201);
        // Nobody looks until it is stored anew.
        std::thread::sleep(std::time::Duration::from_millis(1100));
        host.put("/a", "{}").send().expect(201);
        host.delete("/a").send().expect(204);
    }
    let events: Vec<_> = all(host, &start).into_iter().map(|change| change.event).collect();
    assert_eq!(events, [Written, Expired, Written, Deleted].repeat(3));
}

/// A request that is the first to meet a record after its time, and what is told of it then.
type Meeting = (fn(&Host) -> Response, &'static [Event]);

const MEETINGS: [Meeting; 9] = [
    (|host| host.get("/docs/a").send(), &[]),
    (|host| host.put("/docs/a", "{}").send(), &[Written]),
    (|host| host.merge("/docs/a", "{}").send(), &[]),
    (|host| host.request("PATCH", "/docs/a?ttl=60").send(), &[]),
    (|host| host.delete("/docs/a").send(), &[]),
    (|host| host.delete("/-/records?prefix=/").send(), &[]),
    (|host| host.get("/-/records").send(), &[]),
    (|host| import(host, r#"{"path":"/docs/a","value":{}}"#), &[Written]),
    (
        |host| {
            let requests = r#"{"requests":[{"method":"PUT","path":"/docs/a","body":{}}]}"#;
            host.post("/-/batch", requests).send()
        },
        &[Written],
    ),
];

#[test]
fn expiry_is_told_of_once_whatever_meets_it_first() {
    at_once(MEETINGS.len(), |number| {
        let Service { host, redis } = &Service::start();
        let (meet, events) = MEETINGS[number];
        let start = feed(host, "/docs/");
        // More that expires before it than a request takes out.
        let others = (0..150).map(|number| format!("/a/{number}"));
        let line = |path| format!("{{\"path\":\"{path}\",\"value\":{{}},\"ttl\":1}}\n");
        let lines: String = others.chain(["/docs/a".to_owned()]).map(line).collect();
        import(host, &lines).expect(200);
        eventually("it has expired", || {
            (redis.run::<u8>(&["EXISTS", &key("/docs/a")]) == 0).then_some(())
        });
        let met = meet(host);
        let told: Vec<_> = all(host, &start).into_iter().map(|change| change.event).collect();
        assert_eq!(told, [&[Written, Expired], events].concat(), "{met}");
        // And that is all, whatever comes then.
        host.get("/docs/a").send();
        host.get("/-/records").send().expect(200);
        assert_eq!(all(host, &start).len(), told.len(), "{met}");
    });
}
