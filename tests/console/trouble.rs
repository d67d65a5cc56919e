//! The store, or the whole service, does not answer.

use crate::page::Page;

#[test]
fn a_store_that_stops_is_told_and_when_it_is_back_the_page_goes_on() {
    let Some(mut page) = Page::with_durable_store() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.edit(r#"{"a":2}"#);
    page.service.redis.kill();
    page.wait_for("#trouble", "The store does not answer");
    page.click("#save");
    page.wait_for("#record-status.bad", "");
    page.service.redis.restart();
    page.wait_for("#counts", "records");
    // What was typed is not lost.
    page.save();
    assert_eq!(page.service.host.get("/a").send().member("a").as_deref(), Some("2"));
    // And what others do is seen again.
    page.store("/b", "{}");
    page.wait_for_paths(&["a", "b"]);
    page.finish(&[503]);
}

#[test]
fn a_page_that_is_opened_while_the_store_is_down_shows_the_record_when_it_is_back() {
    let Some(mut page) = Page::with_durable_store() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.service.redis.kill();
    page.open("/a");
    page.wait_for("#problem", "This can’t be shown");
    page.wait_for("#tree-state", "can’t be listed");
    page.service.redis.restart();
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.wait_for_paths(&["a"]);
    assert_eq!(page.text("#trouble"), "");
    page.finish(&[503]);
}
