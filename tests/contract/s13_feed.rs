//! Section 13: what a feed tells of.

use harness::Event::{Deleted, Written};
use harness::{Change, Event, Host, Page, Served, Service, responses};

use crate::s05_import::{import, results};
use crate::waiting::{LONG, feed, lines, wait_alone};

/// The page at a target.
pub fn page(host: &Host, target: &str) -> Page {
    Page::read(&host.get(target).send())
}

/// All that a feed has told of since.
pub fn all(host: &Host, target: &str) -> Vec<Change> {
    let (mut all, mut target) = (Vec::new(), target.to_owned());
    loop {
        let Page { changes, next } = page(host, &target);
        if changes.is_empty() {
            return all;
        }
        all.extend(changes);
        target = next;
    }
}

/// Fails unless it has told of this.
pub fn assert_told(changes: &[Change], expected: &[(&str, Event, Option<&str>)]) {
    let told: Vec<_> = changes.iter().map(Change::told).collect();
    assert_eq!(told, expected);
}

/// The paths that a feed has told of since.
pub fn paths(host: &Host, target: &str) -> Vec<String> {
    all(host, target).into_iter().map(|change| change.path).collect()
}

#[test]
fn each_way_to_write_and_to_delete_is_told_of() {
    let Served { host, .. } = &Served::start();
    host.put("/docs/old", r#"{"a":1}"#).send().expect(201);
    let start = feed(host, "/docs/");
    let put = host.put("/docs/a", "{}").send().expect(201).etag();
    let again = host.put("/docs/a", "{}").send().expect(200).etag();
    let merged = host.merge("/docs/a", r#"{"b":1}"#).send().expect(200).etag();
    let patched = host.patch("/docs/a", "[]").send().expect(200).etag();
    let merged_old = host.merge("/docs/old", r#"{"a":2}"#).send().expect(200).etag();
    let posted = host.post("/docs/posted/", "{}").send();
    host.delete("/docs/a").send().expect(204);
    let imported = results(&import(
        host,
        "{\"path\":\"/docs/i\",\"value\":{}}\nnonsense\n{\"path\":\"/docs/j\",\"value\":{}}",
    ));
    let imported = |line: usize| imported[line]["etag"].as_str().expect("a tag").to_owned();
    assert_told(
        &all(host, &start),
        &[
            ("/docs/a", Written, Some(&put)),
            ("/docs/a", Written, Some(&again)),
            ("/docs/a", Written, Some(&merged)),
            ("/docs/a", Written, Some(&patched)),
            ("/docs/old", Written, Some(&merged_old)),
            (posted.required("location"), Written, Some(&posted.etag())),
            ("/docs/a", Deleted, None),
            ("/docs/i", Written, Some(&imported(0))),
            ("/docs/j", Written, Some(&imported(2))),
        ],
    );
}

#[test]
fn a_batch_is_one_moment_and_several_entries() {
    let Service { host, redis } = &Service::start();
    host.put("/docs/a", "{}").send().expect(201);
    host.put("/docs/b", "{}").send().expect(201);
    let start = feed(host, "/docs/");
    let waiting = wait_alone(host.get(&start).header("Prefer", LONG), redis);
    let batch = |more: &str| {
        let requests = r#"{"method":"PUT","path":"/docs/z","body":{}},
            {"method":"PATCH","path":"/docs/a","body":{"x":1}},
            {"method":"GET","path":"/docs/none"},
            {"method":"PUT","path":"/other/z","body":{}},
            {"method":"DELETE","path":"/docs/b"},
            {"method":"PUT","path":"/docs/c","body":{}}"#;
        host.post("/-/batch", &format!(r#"{{"requests":[{requests}{more}]}}"#))
    };
    // The record that it would give a time to live isn't there.
    batch(r#",{"method":"PATCH","path":"/docs/y?ttl=60"}"#).send().expect(404);
    waiting.assert_waits();
    let answer = batch("");
    let parts = responses(&answer.send());
    let tag = |at: usize| parts[at].etag();
    assert_told(
        &Page::read(&waiting.told()).changes,
        &[
            ("/docs/z", Written, Some(&tag(0))),
            ("/docs/a", Written, Some(&tag(1))),
            ("/docs/b", Deleted, None),
            ("/docs/c", Written, Some(&tag(5))),
        ],
    );
}

#[test]
fn deletion_below_a_prefix_is_told_of_record_by_record() {
    let Service { host, redis } = &Service::start();
    let paths: Vec<_> = (0..40).map(|number| format!("/docs/{number:02}")).collect();
    for path in &paths {
        host.put(path, "{}").send().expect(201);
    }
    host.put("/kept", "{}").send().expect(201);
    let start = feed(host, "/");
    let waiting = wait_alone(host.get(&start).header("Prefer", LONG), redis);
    host.delete("/-/records?prefix=/docs/").send().expect(200);
    let expected: Vec<_> = paths.iter().map(|path| (&path[..], Deleted, None)).collect();
    let mut changes = Page::read(&waiting.told()).changes;
    changes.sort();
    assert_told(&changes, &expected);
}

#[test]
fn what_changes_nothing_is_not_told_of() {
    let Service { host, redis } = &Service::start();
    host.put("/a?ttl=1000", "{}").send().expect(201);
    let start = feed(host, "/");
    let waiting = wait_alone(host.get(&start).header("Prefer", LONG), redis);
    host.request("PATCH", "/a?ttl=2000").send().expect(200);
    host.get("/a").send().expect(200);
    host.head("/a").send().expect(200);
    host.get("/none").send().expect(404);
    host.delete("/none").send().expect(404);
    host.merge("/none", "{}").send().expect(404);
    host.put("/a", "{}").header("If-Match", "\"other\"").send().expect(412);
    host.delete("/a").header("If-Match", "\"other\"").send().expect(412);
    host.patch("/a", r#"[{"op":"test","path":"/n","value":1}]"#).send().expect(409);
    host.put("/a", "[]").send().expect(422);
    host.delete("/-/records?prefix=/none/").send().expect(200);
    assert_eq!(results(&import(host, "nonsense"))[0]["status"], 400);
    host.get("/-/records").send().expect(200);
    host.post("/-/batch", r#"{"requests":[{"method":"GET","path":"/a"}]}"#).send().expect(200);
    waiting.assert_waits();
    assert_eq!(page(host, &start).changes, []);
    host.put("/b", "{}").send().expect(201);
    assert_eq!(Page::read(&waiting.told()).changes[0].path, "/b");
}

#[test]
fn an_entry_has_its_members_in_order() {
    let Service { host, .. } = &Service::start();
    let start = feed(host, "/");
    let put = host.put("/%C3%A9%22", "{}").send();
    host.delete("/%C3%A9%22").send().expect(204);
    let answer = host.get(&start).send();
    let etag = serde_json::to_string(&put.etag()).expect("JSON");
    let expected = format!(
        r#"{{"changes":[{{"path":"/%C3%A9%22","event":"written","etag":{etag},"last_updated":{}}},"#,
        put.number("last_updated")
    ) + r#"{"path":"/%C3%A9%22","event":"deleted"}],"next":"#;
    let text = harness::compact(answer.text());
    assert!(text.starts_with(&expected), "{answer}\nexpected: {expected}");
}

#[test]
fn each_feed_has_what_is_below_its_prefix() {
    let Service { host, .. } = &Service::start();
    let prefixes = [
        "/",
        "/docs/",
        "/docs/a/",
        "/docs//",
        "/Docs/",
        "//",
        "/%C3%A9/",
        "/s1/s2/s3/s4/s5/s6/s7/",
        "/s1/s2/s3/s4/s5/s6/s7/s8/",
    ];
    let encoded = prefixes.map(crate::common::in_query);
    let starts = encoded.each_ref().map(|prefix| feed(host, prefix));
    let written = [
        "/docs",
        "/docs/",
        "/docs/a",
        "/docs/a/",
        "/docs/a/b",
        "/docs/a/b/c",
        "/docs//",
        "/docs//x",
        "/docs2/a",
        "/doc",
        "/Docs/a",
        "//",
        "//x",
        "/%C3%A9/a",
        "/s1/s2/s3/s4/s5/s6/s7/a",
        "/s1/s2/s3/s4/s5/s6/s7/s8/a",
        "/s1/s2/s3/s4/s5/s6/s7/s8/s9/s10/a",
        "/s1/s2/s3/s4/s5/s6/s7/s8/",
    ];
    for path in written {
        host.put(path, "{}").send().expect(201);
    }
    for (prefix, start) in prefixes.iter().zip(&starts) {
        let below: Vec<_> = written.into_iter().filter(|path| path.starts_with(prefix)).collect();
        assert_eq!(paths(host, start), below, "{prefix}");
    }
    let listed = host.get("/-/records?prefix=/docs/").send().json();
    let listed = listed["records"].as_array().map(Vec::len);
    assert_eq!(Some(paths(host, &starts[1]).len()), listed, "what its listing has");
}

#[test]
fn the_prefix_is_everything_unless_it_is_given() {
    let Service { host, .. } = &Service::start();
    let start = page(host, "/-/changes").next;
    host.put("/a", "{}").send().expect(201);
    host.put("/docs/b", "{}").send().expect(201);
    assert_eq!(paths(host, &start), ["/a", "/docs/b"]);
}

#[test]
fn a_page_has_as_many_entries_as_its_limit_and_the_next_goes_on_behind() {
    let Service { host, .. } = &Service::start();
    let start = feed(host, "/");
    let written: Vec<_> = (0..130).map(|number| format!("/n/{number:03}")).collect();
    import(host, &lines(&written)).expect(200);
    assert_eq!(page(host, &start).changes.len(), 100, "unless it is given");
    for limit in [1, 7, 65, 129, 130, 131, 1000] {
        let (mut target, mut seen) = (format!("{start}&limit={limit}"), Vec::new());
        loop {
            let page = page(host, &target);
            assert!(page.changes.len() <= limit);
            let left = written.len() - seen.len();
            assert_eq!(page.changes.len(), left.min(limit), "limit={limit}");
            if page.changes.is_empty() {
                break;
            }
            assert!(page.next.contains(&format!("limit={limit}")), "{}", page.next);
            seen.extend(page.changes.into_iter().map(|change| change.path));
            target = page.next;
        }
        assert_eq!(seen, written, "limit={limit}");
    }
    assert_eq!(paths(host, &start), written, "what was read is still there");
}
