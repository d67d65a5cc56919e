//! A client that is made of the document works with the service.

use harness::{Service, workspace};

use crate::document;
use crate::python;

/// The only thing in the document that the generator may leave out (`client.yaml` says why).
const LEFT_OUT: &str = "Unsupported content type unsupported/json-patch";

#[test]
fn a_generated_client_works_with_the_service() {
    let Some(mut generator) = python::command("openapi-python-client") else { return };
    let Some(mut python) = python::command("python") else { return };
    let directory = tempfile::tempdir().expect("a temporary directory");
    let generated = generator
        .args(["generate", "--meta", "none", "--path"])
        .arg(workspace().join(document::PATH))
        .arg("--config")
        .arg(python::directory().join("client.yaml"))
        .arg("--output-path")
        .arg(directory.path().join("record_client"))
        .output()
        .expect("the generator runs");
    let told = [generated.stdout, generated.stderr].concat();
    let told = String::from_utf8_lossy(&told);
    assert!(generated.status.success(), "{told}");
    let left_out = told.matches("WARNING").count() + told.matches("ERROR").count();
    assert!(left_out == 1 && told.contains(LEFT_OUT), "{told}");

    let service =
        Service::with(&[("read_token", "client-reads"), ("write_token", "client-writes")]);
    let used = python
        .arg(python::directory().join("use_client.py"))
        .arg(format!("http://{}", service.host.address()))
        .args(["client-reads", "client-writes"])
        .env("PYTHONPATH", directory.path())
        .output()
        .expect("python runs");
    assert!(
        used.status.success(),
        "{}{}",
        String::from_utf8_lossy(&used.stdout),
        String::from_utf8_lossy(&used.stderr)
    );
}
