//! What the tool writes, read back by other means: tar entries, plain JSON, and digests of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "example" # a remark
version = "1.2.3"

[variables]
redis_address = { default = "redis://127.0.0.1:6379" }

[[trigger.http]]
route = "/..."
component = "example"

[component.example]
source = "target/release/example.wasm"
allowed_outbound_hosts = ["{{ redis_address }}"]

[component.example.build]
command = "cargo build"
"#;

/// No component, but the tool takes any bytes.
const COMPONENT: &[u8] = b"\0asm and some more bytes";

struct Project(TempDir);

impl Project {
    fn new(manifest: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let release = directory.path().join("target/release");
        fs::create_dir_all(&release).expect("a directory");
        fs::write(release.join("example.wasm"), COMPONENT).expect("a file");
        fs::write(directory.path().join("spin.toml"), manifest).expect("a file");
        Self(directory)
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, output: &str, tag: &str) -> Output {
        Command::new(env!("CARGO_BIN_EXE_image-tool"))
            .arg("--manifest")
            .arg(self.path("spin.toml"))
            .arg("--output")
            .arg(self.path(output))
            .args(["--tag", tag])
            .output()
            .expect("the tool runs")
    }

    fn image(&self, tag: &str) -> (Archive, String) {
        let output = self.run("image.tar", tag);
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).expect("text");
        (Archive::read(&self.path("image.tar")), printed)
    }

    fn refusal(&self, tag: &str) -> String {
        let output = self.run("image.tar", tag);
        assert!(!output.status.success(), "{output:?}");
        assert!(!self.path("image.tar").exists());
        String::from_utf8(output.stderr).expect("text")
    }
}

/// An image layout's files by name.
struct Archive(BTreeMap<String, Vec<u8>>);

impl Archive {
    fn read(path: &Path) -> Self {
        Self(entries(&fs::read(path).expect("the tool wrote it")))
    }

    fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.0[name]).expect("JSON")
    }

    /// The blob that a descriptor describes, if it describes it rightly.
    fn blob(&self, descriptor: &Value) -> &[u8] {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let hexadecimal = digest.strip_prefix("sha256:").expect("a SHA-256 digest");
        let blob = &self.0[&format!("blobs/sha256/{hexadecimal}")];
        assert_eq!(sha256(blob), hexadecimal);
        assert_eq!(descriptor["size"], blob.len());
        blob
    }

    fn manifest(&self) -> Value {
        let index = self.json("index.json");
        let manifests = index["manifests"].as_array().expect("a list");
        assert_eq!(manifests.len(), 1, "{index}");
        serde_json::from_slice(self.blob(&manifests[0])).expect("JSON")
    }
}

/// The files of a tar archive, each of which must be the same on every machine.
fn entries(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().expect("a tar archive") {
        let mut entry = entry.expect("an entry");
        let header = entry.header();
        assert!(header.entry_type().is_file());
        assert_eq!(header.mode().expect("a mode"), 0o644);
        assert_eq!(header.mtime().expect("a time"), 0);
        assert_eq!(header.uid().expect("an owner"), 0);
        assert_eq!(header.gid().expect("a group"), 0);
        let name = entry.path().expect("a path").display().to_string();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).expect("its content");
        assert!(files.insert(name, content).is_none(), "a name comes twice");
    }
    files
}

fn sha256(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}

