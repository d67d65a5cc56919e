//! What the network policies let through, played through as Kubernetes defines it: app to Redis,
//! ingress to app, DNS, and nothing else. Probes come from the pod's own node, which policies can't
//! shut out.

use std::fs;

use serde_json::{Value, json};

use crate::cluster::{Cluster, items, selects};
use crate::kustomize::Manifests;

/// Something with an address in the cluster, or outside of it.
struct Peer {
    name: &'static str,
    /// `None` is outside.
    namespace: Option<&'static str>,
    labels: Value,
    address: &'static str,
}

fn peers(cluster: &Cluster) -> Vec<Peer> {
    let labels = |kind| {
        cluster
            .of_kind(kind)
            .next()
            .map(|workload| workload["spec"]["template"]["metadata"]["labels"].clone())
    };
    let pod = |name, namespace, labels, address| Peer {
        name,
        namespace: Some(namespace),
        labels,
        address,
    };
    let own = "path-records";
    let mut peers = vec![
        pod("app", own, labels("Deployment").expect("an app"), "10.0.0.1"),
        pod("neighbour", own, json!({ "app": "other" }), "10.0.0.3"),
        pod("gateway", "gateway", json!({ "app": "envoy" }), "10.0.1.1"),
        pod("stranger", "strangers", json!({ "app": "x" }), "10.0.2.1"),
        // Its labels are right and its namespace is wrong.
        pod("impostor", "strangers", labels("Deployment").expect("an app"), "10.0.2.2"),
        pod("dns", "kube-system", json!({ "k8s-app": "kube-dns" }), "10.0.3.1"),
        pod("cache", "kube-system", json!({ "k8s-app": "node-local-dns" }), "10.0.3.3"),
        // With the network of its node, a pod's labels don't count.
        Peer { name: "host cache", namespace: None, labels: json!({}), address: "169.254.20.10" },
        pod("controller", "kube-system", json!({ "app": "x" }), "10.0.3.2"),
        pod("openshift dns", "openshift-dns", json!({ "dns": "default" }), "10.0.3.4"),
        pod("client", "clients", json!({ "app": "x" }), "10.0.4.1"),
        pod("prometheus", "monitoring", json!({ "app": "prometheus" }), "10.0.5.1"),
        Peer { name: "internet", namespace: None, labels: json!({}), address: "203.0.113.5" },
        Peer { name: "outside Redis", namespace: None, labels: json!({}), address: "192.0.2.7" },
    ];
    if let Some(labels) = labels("StatefulSet") {
        peers.push(pod("redis", own, labels.clone(), "10.0.0.2"));
        if cluster.of_kind("Job").next().is_some() {
            peers.push(pod("other node", own, labels, "10.0.0.4"));
        }
    }
    if let Some(labels) = labels("Job") {
        peers.push(pod("admin", own, labels, "10.0.0.5"));
    }
    for job in cluster.of_kind("CronJob") {
        let labels = &job["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"];
        peers.push(pod("backup", own, labels.clone(), "10.0.0.4"));
    }
    peers
}

/// Whether all policies together let `from` connect to `to`.
fn allows(cluster: &Cluster, from: &Peer, to: &Peer, protocol: &str, port: u16) -> bool {
    allows_side(cluster, "Egress", from, to, protocol, port)
        && allows_side(cluster, "Ingress", to, from, protocol, port)
}

/// The policies on one end of a connection: with none for this direction, all is allowed.
fn allows_side(
    cluster: &Cluster,
    direction: &str,
    own: &Peer,
    other: &Peer,
    protocol: &str,
    port: u16,
) -> bool {
    let (rules, peers) = match direction {
        "Ingress" => ("/spec/ingress", "/from"),
        _ => ("/spec/egress", "/to"),
    };
    let policies: Vec<_> = cluster
        .of_kind("NetworkPolicy")
        .filter(|policy| own.namespace == policy["metadata"]["namespace"].as_str())
        .filter(|policy| selects(&policy["spec"]["podSelector"], &own.labels))
        .filter(|policy| items(policy, "/spec/policyTypes").contains(&json!(direction)))
        .collect();
    policies.is_empty()
        || policies.iter().any(|policy| {
            items(policy, rules).iter().any(|rule| {
                // A rule without peers or ports would be for all of them: none of ours is.
                assert!(!items(rule, peers).is_empty() && !items(rule, "/ports").is_empty());
                items(rule, peers).iter().any(|peer| is_peer(policy, peer, other))
                    && items(rule, "/ports")
                        .iter()
                        .any(|rule| rule["protocol"] == protocol && rule["port"] == port)
            })
        })
}

fn is_peer(policy: &Value, rule: &Value, peer: &Peer) -> bool {
    if let Some(block) = rule.get("ipBlock") {
        let network: ip_network::IpNetwork =
            block["cidr"].as_str().and_then(|cidr| cidr.parse().ok()).expect("a network");
        return network.contains(peer.address.parse::<std::net::IpAddr>().expect("an address"));
    }
    let Some(namespace) = peer.namespace else {
        return false;
    };
    let right_namespace = rule.get("namespaceSelector").map_or_else(
        || policy["metadata"]["namespace"] == namespace,
        |selector| selects(selector, &json!({ "kubernetes.io/metadata.name": namespace })),
    );
    right_namespace
        && rule.get("podSelector").is_none_or(|selector| selects(selector, &peer.labels))
}

