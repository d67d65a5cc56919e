//! The examples for `spin up` and for Compose: they parse, and fit `spin.toml`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use harness::workspace;
use path_records_stub::{Given, config, declared};
use serde::Deserialize;
use serde_json::Value;

use crate::cluster::{items, text};
use crate::kustomize::{directory, parse};
use crate::schemas::compose_errors;

const PREFIX: &str = "SPIN_VARIABLE_";

/// What Spin's `--runtime-config-file` is to hold here, with the members that Spin's providers have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RuntimeConfig {
    variables_provider: Vec<Provider>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    r#type: String,
    url: String,
    token: String,
    mount: String,
    prefix: Option<String>,
}

fn path(name: &str) -> PathBuf {
    workspace().join("runtime-manifests").join(name)
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A variable of `spin.toml` by the name that it has in the environment.
fn variable(name: &str) -> String {
    let variable = name.strip_prefix(PREFIX).unwrap_or_else(|| panic!("{name} is not Spin's"));
    assert_eq!(variable, variable.to_uppercase());
    let variable = variable.to_lowercase();
    assert!(declared().contains_key(&variable), "spin.toml has no {variable}");
    variable
}

fn compose() -> Value {
    let mut documents = parse(&read(&path("compose/compose.yaml")));
    assert_eq!(documents.len(), 1);
    documents.remove(0)
}

#[test]
fn the_example_of_env_is_read_as_spin_reads_it_and_can_be_used() {
    // With the library that Spin reads it with.
    let entries = dotenvy::from_path_iter(path("spin/example.env")).expect("a file");
    let mut given = BTreeMap::new();
    for entry in entries {
        let (name, value) = entry.expect("an entry");
        assert!(given.insert(variable(&name), value).is_none(), "{name} comes twice");
    }
    // Who looks for where the secrets go finds them all.
    for (name, declaration) in declared() {
        assert!(!declaration.secret || given.contains_key(name), "{name} is missing");
    }
    let given = given.iter().fold(Given::defaults(), |given, (name, value)| given.but(name, value));
    assert!(config(&given).is_ok(), "{:?}", config(&given).err());
}

#[test]
fn the_example_of_a_provider_has_the_keys_that_spin_takes() {
    let example: RuntimeConfig =
        toml::from_str(&read(&path("spin/runtime-config.toml"))).expect("a runtime configuration");
    let [vault] = example.variables_provider.as_slice() else {
        panic!("one provider");
    };
    assert_eq!(vault.r#type, "vault");
    assert!(vault.url.starts_with("https://") && !vault.token.is_empty());
    // The commands beside it put secrets where the provider looks, under names that spin.toml has.
    let page = read(&path("spin/README.md"));
    let place = format!("-mount={} ", vault.mount);
    let prefix = format!("{}/", vault.prefix.as_deref().expect("a prefix"));
    let mut named = 0;
    for command in page.split("vault kv ").skip(1) {
        let command = command.lines().next().expect("a line");
        assert!(command.contains(&place), "{command}");
        let (_, after) = command.split_once(&prefix).expect("the prefix");
        let name = after.split([' ', ')']).next().expect("a name");
        assert!(declared()[name].secret, "{name}");
        named += 1;
    }
    assert!(named > 2, "{named}");
}

#[test]
fn the_compose_file_fits_its_schema() {
    let Some(errors) = compose_errors(&compose()) else {
        return;
    };
    assert!(errors.is_empty(), "{errors:#?}");
    let mut wrong = compose();
    wrong["services"]["redis"]["imagine"] = "redis".into();
    assert_eq!(compose_errors(&wrong).map(|errors| errors.len()), Some(1));
}

#[test]
fn compose_starts_what_spin_toml_names_with_variables_that_it_has() {
    let compose = compose();
    let app = &compose["services"]["path-records"];
    let mut given = Given::defaults();
    for (name, value) in app["environment"].as_object().expect("a mapping") {
        // What is set from outside is empty here.
        let value = value.as_str().filter(|value| !value.starts_with("${")).unwrap_or_default();
        given = given.but(&variable(name), value);
    }
    assert!(config(&given).is_ok());
    let address = &given.of_component()["redis_address"];
    let host = address.trim_start_matches("redis://").trim_end_matches(":6379");
    let redis = &compose["services"][host];
    assert!(
        items(app, "/networks").iter().any(|network| items(redis, "/networks").contains(network))
    );
    assert_eq!(app["depends_on"][host]["condition"], "service_healthy");

    let option = |name: &str| {
        let words = items(app, "/command");
        let at = words.iter().position(|word| word == name).expect("an option");
        words[at + 1].as_str().expect("a text")
    };
    // The manifest is where the command looks, and the component where the manifest says.
    let place = option("--from").strip_suffix("spin.toml").expect("a manifest");
    let manifest: toml::Table =
        toml::from_str(&read(&workspace().join("spin.toml"))).expect("TOML");
    let source = manifest["component"]["path-records"]["source"].as_str().expect("a path");
    for file in ["spin.toml", source] {
        let mount = format!("../../{file}:{place}{file}:ro");
        assert!(items(app, "/volumes").contains(&mount.into()), "{file}");
    }
    let (host, port) = option("--listen").split_once(':').expect("a port");
    assert_eq!(host, "0.0.0.0");
    // For this machine only, as long as nobody says otherwise.
    assert_eq!(items(app, "/ports"), [format!("127.0.0.1:{port}:{port}")]);
}

#[test]
fn compose_has_the_redis_of_the_cluster_and_evicts_nothing() {
    let compose = compose();
    let redis = &compose["services"]["redis"];
    let stateful_set = parse(&read(&directory().join("components/redis/stateful-set.yaml")));
    let image = text(&stateful_set[0], "/spec/template/spec/containers/0/image");
    assert_eq!(redis["image"], image);
    let command: Vec<_> = items(redis, "/command").iter().filter_map(Value::as_str).collect();
    assert!(command.windows(2).any(|pair| pair == ["--maxmemory-policy", "noeviction"]));
    assert!(command.windows(2).any(|pair| pair == ["--appendonly", "yes"]));
    // The volume that its data are in is one that stays.
    let (volume, place) = text(redis, "/volumes/0").split_once(':').expect("a place");
    assert_eq!(place, "/data");
    assert!(compose["volumes"].as_object().expect("volumes").contains_key(volume));
    assert_eq!(redis.get("ports"), None);
}
