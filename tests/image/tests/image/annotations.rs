//! What the image says of itself.

use serde_json::json;

use crate::project::{MANIFEST, Project};

#[test]
fn the_image_says_what_the_manifest_says_of_the_application() {
    let (archive, _) = Project::new(MANIFEST).image("example:1");
    let said = json!({
        "org.opencontainers.image.authors": "One, Another",
        "org.opencontainers.image.description": "An example",
        "org.opencontainers.image.title": "example",
        "org.opencontainers.image.version": "1.2.3",
    });
    assert_eq!(archive.manifest()["annotations"], said);
    // Nobody said when; the clock has no say.
    assert_eq!(archive.config().get("created"), None);
}

#[test]
fn what_else_it_is_to_say_wins_over_the_manifest() {
    let annotations = [
        "org.opencontainers.image.version=1.2.4",
        "org.opencontainers.image.created=2026-01-02T03:04:05Z",
        "org.opencontainers.image.source=https://example.com/?a=b",
    ];
    let options: Vec<_> = annotations.iter().flat_map(|said| ["--annotation", said]).collect();
    let (archive, _) = Project::new(MANIFEST).image_with("example:1", &options);
    let (manifest, config) = (archive.manifest(), archive.config());
    for said in annotations {
        let (key, value) = said.split_once('=').expect("a key and a value");
        assert_eq!(manifest["annotations"][key], value);
        assert_eq!(config["config"]["Labels"][key], value);
    }
    assert_eq!(manifest["annotations"]["org.opencontainers.image.title"], "example");
    assert_eq!(config["created"], "2026-01-02T03:04:05Z");
}

#[test]
fn an_annotation_without_a_key_is_refused() {
    let project = Project::new(MANIFEST);
    for annotation in ["title", "=title"] {
        let output = project.run_with("image.tar", "example:1", &["--annotation", annotation]);
        assert!(!output.status.success(), "{annotation}");
        let message = String::from_utf8(output.stderr).expect("text");
        assert!(message.contains("KEY=VALUE"), "{message}");
    }
}
