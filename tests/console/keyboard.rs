//! Everything by the keyboard alone: no test here clicks.

use harness::eventually;
use serde_json::json;

use crate::page::{EDITOR, Page, key};

/// Tabs on until the focus is on this element.
fn tab_to(page: &Page, name: &str) {
    for _ in 0..30 {
        if page.focused() == name {
            // A focus that can't be seen is none.
            let body =
                "const it = document.activeElement.closest('.editor') ?? document.activeElement;
                const box = it.closest('.editor') ?? it;
                return getComputedStyle(box).outlineStyle";
            assert_eq!(
                page.script(body, &[]),
                json!("solid"),
                "{name} has the focus and does not show it"
            );
            return;
        }
        page.press(&key::TAB.to_string());
    }
    panic!("{name} is not reached by Tab; the focus is on {}", page.focused());
}

fn wait_for_focus(page: &Page, name: &str) {
    eventually(&format!("{name} has the focus"), || page.focused().contains(name).then_some(()));
}

#[test]
fn a_record_is_created_edited_and_deleted_by_the_keyboard() {
    let Some(page) = Page::start() else { return };
    page.open("");
    page.element("#empty");
    tab_to(&page, "new");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "field");
    page.press(&format!("{}keys/one{}", key::END, key::ENTER));
    // The focus goes along: to the heading of what is shown.
    wait_for_focus(&page, "/keys/one");
    tab_to(&page, "ttl-change");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "field");
    page.chord(key::CONTROL, 'a');
    page.press(&format!("2 h{}", key::ENTER));
    page.wait_for("#record-ttl", "2 h");
    wait_for_focus(&page, "ttl-change");
    tab_to(&page, "The record as JSON");
    page.chord(key::CONTROL, 'a');
    page.press(r#"{"typed":true}"#);
    page.chord(key::CONTROL, 's');
    page.wait_for("#record-status", "Saved.");
    // The editor is no trap.
    tab_to(&page, "save");
    tab_to(&page, "delete");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "no");
    page.press(&key::ESCAPE.to_string());
    wait_for_focus(&page, "delete");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "no");
    page.chord(key::SHIFT, key::TAB);
    page.press(&key::ENTER.to_string());
    page.element("#empty");
    page.service.host.get("/keys/one").send().expect(404);
    wait_for_focus(&page, "There are no records yet");
    page.finish(&[404]);
}

#[test]
fn the_arrow_keys_walk_through_the_tree() {
    let Some(page) = Page::start() else { return };
    for path in ["/a", "/f/one", "/f/two", "/z"] {
        page.store(path, r#"{"is":1}"#);
    }
    page.open("");
    page.wait_for_paths(&["a", "f/", "z"]);
    tab_to(&page, "a");
    for (pressed, focused, open) in [
        (key::DOWN, "f/", false),
        (key::RIGHT, "f/", true),
        (key::RIGHT, "one", true),
        (key::DOWN, "two", true),
        (key::DOWN, "z", true),
        (key::HOME, "a", true),
        (key::END, "z", true),
        (key::UP, "two", true),
        (key::LEFT, "f/", true),
        (key::LEFT, "f/", false),
    ] {
        page.press(&pressed.to_string());
        let listed = if open { &["a", "f/", "one", "two", "z"][..] } else { &["a", "f/", "z"][..] };
        page.wait_for_paths(listed);
        assert_eq!(page.focused(), focused);
    }
    page.press(&format!("{}{}", key::END, key::ENTER));
    page.wait_for("#record-path", "/z");
    assert_eq!(page.focused(), "z", "a wide page keeps the focus in the tree");
    tab_to(&page, "The record as JSON");
    page.finish(&[]);
}

#[test]
fn a_folder_is_selected_opened_and_deleted_and_a_file_chosen() {
    let Some(page) = Page::start() else { return };
    for path in ["/f/one", "/f/two", "/z"] {
        page.store(path, "{}");
    }
    page.open("");
    page.wait_for_paths(&["f/", "z"]);
    tab_to(&page, "import");
    // The browser's own window would be in the way.
    let body = "document.querySelector('#file').onclick = (event) => {
        event.preventDefault();
        document.title = 'a file is asked for';
    }";
    page.script(body, &[]);
    page.press(&key::ENTER.to_string());
    assert_eq!(page.script("return document.title", &[]), json!("a file is asked for"));
    tab_to(&page, "f/");
    let expanded = "return document.querySelector('[aria-selected=true]').ariaExpanded";
    // The first selects and opens, the others open and close.
    for open in ["true", "false", "true"] {
        page.press(&key::ENTER.to_string());
        page.wait_for("#folder-count", "2");
        page.wait_for_paths(if open == "true" { &["f/", "one", "two", "z"] } else { &["f/", "z"] });
        assert_eq!(page.focused(), "f/");
        eventually("the folder is marked", || (page.script(expanded, &[]) == open).then_some(()));
    }
    tab_to(&page, "download");
    tab_to(&page, "folder-delete");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "no");
    page.chord(key::SHIFT, key::TAB);
    page.press(&key::ENTER.to_string());
    page.wait_for_paths(&["z"]);
    page.wait_for("#transfer-state", "2 of 2 records deleted.");
    wait_for_focus(&page, "z");
    page.chord(key::SHIFT, key::TAB);
    tab_to(&page, "transfer-end");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "Choose a record");
    page.finish(&[]);
}

#[test]
fn a_conflict_is_settled_by_the_keyboard() {
    let Some(page) = Page::start() else { return };
    page.store("/a", r#"{"a":1}"#);
    page.open("/a");
    page.element(EDITOR);
    tab_to(&page, "The record as JSON");
    page.chord(key::CONTROL, 'a');
    page.press(r#"{"a":2}"#);
    page.store("/a", r#"{"a":3}"#);
    page.chord(key::CONTROL, 's');
    wait_for_focus(&page, "Somebody else was faster");
    tab_to(&page, "Theirs, in the store");
    tab_to(&page, "take-theirs");
    tab_to(&page, "Mine, not saved");
    tab_to(&page, "save-mine");
    page.press(&key::ENTER.to_string());
    page.wait_for("#record-status", "Saved.");
    wait_for_focus(&page, "/a");
    assert_eq!(page.service.host.get("/a").send().member("a").as_deref(), Some("2"));
    page.finish(&[412]);
}

#[test]
fn on_a_phone_the_focus_goes_from_the_tree_to_the_record_and_back() {
    let Some(page) = Page::start() else { return };
    page.look(360, 740, "light");
    page.store("/a", "{}");
    page.store("/b", "{}");
    page.open("");
    page.wait_for_paths(&["a", "b"]);
    assert!(!page.shows("#main"));
    tab_to(&page, "a");
    page.press(&format!("{}{}", key::DOWN, key::ENTER));
    page.wait_for("#record-path", "/b");
    wait_for_focus(&page, "/b");
    assert!(!page.shows("nav"));
    tab_to(&page, "‹ All paths");
    page.press(&key::ENTER.to_string());
    wait_for_focus(&page, "b");
    assert!(page.shows("nav") && !page.shows("#main"));
    page.finish(&[]);
}
