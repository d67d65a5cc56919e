//! The bill of materials of this project's own builds, held against `Cargo.lock`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::project::{COMPONENT, sha256};

const DEFAULT: [&str; 2] = ["--target", "wasm32-wasip2"];
const FAST: [&str; 5] =
    ["--target", "wasm32-wasip2", "--no-default-features", "--features", "wasip3"];

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("two levels down")
}

fn run(package: &str, file: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_sbom-tool"))
        .current_dir(workspace())
        .arg(file)
        .args(["--package", package, "--"])
        .args(arguments)
        .output()
        .expect("the tool runs")
}

fn bill(arguments: &[&str]) -> Vec<u8> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("component.wasm");
    fs::write(&file, COMPONENT).expect("a file");
    let output = run("path-records", &file, arguments);
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn read(bill: &[u8]) -> Value {
    serde_json::from_slice(bill).expect("JSON")
}

fn names(bill: &Value) -> BTreeSet<&str> {
    let components = bill["components"].as_array().expect("a list");
    let names: BTreeSet<_> =
        components.iter().map(|part| part["name"].as_str().expect("a name")).collect();
    assert_eq!(names.len(), components.len(), "one version of each");
    names
}

#[test]
fn it_is_of_the_file_and_names_each_part_as_the_lock_file_does() {
    let bill = read(&bill(&DEFAULT));
    assert_eq!(bill["bomFormat"], "CycloneDX");
    let root = &bill["metadata"]["component"];
    assert_eq!(root["name"], "path-records");
    assert_eq!(root["hashes"][0]["content"], sha256(COMPONENT));
    let lock = fs::read_to_string(workspace().join("Cargo.lock")).expect("Cargo.lock");
    let mut references = BTreeSet::from([root["bom-ref"].as_str().expect("a reference")]);
    for part in bill["components"].as_array().expect("a list") {
        let text = |member: &Value| member.as_str().expect("a text").to_owned();
        let (name, version) = (text(&part["name"]), text(&part["version"]));
        let entry = format!("name = \"{name}\"\nversion = \"{version}\"\n");
        let (_, entry) = lock.split_once(&entry).unwrap_or_else(|| panic!("{part}"));
        let (entry, _) = entry.split_once("\n\n").unwrap_or((entry, ""));
        assert!(entry.contains(&text(&part["hashes"][0]["content"])), "{part}");
        assert_eq!(part["purl"], format!("pkg:cargo/{name}@{version}"));
        assert!(!text(&part["licenses"][0]["expression"]).is_empty());
        references.insert(part["bom-ref"].as_str().expect("a reference"));
    }
    let dependencies = bill["dependencies"].as_array().expect("a list");
    assert_eq!(dependencies.len(), references.len());
    for dependency in dependencies {
        assert!(references.contains(dependency["ref"].as_str().expect("a reference")));
        for needed in dependency["dependsOn"].as_array().into_iter().flatten() {
            assert!(references.contains(needed.as_str().expect("a reference")), "{needed}");
        }
    }
}

#[test]
fn it_lists_what_the_build_links_and_nothing_else() {
    let (default, fast) = (read(&bill(&DEFAULT)), read(&bill(&FAST)));
    let version = |bill: &Value| {
        let components = bill["components"].as_array().expect("a list");
        let sdk = components.iter().find(|part| part["name"] == "spin-sdk").expect("the SDK");
        sdk["version"].as_str().expect("a version").to_owned()
    };
    assert!(version(&default).starts_with("5."), "{}", version(&default));
    assert!(version(&fast).starts_with("7."), "{}", version(&fast));
    for bill in [&default, &fast] {
        let names = names(bill);
        assert!(names.contains("serde_json"));
        // A macro, and what only tests use.
        assert!(!names.contains("serde_derive") && !names.contains("proptest"), "{names:?}");
    }
}

#[test]
fn the_same_build_has_the_same_bill() {
    assert_eq!(bill(&DEFAULT), bill(&DEFAULT));
}

#[test]
fn what_is_not_there_is_named() {
    let missing = Path::new("no-such-component.wasm");
    let output = run("path-records", missing, &DEFAULT);
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-component.wasm"));
    let output = run("no-such-package", &workspace().join("Cargo.lock"), &DEFAULT);
    assert!(!output.status.success() && output.stdout.is_empty());
    assert!(String::from_utf8_lossy(&output.stderr).contains("no-such-package"));
}
