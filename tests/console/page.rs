//! The console with a service behind it.

use std::ops::Deref;

use harness::{Redis, Service, eventually};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::proxy::Proxy;

/// Keys, as the driver takes them.
pub mod key {
    /// Enter.
    pub const ENTER: char = '\u{e007}';
    /// Tab.
    pub const TAB: char = '\u{e004}';
    /// Shift.
    pub const SHIFT: char = '\u{e008}';
    /// Control.
    pub const CONTROL: char = '\u{e009}';
    /// Escape.
    pub const ESCAPE: char = '\u{e00c}';
    /// The arrow keys.
    pub const LEFT: char = '\u{e012}';
    pub const UP: char = '\u{e013}';
    pub const RIGHT: char = '\u{e014}';
    pub const DOWN: char = '\u{e015}';
    /// Home and End.
    pub const HOME: char = '\u{e011}';
    pub const END: char = '\u{e010}';
}

/// The editor of the open record.
pub const EDITOR: &str = "#record-editor textarea";

/// The console in a browser, and its service.
pub struct Page {
    browser: Browser,
    pub service: Service,
    proxy: Option<Proxy>,
}

impl Deref for Page {
    type Target = Browser;

    fn deref(&self) -> &Browser {
        &self.browser
    }
}

impl Page {
    /// With a service of the default configuration; nothing where there is no browser.
    pub fn start() -> Option<Self> {
        Self::with(&[])
    }

    /// With these variables set.
    pub fn with(variables: &[(&str, &str)]) -> Option<Self> {
        let browser = Browser::start()?;
        Some(Self { browser, service: Service::with(variables), proxy: None })
    }

    /// With a proxy in front of the service.
    pub fn behind_a_proxy() -> Option<Self> {
        let page = Self::start()?;
        let proxy = Proxy::start(page.service.host.address());
        Some(Self { proxy: Some(proxy), ..page })
    }

    /// With a Redis that keeps its records when it is killed.
    pub fn with_durable_store() -> Option<Self> {
        let browser = Browser::start()?;
        let redis = Redis::options().set("appendonly", "yes").set("appendfsync", "always").start();
        let service = Service::on(redis, harness::Host::options());
        Some(Self { browser, service, proxy: None })
    }

    /// The proxy that it is behind.
    pub fn proxy(&self) -> &Proxy {
        self.proxy.as_ref().expect("there is one")
    }

    /// The address of something that the service has.
    pub fn address(&self, target: &str) -> String {
        let direct = self.service.host.address();
        format!("http://{}{target}", self.proxy.as_ref().map_or(direct, Proxy::address))
    }

    /// Shows the console, and in it the record at a path (empty: none).
    pub fn open(&self, path: &str) {
        // Going from one hash to another would not load the page.
        self.goto("about:blank");
        self.goto(&self.address(&format!("/#{path}")));
    }

    /// Stores a record past the console.
    pub fn store(&self, target: &str, json: &str) {
        let status = self.service.host.put(target, json).send().status();
        assert!(matches!(status, 200 | 201), "PUT {target}: {status}");
    }

    /// The text of an element.
    pub fn text(&self, selector: &str) -> String {
        let text = self
            .script("return document.querySelector(arguments[0]).textContent", &[json!(selector)]);
        text.as_str().expect("a text").to_owned()
    }

    /// What stands in a field.
    pub fn value(&self, selector: &str) -> String {
        let value =
            self.script("return document.querySelector(arguments[0]).value", &[json!(selector)]);
        value.as_str().expect("a field").to_owned()
    }

    /// Waits until an element's text holds this.
    pub fn wait_for(&self, selector: &str, part: &str) {
        self.element(selector);
        let mut last = String::new();
        eventually_or(&format!("{selector} says {part}"), || {
            last = self.text(selector);
            last.contains(part).then_some(()).ok_or_else(|| last.clone())
        });
    }

    /// Waits until the counts are there.
    pub fn wait_for_counts(&self) {
        eventually("the counts are shown", || (self.text("#hits") != "–").then_some(()));
    }

    /// Whether an element is to be seen.
    pub fn shows(&self, selector: &str) -> bool {
        let body = "return document.querySelector(arguments[0])?.checkVisibility() ?? false";
        self.script(body, &[json!(selector)]) == json!(true)
    }

    /// Which element has the focus: its id, or the name that it is announced by.
    pub fn focused(&self) -> String {
        let body =
            "const it = document.activeElement; return it.id || it.ariaLabel || it.textContent";
        self.script(body, &[]).as_str().expect("a text").to_owned()
    }

