//! The variables of a Spin manifest, without Spin.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use path_records::config::Variables;
use serde::Deserialize;

/// The variables' values.
pub struct Given(pub BTreeMap<String, String>);

#[derive(Deserialize)]
struct Manifest {
    variables: BTreeMap<String, Variable>,
}

#[derive(Deserialize)]
struct Variable {
    default: String,
}

impl Given {
    /// The defaults of a manifest, and what arguments of the form `NAME=VALUE` say instead.
    pub fn read(manifest: &Path, arguments: impl Iterator<Item = String>) -> Result<Self> {
        let text =
            std::fs::read_to_string(manifest).with_context(|| manifest.display().to_string())?;
        let manifest: Manifest = toml::from_str(&text)?;
        let default = |(name, variable): (String, Variable)| (name, variable.default);
        let mut values: BTreeMap<_, _> = manifest.variables.into_iter().map(default).collect();
        for argument in arguments {
            let (name, value) = argument.split_once('=').context("NAME=VALUE is expected")?;
            values.insert(name.to_owned(), value.to_owned());
        }
        Ok(Self(values))
    }
}

impl Variables for Given {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        self.0.get(name).cloned().ok_or_else(|| "it is not declared".to_owned())
    }
}
