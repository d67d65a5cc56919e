//! axe-core from npm, in `target/npm`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::process::{Command, Stdio};

use harness::workspace;
use serde_json::Value;

use crate::browser::Browser;

const PACKAGE: &str = "axe-core@4.14.1";

/// The script; the first use installs it. Nothing, with a line about it on stderr, without npm.
pub fn script() -> Option<String> {
    let directory = workspace().join("target/npm").join(PACKAGE);
    let file = directory.join("node_modules/axe-core/axe.min.js");
    fs::create_dir_all(&directory).expect("target/ can be written to");
    // Tests that run at the same time install it once.
    let lock = File::create(directory.join("lock")).expect("a lock file can be made");
    lock.lock().expect("the file can be locked");
    if !file.exists() {
        let installed = Command::new("npm")
            .args([
                "install",
                "--no-save",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
                "--prefix",
            ])
            .arg(&directory)
            .arg(PACKAGE)
            .stdin(Stdio::null())
            .output();
        let Ok(output) = installed else {
            let _ =
                writeln!(io::stderr(), "skipped axe: npm is missing (Debian: apt-get install npm)");
            return None;
        };
        assert!(output.status.success(), "npm: {}", String::from_utf8_lossy(&output.stderr));
    }
    Some(fs::read_to_string(file).expect("the package has the script"))
}

/// Fails if axe finds anything wrong with the page as it is now.
pub fn check(browser: &Browser, script: &str, state: &str) {
    browser.script(script, &[]);
    let run = "const done = arguments[0];
        axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
            .then(({ violations, passes }) => done({ violations, passed: passes.length }), (error) => done(String(error)))";
    let result = browser.script_async(run);
    let violations = result["violations"].as_array().unwrap_or_else(|| panic!("{state}: {result}"));
    let found: Vec<_> = violations.iter().map(summary).collect();
    assert!(found.is_empty(), "{state}: {found:#?}");
    assert!(result["passed"].as_u64() > Some(10), "{state}: axe did not look: {result}");
}

fn summary(violation: &Value) -> String {
    let nodes = violation["nodes"].as_array().map_or(&[][..], Vec::as_slice);
    let nodes: Vec<_> =
        nodes.iter().map(|node| format!("{} {}", node["html"], node["failureSummary"])).collect();
    format!("{}: {}", violation["help"], nodes.join("; "))
}