    /// The names of the tree's items that are listed, in their order.
    pub fn paths(&self) -> Vec<String> {
        let body = "return [...document.querySelectorAll('[role=treeitem]')].map((item) => item.textContent)";
        serde_json::from_value(self.script(body, &[])).expect("names")
    }

    /// Waits until the tree has an item of this name.
    pub fn item(&self, name: &str) {
        eventually(&format!("the tree has {name}"), || {
            self.paths().iter().any(|path| path == name).then_some(())
        });
    }

    /// Clicks on an item of the tree; of a record and a folder with one name, on the folder.
    pub fn click_item(&self, name: &str) {
        let body = "const items = [...document.querySelectorAll('[role=treeitem]')];
            for (const item of items) delete item.dataset.wanted;
            const found = items.findLast((item) => item.textContent === arguments[0]);
            if (found) found.dataset.wanted = true";
        // The tree may be drawn anew in between.
        eventually(&format!("{name} takes a click"), || {
            self.script(body, &[json!(name)]);
            self.try_click("[data-wanted]")
        });
    }

    /// Waits until the tree lists exactly this.
    pub fn wait_for_paths(&self, paths: &[&str]) {
        eventually_or("the tree lists the paths", || {
            let listed = self.paths();
            if listed == paths { Ok(()) } else { Err(format!("{listed:?}")) }
        });
    }

    /// Puts a text into a field in place of what stands there, by typing.
    pub fn replace(&self, selector: &str, text: &str) {
        self.click(selector);
        self.chord(key::CONTROL, 'a');
        self.type_into(selector, text);
    }

    /// Waits for the open record and puts a text into the editor in place of what stands there.
    pub fn edit(&self, text: &str) {
        self.replace(EDITOR, text);
    }

    /// Saves the open record, and waits until that is done.
    pub fn save(&self) {
        self.click("#save");
        self.wait_for("#record-status", "Saved.");
    }

    /// The window's size, and whether it likes the dark.
    pub fn look(&self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 768 });
        self.devtools("Emulation.setDeviceMetricsOverride", &size);
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.devtools("Emulation.setEmulatedMedia", &media);
    }

    /// Has the page think that nobody sees it, so that it hears of nothing; or that somebody does again.
    pub fn hide(&self, hidden: bool) {
        let body = "Object.defineProperty(document, 'hidden', { value: arguments[0], configurable: true });
            document.dispatchEvent(new Event('visibilitychange'))";
        self.script(body, &[json!(hidden)]);
    }

    /// Waits until the page waits for changes.
    pub fn follows(&self) {
        eventually("the page waits for changes", || {
            let waiting: u64 = self.service.redis.run(&["ZCARD", "path-records:waiting"]);
            (waiting > 0).then_some(())
        });
    }

    /// How many lists for the tree the page has asked for.
    pub fn lists(&self) -> u64 {
        let body = "return performance.getEntriesByType('resource')
            .filter(({ name }) => name.includes('&delimiter=')).length";
        self.script(body, &[]).as_u64().expect("a number")
    }

    /// Ends the test: fails if the page wrote to the browser's console (but for the answers with the
    /// `statuses` that the test is about, which browsers note there), or asked another host for anything.
    pub fn finish(self, statuses: &[u16]) {
        for entry in self.log("browser") {
            let message = entry["message"].as_str().unwrap_or_default();
            let expected =
                statuses.iter().any(|status| message.contains(&format!("status of {status} ")));
            // No answer at all is noted with its reason.
            let unreachable = statuses.contains(&0) && message.contains("net::ERR_");
            assert!(
                entry["source"] == "network" && (expected || unreachable),
                "on the console: {entry}"
            );
        }
        let home = self.address("/");
        let mut requests = 0;
        for entry in self.log("performance") {
            let entry: Value =
                serde_json::from_str(entry["message"].as_str().expect("a text")).expect("JSON");
            let event = &entry["message"];
            if event["method"] != "Network.requestWillBeSent" {
                continue;
            }
            let url = event["params"]["request"]["url"].as_str().expect("an address");
            assert!(url.starts_with(&home), "a request to another host: {url}");
            requests += 1;
        }
        assert!(requests > 0, "the log has no request at all");
    }
}

/// As [`eventually`], and says what was there instead when it fails.
fn eventually_or<T>(what: &str, mut ask: impl FnMut() -> Result<T, String>) -> T {
    let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let mut last = String::new();
        eventually(what, || ask().inspect_err(|seen| last.clone_from(seen)).ok())
    }));
    result.unwrap_or_else(|_| panic!("{what}: instead {}", ask().err().unwrap_or_default()))
}
