//! What the builds import and export, compared with what the hosts offer and look for. No host says so
//! before it is asked to run the component, and Spin itself is not needed here: what it offers is in a
//! list for each version.

mod component;
mod host;
mod interfaces;

use component::Component;
use host::Host;

/// Fails unless the host can link the build, and finds the door to it.
fn assert_runs(build: &str, host: &str) {
    let (component, host) = (Component::of(build), Host::read(host));
    assert_eq!(component.imports.missing_in(&host.offers), [""; 0], "imports of {build}");
    assert_eq!(component.exports.missing_in(&host.looks_for), [""; 0], "exports of {build}");
    // The trigger refuses a component with several handlers, and one without.
    assert_eq!(component.exports.0.len(), 1, "{:?}", component.exports);
    let handle = component.exports.0.values().flatten().any(|item| item.ends_with("handle"));
    assert!(handle, "{:?}", component.exports);
}

/// What the build imports and the host lacks.
fn lacking(build: &str, host: &str) -> Vec<String> {
    Component::of(build).imports.missing_in(&Host::read(host).offers)
}

#[test]
fn the_default_build_runs_on_spin_3_6_and_on_spin_4_1() {
    assert_runs("wasip2", "spin-3.6");
    assert_runs("wasip2", "spin-4.1");
}

#[test]
fn the_fast_build_runs_on_spin_4_1() {
    assert_runs("wasip3", "spin-4.1");
}

#[test]
fn the_fast_build_does_not_run_on_spin_3_6() {
    let lacking = lacking("wasip3", "spin-3.6");
    assert!(lacking.contains(&"spin:redis/redis@3.0.0".to_owned()), "{lacking:?}");
    assert!(lacking.contains(&"wasi:http/types@0.3.0".to_owned()), "{lacking:?}");
}

#[test]
fn the_release_candidates_build_runs_on_spin_3_6_only() {
    assert_runs("wasip3-rc", "spin-3.6");
    let lacking = lacking("wasip3-rc", "spin-4.1");
    let types = "wasi:http/types@0.3.0-rc-2026-01-06".to_owned();
    assert!(lacking.contains(&types), "{lacking:?}");
}

#[test]
fn every_build_talks_to_redis_and_reads_variables_through_spin() {
    for (build, redis, variables) in [
        ("wasip2", "fermyon:spin/redis@2.0.0", "fermyon:spin/variables@2.0.0"),
        ("wasip3", "spin:redis/redis@3.0.0", "spin:variables/variables@3.0.0"),
        ("wasip3-rc", "fermyon:spin/redis@2.0.0", "fermyon:spin/variables@2.0.0"),
    ] {
        let imports = Component::of(build).imports;
        for name in [redis, variables] {
            assert!(imports.0.contains_key(name), "{build}: {imports:?}");
        }
    }
}