/// Every connection that is let through of those that could matter: from or to the app or Redis.
fn allowed(cluster: &Cluster) -> Vec<String> {
    let ports = [
        ("TCP", 53),
        ("UDP", 53),
        ("TCP", 80),
        ("TCP", 443),
        ("TCP", 5353),
        ("UDP", 5353),
        ("TCP", 6379),
        ("TCP", 16379),
    ];
    let peers = peers(cluster);
    let own = |peer: &Peer| ["app", "redis", "admin"].contains(&peer.name);
    let mut allowed = Vec::new();
    for from in &peers {
        for to in peers.iter().filter(|to| to.name != from.name) {
            for (protocol, port) in ports {
                if (own(from) || own(to)) && allows(cluster, from, to, protocol, port) {
                    allowed.push(format!("{} -> {} {protocol} {port}", from.name, to.name));
                }
            }
        }
    }
    allowed.sort();
    allowed
}

#[test]
fn production_lets_through_what_it_needs_and_nothing_else() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    assert_eq!(
        allowed(&Cluster::with_overlay(&manifests, "production")),
        [
            "app -> cache TCP 53",
            "app -> cache UDP 53",
            "app -> dns TCP 53",
            "app -> dns UDP 53",
            "app -> host cache TCP 53",
            "app -> host cache UDP 53",
            "app -> redis TCP 6379",
            "gateway -> app TCP 80",
        ]
    );
}

#[test]
fn the_nodes_of_a_cluster_reach_each_other_and_nobody_else_reaches_the_bus() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let all = allowed(&Cluster::with_overlay(&manifests, "production-cluster"));
    let names = ["app", "admin", "redis"]
        .map(|from| ["cache", "dns", "host cache"].map(|to| format!("{from} -> {to} TCP 53")));
    assert!(names.as_flattened().iter().all(|line| all.contains(line)), "{all:?}");
    let others: Vec<_> = all.iter().filter(|line| !line.ends_with(" 53")).collect();
    assert_eq!(
        others,
        [
            "admin -> other node TCP 6379",
            "admin -> redis TCP 6379",
            "app -> other node TCP 6379",
            "app -> redis TCP 6379",
            "gateway -> app TCP 80",
            "other node -> redis TCP 16379",
            "other node -> redis TCP 6379",
            "redis -> other node TCP 16379",
            "redis -> other node TCP 6379",
        ]
    );
}

#[test]
fn with_a_redis_outside_its_network_takes_the_place_of_the_pod() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    assert_eq!(
        allowed(&Cluster::with_overlay(&manifests, "production-external-redis")),
        [
            "app -> cache TCP 53",
            "app -> cache UDP 53",
            "app -> dns TCP 53",
            "app -> dns UDP 53",
            "app -> host cache TCP 53",
            "app -> host cache UDP 53",
            "app -> outside Redis TCP 6379",
            "gateway -> app TCP 80",
        ]
    );
}

#[test]
fn the_marked_lines_let_in_clients_inside_the_cluster_and_prometheus() {
    for overlay in ["production", "production-external-redis"] {
        let Some(manifests) = Manifests::copy() else {
            return;
        };
        let file = manifests.path().join(format!("overlays/{overlay}/kustomization.yaml"));
        let text = fs::read_to_string(&file).expect("an overlay");
        let name = format!("{overlay}-open");
        let opened = text
            .replace("# - op: add", "- op: add")
            .replace("#   path: /spec/ingress", "  path: /spec/ingress")
            .replace("#   value: {namespaceSelector", "  value: {namespaceSelector");
        let cluster = Cluster::with(&manifests, manifests.render_overlay(&name, &opened));
        let into: Vec<_> =
            allowed(&cluster).into_iter().filter(|line| line.contains("-> app")).collect();
        let expected =
            ["client -> app TCP 80", "gateway -> app TCP 80", "prometheus -> app TCP 80"];
        assert_eq!(into, expected, "{overlay}");
    }
}

#[test]
fn the_pages_patch_adds_to_what_an_overlay_lets_through() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let page = fs::read_to_string(manifests.path().join("network.md")).expect("the page");
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    let (patch, _) = rest.split_once("```").expect("its end");
    let overlay = format!("resources: [../production]\n{patch}");
    let cluster = Cluster::with(&manifests, manifests.render_overlay("patched", &overlay));
    let before = allowed(&Cluster::with_overlay(&manifests, "production"));
    let (kept, added): (Vec<_>, Vec<_>) =
        allowed(&cluster).into_iter().partition(|line| before.contains(line));
    assert_eq!(kept, before);
    assert_eq!(
        added,
        [
            "app -> openshift dns TCP 5353",
            "app -> openshift dns UDP 5353",
            "internet -> app TCP 80",
        ]
    );
}

#[test]
fn wherever_redis_runs_inside_only_the_app_reaches_it() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for overlay in ["local", "fast-container"] {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        let about_redis: Vec<_> =
            allowed(&cluster).into_iter().filter(|line| line.contains("redis")).collect();
        assert_eq!(about_redis, ["app -> redis TCP 6379"], "{overlay}");
    }
}

#[test]
fn the_scheduled_backup_reaches_redis_too() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let objects = manifests.render_components(&["redis", "scheduled-backup"]);
    let about_redis: Vec<_> = allowed(&Cluster::with(&manifests, objects))
        .into_iter()
        .filter(|line| line.contains("redis"))
        .collect();
    assert_eq!(about_redis, ["app -> redis TCP 6379", "backup -> redis TCP 6379"]);
}
