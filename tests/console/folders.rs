//! Folders: downloaded, deleted, and beside the tree.

use std::fs;

use harness::{Host, eventually};
use serde_json::json;

use crate::page::Page;
use crate::transfers::{lines, records, save_downloads_to, store};

/// What is below a prefix, page by page.
fn exported(host: &Host, prefix: &str) -> String {
    let mut next = format!("/-/records?prefix={prefix}&values=true");
    let mut lines = String::new();
    loop {
        let answer = host.get(&next).header("Accept", "application/x-ndjson").send();
        lines += answer.expect(200).text();
        let Some(link) = answer.header("Link") else { return lines };
        let (target, _) = link.trim_start_matches('<').split_once('>').expect("an address");
        target.clone_into(&mut next);
    }
}

#[test]
fn a_folder_is_downloaded_to_the_byte() {
    let Some(page) = Page::start() else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    save_downloads_to(&page, directory.path());
    store(&page, &lines((0..2345).map(|number| format!("/docs/api/{number:04}"))));
    let exact = r#"{"n":12345678901234567890123,"t":"é\u00e9\/\ud834\udd1e","x":[1e400,-0,1.0]}"#;
    for path in ["/docs", "/docs/", "/docs/%C3%A9", "/docs0", "/x"] {
        page.store(&format!("{path}?ttl=never"), exact);
    }
    page.open("");
    page.click_item("docs/");
    page.wait_for("#folder-path", "/docs/");
    page.wait_for("#folder-count", "more than 1,000");
    page.click("#download");
    page.wait_for("#transfer-state", "2,347 records saved as docs.ndjson.");
    let file = directory.path().join("docs.ndjson");
    let saved = eventually("the file is there", || fs::read_to_string(&file).ok());
    assert_eq!(saved.lines().count(), 2347);
    assert!(saved == exported(&page.service.host, "/docs/"), "it is not what the service has");
    assert!(saved.contains(exact), "{saved}");

    page.click("#transfer-end");
    assert!(!page.shows("#transfer-end"));
    page.click("#all");
    page.wait_for("#folder-path", "All records");
    page.click("#download");
    page.wait_for("#transfer-state", "2,350 records saved as records.ndjson.");
    let file = directory.path().join("records.ndjson");
    let saved = eventually("the file is there", || fs::read_to_string(&file).ok());
    assert!(saved == exported(&page.service.host, "/"), "it is not what the service has");
    page.finish(&[]);
}

#[test]
fn a_folder_is_deleted_after_a_question_that_says_how_many_records_that_is() {
    let Some(page) = Page::start() else { return };
    store(&page, &lines((0..2100).map(|number| format!("/a/b/{number}"))));
    let others = ["/a", "/a/b", "/a/bc", "/c/", "/z"];
    store(&page, &lines(others.map(str::to_owned).into_iter()));
    page.store("/a/b/", "{}");
    page.open("");
    page.click_item("a/");
    // The record beside the folder is another thing, with an address of its own.
    page.click_item("b/");
    page.wait_for("#folder-path", "/a/b/");
    assert_eq!(page.script("return document.title", &[]), json!("/a/b/ · path-records"));
    page.back();
    page.wait_for("#folder-path", "/a/");
    page.open("/a/b/");
    page.wait_for("#record-path", "/a/b/");
    page.open("?prefix=/a/b/");
    page.wait_for("#folder-path", "/a/b/");
    eventually("the folder is marked, and the record is not", || {
        let body = "return [...document.querySelectorAll('[aria-selected=true]')]
            .map((item) => item.ariaExpanded)";
        (page.script(body, &[]) == json!(["false"])).then_some(())
    });

    page.click("#folder-delete");
    page.wait_for("#dialog-title", "Delete 2,101 records?");
    page.wait_for("#dialog-text", "/a/b/");
    page.click("#no");
    assert_eq!(records(&page), 2106);
    page.click("#folder-delete");
    page.click("#yes");
    page.wait_for("#transfer-state", "2,101 of 2,101 records deleted.");
    page.wait_for("#welcome", "Choose a record");
    page.wait_for_paths(&["a", "a/", "b", "bc", "c/", "z"]);
    assert_eq!(records(&page), 5);
    // More changes than a feed keeps.
    page.finish(&[410]);
}

#[test]
fn on_a_phone_a_folder_is_shown_below_the_tree() {
    let Some(page) = Page::start() else { return };
    page.look(360, 740, "light");
    store(&page, &lines((0..100).map(|number| format!("/docs/{number}"))));
    page.open("");
    page.click_item("docs/");
    page.item("99");
    page.wait_for("#folder-count", "100");
    let below = "const box = document.querySelector('#download').getBoundingClientRect();
        return box.top > 0 && box.bottom <= innerHeight";
    assert_eq!(page.script(below, &[]), true, "it is to be seen however long the tree is");
    // The tree is still there to go on in.
    page.click_item("docs/");
    page.wait_for_paths(&["docs/"]);
    page.click("#folder .back");
    eventually("the folder is put away", || (!page.shows("#main")).then_some(()));
    page.finish(&[]);
}
