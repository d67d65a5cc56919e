//! The variables of `spin.toml`, without Spin.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use path_records::config::Variables;
use serde::Deserialize;

/// What `spin.toml` says about a variable.
#[derive(Debug, Deserialize)]
pub struct Declaration {
    /// Its value where nobody gives one.
    pub default: Option<String>,
    /// Whether it is a secret.
    #[serde(default)]
    pub secret: bool,
}

/// The variables that `spin.toml` declares, by name.
#[must_use]
pub fn declared() -> &'static BTreeMap<String, Declaration> {
    #[derive(Deserialize)]
    struct Manifest {
        variables: BTreeMap<String, Declaration>,
    }
    static DECLARED: LazyLock<Manifest> =
        LazyLock::new(|| toml::from_str(include_str!("../../spin.toml")).expect("a manifest"));
    &DECLARED.variables
}

/// The values of variables.
#[derive(Debug, Clone)]
pub struct Given(BTreeMap<String, String>);

impl Given {
    /// The defaults.
    #[must_use]
    pub fn defaults() -> Self {
        let defaults = declared().iter().map(|(name, declaration)| {
            (name.clone(), declaration.default.clone().unwrap_or_default())
        });
        Self(defaults.collect())
    }

    /// The same, but for one variable.
    #[must_use]
    pub fn but(mut self, name: &str, value: &str) -> Self {
        let given = self.0.get_mut(name);
        value.clone_into(given.unwrap_or_else(|| panic!("spin.toml has no variable {name}")));
        self
    }

    /// All of them, by name.
    #[must_use]
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }
}

impl Variables for Given {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        self.0.get(name).cloned().ok_or_else(|| "spin.toml does not declare it".to_owned())
    }
}
