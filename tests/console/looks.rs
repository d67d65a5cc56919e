//! How it looks: for those who can't see it well, on any screen, in both colour schemes.

use serde_json::{Value, json};

use crate::axe;
use crate::page::{EDITOR, Page};
use crate::transfers::drop_file;

const SIZES: [(u32, u32); 3] = [(360, 740), (1440, 900), (3840, 2160)];

/// Fails if the page is wider than the window.
fn assert_fits(page: &Page, state: &str) {
    let body = "return [document.documentElement.scrollWidth, innerWidth]";
    let [width, room]: [u64; 2] = serde_json::from_value(page.script(body, &[])).expect("numbers");
    assert!(width <= room, "{state}: {width} in {room}");
}

/// Fails if something to click on is smaller than WCAG 2.2 has it (2.5.8), unless it is in a text.
fn assert_large_enough(page: &Page, state: &str) {
    let body = "return [...document.querySelectorAll('button, input, [role=treeitem]')]
        .filter((it) => it.checkVisibility())
        .map((it) => [it.outerHTML.slice(0, 60), it.getBoundingClientRect()])
        .filter(([, box]) => box.width < 24 || box.height < 24)
        .map(([html]) => html)";
    assert_eq!(page.script(body, &[]), json!([]), "{state}");
}

/// Looks at one state in both colour schemes and all sizes.
pub fn look_at(page: &Page, script: &str, state: &str) {
    for scheme in ["light", "dark"] {
        for (width, height) in SIZES {
            let state = format!("{state}, {scheme}, {width} px");
            page.look(width, height, scheme);
            axe::check(page, script, &state);
            assert_fits(page, &state);
            assert_large_enough(page, &state);
        }
    }
}

#[test]
fn axe_finds_nothing_in_any_state() {
    let Some(page) = Page::start() else { return };
    let Some(script) = axe::script() else { return };
    page.open("");
    page.element("#empty");
    look_at(&page, &script, "no records");

    let long = "a-name-without-any-place-to-break-it-".repeat(10);
    let name = format!("{long}.json");
    page.store(
        &format!("/docs/{name}"),
        &json!({ "text": long, "number": 1, "word": null }).to_string(),
    );
    page.store("/docs/api/v1", r#"{"a":1}"#);
    page.open("/docs");
    page.wait_for("#record-new", "There is no record");
    look_at(&page, &script, "a path without a record");

    page.open(&format!("/docs/{name}"));
    page.element(EDITOR);
    page.wait_for("#record-hits", "2");
    look_at(&page, &script, "a record");
    page.edit("{\"text\": nul}");
    page.wait_for("#record-editor .message", "Expected a value");
    look_at(&page, &script, "an error");

    page.click("#delete");
    look_at(&page, &script, "a question");
    page.click("#no");
    page.click("#ttl-change");
    look_at(&page, &script, "a question for a text");
    page.click("#no");

    page.edit(r#"{"text": "mine"}"#);
    page.store(&format!("/docs/{name}"), r#"{"text":"theirs"}"#);
    page.click("#save");
    page.wait_for("#conflict", "Somebody else was faster");
    look_at(&page, &script, "a conflict");

    page.look(360, 740, "light");
    page.click("#take-theirs");
    page.click("#record .back");
    page.wait_for_paths(&["docs/", &name, "api/"]);
    look_at(&page, &script, "the tree");
    page.click_item("docs/");
    page.wait_for("#folder-count", "2");
    drop_file(&page, &format!("{long}.ndjson"), &"no JSON\n".repeat(30));
    look_at(&page, &script, "a question about a file");
    page.click("#yes");
    page.wait_for("#transfer-state", "30 failed");
    look_at(&page, &script, "a folder, and lines that failed");
    page.open("/-/reserved");
    page.element("#problem");
    look_at(&page, &script, "a problem");
    page.finish(&[404, 412]);
}

#[test]
fn nothing_moves_while_the_page_loads() {
    let Some(page) = Page::start() else { return };
    page.store("/docs/a", r#"{"a":[1,2,3]}"#);
    for (width, height) in SIZES {
        for path in ["", "/docs/a", "/none"] {
            page.look(width, height, "light");
            page.open(path);
            page.wait_for_paths(if path == "/docs/a" { &["docs/", "a"] } else { &["docs/"] });
            page.wait_for_counts();
            let body = "const done = arguments[0];
                const seen = [];
                new PerformanceObserver((list) => seen.push(...list.getEntries()))
                    .observe({ type: 'layout-shift', buffered: true });
                setTimeout(() => done(seen.map(({ value, sources }) =>
                    [value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? '')])), 200)";
            let shifts = page.script_async(body);
            assert_eq!(shifts, Value::Array(Vec::new()), "{path} at {width} px");
        }
    }
    page.finish(&[404]);
}

#[test]
fn the_page_and_its_files_are_locked_down() {
    let Some(page) = Page::start() else { return };
    let answer = page.service.host.get("/").header("Accept", "text/html").send();
    let policy = answer.expect(200).required("content-security-policy");
    for directive in
        ["default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(directive), "{directive}: {policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    // The browser holds to it.
    page.open("");
    page.element("#empty");
    let body = "const script = document.createElement('script');
        script.append('window.ran = true');
        try { document.head.append(script) } catch {}
        return window.ran ?? false";
    assert_eq!(page.script(body, &[]), false);
    assert!(!page.log("browser").is_empty(), "the browser notes what it has refused");
    page.finish(&[]);
}