#[test]
fn the_layout_is_one_image_with_the_name_that_containerd_will_know_it_by() {
    let (archive, printed) =
        Project::new(MANIFEST).image("registry.example.com/team/example:1.2.3");
    assert_eq!(archive.json("oci-layout"), json!({ "imageLayoutVersion": "1.0.0" }));
    let index = archive.json("index.json");
    assert_eq!(index["schemaVersion"], 2);
    assert_eq!(index["mediaType"], "application/vnd.oci.image.index.v1+json");
    let descriptor = &index["manifests"][0];
    assert_eq!(descriptor["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(
        descriptor["annotations"],
        json!({
            "io.containerd.image.name": "registry.example.com/team/example:1.2.3",
            "org.opencontainers.image.ref.name": "1.2.3",
        })
    );
    // An importer for another platform would leave it out.
    assert_eq!(descriptor.get("platform"), None);
    let digest = descriptor["digest"].as_str().expect("a digest");
    assert_eq!(printed, format!("registry.example.com/team/example:1.2.3@{digest}\n"));
}

#[test]
fn a_short_name_means_what_kubernetes_takes_it_for() {
    let (archive, _) = Project::new(MANIFEST).image("example:1");
    assert_eq!(
        archive.json("index.json")["manifests"][0]["annotations"]["io.containerd.image.name"],
        "docker.io/library/example:1"
    );
}

#[test]
fn digests_and_sizes_hold_and_nothing_is_superfluous() {
    let (archive, _) = Project::new(MANIFEST).image("example:1");
    let manifest = archive.manifest();
    assert_eq!(manifest["schemaVersion"], 2);
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["config"]["mediaType"], "application/vnd.oci.image.config.v1+json");
    let layers = manifest["layers"].as_array().expect("a list");
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/vnd.oci.image.layer.v1.tar");
    archive.blob(&layers[0]);
    let config: Value = serde_json::from_slice(archive.blob(&manifest["config"])).expect("JSON");
    assert_eq!(
        config,
        json!({
            "architecture": "wasm",
            "os": "wasi",
            "config": { "Entrypoint": ["/"] },
            "rootfs": { "type": "layers", "diff_ids": [layers[0]["digest"]] },
        })
    );
    // The layout, the index, and three blobs.
    assert_eq!(archive.0.len(), 5);
}

#[test]
fn the_root_holds_the_manifest_and_the_component_beside_it() {
    let (archive, _) = Project::new(MANIFEST).image("example:1");
    let root = entries(archive.blob(&archive.manifest()["layers"][0]));
    let names: Vec<_> = root.keys().map(String::as_str).collect();
    assert_eq!(names, ["example.wasm", "spin.toml"]);
    assert_eq!(root["example.wasm"], COMPONENT);
    let expected = MANIFEST
        .replace("target/release/example.wasm", "example.wasm")
        .replace("\n[component.example.build]\ncommand = \"cargo build\"\n", "");
    assert_eq!(String::from_utf8(root["spin.toml"].clone()).expect("text"), expected);
}

#[test]
fn the_same_input_makes_the_same_bytes() {
    let project = Project::new(MANIFEST);
    assert!(project.run("one.tar", "example:1").status.success());
    // Each process orders its hash tables differently.
    for _ in 0..8 {
        assert!(project.run("two.tar", "example:1").status.success());
        assert_eq!(
            fs::read(project.path("one.tar")).expect("a file"),
            fs::read(project.path("two.tar")).expect("a file")
        );
    }
}

#[test]
fn what_it_would_leave_out_it_refuses() {
    let files = MANIFEST.replace("\n[component.example.build]", "files = [\"a\"]\n\n[x]");
    let message = Project::new(&files).refusal("example:1");
    assert!(message.contains("`files`"), "{message}");
    let remote = MANIFEST.replace(
        "\"target/release/example.wasm\"",
        "{ url = \"https://example.com/a.wasm\", digest = \"sha256:0\" }",
    );
    let message = Project::new(&remote).refusal("example:1");
    assert!(message.contains("`source` is no path"), "{message}");
    let old = MANIFEST.replace("version = 2", "version = 1");
    let message = Project::new(&old).refusal("example:1");
    assert!(message.contains("spin_manifest_version"), "{message}");
}

#[test]
fn a_component_that_was_not_built_is_named() {
    let project = Project::new(MANIFEST);
    fs::remove_file(project.path("target/release/example.wasm")).expect("it is there");
    let message = project.refusal("example:1");
    assert!(message.contains("example.wasm"), "{message}");
    assert!(message.contains("built"), "{message}");
}

#[test]
fn two_components_of_one_name_are_refused_unless_they_are_the_same() {
    let second = "\n[component.second]\nsource = \"other/example.wasm\"\n";
    let project = Project::new(&format!("{MANIFEST}{second}"));
    fs::create_dir(project.path("other")).expect("a directory");
    fs::write(project.path("other/example.wasm"), COMPONENT).expect("a file");
    project.image("example:1");
    fs::remove_file(project.path("image.tar")).expect("it is there");
    fs::write(project.path("other/example.wasm"), b"something else").expect("a file");
    let message = project.refusal("example:1");
    assert!(message.contains("example.wasm"), "{message}");
}

#[test]
fn names_that_are_no_names_are_refused() {
    let project = Project::new(MANIFEST);
    assert!(project.refusal("Not A Name").contains("--tag"));
    let digest = format!("example@sha256:{}", "0".repeat(64));
    assert!(project.refusal(&digest).contains("digest"));
}
