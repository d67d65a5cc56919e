//! What one object says of another is so: selectors, ports, names, keys.

use serde_json::Value;

use crate::cluster::{Cluster, OVERLAYS, all_under, items, selects, text};
use crate::kustomize::{Manifests, runbook};

fn clusters() -> Option<Vec<(String, Cluster)>> {
    let manifests = Manifests::copy()?;
    let mut clusters: Vec<_> = OVERLAYS
        .iter()
        .map(|overlay| {
            let cluster = Cluster::with_overlay(&manifests, overlay);
            ((*overlay).to_owned(), cluster)
        })
        .collect();
    let components = ["redis", "durable", "scheduled-backup", "ingress-classic"];
    let objects = manifests.render_components(&components);
    clusters.push((components.join(" + "), Cluster::with(&manifests, objects)));
    Some(clusters)
}

/// The pod templates that a selector selects.
fn selected<'a>(cluster: &'a Cluster, selector: &Value) -> Vec<&'a Value> {
    cluster
        .workloads()
        .map(|workload| &workload["spec"]["template"])
        .filter(|template| selects(selector, &template["metadata"]["labels"]))
        .collect()
}

/// A container's port by its name or number.
fn container_port<'a>(template: &'a Value, port: &Value) -> Option<&'a Value> {
    items(template, "/spec/containers")
        .iter()
        .flat_map(|container| items(container, "/ports"))
        .find(|candidate| candidate["name"] == *port || candidate["containerPort"] == *port)
}

fn service_port<'a>(cluster: &'a Cluster, service: &str, port: &Value) -> Option<&'a Value> {
    items(cluster.named("Service", service)?, "/spec/ports")
        .iter()
        .find(|candidate| candidate["port"] == *port || candidate["name"] == *port)
}

#[test]
fn every_workload_selects_its_own_pods_and_no_others() {
    let Some(clusters) = clusters() else { return };
    for (name, cluster) in clusters {
        // A Job's selector is made by Kubernetes, of the Job's own identity.
        for workload in cluster.workloads().filter(|workload| workload["kind"] != "Job") {
            let own = &workload["spec"]["template"];
            assert_eq!(selected(&cluster, &workload["spec"]["selector"]), [own], "{name}");
        }
    }
}

#[test]
fn every_service_reaches_a_port_of_the_pods_it_selects() {
    let Some(clusters) = clusters() else { return };
    for (name, cluster) in clusters {
        for service in cluster.of_kind("Service") {
            let selector = serde_json::json!({ "matchLabels": service["spec"]["selector"] });
            let pods = selected(&cluster, &selector);
            assert_eq!(pods.len(), 1, "{} in {name}", service["metadata"]["name"]);
            for port in items(service, "/spec/ports") {
                let target = port.get("targetPort").unwrap_or(&port["port"]);
                assert!(container_port(pods[0], target).is_some(), "{port} in {name}");
            }
        }
        for set in cluster.of_kind("StatefulSet") {
            let service = text(set, "/spec/serviceName");
            assert!(cluster.named("Service", service).is_some(), "{name}");
        }
    }
}

#[test]
fn the_redis_address_is_a_service_on_the_port_that_redis_listens_on() {
    let Some(clusters) = clusters() else { return };
    for (name, cluster) in clusters {
        let app = cluster.one("SpinApp");
        let address = items(app, "/spec/variables")
            .iter()
            .find(|variable| variable["name"] == "redis_address")
            .map(|variable| text(variable, "/value"))
            .expect("an address");
        let (scheme, host_and_port) = address.split_once("://").expect("a scheme");
        let (host, port) = host_and_port.rsplit_once(':').expect("a port");
        let port: Value = port.parse::<u16>().expect("a port").into();
        if name.contains("external") {
            assert_eq!(scheme, "rediss", "{name}");
            assert_eq!(cluster.of_kind("StatefulSet").count(), 0, "{name}");
            continue;
        }
        assert_eq!(scheme, "redis", "{name}");
        let target = &service_port(&cluster, host, &port).expect("a service")["targetPort"];
        let set = cluster.named("StatefulSet", host).expect("a Redis");
        let listening =
            &container_port(&set["spec"]["template"], target).expect("a port")["containerPort"];
        let settings = cluster
            .of_kind("ConfigMap")
            .find_map(|config| config.pointer("/data/redis.conf")?.as_str())
            .expect("the settings");
        let line = format!("port {listening}");
        assert!(settings.lines().any(|setting| setting == line), "{name}");
    }
}

