//! Tokens.

use crate::page::Page;

#[test]
fn a_token_is_asked_for_and_kept_for_the_session_only() {
    let Some(page) = Page::with(&[("read_token", "reader"), ("write_token", "writer")]) else {
        return;
    };
    page.service.host.put("/a", r#"{"a":1}"#).token("writer").send().expect(201);
    page.open("/a");
    page.wait_for("#dialog-title", "A token is needed");
    page.wait_for("#dialog-text", "Bearer TOKEN");
    page.replace("#field", "wrong");
    page.click("#yes");
    page.wait_for("#dialog-text", "unknown");
    page.replace("#field", "reader");
    page.click("#yes");
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.wait_for_paths(&["a"]);
    page.wait_for("#records", "1");
    let line = page.text("#record-curl");
    assert!(line.contains("$TOKEN") && !line.contains("reader"), "{line}");

    // Writing takes the other token.
    page.edit(r#"{"a":2}"#);
    page.click("#save");
    page.wait_for("#dialog-text", "allows reading");
    page.replace("#field", "writer");
    page.click("#yes");
    page.wait_for("#record-status", "Saved.");

    page.reload();
    page.wait_for("#record-editor pre", "\"a\": 2");
    assert!(!page.shows("#dialog"), "the token is forgotten within the session");
    assert_eq!(page.script("return localStorage.length + document.cookie.length", &[]), 0);
    page.open_window();
    page.open("/a");
    page.wait_for("#dialog-title", "A token is needed");
    page.finish(&[401, 403]);
}

#[test]
fn without_a_token_the_page_says_what_is_missing_and_asks_again() {
    let Some(page) = Page::with(&[("read_token", "reader")]) else { return };
    page.open("");
    page.click("#no");
    page.wait_for("#tree-state", "Send a token");
    page.click("#refresh");
    page.replace("#field", "reader");
    page.click("#yes");
    page.wait_for("#empty", "There are no records yet");
    page.finish(&[401]);
}
