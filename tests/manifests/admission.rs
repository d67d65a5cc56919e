//! What the operator's webhooks refuse, no overlay has.

use serde_json::Value;

use crate::cluster::{Cluster, OVERLAYS, text};
use crate::kustomize::Manifests;

/// Each overlay, and the alternatives to what the overlays contain.
fn clusters(manifests: &Manifests) -> Vec<(String, Cluster)> {
    let mut clusters: Vec<_> = OVERLAYS
        .iter()
        .map(|overlay| {
            let cluster = Cluster::with_overlay(manifests, overlay);
            ((*overlay).to_owned(), cluster)
        })
        .collect();
    for components in [&["redis", "autoscale"][..], &["redis", "fast-container"]] {
        let objects = manifests.render_components(components);
        clusters.push((components.join(" + "), Cluster::with(manifests, objects)));
    }
    clusters
}

#[test]
fn replicas_are_given_exactly_where_nothing_scales() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for (name, cluster) in clusters(&manifests) {
        let spec = &cluster.one("SpinApp")["spec"];
        let scaled = cluster.of_kind("HorizontalPodAutoscaler").count();
        if spec["enableAutoscaling"] == true {
            assert_eq!(spec.get("replicas"), None, "{name}");
            assert_eq!(scaled, 1, "{name}");
        } else {
            assert!(spec["replicas"].as_u64() >= Some(1), "{name}");
            assert_eq!(scaled, 0, "{name}");
        }
    }
}

#[test]
fn an_application_has_its_executor_and_the_executor_its_runtime_class() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let by_hand = manifests.render("components/runtime-class").pop().expect("a runtime class");
    for (name, cluster) in clusters(&manifests) {
        let app = cluster.one("SpinApp");
        let executor = cluster
            .named("SpinAppExecutor", text(app, "/spec/executor"))
            .unwrap_or_else(|| panic!("{name} has no such executor"));
        assert_eq!(executor["metadata"]["namespace"], app["metadata"]["namespace"], "{name}");
        assert_eq!(executor["spec"]["createDeployment"], true, "{name}");
        let config = &executor["spec"]["deploymentConfig"];
        let class = config.get("runtimeClassName").and_then(Value::as_str);
        assert_ne!(class.is_some(), config.get("spinImage").is_some(), "{name}");
        // The class is the cluster's, and what its handler is called depends on who installed the shim.
        assert_eq!(cluster.of_kind("RuntimeClass").count(), 0, "{name}");
        if let Some(class) = class {
            assert_eq!(text(&by_hand, "/metadata/name"), class, "{name}");
        }
    }
}

#[test]
fn an_executor_comes_before_the_application_that_names_it() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let kinds: Vec<_> = manifests
        .render("overlays/fast-container")
        .iter()
        .map(|object| text(object, "/kind").to_owned())
        .collect();
    assert_eq!(kinds.first().map(String::as_str), Some("SpinAppExecutor"));
    assert_eq!(kinds.last().map(String::as_str), Some("SpinApp"));
}