#[test]
fn what_scales_or_guards_the_application_finds_it() {
    let Some(clusters) = clusters() else { return };
    let mut seen = 0;
    for (name, cluster) in clusters {
        let deployment = cluster.one("Deployment");
        for scaler in cluster.of_kind("HorizontalPodAutoscaler") {
            let target = &scaler["spec"]["scaleTargetRef"];
            assert_eq!(target["apiVersion"], deployment["apiVersion"], "{name}");
            assert_eq!(target["kind"], deployment["kind"], "{name}");
            assert_eq!(target["name"], deployment["metadata"]["name"], "{name}");
            // The share of the CPU that they go by is a share of this.
            text(deployment, "/spec/template/spec/containers/0/resources/requests/cpu");
            seen += 1;
        }
        for budget in cluster.of_kind("PodDisruptionBudget") {
            let guarded = cluster.workloads().find(|workload| {
                workload["metadata"]["name"] == budget["metadata"]["name"]
                    && workload["kind"] != "Job"
            });
            assert_eq!(
                selected(&cluster, &budget["spec"]["selector"]),
                [&guarded.expect("a workload of this name")["spec"]["template"]],
                "{name}"
            );
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen}");
}

#[test]
fn routes_lead_to_the_applications_service() {
    let Some(clusters) = clusters() else { return };
    let mut seen = 0;
    for (name, cluster) in clusters {
        let app = text(cluster.one("SpinApp"), "/metadata/name");
        for route in cluster.of_kind("HTTPRoute") {
            for backend in items(route, "/spec/rules/0/backendRefs") {
                assert_eq!(backend["name"], app, "{name}");
                assert!(service_port(&cluster, app, &backend["port"]).is_some());
                seen += 1;
            }
        }
        for route in cluster.of_kind("Ingress") {
            for service in all_under(route, "service") {
                assert_eq!(service["name"], app, "{name}");
                assert!(service_port(&cluster, app, &service["port"]["number"]).is_some());
                seen += 1;
            }
        }
    }
    assert!(seen >= 3, "{seen}");
}

#[test]
fn probes_ask_where_the_pods_listen() {
    let Some(clusters) = clusters() else { return };
    for (name, cluster) in clusters {
        let template = &cluster.one("Deployment")["spec"]["template"];
        let container = &template["spec"]["containers"][0];
        for (probe, path) in [("livenessProbe", "/-/live"), ("readinessProbe", "/-/ready")] {
            let get = &container[probe]["httpGet"];
            assert_eq!(get["path"], path, "{name}");
            assert!(container_port(template, &get["port"]).is_some(), "{name}");
        }
    }
}

/// A kubelet's rule: a probe's state changes after so many equal results in a row, and a container begins as
/// one that is not ready.
fn is_ready_after(probe: &Value, results: impl Iterator<Item = bool>) -> bool {
    let threshold = |name: &str| probe[name].as_u64().expect("a threshold");
    let (mut ready, mut last, mut row) = (false, false, 0);
    for success in results {
        row = if success == last { row + 1 } else { 1 };
        last = success;
        let needed = threshold(if success { "successThreshold" } else { "failureThreshold" });
        if row >= needed {
            ready = success;
        }
    }
    ready
}

#[test]
fn a_pod_is_ready_once_the_store_was_and_stays_so_while_it_is_away() {
    let Some(clusters) = clusters() else { return };
    for (name, cluster) in clusters {
        let container = &cluster.one("Deployment")["spec"]["template"]["spec"]["containers"][0];
        let probe = &container["readinessProbe"];
        let never = std::iter::repeat_n(false, 1_000);
        assert!(!is_ready_after(probe, never.clone()), "{name}");
        let once = never.clone().chain([true]);
        assert!(is_ready_after(probe, once.clone()), "{name}");
        // An hour and more of failures.
        assert!(is_ready_after(probe, once.chain(never)), "{name}");
        // A pod that doesn't answer at all is another matter.
        let live = &container["livenessProbe"];
        assert!(!is_ready_after(live, [true, false, false, false].into_iter()), "{name}");
    }
}

#[test]
fn mounted_volumes_are_there_and_have_what_is_taken_from_them() {
    let Some(clusters) = clusters() else { return };
    for (name, cluster) in clusters {
        for set in ["StatefulSet", "Job"].iter().flat_map(|kind| cluster.of_kind(kind)) {
            let pod = &set["spec"]["template"]["spec"];
            let claims = items(set, "/spec/volumeClaimTemplates")
                .iter()
                .map(|claim| &claim["metadata"]["name"]);
            let volumes: Vec<_> =
                items(pod, "/volumes").iter().map(|volume| &volume["name"]).chain(claims).collect();
            for mount in items(pod, "/containers/0/volumeMounts") {
                assert!(volumes.contains(&&mount["name"]), "{mount} in {name}");
            }
            for config in all_under(pod, "configMap") {
                let config = text(config, "/name");
                assert!(cluster.named("ConfigMap", config).is_some(), "{name}");
            }
        }
    }
}

#[test]
fn the_restore_pod_has_redis_image_and_an_overlays_line_changes_it() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let image = |objects: &[Value]| {
        let pod = objects.iter().find(|object| object["kind"] == "Pod").expect("a pod");
        text(pod, "/spec/containers/0/image").to_owned()
    };
    let set = Cluster::with_overlay(&manifests, "production");
    let set = set.one("StatefulSet");
    let own = text(set, "/spec/template/spec/containers/0/image");
    assert_eq!(image(&manifests.render("tasks/restore")), own);
    let mirrored =
        "resources: [../../tasks/restore]\nimages: [{name: redis, newName: a.example/redis}]\n";
    let mirrored = image(&manifests.render_overlay("restore", mirrored));
    assert_eq!(mirrored, format!("a.example/{own}"));
}

