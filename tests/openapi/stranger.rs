//! Schemathesis, which knows the document and nothing else, finds nothing wrong with the service.

use harness::Service;

use crate::python;

#[test]
fn a_stranger_with_the_document_finds_nothing_wrong() {
    let Some(mut schemathesis) = python::command("schemathesis") else { return };
    let service =
        Service::with(&[("read_token", "stranger-reads"), ("write_token", "stranger-writes")]);
    let document = format!("http://{}/-/openapi.json", service.host.address());
    // Whatever it leaves behind is left here.
    let scratch = tempfile::tempdir().expect("a temporary directory");
    let output = schemathesis
        .arg("--config-file")
        .arg(python::directory().join("schemathesis.toml"))
        .args(["run", &document])
        .env("SCHEMATHESIS_HOOKS", "hooks")
        .env("PYTHONPATH", python::directory())
        .current_dir(scratch.path())
        .output()
        .expect("schemathesis runs");
    assert!(
        output.status.success(),
        "{}{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
        service.host.stderr()
    );
}
