//! Everything renders, and every object fits its schema.

use serde_json::{Value, json};

use crate::cluster::{Cluster, OVERLAYS, all_under, quantity};
use crate::kustomize::{Manifests, directories};
use crate::schemas::{CustomResources, Kubernetes, VERSIONS};

/// What a component needs before it, where that is more than the base.
const NEEDS: [(&str, &[&str]); 3] = [
    ("durable", &["redis"]),
    ("external-redis", &["network-policy"]),
    ("scheduled-backup", &["redis"]),
];

/// Custom resources of others than `SpinKube`.
const OTHERS: [&str; 3] = ["HTTPRoute", "PodMonitor", "PrometheusRule"];

/// What a component needs before it.
pub fn needs(component: &str) -> &'static [&'static str] {
    NEEDS.iter().find(|(name, _)| *name == component).map_or(&[], |(_, needs)| needs)
}

/// Every object there is, the operator's included, with where it is from.
fn everything(manifests: &Manifests) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    let mut add = |from: String, objects: &[Value]| {
        all.extend(objects.iter().map(|object| (from.clone(), object.clone())));
    };
    for overlay in directories("overlays") {
        add(format!("overlay {overlay}"), Cluster::with_overlay(manifests, &overlay).objects());
    }
    for component in directories("components") {
        let list = [needs(&component), &[&*component]].concat();
        add(format!("component {component}"), &manifests.render_components(&list));
    }
    add("the quick start".to_owned(), &manifests.render("quick-start"));
    add("the base".to_owned(), &manifests.render("base"));
    for task in ["restore", "restore-cluster", "restore-scheduled"] {
        add(format!("the task {task}"), &manifests.render(&format!("tasks/{task}")));
    }
    all
}

#[test]
fn every_overlay_and_every_component_renders() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    assert_eq!(directories("overlays"), OVERLAYS);
    let all = everything(&manifests);
    for (from, object) in &all {
        let place = format!("{} in {from}", object["kind"]);
        assert!(object["metadata"]["name"].is_string(), "{place}");
        // The base alone says no namespace, and these have none.
        let cluster_wide = object["kind"] == "Namespace" || object["kind"] == "RuntimeClass";
        if !cluster_wide && from != "the base" {
            assert_eq!(object["metadata"]["namespace"], "path-records", "{place}");
        }
    }
    // Each component shows: with it, there is something that the base alone hasn't.
    let base = manifests.render("base");
    for component in directories("components") {
        let from = format!("component {component}");
        let own = all.iter().filter(|(place, _)| *place == from);
        let mut own = own.map(|(_, object)| {
            let mut object = object.clone();
            object["metadata"].as_object_mut().expect("metadata").remove("namespace");
            object
        });
        assert!(own.any(|object| !base.contains(&object)), "{component}");
    }
}

#[test]
fn every_object_fits_the_schemas_of_kubernetes() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let all = everything(&manifests);
    for version in VERSIONS {
        let Some(schemas) = Kubernetes::version(version) else {
            return;
        };
        for (from, object) in &all {
            let kind = object["kind"].as_str().expect("a kind");
            match schemas.errors(object) {
                Some(errors) => {
                    let place = format!("{kind} in {from}, {version}");
                    assert!(errors.is_empty(), "{place}: {}", errors.join("\n"));
                }
                None => assert!(
                    kind.starts_with("SpinApp") || OTHERS.contains(&kind),
                    "{kind} in {from} is unknown to {version}"
                ),
            }
        }
        // And the schemas would say it.
        let wrong = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": "wrong" },
            "spec": { "ports": [{ "port": "80" }], "selectors": {} },
        });
        let errors = schemas.errors(&wrong).expect("a kind of Kubernetes'");
        assert_eq!(errors.len(), 2, "{errors:?}");
    }
}

#[test]
fn every_custom_resource_fits_its_definition() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let Some(definitions) = CustomResources::read() else {
        return;
    };
    let mut seen = 0;
    for (from, object) in everything(&manifests) {
        let kind = object["kind"].as_str().expect("a kind");
        if let Some(errors) = definitions.errors(&object) {
            assert!(errors.is_empty(), "{kind} in {from}: {}", errors.join("\n"));
            seen += 1;
        } else {
            assert!(!kind.starts_with("SpinApp"), "{kind} has no definition");
        }
    }
    assert!(seen > 0);
    // And the definitions would say it.
    let wrong = json!({
        "apiVersion": "core.spinkube.dev/v1alpha1",
        "kind": "SpinApp",
        "metadata": { "name": "wrong" },
        "spec": {
            "image": "image",
            "replicas": "1",
            "securityContext": {},
            // Came after 0.6.1.
            "variables": [{ "name": "a", "valueFrom": { "fileKeyRef": { "key": "b" } } }],
        },
    });
    let errors = definitions.errors(&wrong).expect("a definition");
    // The executor is missing, the replicas are no number, and there are no such fields.
    assert_eq!(errors.len(), 4, "{errors:?}");
}

/// To the schemas, any text is a quantity.
#[test]
fn what_is_requested_is_a_quantity_within_its_limit() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut seen = 0;
    for (from, object) in everything(&manifests) {
        for resources in all_under(&object, "resources") {
            let requests = resources["requests"].as_object().into_iter().flatten();
            for (name, request) in requests {
                let limit = resources.pointer(&format!("/limits/{name}"));
                let limit = limit.map_or(f64::INFINITY, quantity);
                assert!((0.0..=limit).contains(&quantity(request)), "{name} in {from}");
                seen += 1;
            }
        }
    }
    assert!(seen > 10, "{seen}");
}
