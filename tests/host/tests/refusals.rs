//! What the host refuses before it serves anything, and how it says so.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};

const MANIFEST: &str = r#"
spin_manifest_version = 2
[application]
name = "app"
[variables]
address = { default = "redis://127.0.0.1:6379" }
token = { required = true }
[[trigger.http]]
route = "/..."
component = "one"
[component.one]
source = "one.wasm"
allowed_outbound_hosts = ["{{ address }}"]
[component.one.variables]
address = "{{ address }}"
"#;

/// Runs the host in a new directory with `manifest` and a file that is no
/// component.
fn run(manifest: &str, prepare: impl FnOnce(&mut Command, &Path)) -> Output {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("spin.toml"), manifest).unwrap();
    std::fs::write(directory.path().join("one.wasm"), "no component").unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-host"));
    command
        .current_dir(directory.path())
        .env_remove("SPIN_VARIABLE_TOKEN")
        .env("SPIN_HTTP_LISTEN_ADDR", "127.0.0.1:0");
    prepare(&mut command, directory.path());
    command.output().unwrap()
}

/// The one sentence on standard error of a host that ended with exit code 1.
fn refusal(manifest: &str, prepare: impl FnOnce(&mut Command, &Path)) -> String {
    let output = run(manifest, prepare);
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{error}");
    assert!(output.stdout.is_empty());
    error
}

#[test]
fn a_required_variable_without_a_value() {
    let error = refusal(MANIFEST, |_, _| {});
    assert!(error.contains("no provider resolved required variable(s): [\"token\"]"), "{error}");
}

#[test]
fn a_template_with_an_undeclared_variable() {
    for from in ["[\"{{ address }}\"]", "address = \"{{ address }}\""] {
        let manifest = MANIFEST.replace(from, &from.replace("{{ address }}", "{{ other }}"));
        let error = refusal(&manifest, |command, _| {
            command.env("SPIN_VARIABLE_TOKEN", "t");
        });
        assert!(error.contains("unknown variable \"other\""), "{error}");
    }
}

#[test]
fn an_undeclared_variable_is_pointed_out() {
    let error = refusal(MANIFEST, |command, _| {
        command.args(["--variable", "other=x"]);
    });
    assert!(error.contains("declares no variable \"other\""), "{error}");
}

#[test]
fn an_address_in_use() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let error = refusal(MANIFEST, |command, _| {
        command.args(["--listen", &address]);
    });
    assert_eq!(error, format!("Error: {address} is already in use\n"));
}

#[test]
fn a_file_that_is_no_component() {
    let error = refusal(MANIFEST, |command, _| {
        command.args(["--variable", "token=t"]);
    });
    assert!(error.contains("can't compile the component \"one\""), "{error}");
}

#[test]
fn a_component_that_is_not_there() {
    let error = refusal(MANIFEST, |command, directory| {
        std::fs::remove_file(directory.join("one.wasm")).unwrap();
        command.args(["--variable", "token=t"]);
    });
    assert!(error.contains("one.wasm"), "{error}");
}

#[test]
fn a_manifest_that_is_not_there() {
    let error = refusal(MANIFEST, |command, _| {
        command.args(["--from", "other.toml"]);
    });
    assert!(error.contains("can't read the manifest other.toml"), "{error}");
}
