//! What goes into the image: the manifest, and the components beside it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use oci_spec::image::{
    ANNOTATION_AUTHORS, ANNOTATION_DESCRIPTION, ANNOTATION_TITLE, ANNOTATION_VERSION,
};
use toml_edit::{DocumentMut, Item, TableLike, value};

/// The name under which the shim looks for the manifest.
const MANIFEST: &str = "spin.toml";

/// An application as the shim finds it.
#[derive(Debug)]
pub struct Application {
    /// The content of each file in the image's root, by name.
    pub files: BTreeMap<String, Vec<u8>>,
    /// What the manifest says of the application, in the words that images have for it.
    pub annotations: BTreeMap<String, String>,
}

impl Application {
    /// Reads a manifest and the components that it names, relative to it as Spin does.
    pub fn read(path: &Path) -> Result<Self> {
        let text = fs::read_to_string(path)
            .with_context(|| format!("{} can't be read", path.display()))?;
        let directory = path.parent().unwrap_or(Path::new(""));
        Self::from_manifest(&text, directory)
            .with_context(|| format!("{} can't become an image", path.display()))
    }

    fn from_manifest(text: &str, directory: &Path) -> Result<Self> {
        let mut manifest: DocumentMut = text.parse()?;
        ensure!(
            manifest.get("spin_manifest_version").and_then(Item::as_integer) == Some(2),
            "only spin_manifest_version = 2 is known here"
        );
        let annotations = annotations(&manifest);
        let mut files = BTreeMap::new();
        let components = manifest
            .get_mut("component")
            .and_then(Item::as_table_like_mut)
            .context("it has no component")?;
        for (id, component) in components.iter_mut() {
            let component = component
                .as_table_like_mut()
                .with_context(|| format!("component.{id} is no table"))?;
            let (name, content) = take_component(component, directory)
                .with_context(|| format!("in component.{}", id.get()))?;
            // Two components may share a file; two files can't share a name.
            if let Some(other) = files.insert(name.clone(), content) {
                ensure!(
                    files.get(&name) == Some(&other),
                    "two different components are called {name}"
                );
            }
        }
        files.insert(MANIFEST.to_owned(), manifest.to_string().into_bytes());
        Ok(Self { files, annotations })
    }
}

/// The annotations that `spin registry push` takes from a manifest, so that both images say the same.
fn annotations(manifest: &DocumentMut) -> BTreeMap<String, String> {
    let said =
        |name: &str| manifest.get("application").and_then(|application| application.get(name));
    let text = |name: &str| said(name).and_then(Item::as_str).map(str::to_owned);
    let authors = said("authors").and_then(Item::as_array).map(|authors| {
        let authors: Vec<_> = authors.iter().filter_map(|author| author.as_str()).collect();
        authors.join(", ")
    });
    [
        (ANNOTATION_AUTHORS, authors),
        (ANNOTATION_DESCRIPTION, text("description")),
        (ANNOTATION_TITLE, text("name")),
        (ANNOTATION_VERSION, text("version")),
    ]
    .into_iter()
    .filter_map(|(key, text)| Some((key.to_owned(), text?)))
    .collect()
}

/// Reads a component's file and makes its entry in the manifest name the copy in the image's root.
fn take_component(component: &mut dyn TableLike, directory: &Path) -> Result<(String, Vec<u8>)> {
    if component.contains_key("files") {
        bail!("`files` beside the component are not put into the image");
    }
    let source = component.get("source").and_then(Item::as_str).context("`source` is no path")?;
    let path = directory.join(source);
    let name = path
        .file_name()
        .and_then(OsStr::to_str)
        .with_context(|| format!("`source` names no file: {source}"))?
        .to_owned();
    ensure!(name != MANIFEST, "a component can't be called {MANIFEST}");
    let content = fs::read(&path)
        .with_context(|| format!("{} can't be read; has it been built?", path.display()))?;
    component.insert("source", value(&name));
    // What it was built with is of no use in the image.
    component.remove("build");
    Ok((name, content))
}
