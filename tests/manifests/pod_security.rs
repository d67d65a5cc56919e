//! The pods that are ours to write pass the *restricted* Pod Security Standard, and what the operator
//! makes passes the level that the namespace enforces.

use serde_json::{Value, json};

use crate::cluster::{Cluster, OVERLAYS, all_under, items, text};
use crate::kustomize::Manifests;

/// The kinds of volumes that *restricted* allows.
const VOLUMES: [&str; 8] = [
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
];

/// What of a pod the *restricted* standard forbids, by its own list.
fn violations(pod: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let mut check = |holds: bool, what: &str| {
        if !holds {
            found.push(what.to_owned());
        }
    };
    for shared in ["hostNetwork", "hostPID", "hostIPC"] {
        check(pod.get(shared).is_none(), shared);
    }
    let context = &pod["securityContext"];
    check(context["runAsNonRoot"] == true, "runAsNonRoot");
    check(context["runAsUser"] != 0, "runAsUser");
    check(context["seccompProfile"] == json!({ "type": "RuntimeDefault" }), "seccompProfile");
    for unsafe_setting in ["sysctls", "seLinuxOptions", "windowsOptions", "appArmorProfile"] {
        check(context.get(unsafe_setting).is_none(), unsafe_setting);
    }
    for volume in items(pod, "/volumes") {
        let kinds = volume.as_object().expect("a volume").keys();
        for kind in kinds.filter(|kind| *kind != "name") {
            check(VOLUMES.contains(&kind.as_str()), kind);
        }
    }
    check(pod.get("initContainers").is_none(), "initContainers aren't looked at");
    for container in items(pod, "/containers") {
        let context = &container["securityContext"];
        check(context["allowPrivilegeEscalation"] == false, "allowPrivilegeEscalation");
        check(context["capabilities"] == json!({ "drop": ["ALL"] }), "capabilities");
        for weaker in [
            "privileged",
            "procMount",
            "runAsNonRoot",
            "runAsUser",
            "seccompProfile",
            "seLinuxOptions",
        ] {
            check(context.get(weaker).is_none(), weaker);
        }
        for port in items(container, "/ports") {
            check(port.get("hostPort").is_none(), "hostPort");
        }
    }
    found
}

#[test]
fn redis_its_backups_and_the_tasks_pass_the_restricted_standard() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let tasks = ["tasks/restore", "tasks/restore-cluster"].map(|task| manifests.render(task));
    let mut pods: Vec<_> = tasks
        .iter()
        .flatten()
        .filter(|object| object["kind"] == "Pod")
        .map(|pod| pod["spec"].clone())
        .collect();
    for overlay in ["local", "production", "production-cluster"] {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        let own = ["StatefulSet", "Job"].iter().flat_map(|kind| cluster.of_kind(kind));
        pods.extend(own.map(|workload| workload["spec"]["template"]["spec"].clone()));
    }
    let backups = manifests.render_components(&["redis", "scheduled-backup"]);
    let jobs = backups.iter().filter(|object| object["kind"] == "CronJob");
    pods.extend(jobs.map(|job| job["spec"]["jobTemplate"]["spec"]["template"]["spec"].clone()));
    assert_eq!(pods.len(), 7);
    for pod in pods {
        assert_eq!(violations(&pod), Vec::<String>::new());
        // Stricter than the standard asks for.
        let container = &pod["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        assert_eq!(pod["automountServiceAccountToken"], false);
    }
}

/// The namespace enforces *baseline*: what that forbids, the operator's Deployment hasn't. It has no
/// security context at all, which is why *restricted* can't be enforced.
#[test]
fn the_application_passes_what_its_namespace_enforces_and_has_no_token() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for overlay in OVERLAYS {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        let namespace = cluster.one("Namespace");
        assert_eq!(
            namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"],
            "baseline"
        );
        let pod = &cluster.one("Deployment")["spec"]["template"]["spec"];
        for forbidden in ["hostNetwork", "hostPID", "hostIPC", "hostPort", "hostPath", "privileged"]
        {
            assert!(all_under(pod, forbidden).is_empty(), "{forbidden} in {overlay}");
        }
        assert!(!violations(pod).is_empty());
        let account = text(pod, "/serviceAccountName");
        let account = cluster.named("ServiceAccount", account).expect("the account is there");
        assert_eq!(account["automountServiceAccountToken"], false, "{overlay}");
    }
}
