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
