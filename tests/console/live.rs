//! What others do is seen as it happens: in the tree, in the record that is open, and under an edit.

use harness::{Shards, eventually};
use serde_json::json;

use crate::page::{EDITOR, Page, key};
use crate::transfers::{lines, store};

#[test]
fn what_comes_and_goes_is_seen_without_asking_for_a_list() {
    let Some(page) = Page::start() else { return };
    for path in ["/a/one", "/b", "/c/"] {
        page.store(path, "{}");
    }
    page.open("");
    page.follows();
    assert_eq!(page.lists(), 1);
    page.click_item("a/");
    page.wait_for_paths(&["a/", "one", "b", "c/"]);
    let lists = page.lists();
    for path in ["/a/", "/a/another", "/a/deep/er", "/b/below", "/b", "/c/", "/d?ttl=4"] {
        page.store(path, "{}");
    }
    page.item("d");
    page.wait_for_paths(&["a/", "a/", "another", "deep/", "one", "b", "b/", "c/"]);
    page.service.host.delete("/b").send().expect(204);
    page.service.host.delete("/a/one").send().expect(204);
    page.wait_for_paths(&["a/", "a/", "another", "deep/", "b/", "c/"]);
    assert_eq!(page.lists(), lists);
    // Of a folder that is closed, only a list tells whether it is empty; and one that is open it may be shown to be.
    page.service.host.delete("/b/below").send().expect(204);
    page.wait_for_paths(&["a/", "a/", "another", "deep/", "c/"]);
    page.service.host.delete("/-/records?prefix=/a/").send().expect(200);
    page.wait_for_paths(&["c/"]);
    page.script("location.hash = ''", &[]);
    page.service.host.delete("/c/").send().expect(204);
    page.wait_for("#empty", "There are no records yet");
    page.store("/again", "{}");
    page.wait_for_paths(&["again"]);
    page.wait_for("#welcome", "Choose a record");
    page.finish(&[]);
}

#[test]
fn only_what_has_changed_is_touched() {
    let Some(page) = Page::start() else { return };
    store(&page, &lines((0..200).map(|number| format!("/r/{number:03}"))));
    page.open("");
    page.click_item("r/");
    page.item("199");
    let focus = "const item = [...document.querySelectorAll('[role=treeitem]')]
            .find((item) => item.textContent === arguments[0]);
        item.scrollIntoView({ block: 'center' });
        item.focus()";
    page.script(focus, &[json!("100")]);
    page.press(&format!("{}{}", key::DOWN, key::UP));
    let watch = "const item = document.activeElement;
        window.seen = { item, top: item.getBoundingClientRect().top };
        window.touched = [];
        new MutationObserver((all) => touched.push(...all.flatMap(
            ({ type, target, addedNodes, removedNodes }) => type === 'childList'
                ? [...addedNodes, ...removedNodes].map((node) => node.textContent)
                : [`${type} of ${target.textContent}`])))
            .observe(document.getElementById('tree'), { subtree: true, childList: true, attributes: true })";
    page.script(watch, &[]);
    page.follows();
    page.store("/r/050x", "{}");
    page.store("/r/060", r#"{"is":"another one"}"#);
    page.service.host.delete("/r/070").send().expect(204);
    page.service.host.delete("/r/080").send().expect(204);
    page.item("050x");
    eventually("what is gone is gone", || {
        (!page.paths().iter().any(|name| name == "070" || name == "080")).then_some(())
    });
    assert_eq!(page.script("return touched.sort()", &[]), json!(["050x", "070", "080"]));
    let moved = "return [document.activeElement === seen.item,
        Math.abs(seen.item.getBoundingClientRect().top - seen.top) < 2]";
    assert_eq!(page.script(moved, &[]), json!([true, true]), "the focus and the place stay");
    // The focus of what goes away goes to what takes its place.
    page.service.host.delete("/r/100").send().expect(204);
    eventually("it is gone", || (page.focused() == "101").then_some(()));
    page.press(&key::DOWN.to_string());
    assert_eq!(page.focused(), "102");
    page.finish(&[]);
}

