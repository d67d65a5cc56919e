//! Writes down what a component is made of: a software bill of materials in `CycloneDX`'s JSON, for those
//! who look for known weaknesses, or ask for licences.
//!
//! What is listed is what Cargo links into the component, by its features and target: neither what it is
//! built nor what it is tested with. The same input makes the same bytes.

mod packages;

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use cyclonedx_bom::external_models::spdx::SpdxExpression;
use cyclonedx_bom::models::component::{Classification, Component, Components};
use cyclonedx_bom::models::dependency::{Dependencies, Dependency};
use cyclonedx_bom::models::external_reference::{
    ExternalReference, ExternalReferenceType, ExternalReferences,
};
use cyclonedx_bom::models::hash::{Hash, HashAlgorithm, HashValue, Hashes};
use cyclonedx_bom::models::license::{LicenseChoice, Licenses};
use cyclonedx_bom::prelude::*;
use sha2::{Digest, Sha256};

use crate::packages::{Package, Packages};

/// Writes a software bill of materials (`CycloneDX`, JSON) of a component to standard output.
#[derive(Debug, Parser)]
#[command(name = "sbom-tool")]
struct Arguments {
    /// The component; its checksum goes into the document.
    file: PathBuf,
    /// The package that it was built from.
    #[arg(long)]
    package: String,
    /// What Cargo was told when it was built: target and features.
    #[arg(last = true)]
    cargo: Vec<String>,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    let content = fs::read(&arguments.file)
        .with_context(|| format!("{} can't be read", arguments.file.display()))?;
    let packages = Packages::of(&arguments.package, &arguments.cargo)?;
    let mut document = Vec::new();
    bill(&packages, format!("{:x}", Sha256::digest(content)))?
        .output_as_json_v1_5(&mut document)?;
    document.push(b'\n');
    io::stdout().write_all(&document)?;
    Ok(())
}

fn bill(packages: &Packages, checksum: String) -> Result<Bom> {
    let mut root = component(&packages.root, Classification::Application)?;
    root.hashes = Some(sha256(checksum));
    let parts: Result<_> =
        packages.linked.iter().map(|part| component(part, Classification::Library)).collect();
    let dependencies = packages.dependencies.iter().map(|(package, parts)| Dependency {
        dependency_ref: package.clone(),
        dependencies: parts.iter().cloned().collect(),
    });
    let bill = Bom {
        // A random number and the time would make each document another one.
        serial_number: None,
        metadata: Some(Metadata { component: Some(root), ..Metadata::default() }),
        components: Some(Components(parts?)),
        dependencies: Some(Dependencies(dependencies.collect())),
        spec_version: SpecVersion::V1_5,
        ..Bom::default()
    };
    let checked = bill.validate_version(SpecVersion::V1_5);
    ensure!(checked.passed(), "what cargo says makes no valid document: {checked:?}");
    Ok(bill)
}

fn component(package: &Package, kind: Classification) -> Result<Component> {
    let mut component =
        Component::new(kind, &package.name, &package.version, Some(package.reference()));
    let license = SpdxExpression::parse_lax(package.license.clone())
        .with_context(|| format!("the licence of {}", package.name))?;
    component.licenses = Some(Licenses(vec![LicenseChoice::Expression(license)]));
    if let Some(checksum) = &package.checksum {
        component.purl = Some(Purl::new("cargo", &package.name, &package.version)?);
        component.hashes = Some(sha256(checksum.clone()));
    }
    if !package.repository.is_empty() {
        let repository = Uri::try_from(package.repository.clone())?;
        let reference = ExternalReference::new(ExternalReferenceType::Vcs, repository);
        component.external_references = Some(ExternalReferences(vec![reference]));
    }
    Ok(component)
}

fn sha256(hexadecimal: String) -> Hashes {
    Hashes(vec![Hash { alg: HashAlgorithm::SHA_256, content: HashValue(hexadecimal) }])
}
