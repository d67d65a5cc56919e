//! What the tool writes, read back by other means: tar entries, plain JSON, and digests of its own.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

pub const MANIFEST: &str = r#"spin_manifest_version = 2

[application]
name = "example" # a remark
version = "1.2.3"
authors = ["One", "Another"]
description = "An example"

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
pub const COMPONENT: &[u8] = b"\0asm and some more bytes";

/// A directory with a manifest and a component.
pub struct Project(TempDir);

impl Project {
    pub fn new(manifest: &str) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let release = directory.path().join("target/release");
        fs::create_dir_all(&release).expect("a directory");
        fs::write(release.join("example.wasm"), COMPONENT).expect("a file");
        fs::write(directory.path().join("spin.toml"), manifest).expect("a file");
        Self(directory)
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    pub fn run(&self, output: &str, tag: &str) -> Output {
        self.run_with(output, tag, &[])
    }

    pub fn run_with(&self, output: &str, tag: &str, options: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_image-tool"))
            .arg("--manifest")
            .arg(self.path("spin.toml"))
            .arg("--output")
            .arg(self.path(output))
            .args(["--tag", tag])
            .args(options)
            .output()
            .expect("the tool runs")
    }

    pub fn image(&self, tag: &str) -> (Archive, String) {
        self.image_with(tag, &[])
    }

    pub fn image_with(&self, tag: &str, options: &[&str]) -> (Archive, String) {
        let output = self.run_with("image.tar", tag, options);
        assert!(output.status.success(), "{output:?}");
        let printed = String::from_utf8(output.stdout).expect("text");
        (Archive::read(&self.path("image.tar")), printed)
    }

    pub fn refusal(&self, tag: &str) -> String {
        let output = self.run("image.tar", tag);
        assert!(!output.status.success(), "{output:?}");
        assert!(!self.path("image.tar").exists());
        String::from_utf8(output.stderr).expect("text")
    }
}

/// An image layout's files by name.
pub struct Archive(pub BTreeMap<String, Vec<u8>>);

impl Archive {
    pub fn read(path: &Path) -> Self {
        Self(entries(&fs::read(path).expect("the tool wrote it")))
    }

    pub fn json(&self, name: &str) -> Value {
        serde_json::from_slice(&self.0[name]).expect("JSON")
    }

    /// The blob that a descriptor describes, if it describes it rightly.
    pub fn blob(&self, descriptor: &Value) -> &[u8] {
        let digest = descriptor["digest"].as_str().expect("a digest");
        let hexadecimal = digest.strip_prefix("sha256:").expect("a SHA-256 digest");
        let blob = &self.0[&format!("blobs/sha256/{hexadecimal}")];
        assert_eq!(sha256(blob), hexadecimal);
        assert_eq!(descriptor["size"], blob.len());
        blob
    }

    pub fn manifest(&self) -> Value {
        let index = self.json("index.json");
        let manifests = index["manifests"].as_array().expect("a list");
        assert_eq!(manifests.len(), 1, "{index}");
        serde_json::from_slice(self.blob(&manifests[0])).expect("JSON")
    }

    pub fn config(&self) -> Value {
        serde_json::from_slice(self.blob(&self.manifest()["config"])).expect("JSON")
    }
}

/// The files of a tar archive, each of which must be the same on every machine.
pub fn entries(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
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

pub fn sha256(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}
