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
    &MANIFEST.variables
}

#[derive(Deserialize)]
struct Manifest {
    variables: BTreeMap<String, Declaration>,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
struct Component {
    variables: BTreeMap<String, String>,
}

static MANIFEST: LazyLock<Manifest> =
    LazyLock::new(|| toml::from_str(include_str!("../../spin.toml")).expect("a manifest"));

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

    /// A template of a manifest with the values in it.
    #[must_use]
    pub fn expand(&self, template: &str) -> String {
        let mut pieces = template.split("{{");
        let mut text = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            let (name, after) = piece.split_once("}}").expect("the braces are closed");
            text += &self.0[name.trim()];
            text += after;
        }
        text
    }

    /// What `spin.toml` gives the component, by name.
    #[must_use]
    pub fn of_component(&self) -> BTreeMap<String, String> {
        let templates = MANIFEST.component["path-records"].variables.iter();
        templates.map(|(name, template)| (name.clone(), self.expand(template))).collect()
    }
}

impl Variables for Given {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        let templates = &MANIFEST.component["path-records"].variables;
        let template = templates.get(name).ok_or("spin.toml does not give it to the component")?;
        Ok(self.expand(template))
    }
}
