//! What spin-operator 0.6.1 makes of a `SpinApp`, as far as the manifests depend on it.

use serde_json::{Map, Value, json};

use crate::cluster::{items, text};

/// The port on which every application listens in its pod and behind its Service.
const PORT: u16 = 80;

/// The Deployment and the Service of an application that this executor runs.
pub fn make(app: &Value, executor: &Value) -> [Value; 2] {
    let name = text(app, "/metadata/name");
    let ready = format!("core.spinkube.dev/app.{name}.status");
    let mut pod_labels =
        app.pointer("/spec/podLabels").and_then(Value::as_object).cloned().unwrap_or_default();
    let labels = Map::from_iter([
        ("core.spinkube.dev/app-name".to_owned(), json!(name)),
        (ready.clone(), json!("ready")),
    ]);
    pod_labels.extend(labels.clone());
    let metadata = json!({
        "name": name,
        "namespace": app["metadata"]["namespace"],
        "labels": { "core.spinkube.dev/app-name": name },
    });

    let mut container = json!({
        "name": name,
        "ports": [{ "name": "http-app", "containerPort": PORT }],
        "env": environment(app),
        "resources": app["spec"]["resources"],
        "readinessProbe": probe(&app["spec"]["checks"]["readiness"]),
        "livenessProbe": probe(&app["spec"]["checks"]["liveness"]),
    });
    let account = app.pointer("/spec/serviceAccountName").and_then(Value::as_str);
    let mut pod = json!({ "serviceAccountName": account.unwrap_or("default") });
    let config = &executor["spec"]["deploymentConfig"];
    if let Some(class) = config.get("runtimeClassName") {
        pod["runtimeClassName"] = class.clone();
        container["image"] = app["spec"]["image"].clone();
        container["command"] = json!(["/"]);
    } else {
        container["image"] = config["spinImage"].clone();
        container["args"] = json!([
            "up",
            "--listen",
            format!("0.0.0.0:{PORT}"),
            "-f",
            app["spec"]["image"],
            "--runtime-config-file",
            "/runtime-config.toml"
        ]);
    }
    pod["containers"] = json!([container]);

    let mut deployment = json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata,
        "spec": {
            "selector": { "matchLabels": labels },
            "template": { "metadata": { "labels": pod_labels }, "spec": pod },
        },
    });
    if app["spec"]["enableAutoscaling"] != true {
        deployment["spec"]["replicas"] = app["spec"]["replicas"].clone();
    }
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata,
        "spec": {
            "type": "ClusterIP",
            "ports": [{ "protocol": "TCP", "port": PORT, "targetPort": "http-app" }],
            "selector": { ready: "ready" },
        },
    });
    [deployment, service]
}

fn environment(app: &Value) -> Vec<Value> {
    let mut environment: Vec<_> = items(app, "/spec/variables")
        .iter()
        .map(|variable| {
            let mut variable = variable.clone();
            let name = text(&variable, "/name").to_ascii_uppercase();
            variable["name"] = json!(format!("SPIN_VARIABLE_{name}"));
            variable
        })
        .collect();
    environment.push(json!({
        "name": "SPIN_HTTP_LISTEN_ADDR",
        "value": format!("0.0.0.0:{PORT}"),
    }));
    environment
}

fn probe(check: &Value) -> Value {
    let mut probe = check.clone();
    probe["httpGet"]["port"] = json!(PORT);
    probe
}
