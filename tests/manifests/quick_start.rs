//! The quick start's scripts, run with stand-ins for all that makes a cluster: each of their kubectl commands
//! parses, goes to the cluster of the script and to no other, and they can be run again.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use harness::workspace;
use serde_json::json;

use crate::cluster::{Cluster, text};
use crate::kustomize::{Manifests, directory, kubectl};
use crate::runbook::{Ran, add_program, read_log};

/// The scripts, and the cluster that each is about.
const SCRIPTS: [(&str, &str); 2] =
    [("k3d.sh", "k3d-path-records"), ("minikube.sh", "path-records")];

/// Keeps each command line, and what the real kubectl said to it where that wouldn't fetch anything; then does as
/// if there were a cluster, whose Secret is there once it was made.
const KUBECTL: &str = r#"#!/bin/sh
entry=$(mktemp "$LOG/XXXXXX")
printf '%s\n' "$@" >"$entry"
status=0
: >"$entry.err"
case "$*" in
  *https://*) ;;
  *) KUBECONFIG="$LOG/../config" "$KUBECTL" "$@" >/dev/null 2>"$entry.err" || status=$? ;;
esac
echo "$status" >"$entry.status"
case "$*" in
  *'get secret'*) [ -e "$LOG/../secret" ] ;;
  *'create secret'*) touch "$LOG/../secret" ;;
  *'get endpointslices'*) printf 'one\ntwo\nthree\n' ;;
  *'top pods'*) printf 'one 1m\ntwo 1m\nthree 1m\n' ;;
esac
"#;

/// Keeps what it was asked for; a cluster is there once it was made.
const OTHER: &str = r#"#!/bin/sh
name=${0##*/}
echo "$name $*" >>"$LOG/../others"
case "$name $*" in
  'k3d cluster list'*) [ -e "$LOG/../cluster" ] ;;
  'k3d cluster create'*) touch "$LOG/../cluster" ;;
  *uname*) echo x86_64 ;;
esac
"#;

const CONFIG: &str = r"apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: 'http://127.0.0.1:1'}}]
contexts:
- {name: k3d-path-records, context: {cluster: none, user: none}}
- {name: path-records, context: {cluster: none, user: none}}
users: [{name: none, user: {}}]
";

/// Runs a script with a kubectl behind the stand-in, and returns every kubectl that it ran and every other program.
fn run(script: &str, place: &Path, kubectl: &Path) -> (Vec<Ran>, String) {
    let (programs, log) = (place.join("bin"), place.join("log"));
    let _ = fs::remove_dir_all(&log);
    let _ = fs::remove_file(place.join("others"));
    fs::create_dir_all(&programs).expect("a directory");
    fs::create_dir(&log).expect("a directory");
    fs::write(place.join("config"), CONFIG).expect("a file");
    add_program(&programs, "kubectl", KUBECTL);
    for name in ["curl", "docker", "helm", "k3d", "make", "minikube", "openssl", "sleep", "tar"] {
        add_program(&programs, name, OTHER);
    }
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").expect("a path"));
    let output = Command::new("bash")
        .arg(directory().join("quick-start").join(script))
        .current_dir(place)
        .env("PATH", path)
        .env("HOME", place)
        .env("KUBECTL", kubectl)
        .env("LOG", &log)
        .env_remove("PORT")
        .stdin(Stdio::null())
        .output()
        .expect("a shell");
    assert!(output.status.success(), "{script}: {output:?}");
    let others = fs::read_to_string(place.join("others")).expect("what ran");
    (read_log(&log), others)
}

#[test]
fn each_script_says_what_kubectl_understands_to_its_own_cluster_and_can_be_run_again() {
    if Manifests::copy().is_none() {
        return;
    }
    for (script, context) in SCRIPTS {
        let place = tempfile::tempdir().expect("a temporary directory");
        let (first, others) = run(script, place.path(), kubectl().expect("there is a copy"));
        for command in &first {
            let line = command.line();
            assert_eq!(command.option("--context"), Some(context), "{line}");
            assert!(
                command.succeeded || command.complaint.contains("refused"),
                "kubectl {line}\n{}",
                command.complaint
            );
            let file = command.option("-k").or_else(|| command.option("-f"));
            if let Some(file) = file.filter(|file| !file.starts_with("https://")) {
                assert!(workspace().join(file).exists(), "{file} in kubectl {line}");
            }
        }
        for cluster in ["k3d cluster create path-records", "minikube start --profile path-records"]
        {
            let its_own = cluster.starts_with(script.trim_end_matches(".sh"));
            assert_eq!(others.contains(cluster), its_own, "{script}: {others}");
        }
        let says = |ran: &[Ran], words: &str| ran.iter().any(|ran| ran.line().contains(words));
        assert!(says(&first, "create secret generic path-records-redis"));
        for image in ["path-records:0.1.0-second", "path-records:0.1.0"] {
            assert!(says(&first, &format!(r#"{{"spec":{{"image":"{image}"}}}}"#)), "{image}");
            assert!(others.contains(&format!("make image IMAGE={image}\n")), "{image}");
        }

        // What kubectl understands is known by now.
        let (second, others) = run(script, place.path(), Path::new("true"));
        assert!(!says(&second, "create secret"), "{script}");
        assert!(!others.contains("cluster create"), "{script}: {others}");
        assert_eq!(second.len() + 1, first.len(), "{script}");
    }
}

#[test]
fn the_node_port_leads_to_the_application_and_is_the_one_that_the_clusters_publish() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let cluster = Cluster::with(&manifests, manifests.render("quick-start"));
    let service = cluster.named("Service", "path-records-node-port").expect("the service");
    let own = cluster.named("Service", "path-records").expect("the operator's service");
    assert_eq!(service["spec"]["selector"], own["spec"]["selector"]);
    assert_eq!(service["spec"]["ports"][0]["targetPort"], own["spec"]["ports"][0]["targetPort"]);
    let app = cluster.one("SpinApp");
    let image = text(app, "/spec/image");
    let library = fs::read_to_string(directory().join("quick-start/lib.sh")).expect("a script");
    assert!(library.contains(&format!("first={image}\n")));
    for (script, _) in SCRIPTS {
        let script = fs::read_to_string(directory().join("quick-start").join(script));
        let port = format!("$port:{}", service["spec"]["ports"][0]["nodePort"]);
        assert!(script.expect("a script").contains(&port), "{port}");
    }
    assert_eq!(app["spec"]["replicas"], json!(1));
}

#[test]
fn containerd_is_told_of_the_shim_once_and_as_its_version_wants_it() {
    let place = tempfile::tempdir().expect("a temporary directory");
    let file = place.path().join("config.toml");
    for (before, plugin, systemd) in [
        ("version = 2\n", "io.containerd.grpc.v1.cri", "false"),
        ("version = 3\n[a]\n  SystemdCgroup = true\n", "io.containerd.cri.v1.runtime", "true"),
    ] {
        fs::write(&file, before).expect("a file");
        for _ in 0..2 {
            let script = directory().join("quick-start/containerd.sh");
            let status = Command::new("/bin/sh").arg(script).arg(&file).status();
            assert!(status.expect("a shell").success());
        }
        let after = fs::read_to_string(&file).expect("the file");
        let added = format!(
            "\n[plugins.\"{plugin}\".containerd.runtimes.spin]\n  runtime_type = \"io.containerd.spin.v2\"\n\n\
             [plugins.\"{plugin}\".containerd.runtimes.spin.options]\n  SystemdCgroup = {systemd}\n"
        );
        assert_eq!(after, format!("{before}{added}"));
    }
}
