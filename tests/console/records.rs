//! Records: created, shown, edited, given another time to live, deleted, expired.

use harness::eventually;

use crate::page::{EDITOR, Page, key};

#[test]
fn an_empty_store_shows_how_to_make_the_first_record() {
    let Some(page) = Page::start() else { return };
    page.open("");
    page.wait_for("#empty", "There are no records yet");
    let line = page.text("#first-curl");
    assert!(line.contains(&page.address("/hello")), "{line}");
    // The line does what it says.
    let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("sh runs");
    assert!(output.status.success(), "{output:?}");
    page.wait_for_paths(&["hello"]);
    page.wait_for("#welcome", "Choose a record");
    page.finish(&[]);
}

#[test]
fn a_record_is_created_with_its_path_and_time_to_live() {
    let Some(page) = Page::start() else { return };
    page.open("");
    page.click("#new");
    page.replace("#field", "/café/new one");
    page.wait_for("#hint", "/caf%C3%A9/new%20one");
    page.click("#yes");
    page.wait_for("#record-new", "There is no record");
    page.wait_for("#record-path", "/café/new one");
    page.click("#ttl-change");
    page.replace("#field", "90 min");
    page.click("#yes");
    page.wait_for("#record-ttl", "1 h 30 min");
    page.edit(r#"{"by": "console"}"#);
    page.save();
    page.wait_for("#record-ttl", "1 h ");
    assert!(!page.shows("#record-new"));
    page.wait_for_paths(&["café/", "new one"]);
    let answer = page.service.host.get("/caf%C3%A9/new%20one").send();
    assert_eq!(answer.expect(200).member("by").as_deref(), Some(r#""console""#));
    assert!((5000..=5400).contains(&answer.number("ttl")), "{answer}");
    page.finish(&[404]);
}

#[test]
fn paths_that_no_record_can_have_are_refused_while_they_are_typed() {
    let Some(page) = Page::start() else { return };
    page.open("");
    for (typed, complaint) in [
        ("/", "goes on"),
        ("/-/live", "belong to the service"),
        ("/a/%2e%2e/b", ". or .."),
        ("/a/./b", ". or .."),
    ] {
        page.click("#new");
        page.replace("#field", typed);
        page.wait_for("#hint", complaint);
        page.click("#yes");
        assert!(page.shows("#dialog"), "{typed} was taken");
        page.press(&key::ESCAPE.to_string());
    }
    page.finish(&[]);
}

#[test]
fn what_is_not_edited_keeps_its_digits_and_escapes() {
    const RECORD: &str = r#"{"big":12345678901234567890123,"deep":[{"x":1e400},[-0,1.0,0.10]],"text":"\u00e9\/é\n","title":"old","z":1E+2}"#;
    let Some(page) = Page::start() else { return };
    page.store("/numbers", RECORD);
    page.open("/numbers");
    page.wait_for("#record-path", "/numbers");
    let shown = page.value(EDITOR);
    for text in
        ["12345678901234567890123", "1e400", "-0", "1.0", "0.10", r#""\u00e9\/é\n""#, "1E+2"]
    {
        assert!(shown.contains(text), "{text} is not in {shown}");
    }
    assert!(!shown.contains("last_updated") && !shown.contains("ttl"), "{shown}");
    page.edit(&shown.replace("old", "new"));
    page.save();
    let now = page.service.host.get("/numbers").send();
    let expected = harness::members(&RECORD.replace("old", "new"));
    assert_eq!(now.members(), expected);
    page.finish(&[]);
}

#[test]
fn saving_keeps_the_time_that_remains() {
    let Some(page) = Page::start() else { return };
    page.store("/soon?ttl=1000", r#"{"a":1}"#);
    page.store("/never?ttl=never", r#"{"a":1}"#);
    for path in ["/soon", "/never"] {
        page.open(path);
        page.wait_for("#record-path", path);
        page.edit(r#"{"a":2}"#);
        page.save();
    }
    let soon = page.service.host.get("/soon").send().number("ttl");
    assert!((900..=1000).contains(&soon), "{soon}");
    let never = page.service.host.get("/never").send();
    assert_eq!(never.member("ttl").as_deref(), Some("null"));
    page.finish(&[]);
}

#[test]
fn an_error_is_marked_where_it_is() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.edit("{\n\"a\": 1,\n\"b\": tru\n}");
    page.wait_for("#record-editor .message", "Line 3, column 6: Expected a value");
    assert_eq!(page.text("#record-editor .error"), "tru");
    assert_eq!(
        page.script("return document.querySelector('#record-editor textarea').ariaInvalid", &[]),
        "true"
    );
    let etag = page.service.host.get("/a").send().etag();
    page.click("#save");
    page.wait_for("#record-status", "can’t be saved");
    let body = "const it = document.activeElement; return it.value.slice(it.selectionStart, it.selectionEnd)";
    assert_eq!(page.script(body, &[]), "tru");
    assert_eq!(page.service.host.get("/a").send().etag(), etag, "it was sent");
    page.click("#revert");
    assert_eq!(page.value(EDITOR), "{\n  \"a\": 1\n}");
    assert_eq!(page.text("#record-editor .message"), "");
    page.finish(&[]);
}

#[test]
fn a_record_is_deleted_when_that_is_confirmed() {
    let Some(page) = Page::start() else { return };
    page.store("/keep", "{}");
    page.store("/gone", "{}");
    page.open("/gone");
    page.click("#delete");
    page.wait_for("#dialog-text", "/gone");
    page.click("#no");
    page.service.host.get("/gone").send().expect(200);
    page.click("#delete");
    page.click("#yes");
    page.wait_for_paths(&["keep"]);
    page.wait_for("#welcome", "Choose a record");
    page.service.host.get("/gone").send().expect(404);
    page.finish(&[]);
}

#[test]
fn the_time_to_live_is_changed_and_nothing_else() {
    let Some(page) = Page::start() else { return };
    page.store("/a?ttl=500", r#"{"n":1.50}"#);
    page.open("/a");
    page.wait_for("#record-ttl", "8 min");
    let before = page.service.host.get("/a").send();
    page.click("#ttl-change");
    page.replace("#field", "soon");
    page.wait_for("#hint", "This is no time to live");
    page.replace("#field", "never");
    page.click("#yes");
    page.wait_for("#record-ttl", "never");
    let answer = page.service.host.get("/a").send();
    assert_eq!(answer.member("ttl").as_deref(), Some("null"));
    assert_eq!(answer.member("n").as_deref(), Some("1.50"));
    assert_eq!(answer.etag(), before.etag());
    page.edit(r#"{"n":2}"#);
    page.save();
    page.finish(&[]);
}

#[test]
fn a_record_that_expires_is_gone_and_can_be_made_again() {
    let Some(page) = Page::start() else { return };
    page.store("/short?ttl=3", r#"{"left":"behind"}"#);
    page.open("/short");
    page.wait_for("#record-status", "This record has expired. What it held is still here.");
    page.wait_for_paths(&[]);
    page.wait_for("#save", "Create");
    page.click("#save");
    page.wait_for("#record-status", "Saved.");
    let again = page.service.host.get("/short").send();
    assert_eq!(again.expect(200).member("left").as_deref(), Some(r#""behind""#));
    page.wait_for_paths(&["short"]);
    page.finish(&[404]);
}

#[test]
fn counts_are_shown_and_looking_at_them_is_no_hit() {
    let Some(page) = Page::start() else { return };
    page.store("/a", "{}");
    page.open("");
    page.wait_for("#hits", "1");
    page.wait_for("#records", "1");
    let count = || page.service.redis.run::<u64>(&["GET", "path-records:count"]);
    assert_eq!(count(), 1);
    page.service.host.get("/a").send();
    page.wait_for("#hits", "2");
    assert_eq!(count(), 2);
    page.open("/a");
    // Stored once, read once by the test and once by the page.
    page.wait_for("#record-hits", "3");
    page.finish(&[]);
}

#[test]
fn an_address_leads_to_its_record() {
    let Some(page) = Page::start() else { return };
    page.store("/docs/api/v1", "{}");
    page.open("/docs/api/v1");
    page.wait_for_paths(&["docs/", "api/", "v1"]);
    assert_eq!(page.text("[aria-selected=true]"), "v1");
    assert_eq!(page.text("#record-url"), page.address("/docs/api/v1"));
    assert_eq!(page.text("#record-curl"), format!("curl '{}'", page.address("/docs/api/v1")));
    page.finish(&[]);
}

#[test]
fn what_was_typed_is_still_there_after_a_look_elsewhere() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.store("/b", r#"{"b":1}"#);
    page.open("/a");
    page.edit(r#"{"a":2}"#);
    page.click_item("b");
    page.wait_for("#record-path", "/b");
    page.click_item("a");
    page.wait_for("#record-status", "still here");
    assert_eq!(page.value(EDITOR), r#"{"a":2}"#);
    page.save();
    assert_eq!(page.service.host.get("/a").send().member("a").as_deref(), Some("2"));
    page.finish(&[]);
}

#[test]
fn the_url_and_the_curl_line_are_copied() {
    let Some(page) = Page::start() else { return };
    page.store("/it's", "{}");
    let origin = page.address("");
    let permissions = serde_json::json!({ "origin": origin, "permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"] });
    page.devtools("Browser.grantPermissions", &permissions);
    page.open("/it's");
    let clipboard = "const done = arguments[0]; navigator.clipboard.readText().then(done, done)";
    for (button, expected) in [
        ("#record-url-copy", page.address("/it's")),
        ("#record-curl-copy", format!("curl '{}'", page.address("/it'\\''s"))),
    ] {
        page.click(button);
        eventually("the text is copied", || {
            (page.script_async(clipboard) == *expected).then_some(())
        });
    }
    page.finish(&[]);
}

#[test]
fn a_large_record_is_shown_plain_and_can_be_edited() {
    let Some(page) = Page::start() else { return };
    let members: Vec<_> = (0..20_000)
        .map(|number| format!(r#""m{number:05}":{number}.00000000000000000000"#))
        .collect();
    let record = format!("{{{}}}", members.join(","));
    page.store("/large", &record);
    page.open("/large");
    page.wait_for("#record-path", "/large");
    assert_eq!(page.value(EDITOR).lines().count(), 20_002);
    assert_eq!(page.text("#record-editor pre"), "");
    // Typing a million characters would take a while.
    let body = "const area = document.querySelector('#record-editor textarea');
        area.value = area.value.replace('\"m00007\": 7.0', '\"m00007\": 8.0');
        area.dispatchEvent(new InputEvent('input', { bubbles: true }))";
    page.script(body, &[]);
    page.save();
    let now = page.service.host.get("/large").send();
    assert_eq!(
        now.members(),
        harness::members(&record.replace("\"m00007\":7.0", "\"m00007\":8.0"))
    );
    page.finish(&[]);
}
