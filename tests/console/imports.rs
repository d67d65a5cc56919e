//! Files whose lines become records.

use std::fs;

use serde_json::json;

use crate::page::Page;
use crate::transfers::{drop_file, lines, records};

#[test]
fn a_dropped_file_is_imported_and_the_lines_that_fail_are_listed() {
    let Some(page) = Page::behind_a_proxy() else { return };
    let padding = "é".repeat(500);
    let good = |number: u32| json!({ "path": format!("/in/{number}"), "value": { "p": padding } });
    let mut lines: Vec<_> = (1..=3000).map(|number| good(number).to_string()).collect();
    lines[6] = r#"{"path":"/in/../7","value":{}}"#.to_owned();
    lines[7] = String::new();
    lines[1499] = r#"{"path":"/in/1500","value":[]}"#.to_owned();
    lines[2999] = "no JSON".to_owned();
    let file = lines.join("\r\n");
    page.open("");
    page.element("#empty");
    drop_file(&page, "some.ndjson", &file);
    page.wait_for("#dialog-title", "Import some.ndjson?");
    assert_eq!(page.proxy().seen("POST"), 0);
    page.click("#yes");
    page.wait_for("#transfer-state", "Up to line 3,000: 2,996 stored, 3 failed.");
    let listed = page.script(
        "return [...document.querySelectorAll('#failures li')].map((item) => item.textContent)",
        &[],
    );
    let listed: Vec<String> = serde_json::from_value(listed).expect("texts");
    assert_eq!(listed.len(), 3);
    for ((line, reason), said) in
        [("7", "segment"), ("1,500", "object"), ("3,000", "no record")].iter().zip(&listed)
    {
        assert!(said.starts_with(&format!("Line {line}: ")) && said.contains(reason), "{said}");
    }
    // No request has more than a mebibyte, so that it is seen how far it is.
    let requests = page.proxy().seen("POST /-/records ");
    assert!(requests >= file.len().div_ceil(1 << 20), "{requests}");
    // What there is now is shown without a look by the user.
    page.wait_for_paths(&["in/"]);
    assert_eq!(records(&page), 2996);
    let last = page.service.host.get("/in/2999").send();
    assert_eq!(last.expect(200).json()["p"], json!(padding));
    // More changes than a feed keeps.
    page.finish(&[410]);
}

#[test]
fn a_chosen_file_is_imported_and_replaces_what_is_there() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"old":1}"#);
    page.open("/a");
    page.wait_for("#record-editor pre", "old");
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("one.ndjson");
    fs::write(&file, "{\"path\":\"/a\",\"value\":{\"new\":1.50},\"ttl\":null}\n").expect("written");
    for answer in ["#no", "#yes"] {
        page.choose_file("#file", &file);
        page.wait_for("#dialog-title", "Import one.ndjson?");
        page.wait_for("#record-editor pre", "old");
        page.click(answer);
    }
    page.wait_for("#transfer-state", "Up to line 1: 1 stored, 0 failed.");
    page.wait_for("#record-editor pre", "\"new\": 1.50");
    page.wait_for("#record-ttl", "never");
    page.finish(&[]);
}

#[test]
fn a_token_is_asked_for_in_the_middle() {
    let Some(page) = Page::with(&[("read_token", "reader"), ("write_token", "writer")]) else {
        return;
    };
    page.open("?prefix=/");
    page.replace("#field", "reader");
    page.click("#yes");
    page.wait_for("#folder-count", "0");
    drop_file(&page, "one.ndjson", &lines(["/a".to_owned()].into_iter()));
    page.wait_for("#dialog-title", "Import");
    page.click("#yes");
    page.wait_for("#dialog-text", "allows reading");
    page.replace("#field", "writer");
    page.click("#yes");
    page.wait_for("#transfer-state", "1 stored, 0 failed.");
    page.wait_for("#folder-count", "1");
    page.finish(&[401, 403]);
}

#[test]
fn a_line_that_no_request_can_hold_ends_an_import_before_it() {
    let Some(page) = Page::start() else { return };
    page.open("");
    page.element("#empty");
    let body = "const line = JSON.stringify({ path: '/a', value: {} }) + '\\n';
        const carried = new DataTransfer();
        carried.items.add(new File([line, 'x'.repeat(5 << 20)], 'large.ndjson'));
        dispatchEvent(new DragEvent('drop', { cancelable: true, dataTransfer: carried }))";
    page.script(body, &[]);
    page.click("#yes");
    page.wait_for("#transfer-state.bad", "longer than 4 MiB");
    page.wait_for("#transfer-state", "Up to line 1: 1 stored, 0 failed.");
    page.service.host.get("/a").send().expect(200);
    page.finish(&[]);
}

#[test]
fn a_store_that_is_away_ends_an_import_with_what_was_done() {
    let Some(mut page) = Page::with_durable_store() else { return };
    page.open("");
    page.element("#empty");
    page.service.redis.kill();
    drop_file(&page, "one.ndjson", &lines(["/a".to_owned()].into_iter()));
    page.click("#yes");
    page.wait_for("#transfer-state.bad", "Up to line 0: 0 stored, 0 failed.");
    page.service.redis.restart();
    drop_file(&page, "one.ndjson", &lines(["/a".to_owned()].into_iter()));
    page.click("#yes");
    page.wait_for("#transfer-state:not(.bad)", "Up to line 1: 1 stored, 0 failed.");
    page.finish(&[503]);
}
