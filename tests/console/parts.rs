//! Tokens for parts of the tree: the page begins there, says what may be done there, and goes no further.

use harness::eventually;

use crate::axe;
use crate::looks::look_at;
use crate::page::{EDITOR, Page, key};
use crate::transfers::{drop_file, lines};

const TOKENS: &str = r#"[
    {"token":"all","prefix":"/","can":"write"},
    {"token":"a-reads","prefix":"/team-a/","can":"read"},
    {"token":"a-writes","prefix":"/team-a/","can":"write"},
    {"token":"two","prefix":"/team-a/","can":"read"},
    {"token":"two","prefix":"/team-b/","can":"write"},
    {"token":"two","prefix":"/one","can":"write"},
    {"token":"one","prefix":"/one","can":"write"}
]"#;

/// The page with some records; nothing where there is no browser.
fn start() -> Option<Page> {
    let page = Page::with(&[("tokens", TOKENS)])?;
    for path in ["/team-a/x", "/team-a/deep/y", "/team-b/x", "/one", "/other"] {
        store(&page, path, r#"{"n":1}"#);
    }
    Some(page)
}

fn store(page: &Page, target: &str, json: &str) {
    let status = page.service.host.put(target, json).token("all").send().status();
    assert!(matches!(status, 200 | 201), "PUT {target}: {status}");
}

fn number(page: &Page, path: &str) -> String {
    let answer = page.service.host.get(path).token("all").send();
    answer.expect(200).member("n").expect("a number")
}

/// Opens the page, and gives it a token.
fn open(page: &Page, path: &str, token: &str) {
    page.open(path);
    give(page, token);
}

fn give(page: &Page, token: &str) {
    page.replace("#field", token);
    page.click("#yes");
}

fn follows_below(page: &Page, prefix: &str) {
    eventually("it is followed", || {
        let key = format!("path-records:changes:below:{prefix}");
        (page.service.redis.run::<u64>(&["EXISTS", &key]) == 1).then_some(())
    });
    page.follows();
}

/// What is to be seen and can't be used.
fn off(page: &Page) -> Vec<String> {
    let body = "return [...document.querySelectorAll('button:disabled')]
        .filter((it) => it.checkVisibility())
        .map((it) => it.id)";
    serde_json::from_value(page.script(body, &[])).expect("ids")
}

const NOTHING: [&str; 0] = [];
const ALL: [&str; 5] = ["import", "new", "ttl-change", "save", "delete"];

#[test]
fn it_begins_where_the_token_opens_the_tree_and_follows_that() {
    let Some(page) = start() else { return };
    open(&page, "", "a-writes");
    page.wait_for_paths(&["deep/", "x"]);
    assert_eq!(page.value("#filter"), "/team-a/");
    assert_eq!(page.text("#parts"), "/team-a/ to write");
    assert_eq!(page.text("#tree-state"), "");
    assert!(!page.shows("#dialog"));
    assert_eq!(page.text("#hits"), "", "the counts are those of all paths");
    assert_eq!(off(&page), NOTHING);

    // The same with a token that it has already.
    page.reload();
    page.wait_for_paths(&["deep/", "x"]);
    follows_below(&page, "/team-a/");
    let lists = page.lists();
    store(&page, "/team-a/new", "{}");
    page.wait_for_paths(&["deep/", "new", "x"]);
    assert_eq!(page.lists(), lists);

    page.click_item("x");
    page.wait_for("#record-editor pre", "\"n\": 1");
    page.wait_for("#record-hits", "2");
    page.edit(r#"{"n":2}"#);
    page.save();
    assert_eq!(number(&page, "/team-a/x"), "2");
    store(&page, "/team-a/x", r#"{"n":3}"#);
    page.wait_for("#record-editor pre", "\"n\": 3");

    page.click("#new");
    assert_eq!(page.value("#field"), "/team-a/");
    page.replace("#field", "/team-b/z");
    page.wait_for("#hint", "The token opens /team-a/ (to write).");
    page.replace("#field", "/team-a/z");
    page.click("#yes");
    page.edit("{}");
    page.save();
    page.wait_for_paths(&["deep/", "new", "x", "z"]);

    // A folder's count follows what happens, too.
    page.script("location.hash = '#?prefix=/team-a/'", &[]);
    page.wait_for("#folder-count", "4");
    store(&page, "/team-a/zz", "{}");
    page.wait_for("#folder-count", "5");
    drop_file(
        &page,
        "some.ndjson",
        &lines(["/team-a/zzz".into(), "/team-b/zzz".into()].into_iter()),
    );
    page.click("#yes");
    page.wait_for("#transfer-state", "1 stored, 1 failed.");
    page.wait_for("#failures", "Line 2: The token is for other paths");
    page.click("#folder-delete");
    page.wait_for("#dialog-title", "Delete 6 records?");
    page.click("#yes");
    page.wait_for_paths(&[]);
    assert_eq!(number(&page, "/team-b/x"), "1");
    page.finish(&[401, 403, 404]);
}

#[test]
fn where_a_token_only_reads_nothing_can_be_changed_and_the_page_says_why() {
    let Some(page) = start() else { return };
    open(&page, "/team-a/deep/y", "a-reads");
    page.wait_for("#record-editor pre", "\"n\": 1");
    page.wait_for_paths(&["deep/", "y", "x"]);
    page.wait_for("#record-locked", "This token only reads here.");
    assert_eq!(page.text("#parts"), "/team-a/ to read");
    assert_eq!(off(&page), ALL);
    // The text can be chosen, and not typed over.
    page.click(EDITOR);
    page.chord(key::CONTROL, 'a');
    page.press("x");
    page.chord(key::CONTROL, 's');
    assert_eq!(page.script("return getSelection().toString().length > 5", &[]), true);
    assert_eq!(page.value(EDITOR), "{\n  \"n\": 1\n}");
    store(&page, "/team-a/deep/y", r#"{"n":2}"#);
    page.wait_for("#record-editor pre", "\"n\": 2");
    page.wait_for("#record-status", "this is the new version");

    page.script("location.hash = '/team-a/none'", &[]);
    page.wait_for("#record-new", "There is no record at this path.");
    assert!(!page.shows("#record-create"));
    page.script("location.hash = '#?prefix=/team-a/'", &[]);
    page.wait_for("#folder-count", "2");
    page.wait_for("#folder-locked", "only reads");
    assert_eq!(off(&page), ["import", "new", "folder-delete"]);
    drop_file(&page, "some.ndjson", &lines(["/team-a/z".into()].into_iter()));
    page.wait_for("#dialog-text", "The token opens /team-a/ (to read).");
    page.click("#no");

    // Another token: what it opens is not known before it is needed.
    page.click("#opens .another");
    give(&page, "all");
    page.wait_for_paths(&["one", "other", "team-a/", "team-b/"]);
    page.wait_for("#records", "5");
    assert_eq!(page.value("#filter"), "");
    assert_eq!(off(&page), NOTHING);
    assert!(!page.shows("#opens") && !page.shows("#folder-locked"));
    page.script("location.hash = '/team-a/x'", &[]);
    page.edit(r#"{"n":4}"#);
    page.save();
    page.finish(&[401, 403, 404]);
}

#[test]
fn a_token_that_turns_out_to_read_only_is_known_as_such_from_then_on() {
    let Some(page) = Page::with(&[("read_token", "reader"), ("write_token", "writer")]) else {
        return;
    };
    page.service.host.put("/a", r#"{"n":1}"#).token("writer").send().expect(201);
    open(&page, "/a", "reader");
    page.wait_for_paths(&["a"]);
    page.edit(r#"{"n":2}"#);
    assert!(!page.shows("#record-locked"));
    page.click("#save");
    page.wait_for("#dialog-text", "The token opens all paths (to read).");
    page.click("#no");
    page.wait_for("#record-locked", "This token only reads here.");
    page.wait_for("#record-status.bad", "allows reading");
    assert_eq!(off(&page), ALL);
    assert_eq!(page.focused(), "/a", "a button that is off has no focus");
    // What was typed is there still, and is saved with another token.
    assert_eq!(page.value(EDITOR), r#"{"n":2}"#);
    page.wait_for_counts();
    page.click("#record-locked .another");
    give(&page, "writer");
    page.save();
    page.finish(&[401, 403]);
}

#[test]
fn of_several_parts_one_is_chosen_and_its_record_opened() {
    let Some(page) = start() else { return };
    open(&page, "", "two");
    page.wait_for_paths(&["deep/", "x"]);
    assert_eq!(page.text("#parts"), "/team-a/ to read/team-b/ to write/one to write");
    assert_eq!(off(&page), NOTHING);
    // Another part is listed and followed in its place.
    page.click("#parts li:nth-child(2) a");
    page.wait_for_paths(&["x"]);
    page.wait_for("#folder-path", "/team-b/");
    assert_eq!((page.value("#filter"), off(&page)), ("/team-b/".into(), vec![]));
    follows_below(&page, "/team-b/");
    store(&page, "/team-b/y", "{}");
    page.wait_for_paths(&["x", "y"]);
    // Also after something else was looked for.
    page.replace("#filter", "/team-b/y");
    page.wait_for_paths(&["y"]);
    page.click("#parts li:nth-child(1) a");
    page.wait_for_paths(&["deep/", "x"]);
    page.wait_for("#folder-locked", "only reads");
    assert_eq!(off(&page), ["folder-delete"]);
    page.click("#parts li:nth-child(3) a");
    page.wait_for("#record-editor pre", "\"n\": 1");
    page.edit(r#"{"n":2}"#);
    page.save();
    page.wait_for_paths(&["deep/", "x"]);
    // An address says which part it is.
    page.open("/team-b/x");
    page.wait_for_paths(&["x", "y"]);
    page.wait_for("#record-path", "/team-b/x");
    page.finish(&[401, 403]);
}

#[test]
fn a_token_for_one_record_opens_that() {
    let Some(page) = start() else { return };
    open(&page, "", "one");
    page.wait_for("#record-path", "/one");
    page.wait_for("#record-editor pre", "\"n\": 1");
    assert_eq!(
        (page.text("#tree-state"), page.text("#parts")),
        (String::new(), "/one to write".into())
    );
    page.edit(r#"{"n":2}"#);
    page.save();
    // Nobody tells of it; a look does.
    store(&page, "/one", r#"{"n":3}"#);
    page.click("#refresh");
    page.wait_for("#record-editor pre", "\"n\": 3");
    page.edit(r#"{"n":4}"#);
    store(&page, "/one", r#"{"n":5}"#);
    page.click("#save");
    page.wait_for("#theirs pre", "\"n\": 5");
    page.click("#save-mine");
    page.wait_for("#record-status", "Saved.");
    assert_eq!(number(&page, "/one"), "4");
    page.finish(&[401, 403, 412]);
}

#[test]
fn outside_its_part_a_token_opens_nothing_and_another_one_is_offered() {
    let Some(page) = start() else { return };
    open(&page, "/team-b/x", "a-writes");
    page.wait_for("#problem-detail", "The token opens /team-a/ (to write).");
    page.wait_for_paths(&["deep/", "x"]);
    page.replace("#filter", "/team-b/");
    page.wait_for("#tree-state", "The token opens /team-a/ (to write).");
    assert!(page.paths().is_empty() && !page.shows("#dialog"));
    page.replace("#filter", "/team-a/d");
    page.wait_for_paths(&["deep/"]);
    assert_eq!(page.text("#tree-state"), "");
    page.script("location.hash = '#?prefix=/'", &[]);
    page.wait_for("#problem-detail", "The token opens");
    page.script("location.hash = '/team-a/x'", &[]);
    page.wait_for("#record-editor pre", "\"n\": 1");
    page.back();
    page.click("#problem-token");
    give(&page, "wrong");
    page.wait_for("#dialog-text", "unknown");
    give(&page, "all");
    page.wait_for("#folder-count", "5");
    assert!(!page.shows("#opens"));
    page.finish(&[401, 403]);
}

#[test]
fn a_list_that_comes_late_changes_nothing_of_what_is_said_of_a_newer_one() {
    let Some(page) = start() else { return };
    open(&page, "/team-a/x", "a-writes");
    page.wait_for_paths(&["deep/", "x"]);
    // While somebody types, the list for the first letters may come last.
    page.script(
        "const fetched = window.fetch;
         window.fetch = async (address, ...more) => {
             const answer = await fetched(address, ...more);
             if (/prefix=(%2F|\\/)team-(&|$)/.test(address)) {
                 await new Promise((release) => (window.release = release));
                 window.isLate = true;
             }
             window.newest = String(address);
             return answer;
         };",
        &[],
    );
    page.replace("#filter", "/team-");
    eventually("the list is held up", || {
        (page.script("return Boolean(window.release)", &[]) == true).then_some(())
    });
    page.type_into("#filter", "b/");
    eventually("the newer list came", || {
        (page.script("return window.newest.includes('team-b')", &[]) == true).then_some(())
    });
    page.wait_for("#tree-state", "The token opens /team-a/ (to write).");
    page.script("window.release()", &[]);
    eventually("the list came", || {
        (page.script("return Boolean(window.isLate)", &[]) == true).then_some(())
    });
    page.script_async("setTimeout(arguments[0], 100)");
    page.wait_for("#tree-state", "The token opens /team-a/ (to write).");
    page.replace("#filter", "/team-a/d");
    page.wait_for_paths(&["deep/"]);
    page.finish(&[401, 403]);
}

#[test]
fn a_store_that_is_away_is_told_of_without_the_counts() {
    let Some(mut page) = start() else { return };
    open(&page, "", "a-reads");
    page.wait_for_paths(&["deep/", "x"]);
    page.service.redis.kill();
    page.click("#refresh");
    page.wait_for("#trouble", "Trying again");
    page.service.redis.restart();
    eventually("it is over", || page.text("#trouble").is_empty().then_some(()));
    page.finish(&[401, 403, 410, 503]);
}

#[test]
fn axe_finds_nothing_where_a_token_opens_a_part() {
    let Some(page) = start() else { return };
    let Some(script) = axe::script() else { return };
    open(&page, "/team-a/x", "two");
    page.wait_for("#record-locked", "only reads");
    page.wait_for_paths(&["deep/", "x"]);
    look_at(&page, &script, "a record to read");
    page.script("location.hash = '/other'", &[]);
    page.wait_for("#problem-detail", "The token opens");
    look_at(&page, &script, "a record of others");
    page.script("location.hash = '#?prefix=/team-a/'", &[]);
    page.wait_for("#folder-locked", "only reads");
    look_at(&page, &script, "a part to read");
    page.finish(&[401, 403]);
}
