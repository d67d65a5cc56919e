//! Two people at one record.

use crate::page::{EDITOR, Page};

/// Two windows that show the record at `/shared`; in the first, which is in front, it was edited to
/// `mine`, and in the second it was saved as `theirs` since.
fn two_windows(mine: &str, theirs: &str) -> Option<Page> {
    let page = Page::start()?;
    page.store("/shared", r#"{"a":1,"b":1}"#);
    let first = page.window();
    page.open("/shared");
    page.edit(mine);
    page.open_window();
    page.open("/shared");
    page.edit(theirs);
    page.save();
    page.switch_to(&first);
    page.click("#save");
    page.wait_for("#conflict", "Somebody else was faster");
    Some(page)
}

fn stored(page: &Page) -> Vec<(String, String)> {
    page.service.host.get("/shared").send().members()
}

#[test]
fn the_second_to_save_sees_both_versions() {
    let Some(page) = two_windows(r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#) else { return };
    assert_eq!(page.value("#theirs textarea"), "{\n  \"a\": 1,\n  \"b\": 2\n}");
    assert_eq!(page.value("#mine textarea"), "{\n  \"a\": 2,\n  \"b\": 1\n}");
    let differing = "return [...document.querySelectorAll('#mine .differs')].map((line) => line.textContent.trim())";
    assert_eq!(page.script(differing, &[]), serde_json::json!(["\"a\": 2,", "\"b\": 1"]));
    assert_eq!(stored(&page), harness::members(r#"{"a":1,"b":2}"#), "nothing was overwritten");
    page.finish(&[412]);
}

#[test]
fn theirs_can_be_taken() {
    let Some(page) = two_windows(r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#) else { return };
    page.click("#take-theirs");
    page.element("#record");
    assert_eq!(page.value(EDITOR), "{\n  \"a\": 1,\n  \"b\": 2\n}");
    assert_eq!(stored(&page), harness::members(r#"{"a":1,"b":2}"#));
    page.finish(&[412]);
}

#[test]
fn mine_can_be_saved() {
    let Some(page) = two_windows(r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#) else { return };
    page.click("#save-mine");
    page.wait_for("#record-status", "Saved.");
    assert_eq!(stored(&page), harness::members(r#"{"a":2,"b":1}"#));
    page.finish(&[412]);
}

#[test]
fn both_can_be_put_together() {
    let Some(page) = two_windows(r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#) else { return };
    page.replace("#mine textarea", r#"{"a":2,"b":2}"#);
    page.click("#save-mine");
    page.wait_for("#record-status", "Saved.");
    assert_eq!(stored(&page), harness::members(r#"{"a":2,"b":2}"#));
    page.finish(&[412]);
}

#[test]
fn a_third_version_in_between_is_a_conflict_again() {
    let Some(page) = two_windows(r#"{"a":2,"b":1}"#, r#"{"a":1,"b":2}"#) else { return };
    page.store("/shared", r#"{"a":3,"b":3}"#);
    page.click("#save-mine");
    page.wait_for("#theirs pre", "\"a\": 3");
    page.click("#save-mine");
    page.wait_for("#record-status", "Saved.");
    assert_eq!(stored(&page), harness::members(r#"{"a":2,"b":1}"#));
    page.finish(&[412]);
}

#[test]
fn a_record_that_was_deleted_meanwhile_can_be_made_again() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.edit(r#"{"a":2}"#);
    page.hide(true);
    page.service.host.delete("/a").send().expect(204);
    page.click("#save");
    page.wait_for("#conflict", "deleted it, or it has expired");
    page.click("#save-mine");
    page.wait_for("#record-status", "Saved.");
    assert_eq!(page.service.host.get("/a").send().member("a").as_deref(), Some("2"));
    page.finish(&[404, 412]);
}

#[test]
fn a_record_that_somebody_made_meanwhile_is_not_overwritten() {
    let Some(page) = Page::start() else { return };
    page.open("/new");
    page.edit(r#"{"by":"me"}"#);
    page.store("/new", r#"{"by":"them"}"#);
    page.click("#save");
    page.wait_for("#theirs pre", "them");
    page.click("#take-theirs");
    page.wait_for("#record-editor pre", "them");
    page.finish(&[404, 412]);
}

#[test]
fn a_record_that_is_only_looked_at_follows_the_store() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.wait_for("#record-editor pre", "\"a\": 1");
    page.store("/a", r#"{"a":2}"#);
    page.wait_for("#record-editor pre", "\"a\": 2");
    page.wait_for("#record-status", "this is the new version");
    page.finish(&[]);
}

#[test]
fn a_record_that_was_changed_meanwhile_is_not_deleted_unseen() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.click("#delete");
    page.store("/a", r#"{"a":2}"#);
    page.click("#yes");
    page.wait_for("#record-editor pre", "\"a\": 2");
    page.service.host.get("/a").send().expect(200);
    page.finish(&[412]);
}
