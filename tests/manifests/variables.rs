//! A `SpinApp`'s variables are those of `spin.toml`.

use std::collections::BTreeMap;

use path_records_stub::declared;
use serde_json::Value;

use crate::cluster::{Cluster, OVERLAYS, items, text};
use crate::kustomize::Manifests;

fn variables(cluster: &Cluster) -> BTreeMap<&str, &Value> {
    let list = items(cluster.one("SpinApp"), "/spec/variables");
    let variables: BTreeMap<_, _> =
        list.iter().map(|variable| (text(variable, "/name"), variable)).collect();
    assert_eq!(variables.len(), list.len(), "a variable comes twice");
    variables
}

#[test]
fn every_variable_of_a_spin_app_is_declared_and_every_required_one_is_given() {
    let declared = declared();
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for overlay in OVERLAYS {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        let given = variables(&cluster);
        for name in given.keys() {
            assert!(declared.contains_key(*name), "{name} in {overlay}");
        }
        for (name, declaration) in declared {
            assert!(
                declaration.default.is_some() || given.contains_key(name.as_str()),
                "{name} has no default, and {overlay} gives it none"
            );
        }
    }
}

#[test]
fn secrets_come_from_secrets_and_none_is_rendered() {
    let declared = declared();
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for overlay in OVERLAYS {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        for (name, variable) in variables(&cluster) {
            if declared[name].secret {
                assert_eq!(variable.get("value"), None, "{name} in {overlay}");
                text(variable, "/valueFrom/secretKeyRef/key");
            }
        }
        assert_eq!(cluster.of_kind("Secret").count(), 0, "{overlay}");
    }
}

#[test]
fn production_does_not_start_without_tokens() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for overlay in ["production", "production-cluster", "production-external-redis"] {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        let variables = variables(&cluster);
        for name in ["read_token", "write_token", "redis_password"] {
            let reference = &variables[name]["valueFrom"]["secretKeyRef"];
            // Without `optional`, a container whose Secret or key is missing isn't created.
            let members: Vec<_> = reference.as_object().expect("a reference").keys().collect();
            assert_eq!(members, ["key", "name"], "{name} in {overlay}");
        }
        // Those for parts are nobody's duty.
        let parts = &variables["tokens"]["valueFrom"]["secretKeyRef"];
        let expected =
            serde_json::json!({"name": "path-records-tokens", "key": "tokens", "optional": true});
        assert_eq!(*parts, expected, "{overlay}");
    }
}
