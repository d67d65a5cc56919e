//! The image layout, what is in it, and what the tool refuses.

use std::fs;

use serde_json::json;

use crate::project::{COMPONENT, MANIFEST, Project, entries};

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
    assert_eq!(
        archive.config(),
        json!({
            "architecture": "wasm",
            "os": "wasi",
            "config": { "Entrypoint": ["/"], "Labels": manifest["annotations"] },
            "rootfs": { "type": "layers", "diff_ids": [layers[0]["digest"]] },
        })
    );
    // The layout, the index, and three blobs.
    assert_eq!(archive.0.len(), 5);
}

#[test]
fn a_directory_gets_what_the_image_has_in_its_root() {
    let project = Project::new(MANIFEST);
    fs::create_dir(project.path("release")).expect("a directory");
    let directory = project.path("release").display().to_string();
    let (archive, _) = project.image_with("example:1", &["--directory", &directory]);
    let root = entries(archive.blob(&archive.manifest()["layers"][0]));
    assert_eq!(root.len(), fs::read_dir(&directory).expect("it is there").count());
    for (name, content) in root {
        assert_eq!(fs::read(project.path("release").join(name)).expect("a file"), content);
    }
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
