//! The tree of paths.

use serde_json::json;

use crate::page::{Page, key};

#[test]
fn folders_open_level_by_level() {
    let Some(page) = Page::start() else { return };
    for path in ["/docs", "/docs/", "/docs/a", "/docs/api/v1", "/docs//x", "/z%20z", "/%E2%80%AEx"]
    {
        page.store(path, "{}");
    }
    page.open("");
    // What can't be read as it is, or would deceive, stays encoded.
    page.wait_for_paths(&["%E2%80%AEx", "docs", "docs/", "docs/", "z z"]);
    page.click_item("docs/");
    page.wait_for_paths(&["%E2%80%AEx", "docs", "docs/", "docs/", "/", "a", "api/", "z z"]);
    page.click_item("docs/");
    page.wait_for_paths(&["%E2%80%AEx", "docs", "docs/", "docs/", "z z"]);
    page.finish(&[]);
}

#[test]
fn a_hundred_thousand_records_come_in_pages() {
    const MANY: &str = "for i = 0, 99999 do
        local path = string.format('/many/%05d', i)
        redis.call('HSET', 'path-records:' .. path, 'n', i)
        redis.call('ZADD', 'path-records:index', 0, path)
    end";
    let Some(page) = Page::start() else { return };
    page.service.redis.run::<()>(&["EVAL", MANY, "0"]);
    page.open("");
    page.click_item("many/");
    page.item("00199");
    page.click_item("Show more …");
    page.item("00399");
    // The folder, two pages of it, and the way to the next one.
    assert_eq!(page.paths().len(), 1 + 2 * 200 + 1);
    assert_eq!(page.focused(), "00200");

    page.replace("#filter", "/many/9999");
    let last: Vec<_> = (99990..=99999).map(|number| number.to_string()).collect();
    page.wait_for_paths(&last.iter().map(String::as_str).collect::<Vec<_>>());
    page.click_item("99999");
    page.wait_for("#record-editor pre", "\"n\": 99999");
    page.replace("#filter", "/no such");
    page.wait_for("#tree-state", "No path begins like this");
    page.finish(&[]);
}

#[test]
fn what_others_create_and_delete_is_seen_and_what_is_open_stays_open() {
    let Some(page) = Page::start() else { return };
    page.store("/a/one", "{}");
    page.store("/b", "{}");
    page.open("");
    page.click_item("a/");
    page.wait_for_paths(&["a/", "one", "b"]);
    page.press(&key::DOWN.to_string());
    assert_eq!(page.focused(), "one");
    page.store("/a/another", "{}");
    page.wait_for_paths(&["a/", "another", "one", "b"]);
    assert_eq!(page.focused(), "one");
    page.service.host.delete("/b").send().expect(204);
    page.wait_for_paths(&["a/", "another", "one"]);
    page.finish(&[]);
}

#[test]
fn the_mark_of_a_folder_opens_it_and_leaves_the_record_open() {
    let Some(page) = Page::start() else { return };
    page.store("/a", "{}");
    page.store("/docs/b", "{}");
    page.open("/a");
    page.wait_for("#record-path", "/a");
    let click = "const item = document.querySelector('[aria-expanded]');
        const { left, top, height } = item.getBoundingClientRect();
        const at = { clientX: left + 12, clientY: top + height / 2, bubbles: true };
        item.dispatchEvent(new MouseEvent('click', at))";
    for listed in [&["a", "docs/", "b"][..], &["a", "docs/"]] {
        page.item("docs/");
        page.script(click, &[]);
        page.wait_for_paths(listed);
        assert!(page.shows("#record"));
    }
    page.finish(&[]);
}

#[test]
fn back_and_forth_leads_through_the_records_that_were_open() {
    let Some(page) = Page::start() else { return };
    page.store("/a", "{}");
    page.store("/b", "{}");
    page.open("/a");
    page.click_item("b");
    page.wait_for("#record-path", "/b");
    page.back();
    page.wait_for("#record-path", "/a");
    assert_eq!(page.script("return document.title", &[]), json!("/a · path-records"));
    page.finish(&[]);
}
