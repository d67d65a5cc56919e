//! Reading `spin.toml`, manifest version 2, as far as this host supports it.
//! What it doesn't support it refuses, so that nothing is silently left out.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// The only route this host serves: everything.
pub const ROUTE: &str = "/...";

/// An application with its one component.
#[derive(Debug)]
pub struct Manifest {
    /// The application variables that are declared.
    pub variables: BTreeMap<String, Variable>,
    /// The component's name.
    pub component_id: String,
    /// The component's file.
    pub source: PathBuf,
    /// The templates of `allowed_outbound_hosts`.
    pub allowed_outbound_hosts: Vec<String>,
    /// The templates of the component's variables.
    pub component_variables: BTreeMap<String, String>,
}

/// A declared variable.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variable {
    /// The value when none is given.
    pub default: Option<String>,
    #[serde(default)]
    required: bool,
    #[serde(rename = "secret")]
    _secret: Option<bool>,
    #[serde(rename = "description")]
    _description: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    spin_manifest_version: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(rename = "spin_manifest_version")]
    _version: IgnoredAny,
    #[serde(rename = "application")]
    _application: IgnoredAny,
    #[serde(default)]
    variables: BTreeMap<String, Variable>,
    trigger: Triggers,
    component: BTreeMap<String, Component>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Triggers {
    http: Vec<HttpTrigger>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct HttpTrigger {
    route: String,
    component: String,
    executor: Option<Executor>,
}

#[derive(Deserialize)]
struct Executor {
    r#type: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Component {
    source: String,
    #[serde(default)]
    allowed_outbound_hosts: Vec<String>,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    #[serde(rename = "description")]
    _description: Option<IgnoredAny>,
    #[serde(rename = "build")]
    _build: Option<IgnoredAny>,
}

impl Manifest {
    /// Reads the manifest at `path`.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("can't read the manifest {}", path.display()))?;
        let directory = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, directory)
            .with_context(|| format!("can't use the manifest {}", path.display()))
    }

    fn parse(text: &str, directory: &Path) -> Result<Self> {
        let Version { spin_manifest_version } = toml::from_str(text)?;
        ensure!(
            spin_manifest_version == 2,
            "this host reads manifest version 2, not {spin_manifest_version}"
        );
        let mut document: Document = toml::from_str(text)?;

        for (name, variable) in &document.variables {
            ensure!(
                variable.required != variable.default.is_some(),
                "the variable {name:?} must be `required` or have a `default`"
            );
        }

        let [trigger] = document.trigger.http.as_slice() else {
            bail!("this host serves exactly one [[trigger.http]]");
        };
        ensure!(
            trigger.route == ROUTE,
            "this host serves the route {ROUTE:?} only, not {:?}",
            trigger.route
        );
        if let Some(executor) = &trigger.executor {
            ensure!(executor.r#type == "http", "this host has no executor {:?}", executor.r#type);
        }
        let component = document
            .component
            .remove(&trigger.component)
            .with_context(|| format!("there is no component {:?}", trigger.component))?;

        Ok(Self {
            component_id: trigger.component.clone(),
            source: directory.join(component.source),
            allowed_outbound_hosts: component.allowed_outbound_hosts,
            component_variables: component.variables,
            variables: document.variables,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: &str = r#"
        spin_manifest_version = 2
        [application]
        name = "app"
        [variables]
        address = { default = "redis://127.0.0.1:6379" }
        password = { required = true, secret = true }
        [[trigger.http]]
        route = "/..."
        component = "one"
        [component.one]
        source = "out/one.wasm"
        allowed_outbound_hosts = ["{{ address }}"]
        [component.one.variables]
        redis_address = "{{ address }}"
        [component.one.build]
        command = "cargo build"
    "#;

    fn parse(text: &str) -> Result<Manifest> {
        Manifest::parse(text, Path::new("app"))
    }

    #[test]
    fn reads_what_the_host_needs() {
        let manifest = parse(MANIFEST).unwrap();
        assert_eq!(manifest.component_id, "one");
        assert_eq!(manifest.source, Path::new("app/out/one.wasm"));
        assert_eq!(manifest.allowed_outbound_hosts, ["{{ address }}"]);
        assert_eq!(manifest.component_variables["redis_address"], "{{ address }}");
        assert_eq!(
            manifest.variables["address"].default.as_deref(),
            Some("redis://127.0.0.1:6379")
        );
        assert_eq!(manifest.variables["password"].default, None);
    }

    #[test]
    fn refuses_what_it_does_not_serve() {
        for (from, to, message) in [
            ("version = 2", "version = 1", "manifest version 2, not 1"),
            ("\"/...\"", "\"/api/...\"", "not \"/api/...\""),
            ("component = \"one\"", "component = \"two\"", "\"two\""),
            ("secret = true", "default = \"x\"", "\"password\""),
            ("required = true, ", "", "\"password\""),
            ("[component.one.build]", "[component.one.tool]", "`tool`"),
            (
                "component = \"one\"",
                "component = \"one\"\nexecutor = { type = \"wagi\" }",
                "\"wagi\"",
            ),
            (
                "[component.one]",
                "[[trigger.http]]\nroute = \"/...\"\ncomponent = \"one\"\n[component.one]",
                "exactly one",
            ),
        ] {
            let text = MANIFEST.replace(from, to);
            assert_ne!(text, MANIFEST);
            let error = format!("{:#}", parse(&text).unwrap_err());
            assert!(error.contains(message), "{to}: {error}");
        }
    }
}