#[test]
fn thousands_of_changes_are_no_thousands_of_lists() {
    let Some(page) = Page::start() else { return };
    page.store("/open/x", "{}");
    page.open("");
    page.click_item("open/");
    page.wait_for_paths(&["open/", "x"]);
    page.follows();
    let lists = page.lists();
    store(&page, &lines((0..300).map(|number| format!("/open/{number:03}"))));
    store(&page, &lines((0..5000).map(|number| format!("/many/{}/{number}", number % 7))));
    page.item("many/");
    page.item("199");
    page.wait_for("#records", "5,301");
    // The changes may outrun the feed, which then forgets some of them: that is one list for each open folder.
    let more = page.lists() - lists;
    assert!(more < 30, "{more} lists for 5,300 changes");

    // A list that grows beyond what anybody reads is cut.
    page.follows();
    for thousand in 1..5 {
        let all = thousand * 1000..(thousand + 1) * 1000;
        store(&page, &lines(all.map(|number| format!("/open/0/{number}"))));
    }
    page.item("0/");
    page.wait_for("#records", "9,301");
    page.click_item("0/");
    page.item("Show more …");
    assert!(page.paths().len() < 2500);
    page.finish(&[410]);
}

#[test]
fn a_record_that_nobody_edits_shows_what_the_store_has() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.follows();
    page.store("/a", r#"{"a":2}"#);
    page.wait_for("#record-editor pre", "\"a\": 2");
    page.wait_for("#record-status", "this is the new version");
    page.service.host.delete("/a").send().expect(204);
    page.wait_for(
        "#record-status",
        "Somebody has deleted this record. What it held is still here.",
    );
    assert!(page.value(EDITOR).contains("\"a\": 2"));
    page.store("/a?ttl=2", r#"{"a":3}"#);
    page.wait_for("#record-editor pre", "\"a\": 3");
    page.wait_for("#record-status", "This record has expired. What it held is still here.");
    page.finish(&[404]);
}

#[test]
fn a_record_that_is_awaited_is_shown_when_it_is_there() {
    let Some(page) = Page::start() else { return };
    page.open("/awaited");
    page.wait_for("#record-new", "There is no record");
    page.follows();
    page.store("/awaited", r#"{"a":1}"#);
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.finish(&[404]);
}

#[test]
fn an_edit_is_told_what_happens_under_it_and_loses_nothing() {
    const MINE: &str = r#"{"typed": "by me"}"#;
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.edit(MINE);
    page.follows();
    page.store("/a", r#"{"a":2}"#);
    page.wait_for("#record-status", "Somebody has changed this record. Save, and you can compare.");
    assert_eq!(
        (page.value(EDITOR), page.focused()),
        (MINE.to_owned(), "The record as JSON".into())
    );
    page.click("#save");
    page.wait_for("#theirs pre", "\"a\": 2");
    page.click("#save-mine");
    page.wait_for("#record-status", "Saved.");

    page.edit(MINE);
    page.service.host.delete("/a").send().expect(204);
    page.wait_for(
        "#record-status",
        "Somebody has deleted this record. What you typed is still here.",
    );
    assert_eq!(page.value(EDITOR), MINE);
    page.click("#revert");
    assert_eq!(page.value(EDITOR), "{\n  \"typed\": \"by me\"\n}", "what it held");
    page.edit(MINE);
    // Who was told so makes a new one.
    page.save();
    assert_eq!(page.service.host.get("/a").send().member("typed").as_deref(), Some("\"by me\""));

    page.store("/b?ttl=3", r#"{"b":1}"#);
    page.open("/b");
    page.edit(MINE);
    page.wait_for("#record-status", "This record has expired. What you typed is still here.");
    assert_eq!(page.value(EDITOR), MINE);
    page.store("/b", r#"{"b":2}"#);
    page.wait_for("#record-status", "Somebody has changed this record. Save, and you can compare.");
    page.click("#save");
    page.wait_for("#theirs pre", "\"b\": 2");
    assert_eq!(page.value("#mine textarea"), "{\n  \"typed\": \"by me\"\n}");
    page.finish(&[404, 412]);
}

#[test]
fn an_edit_that_was_left_is_told_when_it_is_looked_at_again() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.store("/b", r#"{"b":1}"#);
    page.open("/a");
    page.edit(r#"{"a":"mine"}"#);
    page.click_item("b");
    page.wait_for("#record-path", "/b");
    page.store("/a", r#"{"a":2}"#);
    page.click_item("a");
    page.wait_for("#record-status", "still here. Somebody has changed this record.");
    assert_eq!(page.value(EDITOR), r#"{"a":"mine"}"#);
    page.finish(&[]);
}

#[test]
fn where_no_request_may_wait_the_page_asks_now_and_then() {
    let Some(page) = Page::with(&[("max_waiting", "0")]) else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.store("/a", r#"{"a":2}"#);
    page.store("/b", "{}");
    page.wait_for("#record-editor pre", "\"a\": 2");
    page.wait_for_paths(&["a", "b"]);
    page.finish(&[]);
}

#[test]
fn a_tab_that_nobody_sees_asks_for_nothing_and_catches_up() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.wait_for_paths(&["a"]);
    page.follows();
    let asked = "return performance.getEntriesByType('resource')
        .filter(({ name }) => name.includes('/-/changes?')).length";
    page.hide(true);
    // What was under way counts when it is over.
    eventually("the request that waited is given up", || {
        (page.script(asked, &[]) == 2).then_some(())
    });
    page.store("/b", "{}");
    page.store("/a", r#"{"a":2}"#);
    page.hide(false);
    page.wait_for_paths(&["a", "b"]);
    page.wait_for("#record-editor pre", "\"a\": 2");
    // Away for so long that the feed is forgotten.
    page.hide(true);
    page.store("/c", "{}");
    let _: u64 = page.service.redis.run(&["DEL", "path-records:changes:below:/"]);
    page.hide(false);
    page.wait_for_paths(&["a", "b", "c"]);
    page.follows();
    page.store("/d", "{}");
    page.wait_for_paths(&["a", "b", "c", "d"]);
    page.finish(&[410]);
}

#[test]
fn what_is_listed_and_open_is_what_is_followed() {
    let Some(page) = Page::start() else { return };
    page.store("/a/b/c", r#"{"n":1}"#);
    page.store("/x", r#"{"n":1}"#);
    page.open("");
    page.replace("#filter", "/a/b");
    page.wait_for_paths(&["b/"]);
    let follows = |prefix: &str| {
        eventually("it is followed", || {
            let key = format!("path-records:changes:below:{prefix}");
            (page.service.redis.run::<u64>(&["EXISTS", &key]) == 1).then_some(())
        });
    };
    follows("/a/");
    page.store("/a/bc", "{}");
    page.wait_for_paths(&["b/", "bc"]);
    let _: u64 = page.service.redis.run(&["DEL", "path-records:changes:below:/"]);
    page.script("location.hash = '/x'", &[]);
    page.wait_for("#record-editor pre", "\"n\": 1");
    follows("/");
    page.store("/x", r#"{"n":2}"#);
    page.wait_for("#record-editor pre", "\"n\": 2");
    page.store("/a/bd", "{}");
    page.wait_for_paths(&["b/", "bc", "bd"]);
    page.finish(&[]);
}

#[test]
fn where_the_records_are_in_several_parts_the_page_looks_now_and_then() {
    let Some(page) = Page::with(&[("shards", "12")]) else { return };
    for path in ["/a/one", "/b"] {
        page.store(path, r#"{"n":1}"#);
    }
    page.open("/b");
    page.wait_for_paths(&["a/", "b"]);
    page.store("/c", "{}");
    page.store("/b", r#"{"n":2}"#);
    page.wait_for_paths(&["a/", "b", "c"]);
    page.wait_for("#record-editor pre", "\"n\": 2");
    // Below one first segment it is told as elsewhere.
    page.open("/a/one");
    page.wait_for_paths(&["a/", "one", "b", "c"]);
    page.replace("#filter", "/a/");
    let waiting = Shards::new(12).own(0, "waiting");
    eventually("the page waits for changes", || {
        (page.service.redis.run::<u64>(&["ZCARD", &waiting]) > 0).then_some(())
    });
    page.store("/a/two", "{}");
    page.wait_for_paths(&["one", "two"]);
    page.finish(&[400]);
}
