//! What the scripts tell the tool of the working tree, in a repository of the test's own.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

struct Repository(TempDir);

impl Repository {
    /// The project's scripts and its manifest, committed.
    fn new() -> Self {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("a project");
        let repository = Self(tempfile::tempdir().expect("a temporary directory"));
        fs::create_dir_all(repository.path("tests/scripts")).expect("a directory");
        for file in ["Cargo.toml", "tests/scripts/lib.sh"] {
            fs::copy(project.join(file), repository.path(file)).expect("a copy");
        }
        repository.git(&["init", "--quiet"]);
        repository.git(&["add", "."]);
        repository.git(&["commit", "--quiet", "--message", "All of it"]);
        repository
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.0.path())
            .args(["-c", "user.name=One", "-c", "user.email=one@example.com"])
            .args(arguments)
            .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05+02:00")
            .output()
            .expect("git");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// What the image is to say, by the last word of the key.
    fn annotations(&self, source: &str) -> BTreeMap<String, String> {
        let output = Command::new("bash")
            .args(["-c", ". tests/scripts/lib.sh; annotations"])
            .current_dir(self.0.path())
            .env("SOURCE", source)
            .output()
            .expect("bash");
        assert!(output.status.success(), "{output:?}");
        let lines = String::from_utf8(output.stdout).expect("text");
        lines
            .lines()
            .map(|line| line.strip_prefix("org.opencontainers.image.").expect("the prefix"))
            .map(|line| line.split_once('=').expect("a key and a value"))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }
}

#[test]
fn a_commit_is_named_with_its_time_and_changes_have_neither() {
    let repository = Repository::new();
    let annotations = repository.annotations("");
    assert_eq!(annotations["revision"], repository.git(&["rev-parse", "HEAD"]));
    assert_eq!(annotations["created"], "2026-01-02T01:04:05Z");
    assert_eq!(annotations["licenses"], "MIT OR Apache-2.0");
    fs::write(repository.path("new"), "and not committed").expect("a file");
    let annotations = repository.annotations("");
    assert_eq!(annotations.keys().collect::<Vec<_>>(), ["licenses"]);
}

#[test]
fn the_source_is_where_readers_find_it_and_never_credentials() {
    let repository = Repository::new();
    assert_eq!(repository.annotations("").get("source"), None);
    repository.git(&["remote", "add", "origin", "https://example.com/one/project.git"]);
    assert_eq!(repository.annotations("")["source"], "https://example.com/one/project.git");
    assert_eq!(repository.annotations("https://example.com/x")["source"], "https://example.com/x");
    for origin in
        ["https://one:secret@example.com/project", "git@example.com:one/project", "/srv/project"]
    {
        repository.git(&["remote", "set-url", "origin", origin]);
        assert_eq!(repository.annotations("").get("source"), None, "{origin}");
    }
}
