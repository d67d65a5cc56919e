//! What takes more than one request: stopped, or ended by a store that goes away.

use std::fs;
use std::path::Path;

use harness::eventually;
use serde_json::json;

use crate::page::Page;

/// Lines that records at these paths come from, for good, so that an export is the same at any time.
pub fn lines(paths: impl Iterator<Item = String>) -> String {
    paths
        .map(|path| json!({ "path": path, "value": { "n": 1 }, "ttl": null }))
        .fold(String::new(), |lines, line| lines + &line.to_string() + "\n")
}

/// Stores them past the console.
pub fn store(page: &Page, lines: &str) {
    let import = page.service.host.request("POST", "/-/records");
    let answer = import.body("application/x-ndjson", lines).send();
    assert_eq!(answer.expect(200).text().matches(r#""status":201"#).count(), lines.lines().count());
}

/// How many records there are.
pub fn records(page: &Page) -> u64 {
    page.service.redis.run(&["ZCARD", "path-records:index"])
}

/// Has the browser save downloads here without asking.
pub fn save_downloads_to(page: &Page, directory: &Path) {
    let saving = json!({ "behavior": "allow", "downloadPath": directory });
    page.devtools("Browser.setDownloadBehavior", &saving);
}

/// Every answer takes this much longer, in milliseconds.
fn delay(page: &Page, latency: u32) {
    let conditions = json!({
        "offline": false, "latency": latency, "downloadThroughput": -1, "uploadThroughput": -1,
    });
    page.devtools("Network.emulateNetworkConditions", &conditions);
}

/// Drops a file with this in it on the page.
pub fn drop_file(page: &Page, name: &str, content: &str) {
    let body = "const carried = new DataTransfer();
        carried.items.add(new File([arguments[1]], arguments[0]));
        for (const type of ['dragover', 'drop']) {
            const event = new DragEvent(type, { bubbles: true, cancelable: true, dataTransfer: carried });
            document.querySelector('h1').dispatchEvent(event);
            if (!event.defaultPrevented) throw Error('the browser would open the file');
        }";
    page.script(body, &[json!(name), json!(content)]);
}

/// The numbers in a sentence on the page.
fn numbers(state: &str) -> Vec<u64> {
    let state = state.replace([',', ':'], "");
    state.split(' ').filter_map(|word| word.parse().ok()).collect()
}

#[test]
fn what_is_stopped_says_what_was_done() {
    let Some(page) = Page::start() else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    save_downloads_to(&page, directory.path());
    let all = lines((0..20_000).map(|number| format!("/many/{number}")));
    store(&page, &all);
    page.open("?prefix=/many/");
    page.wait_for("#folder-count", "more than");
    delay(&page, 400);

    page.click("#folder-delete");
    page.wait_for("#transfer-state", "Counting");
    page.wait_for("#transfer-done", "records counted");
    page.click("#transfer-end");
    page.wait_for("#transfer-state", "Stopped.");
    assert!(!page.shows("#dialog"), "a question about a number that is not known");

    delay(&page, 0);
    page.click("#folder-delete");
    page.wait_for("#dialog-title", "Delete 20,000 records?");
    delay(&page, 400);
    page.click("#yes");
    eventually("the bar moves", || {
        let value = page.script("return document.querySelector('#transfer-bar').value", &[]);
        (value.as_f64()? > 0.0).then_some(())
    });
    // Nothing else goes on at the same time.
    page.click("#download");
    page.wait_for("#dialog-title", "Something else goes on");
    page.click("#yes");
    page.wait_for("#transfer-state", "Stopped.");
    let state = page.text("#transfer-state");
    let left = records(&page);
    assert!((1..20_000).contains(&left), "{left}");
    assert_eq!(numbers(&state), [20_000 - left, 20_000], "{state}");

    delay(&page, 400);
    page.click("#download");
    page.wait_for("#transfer-state", "Downloading");
    page.wait_for("#transfer-done", "no file saved yet");
    page.click("#transfer-end");
    page.wait_for("#transfer-state", "Stopped.");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);

    page.service.redis.run::<()>(&["FLUSHALL"]);
    let padded = all.replace(r#""n":1"#, &format!(r#""n":"{}""#, "-".repeat(500)));
    drop_file(&page, "many.ndjson", &padded);
    page.click("#yes");
    page.wait_for("#transfer-done", "Up to line");
    page.click("#transfer-end");
    page.wait_for("#transfer-state", "Stopped.");
    let state = page.text("#transfer-state");
    let stored = records(&page);
    assert!((1..20_000).contains(&stored), "{stored}");
    assert_eq!(numbers(&state), [stored, stored, 0], "{state}");
    // More changes than a feed keeps.
    page.finish(&[410]);
}

#[test]
fn a_store_that_goes_away_leaves_no_half_of_a_file() {
    let Some(mut page) = Page::with_durable_store() else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    save_downloads_to(&page, directory.path());
    store(&page, &lines((0..5000).map(|number| format!("/many/{number}"))));
    page.open("?prefix=/many/");
    page.wait_for("#folder-count", "more than");
    delay(&page, 400);
    page.click("#download");
    page.wait_for("#transfer-done", "no file saved yet");
    page.service.redis.kill();
    page.wait_for("#transfer-state.bad", "of 5,000 records read, no file saved yet.");
    assert_eq!(fs::read_dir(directory.path()).expect("a directory").count(), 0);
    page.finish(&[503]);
}
