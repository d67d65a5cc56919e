//! What is to be changed is changed where kustomize changes it.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::cluster::{Cluster, OVERLAYS, items, selects, text};
use crate::kustomize::{Manifests, directories, directory};

/// The kustomization that the README shows.
fn example() -> String {
    let readme = fs::read_to_string(directory().join("README.md")).expect("the runbook");
    let (_, rest) = readme.split_once("```yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    example.to_owned()
}

#[test]
fn the_readmes_overlay_changes_images_replicas_host_variables_and_size() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let objects = manifests.render_overlay("mine", &example());
    let cluster = Cluster::with(&manifests, objects);
    let app = cluster.one("SpinApp");
    assert_eq!(text(app, "/spec/image"), "registry.example.org/team/path-records:0.2.0");
    assert_eq!(app["spec"]["replicas"], 4);
    let variable = items(app, "/spec/variables").last().expect("variables");
    assert_eq!(text(variable, "/name"), "default_ttl");
    assert_eq!(text(variable, "/value"), "86400");
    assert_eq!(text(app, "/spec/imagePullSecrets/0/name"), "registry");
    let set = cluster.one("StatefulSet");
    let image = text(set, "/spec/template/spec/containers/0/image");
    assert!(image.starts_with("mirror.example.org/redis:"), "{image}");
    assert_eq!(text(set, "/spec/volumeClaimTemplates/0/spec/resources/requests/storage"), "64Gi");
    let route = cluster.one("HTTPRoute");
    assert_eq!(text(route, "/spec/hostnames/0"), "data.example.org");
}

/// All of a `StatefulSet` that Kubernetes lets nobody change.
fn fixed(set: &Value) -> Value {
    let mut spec = set["spec"].clone();
    let members = spec.as_object_mut().expect("a specification");
    for changes in
        ["replicas", "template", "updateStrategy", "persistentVolumeClaimRetentionPolicy"]
    {
        members.remove(changes);
    }
    spec
}

/// Or going from one to the other would make every later `kubectl apply` fail.
#[test]
fn overlays_do_not_differ_in_what_kubernetes_does_not_let_change() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut sets = BTreeMap::new();
    let mut seen = 0;
    for overlay in OVERLAYS {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        for set in cluster.of_kind("StatefulSet") {
            let name = text(set, "/metadata/name").to_owned();
            let first = sets.entry(name).or_insert_with(|| fixed(set)).clone();
            assert_eq!(fixed(set), first, "{overlay}");
            assert!(!items(&first, "/volumeClaimTemplates").is_empty());
            seen += 1;
        }
    }
    assert!(seen > sets.len(), "{seen}");
}

#[test]
fn the_readmes_digest_takes_the_tags_place() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let readme = fs::read_to_string(directory().join("README.md")).expect("the runbook");
    let line = readme.lines().find(|line| line.trim().starts_with("digest: "));
    let line = line.expect("an example").trim();
    for overlay in ["production", "production-external-redis"] {
        let path = directory().join(format!("overlays/{overlay}/kustomization.yaml"));
        let by_tag = fs::read_to_string(path).expect("an overlay");
        let by_digest = by_tag.replace("newTag: 0.1.0", line);
        assert_ne!(by_digest, by_tag);
        let objects = manifests.render_overlay(&format!("{overlay}-by-digest"), &by_digest);
        let app = objects.iter().find(|object| object["kind"] == "SpinApp").expect("a SpinApp");
        let digest = line.replace("digest: ", "");
        assert_eq!(text(app, "/spec/image"), format!("registry.example.com/path-records@{digest}"));
    }
}

#[test]
fn a_generated_secrets_name_reaches_the_application() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let objects = manifests.render_overlay(
        "generated",
        "resources: [../../base]\nsecretGenerator:\n\
         - {name: path-records-redis, literals: [password=secret]}\n",
    );
    let secret = objects.iter().find(|object| object["kind"] == "Secret");
    let name = text(secret.expect("a Secret"), "/metadata/name");
    assert_ne!(name, "path-records-redis");
    let app = objects.iter().find(|object| object["kind"] == "SpinApp");
    let variables = items(app.expect("a SpinApp"), "/spec/variables");
    let password = variables.iter().find(|variable| variable["name"] == "redis_password");
    assert_eq!(text(password.expect("a password"), "/valueFrom/secretKeyRef/name"), name);
}

/// `images` passes over what it doesn't find without a word, so nothing before an overlay's own may rename.
#[test]
fn an_overlay_names_the_image_whatever_it_is_put_together_from() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for component in directories("components") {
        let needs = crate::rendering::needs(&component);
        let objects = manifests.render_components(&[needs, &[&*component]].concat());
        for app in objects.iter().filter(|object| object["kind"] == "SpinApp") {
            assert_eq!(text(app, "/spec/image"), "path-records:0.1.0", "{component}");
        }
    }
}

#[test]
fn in_an_ordinary_container_spin_runs_the_image() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let cluster = Cluster::with_overlay(&manifests, "fast-container");
    let container = &cluster.one("Deployment")["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(text(container, "/image"), "ghcr.io/spinframework/spin:v4.1.0");
    assert_eq!(text(container, "/args/4"), "registry.example.com/path-records-wasip3:0.1.0");
}

#[test]
fn a_changed_order_of_the_variables_is_noticed() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let app = manifests.path().join("base/spin-app.yaml");
    let text = fs::read_to_string(&app).expect("the application");
    let changed = text.replace("name: redis_address", "name: redis_database");
    assert_ne!(changed, text);
    fs::write(&app, changed).expect("a file");
    let message = manifests.refusal("overlays/production-external-redis");
    assert!(message.contains("/spec/variables/0/name"), "{message}");
}

#[test]
fn the_drain_task_is_a_part_of_the_operators_deployment() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let drain = fs::read_to_string(directory().join("tasks/drain.yaml")).expect("the task");
    let drain = crate::kustomize::parse(&drain);
    let [drain] = drain.as_slice() else {
        panic!("one document");
    };
    let cluster = Cluster::with_overlay(&manifests, "production");
    let deployment = cluster.one("Deployment");
    for place in [
        "/apiVersion",
        "/kind",
        "/metadata/name",
        "/metadata/namespace",
        "/spec/template/spec/containers/0/name",
    ] {
        assert_eq!(text(drain, place), text(deployment, place), "{place}");
    }
    let spread = items(drain, "/spec/template/spec/topologySpreadConstraints");
    assert_eq!(spread.len(), 2);
    let labels = &deployment["spec"]["template"]["metadata"]["labels"];
    for constraint in spread {
        assert!(selects(&constraint["labelSelector"], labels), "{constraint}");
    }
    let Some(schemas) = crate::schemas::Kubernetes::version(crate::schemas::VERSIONS[0]) else {
        return;
    };
    let mut merged = deployment.clone();
    merged["spec"]["template"]["spec"]["topologySpreadConstraints"] = spread.into();
    let container = "/spec/template/spec/containers/0";
    merged.pointer_mut(container).expect("a container")["lifecycle"] =
        drain.pointer(container).expect("a container")["lifecycle"].clone();
    let errors = schemas.errors(&merged).expect("a Deployment");
    assert!(errors.is_empty(), "{errors:?}");
    // The wait is part of the time that a pod is given to end, 30 seconds unless said otherwise.
    let wait = &merged.pointer(container).expect("a container")["lifecycle"]["preStop"]["sleep"];
    assert!(wait["seconds"].as_u64() < Some(30), "{wait}");
}
