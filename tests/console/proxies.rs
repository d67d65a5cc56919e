//! Behind proxies, which compress, change tags, and answer with pages of their own.

use harness::eventually;

use crate::page::Page;
use crate::proxy::Tags;

/// Runs a test behind each kind of proxy.
fn behind_each(test: impl Fn(&Page), statuses: &[u16]) {
    let Some(page) = Page::behind_a_proxy() else { return };
    for tags in Tags::ALL {
        page.proxy().changes_tags(tags);
        test(&page);
    }
    page.finish(statuses);
}

fn member(page: &Page, name: &str) -> Option<String> {
    page.service.host.get("/a").send().member(name)
}

/// Has the page look twice whether the open record has changed: so it has heard at least one answer.
fn look_twice(page: &Page) {
    let looks = || page.proxy().seen("GET /-/records?prefix=%2Fa");
    for _ in 0..2 {
        let before = looks();
        // As when a tab comes to the front again.
        page.script("document.dispatchEvent(new Event('visibilitychange'))", &[]);
        eventually("the page looks", || (looks() > before).then_some(()));
    }
}

#[test]
fn a_record_is_created_saved_kept_and_deleted() {
    behind_each(
        |page| {
            page.open("/a");
            page.edit(r#"{"n":1}"#);
            page.save();
            // With the tag of each kind of answer: of a PUT, of a PATCH, of a GET.
            page.edit(r#"{"n":2}"#);
            page.save();
            page.click("#ttl-change");
            page.replace("#field", "never");
            page.click("#yes");
            page.wait_for("#record-status", "The time to live is changed.");
            page.edit(r#"{"n":3}"#);
            page.save();
            page.open("/a");
            page.edit(r#"{"n":4}"#);
            page.save();
            assert_eq!(member(page, "n").as_deref(), Some("4"));
            assert_eq!(member(page, "ttl").as_deref(), Some("null"));
            page.click("#delete");
            page.click("#yes");
            page.wait_for("#empty", "There are no records yet");
            page.service.host.get("/a").send().expect(404);
        },
        &[404],
    );
}

#[test]
fn nobody_is_said_to_have_changed_what_nobody_has_changed() {
    behind_each(
        |page| {
            page.store("/a", r#"{"n":1}"#);
            page.open("/a");
            page.wait_for("#record-editor pre", "\"n\": 1");
            look_twice(page);
            assert_eq!(page.text("#record-status"), "");
            page.edit(r#"{"n":2}"#);
            look_twice(page);
            assert_eq!(page.text("#record-status"), "");
            page.save();
        },
        &[],
    );
}

#[test]
fn what_somebody_has_changed_is_seen() {
    behind_each(
        |page| {
            page.store("/a", r#"{"n":1}"#);
            page.open("/a");
            page.edit(r#"{"n":2}"#);
            page.store("/a", r#"{"n":3}"#);
            page.click("#save");
            page.wait_for("#conflict", "Somebody else was faster");
            page.click("#save-mine");
            page.wait_for("#record-status", "Saved.");
            assert_eq!(member(page, "n").as_deref(), Some("2"));
            page.store("/a", r#"{"n":4}"#);
            page.wait_for("#record-status", "this is the new version");
            page.click("#delete");
            page.store("/a", r#"{"n":5}"#);
            page.click("#yes");
            page.wait_for("#record-editor pre", "\"n\": 5");
            page.service.host.get("/a").send().expect(200);
        },
        &[412],
    );
}

const HTML: &str = "text/html";
const ERROR: &str = "<html><body><h1>Told</h1></body></html>";

#[test]
fn a_proxys_own_answer_to_a_write_is_not_taken_for_the_services() {
    let Some(page) = Page::behind_a_proxy() else { return };
    page.store("/a", r#"{"n":1}"#);
    page.open("/a");
    page.edit(r#"{"n":2}"#);
    for (status, is_unknown) in [
        (200, true),
        (401, false),
        (403, false),
        (412, false),
        (413, false),
        (502, true),
        (504, true),
    ] {
        page.proxy().answers(Some(("PUT", status, HTML, ERROR)));
        page.click("#save");
        page.wait_for("#record-status", &format!("in front of the service answers: {status}."));
        let said = page.text("#record-status");
        assert_eq!(said.contains("Whether this was done is not known"), is_unknown, "{said}");
        assert!(!page.shows("#dialog") && !page.shows("#conflict"), "{status}");
    }
    page.proxy().answers(None);
    page.save();
    page.finish(&[401, 403, 412, 413, 502, 504]);
}

#[test]
fn a_proxys_own_answer_to_a_read_is_not_taken_for_the_services() {
    let Some(page) = Page::behind_a_proxy() else { return };
    page.store("/a", r#"{"n":1}"#);
    for (status, content_type, body) in
        [(200, HTML, ERROR), (401, HTML, ERROR), (404, "text/plain", "404 page not found")]
    {
        page.open("");
        page.item("a");
        page.proxy().answers(Some(("GET", status, content_type, body)));
        page.click_item("a");
        page.wait_for("#problem", &format!("in front of the service answers: {status}."));
        assert!(!page.shows("#dialog") && !page.shows("#record"), "{status}");
        page.proxy().answers(None);
    }
    page.click("#again");
    page.wait_for("#record-editor pre", "\"n\": 1");
    page.finish(&[401, 404]);
}
