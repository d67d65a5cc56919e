//! Schemas of Kubernetes' own kinds, from the Python package `kubernetes-validate`, of custom resources, from
//! their definitions, and of Compose files, from the Python package `docker-compose`.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use harness::{python, workspace};
use jsonschema::{Registry, Validator};
use serde_json::Value;

use crate::cluster::text;
use crate::kustomize::{parse, skip};

const PACKAGES: &str = "kubernetes-validate==1.37.0\ndocker-compose==1.29.2\n";

/// From the oldest Kubernetes that the README promises to the newest that the package knows.
pub const VERSIONS: [&str; 2] = ["v1.30.0", "v1.37.0"];

/// What definitions later than those of spin-operator 0.6.1 have beside them: 0.6.1 would drop it silently.
const LATER: [&str; 4] = ["deploymentName", "fileKeyRef", "podCertificate", "serviceName"];

/// The strict schemas of one version of Kubernetes: unknown members are errors.
pub struct Kubernetes {
    directory: PathBuf,
    definitions: Registry<'static>,
}

impl Kubernetes {
    /// `None`, with a line about it on stderr, on a machine that can't install Python packages.
    pub fn version(version: &str) -> Option<Self> {
        let schemas = packages()?.join("kubernetes_validate/kubernetes-json-schema");
        let directory = schemas.join(format!("{version}-local-strict"));
        let definitions = read_json(&directory.join("_definitions.json"));
        let definitions = Registry::new()
            .add("json-schema:///api/_definitions.json", definitions)
            .and_then(jsonschema::RegistryBuilder::prepare)
            .expect("the definitions are a schema");
        Some(Self { directory, definitions })
    }

    /// What is wrong with an object, or `None` where this isn't one of Kubernetes' own kinds.
    pub fn errors(&self, object: &Value) -> Option<Vec<String>> {
        let (group, version) = group_and_version(object);
        let kind = text(object, "/kind").to_lowercase();
        let group = group.split('.').next().unwrap_or_default();
        let name = if group.is_empty() {
            format!("{kind}-{version}.json")
        } else {
            format!("{kind}-{group}-{version}.json")
        };
        let schema = self.directory.join(name);
        if !schema.exists() {
            return None;
        }
        let validator = jsonschema::options()
            .with_registry(&self.definitions)
            .with_base_uri("json-schema:///")
            .build(&read_json(&schema))
            .expect("a schema");
        Some(errors(&validator, object))
    }
}

/// Schemas of custom resources.
pub struct CustomResources(HashMap<(String, String, String), Validator>);

impl CustomResources {
    /// From the definitions in the directory `SPINKUBE_CRDS`, `../shared/spinkube` unless that is set.
    /// `None`, with a line about it on stderr, where there is no such directory.
    pub fn read() -> Option<Self> {
        let directory = std::env::var_os("SPINKUBE_CRDS")
            .map_or_else(|| PathBuf::from("../shared/spinkube"), PathBuf::from);
        let Ok(files) = fs::read_dir(workspace().join(&directory)) else {
            skip(&format!(
                "no SpinKube definitions in {}; SPINKUBE_CRDS names their directory",
                directory.display()
            ));
            return None;
        };
        let mut schemas = HashMap::new();
        for file in files {
            let file = fs::read_to_string(file.expect("an entry").path()).expect("a text file");
            for definition in parse(&file) {
                let group = text(&definition, "/spec/group");
                let kind = text(&definition, "/spec/names/kind");
                for version in definition["spec"]["versions"].as_array().expect("a list") {
                    let mut schema = version["schema"]["openAPIV3Schema"].clone();
                    close(&mut schema);
                    schemas.insert(
                        (group.to_owned(), text(version, "/name").to_owned(), kind.to_owned()),
                        jsonschema::draft4::new(&schema).expect("a schema"),
                    );
                }
            }
        }
        Some(Self(schemas))
    }

    /// What is wrong with an object, or `None` where its kind has no definition here.
    pub fn errors(&self, object: &Value) -> Option<Vec<String>> {
        let (group, version) = group_and_version(object);
        let kind = text(object, "/kind").to_owned();
        let schema = self.0.get(&(group.to_owned(), version.to_owned(), kind))?;
        Some(errors(schema, object))
    }
}

/// What is wrong with a Compose file, by the schema of the last Compose in Python, which is what Debian 12
/// has; later ones know more, and take all of it. `None`, with a line about it on stderr, on a machine that
/// can't install Python packages.
pub fn compose_errors(file: &Value) -> Option<Vec<String>> {
    let schema = packages()?.join("compose/config/compose_spec.json");
    let schema = jsonschema::draft201909::new(&read_json(&schema)).expect("a schema");
    Some(errors(&schema, file))
}

/// Makes members that a definition doesn't know errors: a cluster would drop them silently.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if let Some(properties) = members.get_mut("properties").and_then(Value::as_object_mut) {
                properties.retain(|name, _| !LATER.contains(&name.as_str()));
            }
            for member in members.values_mut() {
                close(member);
            }
            // `metadata` is Kubernetes' own, and definitions leave its members out.
            if members.get("properties").is_some_and(Value::is_object)
                && !members.contains_key("additionalProperties")
                && !members.contains_key("x-kubernetes-preserve-unknown-fields")
            {
                members.insert("additionalProperties".to_owned(), false.into());
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn errors(validator: &Validator, object: &Value) -> Vec<String> {
    validator
        .iter_errors(object)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect()
}

fn group_and_version(object: &Value) -> (&str, &str) {
    let api_version = text(object, "/apiVersion");
    api_version.split_once('/').unwrap_or(("", api_version))
}

fn read_json(path: &Path) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).expect("JSON")
}

/// The packages' directory. Of the packages only their data is wanted, so without what they depend on.
fn packages() -> Option<PathBuf> {
    let Some(environment) = python::environment("schemas", PACKAGES, &["--no-deps"]) else {
        skip(python::MISSING);
        return None;
    };
    // The environment's only `lib/pythonVERSION`.
    fs::read_dir(environment.join("lib"))
        .expect("a directory")
        .map(|entry| entry.expect("an entry").path().join("site-packages"))
        .find(|path| path.exists())
}
