//! What Cargo says of the packages that are linked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use toml_edit::{DocumentMut, Item};

/// A line of `cargo tree` after the number of its depth: package, licence, repository.
const FORMAT: &str = "\t{p}\t{l}\t{r}";

/// What Cargo puts behind a package whose dependencies it has listed before.
const SEEN: &str = " (*)";

/// A package, and what is linked into it.
#[derive(Debug)]
pub struct Packages {
    /// The package itself.
    pub root: Package,
    /// The others, each once.
    pub linked: BTreeSet<Package>,
    /// What each of them needs, by references.
    pub dependencies: BTreeMap<String, BTreeSet<String>>,
}

/// A package of one version.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// An SPDX expression.
    pub license: String,
    /// An address, or empty.
    pub repository: String,
    /// The SHA-256 checksum of a package from a registry.
    pub checksum: Option<String>,
}

impl Package {
    /// What the document calls it.
    pub fn reference(&self) -> String {
        format!("{}@{}", self.name, self.version)
    }
}

impl Packages {
    /// Those of a package of the workspace in the current directory, built with these arguments.
    pub fn of(package: &str, arguments: &[String]) -> Result<Self> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo)
            .args(["tree", "--locked", "--edges", "normal,no-proc-macro", "--package", package])
            .args(["--prefix", "depth", "--charset", "ascii", "--format", FORMAT])
            .args(arguments)
            .output()
            .context("cargo can't be started")?;
        let complaint = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "cargo tree: {}", complaint.trim());
        let lock = fs::read_to_string("Cargo.lock").context("Cargo.lock can't be read")?;
        Self::parse(std::str::from_utf8(&output.stdout)?, &checksums(&lock)?)
    }

    fn parse(tree: &str, checksums: &BTreeMap<String, String>) -> Result<Self> {
        let mut dependencies = BTreeMap::<_, BTreeSet<_>>::new();
        let mut linked = BTreeSet::new();
        // From the root to the package of the line.
        let mut path = Vec::<Package>::new();
        for line in tree.lines() {
            let (depth, package) = parse_line(line, checksums).with_context(|| {
                format!("cargo tree wrote a line that isn't known here: {line}")
            })?;
            path.truncate(depth);
            ensure!(path.len() == depth, "cargo tree left out a level before: {line}");
            dependencies.entry(package.reference()).or_default();
            if let Some(parent) = path.last() {
                dependencies.entry(parent.reference()).or_default().insert(package.reference());
                linked.insert(package.clone());
            }
            path.push(package);
        }
        let root = path.into_iter().next().context("cargo tree listed nothing")?;
        Ok(Self { root, linked, dependencies })
    }
}

fn parse_line(line: &str, checksums: &BTreeMap<String, String>) -> Option<(usize, Package)> {
    let line = line.strip_suffix(SEEN).unwrap_or(line);
    let mut columns = line.split('\t');
    let depth = columns.next()?.parse().ok()?;
    // `name v1.2.3`, and for those that are no registry's where they are.
    let mut words = columns.next()?.split(' ');
    let name = words.next()?.to_owned();
    let version = words.next()?.strip_prefix('v')?.to_owned();
    let license = columns.next()?.to_owned();
    let repository = columns.next()?.to_owned();
    let checksum = checksums.get(&format!("{name}@{version}")).cloned();
    Some((depth, Package { name, version, license, repository, checksum }))
}

/// The checksums in a Cargo.lock, by the packages' references.
fn checksums(lock: &str) -> Result<BTreeMap<String, String>> {
    let lock: DocumentMut = lock.parse()?;
    let packages = lock.get("package").and_then(Item::as_array_of_tables);
    let packages = packages.context("Cargo.lock lists no packages")?;
    let checksums = packages.iter().filter_map(|package| {
        let text = |name: &str| package.get(name).and_then(Item::as_str);
        let reference = format!("{}@{}", text("name")?, text("version")?);
        Some((reference, text("checksum")?.to_owned()))
    });
    Ok(checksums.collect())
}