#[test]
fn every_secret_that_is_referred_to_is_one_that_the_runbook_makes() {
    let Some(clusters) = clusters() else { return };
    let runbook = runbook();
    let made = |name: &str, key: &str| {
        let ways = [
            (format!("create secret generic {name} "), format!("--from-literal={key}=")),
            (format!("patch secret {name} "), format!(r#"\"{key}\":"#)),
        ];
        let commands = runbook.split("```").flat_map(|block| block.split("kubectl "));
        commands.into_iter().any(|command| {
            let goes = |(start, argument): &(String, String)| {
                command.split_once(start).is_some_and(|(_, rest)| rest.contains(argument))
            };
            ways.iter().any(goes)
        })
    };
    for (name, cluster) in clusters {
        for object in cluster.objects() {
            for reference in all_under(object, "secretKeyRef") {
                let (secret, key) = (text(reference, "/name"), text(reference, "/key"));
                assert!(made(secret, key), "{key} of {secret} in {name}");
            }
            for secret in all_under(object, "secret") {
                for item in items(secret, "/items") {
                    let (secret, key) = (text(secret, "/secretName"), text(item, "/key"));
                    assert!(made(secret, key), "{key} of {secret} in {name}");
                }
            }
        }
        for ingress in cluster.of_kind("Ingress") {
            let command = format!("create secret tls {} ", text(ingress, "/spec/tls/0/secretName"));
            assert!(runbook.contains(&command), "{name}");
        }
    }
}

#[test]
fn a_redis_cluster_is_one_in_all_that_speaks_of_it() {
    let Some(clusters) = clusters() else { return };
    let (_, cluster) =
        clusters.iter().find(|(name, _)| name == "production-cluster").expect("the overlay");
    let set = cluster.one("StatefulSet");
    let job = cluster.one("Job");
    let pod = |workload: &Value| workload["spec"]["template"]["spec"].clone();
    let variables = items(job, "/spec/template/spec/containers/0/env");
    let figure = |name: &str| {
        let variable = variables.iter().find(|variable| variable["name"] == name);
        text(variable.expect("a variable"), "/value").parse::<u64>().expect("a number")
    };
    assert_eq!(set["spec"]["replicas"], figure("NODES"));
    assert_eq!(figure("NODES"), 2 * figure("PRIMARIES"));
    // The scripts are the same image's and the same files.
    assert_eq!(pod(set)["containers"][0]["image"], pod(job)["containers"][0]["image"]);
    assert_eq!(pod(set)["volumes"][0], pod(job)["volumes"][0]);

    // Nodes announce names of the Service that governs them, and the application may connect to those.
    let service = text(set, "/spec/serviceName");
    let config = text(set, "/spec/template/spec/volumes/0/configMap/name");
    let files = &cluster.named("ConfigMap", config).expect("the scripts")["data"];
    let announced = format!("cluster-announce-hostname $POD_NAME.{service}\n");
    assert!(text(files, "/start.sh").contains(&announced));
    let wanted = format!("\"{}-$1.{service}\"", text(set, "/metadata/name"));
    assert!(text(files, "/make.sh").contains(&wanted), "{wanted}");
    let headless = cluster.named("Service", service).expect("a Service");
    assert_eq!(headless["spec"]["clusterIP"], "None");
    assert_eq!(headless["spec"]["publishNotReadyAddresses"], true);
    let app = items(cluster.one("SpinApp"), "/spec/variables");
    let hosts = app.iter().find(|variable| variable["name"] == "redis_cluster_hosts");
    let port = &items(headless, "/spec/ports")[0]["port"];
    assert_eq!(text(hosts.expect("it"), "/value"), format!("redis://*.{service}:{port}"));
}
