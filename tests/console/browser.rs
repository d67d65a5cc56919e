//! A Chromium of the test's own, and the driver that it is steered through.

use std::ffi::OsStr;
use std::fmt::Debug;
use std::future::Future;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Once;
use std::time::{Duration, Instant};

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::elements::Element;
use fantoccini::wd::{Capabilities, WebDriverCompatibleCommand, WindowHandle};
use fantoccini::{Client, ClientBuilder, Locator};
use harness::{Leash, eventually};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use url::{ParseError, Url};

/// A browser with one window. Calls wait until the browser has done what they say.
pub struct Browser {
    client: Client,
    runtime: Runtime,
    // Dropped in this order: the browser goes before its profile.
    chromium: Leash,
    _driver: Leash,
    _profile: TempDir,
}

impl Browser {
    /// Starts one; nothing, with a line about it on stderr, where there is none.
    pub fn start() -> Option<Self> {
        let (Some(chromium), Some(driver)) = (find("chromium"), find("chromedriver")) else {
            static ONCE: Once = Once::new();
            ONCE.call_once(|| {
                let _ = writeln!(
                    io::stderr(),
                    "skipped the console's tests: chromium or chromedriver is missing \
                     (Debian: apt-get install chromium chromium-driver)"
                );
            });
            return None;
        };
        let profile = tempfile::tempdir().expect("a temporary directory");
        let (chromium, address) = start_chromium(&chromium, profile.path());
        let (driver, port) = start_driver(&driver);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": { "debuggerAddress": address },
            "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
            "unhandledPromptBehavior": "accept",
        });
        let capabilities: Capabilities =
            serde_json::from_value(capabilities).expect("capabilities are an object");
        let client = runtime.block_on(
            ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
                .capabilities(capabilities)
                .connect(&format!("http://127.0.0.1:{port}")),
        );
        let client = client.expect("the driver finds the browser");
        Some(Self { client, runtime, chromium, _driver: driver, _profile: profile })
    }

    fn wait<T, E: Debug>(&self, what: &str, task: impl Future<Output = Result<T, E>>) -> T {
        self.runtime.block_on(task).unwrap_or_else(|error| panic!("{what}: {error:?}"))
    }

    /// Goes to an address.
    pub fn goto(&self, address: &str) {
        self.wait(address, self.client.goto(address));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.wait("reload", self.client.refresh());
    }

    /// Goes back in the history.
    pub fn back(&self) {
        self.wait("back", self.client.back());
    }

    /// Runs a script's function body in the page; what it returns.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Value {
        self.wait(body, self.client.execute(body, arguments.to_vec()))
    }

    /// As [`Browser::script`], for a body that calls its last argument with what it gives.
    pub fn script_async(&self, body: &str) -> Value {
        self.wait("a script", self.client.execute_async(body, Vec::new()))
    }

    /// The element of a selector, as soon as there is one that is shown.
    pub fn element(&self, selector: &str) -> Element {
        eventually(&format!("{selector} is shown"), || {
            let found = self.runtime.block_on(self.client.find(Locator::Css(selector))).ok()?;
            self.runtime.block_on(found.is_displayed()).ok()?.then_some(found)
        })
    }

    /// Clicks on an element.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.wait(selector, element.click());
    }

    /// Clicks on an element if it is there to be clicked on.
    pub fn try_click(&self, selector: &str) -> Option<()> {
        self.runtime.block_on(async {
            let found = self.client.find(Locator::Css(selector)).await.ok()?;
            found.click().await.ok()
        })
    }

    /// Types into an element, behind what stands there.
    pub fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.wait(selector, element.send_keys(text));
    }

    /// Chooses a file in a field for files, which need not be shown.
    pub fn choose_file(&self, selector: &str, file: &Path) {
        let field = self.wait(selector, self.client.find(Locator::Css(selector)));
        self.wait(selector, field.send_keys(&file.to_string_lossy()));
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub fn press(&self, keys: &str) {
        let actions = keys.chars().fold(KeyActions::new("keyboard".into()), |actions, key| {
            actions.then(KeyAction::Down { value: key }).then(KeyAction::Up { value: key })
        });
        self.wait(keys, self.client.perform_actions(actions));
    }

    /// Presses a key while another one is held down.
    pub fn chord(&self, held: char, key: char) {
        let actions = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: held })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held });
        self.wait("a chord", self.client.perform_actions(actions));
    }

    /// The window that commands go to.
    pub fn window(&self) -> WindowHandle {
        self.wait("window", self.client.window())
    }

    /// Opens another window and sends commands there.
    pub fn open_window(&self) -> WindowHandle {
        let opened = self.wait("new window", self.client.new_window(false)).handle;
        self.switch_to(&opened);
        opened
    }

    /// Sends commands to a window.
    pub fn switch_to(&self, window: &WindowHandle) {
        self.wait("switch", self.client.switch_to_window(window.clone()));
    }

    /// A command of the browser's own protocol.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.wait(command, self.client.issue_cmd(Extension("goog/cdp/execute", body)))
    }

    /// The entries of one of the browser's logs since this was asked last.
    pub fn log(&self, kind: &str) -> Vec<Value> {
        let body = json!({ "type": kind });
        match self.wait(kind, self.client.issue_cmd(Extension("se/log", body))) {
            Value::Array(entries) => entries,
            other => panic!("a log is a list: {other}"),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Asked to, it also ends what it has started, and writes nothing to its profile any more.
        let close = json!({ "cmd": "Browser.close", "params": {} });
        let _ = self.runtime.block_on(async {
            let asked = self.client.issue_cmd(Extension("goog/cdp/execute", close));
            tokio::time::timeout(Duration::from_secs(10), asked).await
        });
        let deadline = Instant::now() + Duration::from_secs(10);
        while self.chromium.ended().is_none() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// A command that the driver has beyond those of the standard.
#[derive(Debug)]
struct Extension(&'static str, Value);

impl WebDriverCompatibleCommand for Extension {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}

/// A program on the path.
fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|directory| directory.join(program))
        .find(|file| file.is_file())
}

/// Starts the browser; also gives the address that its driver finds it at.
fn start_chromium(program: &Path, profile: &Path) -> (Leash, String) {
    let mut command = Command::new(program);
    command
        // As root it has no other choice, and it only sees what the tests serve.
        .args(["--no-sandbox", "--headless", "--disable-gpu", "--disable-dev-shm-usage"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-breakpad", "--disable-crash-reporter", "--no-first-run"])
        // The windows of a test are all looked at, whichever is in front.
        .args(["--disable-renderer-backgrounding", "--disable-backgrounding-occluded-windows"])
        .args(["--lang=en-GB", "--remote-debugging-port=0", "--window-size=1440,900"])
        .arg([OsStr::new("--user-data-dir="), profile.as_os_str()].join(OsStr::new("")))
        .arg("about:blank")
        // What it leaves behind is left there.
        .env("TMPDIR", profile)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let leash = Leash::start(&mut command, Some(profile));
    let port = eventually("the browser can be steered", || {
        let text = std::fs::read_to_string(profile.join("DevToolsActivePort")).ok()?;
        text.lines().next()?.parse::<u16>().ok()
    });
    (leash, format!("127.0.0.1:{port}"))
}

/// Starts the driver; also gives its port.
fn start_driver(program: &Path) -> (Leash, u16) {
    // It ends at once if the port that it gets for IPv4 is taken for IPv6; the next one gets another.
    eventually("a driver runs", || try_driver(program))
}

fn try_driver(program: &Path) -> Option<(Leash, u16)> {
    let mut command = Command::new(program);
    command.arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null());
    let mut leash = Leash::start(&mut command, None);
    let stdout = leash.child().stdout.take().expect("stdout is a pipe");
    let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
    let port = lines.find_map(|line| {
        line.split_once("successfully on port ")?.1.trim_end_matches('.').parse().ok()
    })?;
    // A pipe nobody reads from would stop the driver when it is full.
    std::thread::spawn(move || lines.for_each(drop));
    Some((leash, port))
}
