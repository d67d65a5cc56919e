//! An image of one layer, and its OCI image layout.

use std::collections::{BTreeMap, HashMap};

use anyhow::Result;
use oci_spec::distribution::Reference;
use oci_spec::image::{
    ANNOTATION_CREATED, ANNOTATION_REF_NAME, Arch, ConfigBuilder, Descriptor, DescriptorBuilder,
    ImageConfigurationBuilder, ImageIndexBuilder, ImageManifestBuilder, MediaType,
    OciLayoutBuilder, Os, RootFsBuilder, SCHEMA_VERSION, Sha256Digest,
};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::layer;

/// What containerd calls an imported image by; without it, only the tag would be taken.
const CONTAINERD_IMAGE_NAME: &str = "io.containerd.image.name";

/// An image with a name.
#[derive(Debug)]
pub struct Image {
    /// Every blob by its digest's hexadecimal form.
    blobs: BTreeMap<String, Vec<u8>>,
    manifest: Descriptor,
}

impl Image {
    /// An image with this layer, an uncompressed tar archive.
    ///
    /// The annotations are in the manifest, where registries look, and once more as labels, which is what
    /// container runtimes show of an image.
    ///
    /// Its platform is the one that the shim's own images have, so that one image serves nodes of every
    /// architecture. Neither the shim nor containerd compares it with the node's for an image that is
    /// no index.
    pub fn new(
        layer: Vec<u8>,
        name: &Reference,
        annotations: &BTreeMap<String, String>,
    ) -> Result<Self> {
        let labels: HashMap<_, _> = annotations.clone().into_iter().collect();
        let mut blobs = BTreeMap::new();
        let layer = store(&mut blobs, MediaType::ImageLayer, layer)?;
        let mut config = ImageConfigurationBuilder::default()
            .os(Os::from("wasi"))
            .architecture(Arch::Wasm)
            // The command that SpinKube's operator gives, for those who start the image without it.
            .config(
                ConfigBuilder::default()
                    .entrypoint(vec!["/".to_owned()])
                    .labels(labels.clone())
                    .build()?,
            )
            .rootfs(
                RootFsBuilder::default()
                    .typ("layers")
                    .diff_ids(vec![layer.digest().to_string()])
                    .build()?,
            )
            .build()?;
        config.set_created(annotations.get(ANNOTATION_CREATED).cloned());
        let config = store(&mut blobs, MediaType::ImageConfig, json(&config)?)?;
        let manifest = ImageManifestBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageManifest)
            .config(config)
            .layers(vec![layer])
            .annotations(labels)
            .build()?;
        let mut manifest = store(&mut blobs, MediaType::ImageManifest, json(&manifest)?)?;
        manifest.set_annotations(Some(HashMap::from([
            (CONTAINERD_IMAGE_NAME.to_owned(), name.whole()),
            (ANNOTATION_REF_NAME.to_owned(), name.tag().unwrap_or_default().to_owned()),
        ])));
        Ok(Self { blobs, manifest })
    }

    /// The manifest's digest, by which a registry knows the image.
    pub fn digest(&self) -> String {
        self.manifest.digest().to_string()
    }

    /// The image layout as a tar archive.
    pub fn archive(&self) -> Result<Vec<u8>> {
        let layout = OciLayoutBuilder::default().image_layout_version("1.0.0").build()?;
        let index = ImageIndexBuilder::default()
            .schema_version(SCHEMA_VERSION)
            .media_type(MediaType::ImageIndex)
            .manifests(vec![self.manifest.clone()])
            .build()?;
        let mut archive = tar::Builder::new(Vec::new());
        layer::append(&mut archive, "oci-layout", &json(&layout)?)?;
        layer::append(&mut archive, "index.json", &json(&index)?)?;
        for (digest, content) in &self.blobs {
            layer::append(&mut archive, &format!("blobs/sha256/{digest}"), content)?;
        }
        Ok(archive.into_inner()?)
    }
}

/// Keeps a blob and describes it.
fn store(
    blobs: &mut BTreeMap<String, Vec<u8>>,
    media_type: MediaType,
    content: Vec<u8>,
) -> Result<Descriptor> {
    let digest: String = format!("{:x}", Sha256::digest(&content));
    let descriptor = DescriptorBuilder::default()
        .media_type(media_type)
        .size(u64::try_from(content.len())?)
        .digest(digest.parse::<Sha256Digest>()?)
        .build()?;
    blobs.insert(digest, content);
    Ok(descriptor)
}

/// JSON with its members in the order of their names: the types keep annotations in no order.
fn json(value: &impl Serialize) -> Result<Vec<u8>> {
    let mut value = serde_json::to_value(value)?;
    value.sort_all_objects();
    Ok(serde_json::to_vec(&value)?)
}
