//! The Spin on the PATH: which builds it serves, and what `make up` tells it. Both are in tests/scripts/lib.sh.

use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use harness::workspace;

/// The builds that it serves, by their names in `BUILD`; none where there is no Spin.
pub fn served() -> Result<Vec<String>> {
    lines_of("spin_builds")
}

/// The defaults of a manifest, as `NAME=VALUE`, which Spin is faster with.
pub fn defaults(manifest: &str) -> Result<Vec<String>> {
    lines_of(&format!("defaults {manifest}"))
}

/// What a script says that knows tests/scripts/lib.sh.
fn lines_of(script: &str) -> Result<Vec<String>> {
    let output = Command::new("bash")
        .args(["-c", &format!(". tests/scripts/lib.sh\n{script}")])
        .current_dir(workspace())
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .context("bash can't be started")?;
    ensure!(output.status.success(), "tests/scripts/lib.sh: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is served where `spin` is a function with this body.
    fn served_by(spin: &str) -> Vec<String> {
        lines_of(&format!("spin() {{ {spin}; }}\nspin_builds")).expect("an answer")
    }

    #[test]
    fn a_spin_serves_the_builds_that_its_version_can() {
        for (version, builds) in [
            ("2.7.0", &[][..]),
            ("3.0.0", &["wasip2"]),
            ("3.5.1", &["wasip2"]),
            ("3.6.3", &["wasip2", "wasip3-rc"]),
            ("3.7.0", &["wasip2"]),
            ("4.0.1", &["wasip2"]),
            ("4.1.0-pre0 (94a8fc8 2026-05-01)", &["wasip2", "wasip3"]),
            ("4.12.0", &["wasip2", "wasip3"]),
            ("10.0.0", &["wasip2", "wasip3"]),
        ] {
            assert_eq!(served_by(&format!("say 'spin {version}'")), builds, "{version}");
        }
    }

    #[test]
    fn every_default_is_told_but_those_that_the_environment_replaces() {
        let manifest = std::fs::read_to_string(workspace().join("spin.toml")).expect("a manifest");
        let all = defaults("spin.toml").expect("an answer");
        assert_eq!(all.len(), manifest.matches("default = ").count(), "{all:?}");
        assert!(all.contains(&"count_hits=on".to_owned()) && all.contains(&"tokens=".to_owned()));
        let script = "SPIN_VARIABLE_TOKENS='' defaults spin.toml";
        let less = lines_of(script).expect("an answer");
        assert_eq!(less.len(), all.len() - 1);
        assert!(!less.contains(&"tokens=".to_owned()));
    }

    #[test]
    fn what_is_no_spin_serves_nothing() {
        for spin in ["return 127", "say 'Spin Version 6.5.2'"] {
            assert_eq!(served_by(spin), [""; 0], "{spin}");
        }
    }
}
