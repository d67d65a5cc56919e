//! The engine takes minutes to compile, and cargo compiles it again for whoever wants one feature more of a crate
//! below it.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::workspace;

/// The crates that the engine consists of, each with its features, where cargo builds `package` and follows `edges`.
fn engine(package: &str, edges: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--package", package, "--edges", edges])
        .args(["--prefix", "depth", "--format", " {p} {f}"])
        .current_dir(workspace())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let tree = String::from_utf8(output.stdout).expect("text");
    let mut below = BTreeMap::<&str, BTreeSet<&str>>::new();
    let mut above = Vec::<&str>::new();
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let (depth, name) = line.split_once(' ').expect("depth and name");
        // What hangs below a crate is listed where the crate comes first; later it has this mark.
        let name = name.trim_end_matches(" (*)").trim_end();
        above.truncate(depth.parse().expect("a number"));
        if let Some(parent) = above.last() {
            below.entry(parent).or_default().insert(name);
        }
        above.push(name);
    }

    let mut engine = BTreeSet::new();
    let mut rest: Vec<_> =
        below.keys().filter(|name| name.starts_with("wasmtime-wasi-http v")).copied().collect();
    while let Some(name) = rest.pop() {
        if engine.insert(name.to_owned()) {
            rest.extend(below.get(name).into_iter().flatten());
        }
    }
    engine
}

#[test]
fn make_up_the_tests_and_the_bench_share_one_build_of_the_engine() {
    let host = engine("dev-host", "normal,build");
    assert!(host.len() > 100, "{host:?}");
    for package in ["dev-host", "bench"] {
        let other = engine(package, "normal,build,dev");
        let more: Vec<_> = other.difference(&host).collect();
        let less: Vec<_> = host.difference(&other).collect();
        assert!(other == host, "with its tests {package} has {more:?} instead of {less:?}");
    }
}
