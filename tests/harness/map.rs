//! The map of the tests, tests/README.md.

use std::collections::BTreeSet;
use std::path::Path;

use crate::workspace;

fn text(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What stands between backticks.
fn code(page: &str) -> BTreeSet<&str> {
    page.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

/// The names of all functions in the tests.
fn functions(directory: &Path, names: &mut BTreeSet<String>) {
    for entry in std::fs::read_dir(directory).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            functions(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let source = text(&path);
            let after = source.split("fn ").skip(1);
            names.extend(after.filter_map(|rest| rest.split('(').next()).map(str::to_owned));
        }
    }
}

#[test]
fn every_target_is_on_the_map() {
    let (page, manifest) =
        (text(&workspace().join("tests/README.md")), text(&workspace().join("tests/Cargo.toml")));
    let targets = manifest.split("[[test]]\nname = \"").skip(1);
    let targets: Vec<_> = targets.filter_map(|rest| rest.split('"').next()).collect();
    assert!(targets.len() > 10, "{targets:?}");
    let code = code(&page);
    let missing: Vec<_> = targets.iter().filter(|target| !code.contains(*target)).collect();
    assert!(missing.is_empty(), "tests/README.md says nothing about {missing:?}");
}

#[test]
fn every_test_on_the_map_is_there() {
    let page = text(&workspace().join("tests/README.md"));
    let mut functions_of_tests = BTreeSet::new();
    functions(&workspace().join("tests"), &mut functions_of_tests);
    // Names of tests are sentences.
    let tests = code(&page).into_iter().filter(|name| name.matches('_').count() > 3);
    let tests: Vec<_> = tests.collect();
    assert!(tests.len() > 20, "{tests:?}");
    let missing: Vec<_> =
        tests.iter().filter(|name| !functions_of_tests.contains(**name)).collect();
    assert!(missing.is_empty(), "tests/README.md names tests that aren't there: {missing:?}");
}

#[test]
fn make_test_names_the_targets_of_other_packages() {
    let script = text(&workspace().join("tests/scripts/test.sh"));
    let once = script.split("\nonce=(").nth(1).and_then(|rest| rest.split(')').next());
    let once: Vec<_> = once.expect("what runs once").split(' ').collect();
    let packages = std::fs::read_dir(workspace().join("tests")).expect("a directory");
    let mut found = 0;
    for package in packages.map(|entry| entry.expect("an entry").path()) {
        let manifest = package.join("Cargo.toml");
        // Those with the engine run as a whole.
        if !manifest.exists() || text(&manifest).contains("\nwasmtime = ") {
            continue;
        }
        for target in std::fs::read_dir(package.join("tests")).into_iter().flatten() {
            let target = target.expect("an entry").path();
            let name = target.file_stem().expect("a name").to_string_lossy().into_owned();
            assert!(once.contains(&name.as_str()), "make test doesn't run {}", target.display());
            found += 1;
        }
    }
    assert!(found > 0, "tests/image has tests");
}
