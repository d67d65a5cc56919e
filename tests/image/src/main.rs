//! Writes the application as a container image, for where `spin registry push` isn't at hand: an OCI
//! image layout in a tar file, which `ctr image import` and tools that push to registries take.
//!
//! containerd-shim-spin runs a container image whose root holds `spin.toml` and the component. The
//! same input makes the same bytes: nothing in the file depends on the time or the machine.

mod application;
mod image;
mod layer;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use oci_spec::distribution::Reference;

use crate::application::Application;

/// Writes a Spin application as a container image: an OCI image layout in a tar file.
#[derive(Debug, Parser)]
#[command(name = "image-tool")]
struct Arguments {
    /// The application's manifest; its components must have been built.
    #[arg(long, default_value = "spin.toml")]
    manifest: PathBuf,
    /// The tar file to write.
    #[arg(long)]
    output: PathBuf,
    /// The image's name, such as registry.example.com/path-records:0.1.0.
    #[arg(long)]
    tag: Reference,
    /// What else the image is to say, beside what the manifest says of the application. As with
    /// `spin registry push`, may be given several times, and wins over the manifest.
    #[arg(long = "annotation", value_name = "KEY=VALUE", value_parser = key_and_value)]
    annotations: Vec<(String, String)>,
    /// A directory to put the manifest and its components into as well, for `spin up`.
    #[arg(long)]
    directory: Option<PathBuf>,
}

fn key_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err("it has to be KEY=VALUE".to_owned()),
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    ensure!(
        arguments.tag.digest().is_none(),
        "--tag takes a name and a tag, and no digest: the digest is what comes out"
    );
    let Application { files, mut annotations } = Application::read(&arguments.manifest)?;
    annotations.extend(arguments.annotations);
    let image = image::Image::new(layer::archive(&files)?, &arguments.tag, &annotations)?;
    if let Some(directory) = &arguments.directory {
        for (name, content) in &files {
            let path = directory.join(name);
            fs::write(&path, content)
                .with_context(|| format!("{} can't be written", path.display()))?;
        }
    }
    fs::write(&arguments.output, image.archive()?)
        .with_context(|| format!("{} can't be written", arguments.output.display()))?;
    println!("{}@{}", arguments.tag, image.digest());
    Ok(())
}
