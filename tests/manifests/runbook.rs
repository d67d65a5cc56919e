//! The runbook's commands, run against a cluster that isn't there: each of them parses, and gets as far
//! as asking for the cluster; and what they name is what the manifests make.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

use harness::workspace;
use path_records_stub::{Given, config};
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Cluster, OVERLAYS, text};
use crate::kustomize::{Manifests, kubectl, pages};

/// What the runbook uses besides kubectl and what every machine has: not run.
const STAND_INS: [&str; 6] = ["curl", "make", "openssl", "skopeo", "spin", "sudo"];

/// What kubectl is told of things that are in no namespace.
const CLUSTER_WIDE: [&str; 6] = [
    "delete node",
    "delete runtimeclass",
    "get nodes",
    "get runtimeclass",
    "get volumeattachment",
    "taint node",
];

/// Keeps each command line, a word a line, and what kubectl said to it.
const KUBECTL: &str = r#"#!/bin/sh
entry=$(mktemp "$LOG/XXXXXX")
printf '%s\n' "$@" >"$entry"
KUBECONFIG="$LOG/../config" "$KUBECTL" "$@" 2>"$entry.err"
status=$?
echo "$status" >"$entry.status"
cat "$entry.err" >&2
exit "$status"
"#;

/// Port 1 is nobody's.
const CONFIG: &str = r"apiVersion: v1
kind: Config
clusters: [{name: none, cluster: {server: 'http://127.0.0.1:1'}}]
contexts: [{name: none, context: {cluster: none, user: none}}]
users: [{name: none, user: {}}]
current-context: none
";

/// A kubectl that was run.
pub struct Ran {
    words: Vec<String>,
    /// What it wrote to stderr.
    pub complaint: String,
    /// Whether it ended with 0.
    pub succeeded: bool,
}

impl Ran {
    /// Its arguments.
    pub fn line(&self) -> String {
        self.words.join(" ")
    }

    /// The word after this one.
    pub fn option(&self, name: &str) -> Option<&str> {
        let at = self.words.iter().position(|word| word == name)?;
        self.words.get(at + 1).map(String::as_str)
    }
}

/// The runbook's shell blocks, and those of other pages that are about a cluster.
fn blocks() -> Vec<String> {
    let mut blocks: Vec<_> = pages().iter().flat_map(|page| shell_blocks(page)).collect();
    for page in ["README.md", "runtime-manifests/README.md"] {
        let others = shell_blocks(&workspace().join(page));
        blocks.extend(others.into_iter().filter(|block| block.contains("kubectl ")));
    }
    blocks
}

fn shell_blocks(path: &Path) -> Vec<String> {
    fs::read_to_string(path)
        .expect("a README")
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split_once("```").expect("the block's end").0.to_owned())
        .collect()
}

/// Every kubectl of the runbook, run once for all tests.
static RAN: LazyLock<Vec<Ran>> = LazyLock::new(|| run_all(&blocks()));

/// Runs the blocks and returns every kubectl that they ran.
fn run_all(blocks: &[String]) -> Vec<Ran> {
    let place = tempfile::tempdir().expect("a temporary directory");
    let programs = place.path().join("bin");
    let log = place.path().join("log");
    fs::create_dir(&programs).expect("a directory");
    fs::create_dir(&log).expect("a directory");
    fs::write(place.path().join("config"), CONFIG).expect("a file");
    add_program(&programs, "kubectl", KUBECTL);
    for name in STAND_INS {
        add_program(&programs, name, "#!/bin/sh\necho something\n");
    }
    // Where the commands take and leave files.
    let here = place.path().join("here");
    fs::create_dir(&here).expect("a directory");
    std::os::unix::fs::symlink(
        workspace().join("runtime-manifests"),
        here.join("runtime-manifests"),
    )
    .expect("a link");
    for name in ["ca.pem", "path-records.rdb", "path-records.tar", "redis-password"] {
        fs::write(here.join(name), "content").expect("a file");
    }
    let certified = rcgen::generate_simple_self_signed(["records.example.com".to_owned()])
        .expect("a certificate");
    fs::write(here.join("tls.crt"), certified.cert.pem()).expect("a file");
    fs::write(here.join("tls.key"), certified.signing_key.serialize_pem()).expect("a file");
    for block in blocks {
        let output = run(block, &place, &programs, &log, &here);
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(!complaint.contains("not found"), "{block}\n{complaint}");
    }
    read_log(&log)
}

fn run(block: &str, place: &TempDir, programs: &Path, log: &Path, here: &Path) -> Output {
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").expect("a path"));
    Command::new("/bin/sh")
        .args(["-uc", block])
        .current_dir(here)
        .env("PATH", path)
        .env("HOME", place.path())
        .env("KUBECTL", kubectl().expect("the caller has looked"))
        .env("LOG", log)
        .stdin(Stdio::null())
        .output()
        .expect("a shell")
}

/// What a stand-in for kubectl has kept.
pub fn read_log(log: &Path) -> Vec<Ran> {
    let mut names: Vec<_> = fs::read_dir(log)
        .expect("the log")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_none())
        .collect();
    names.sort();
    names
        .iter()
        .map(|path| {
            let read = |suffix: &str| {
                fs::read_to_string(path.with_extension(suffix)).expect("kubectl has ended")
            };
            Ran {
                words: read("").lines().map(str::to_owned).collect(),
                complaint: read("err"),
                succeeded: read("status").trim() == "0",
            }
        })
        .collect()
}

/// Puts a program into a directory.
pub fn add_program(directory: &Path, name: &str, text: &str) {
    let path = directory.join(name);
    fs::write(&path, text).expect("a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
}

/// An object as kubectl takes it.
fn reference(kind: &str, name: &str) -> String {
    format!("{}/{name}", kind.to_lowercase())
}

#[test]
fn every_command_gets_as_far_as_asking_for_the_cluster() {
    if Manifests::copy().is_none() {
        return;
    }
    let blocks = blocks();
    let written: usize = blocks.iter().map(|block| block.matches("kubectl ").count()).sum();
    let ran = &*RAN;
    assert_eq!(ran.len(), written);
    assert!(written > 30, "{written}");
    for command in ran {
        assert!(
            command.succeeded || command.complaint.contains("connection refused"),
            "kubectl {}\n{}",
            command.line(),
            command.complaint
        );
    }
    // Where kubectl doesn't understand a command, it says so before it asks.
    let wrong = ["kubectl -n path-records rollout status --timeouts=1m deployment/x\n".to_owned()];
    let wrong = &run_all(&wrong)[0];
    assert!(!wrong.succeeded && !wrong.complaint.contains("refused"));
}

#[test]
fn what_the_commands_name_is_what_the_manifests_make() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut made = BTreeSet::new();
    for overlay in OVERLAYS {
        for object in Cluster::with_overlay(&manifests, overlay).objects() {
            let (kind, name) = (text(object, "/kind"), text(object, "/metadata/name"));
            made.insert(reference(kind, name));
            if kind == "StatefulSet" {
                made.insert(reference("Pod", &format!("{name}-0")));
                let claim = text(object, "/spec/volumeClaimTemplates/0/metadata/name");
                made.insert(reference("PersistentVolumeClaim", &format!("{claim}-{name}-0")));
            }
        }
    }
    for object in manifests.render("tasks/restore-cluster") {
        made.insert(reference(text(&object, "/kind"), text(&object, "/metadata/name")));
    }
    for object in manifests.render("tasks/restore") {
        made.insert(reference(text(&object, "/kind"), text(&object, "/metadata/name")));
        // It mounts what the StatefulSet claimed.
        if object["kind"] == "Pod" {
            let claim = text(&object, "/spec/volumes/0/persistentVolumeClaim/claimName");
            assert!(made.contains(&reference("PersistentVolumeClaim", claim)));
        }
    }

    for command in &*RAN {
        // A Job that the runbook makes of a CronJob.
        if let Some(at) = command.words.windows(2).position(|words| words == ["create", "job"]) {
            made.insert(reference("Job", &command.words[at + 2]));
        }
    }

    let mut named = 0;
    for command in &*RAN {
        let line = command.line();
        for word in &command.words {
            let known_kind = word.split_once('/').is_some_and(|(kind, _)| {
                made.iter().any(|name| name.starts_with(&format!("{kind}/")))
            });
            if known_kind {
                assert!(made.contains(word), "{word} in kubectl {line}");
                named += 1;
            }
        }
        if let Some(pod) = command.words.iter().position(|word| word == "exec") {
            let pod = command.words[pod..].iter().find(|word| word.starts_with("path-records"));
            let pod = format!("pod/{}", pod.expect("a pod"));
            assert!(made.contains(&pod), "{pod} in kubectl {line}");
            named += 1;
        }
        let file = command.option("-k").or_else(|| command.option("-f"));
        match file.filter(|file| *file != "-") {
            Some(file) => assert!(workspace().join(file).exists(), "{file} in kubectl {line}"),
            None if CLUSTER_WIDE.iter().any(|start| line.starts_with(start)) => {}
            None => assert_eq!(command.option("-n"), Some("path-records"), "kubectl {line}"),
        }
    }
    assert!(named > 20, "{named}");
}

#[test]
fn the_tokens_that_the_runbook_writes_can_be_used() {
    if Manifests::copy().is_none() {
        return;
    }
    let mut used = 0;
    for command in &*RAN {
        let patches = command.words.iter().filter_map(|word| word.strip_prefix("--patch="));
        for patch in patches.filter(|patch| patch.contains("tokens")) {
            let patch: Value = serde_json::from_str(patch).expect("a patch is JSON");
            let tokens = match patch.pointer("/data/tokens") {
                Some(encoded) => decoded(encoded.as_str().expect("a text")),
                None => text(&patch, "/stringData/tokens").to_owned(),
            };
            let given = Given::defaults().but("tokens", &tokens);
            assert!(config(&given).is_ok(), "{tokens}");
            used += 1;
        }
    }
    assert!(used > 2, "{used}");
}

/// What a Secret's `data` holds.
fn decoded(base64: &str) -> String {
    let mut decoder = Command::new("base64")
        .arg("-d")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("base64");
    let mut stdin = decoder.stdin.take().expect("a pipe");
    stdin.write_all(base64.as_bytes()).expect("it reads");
    drop(stdin);
    let output = decoder.wait_with_output().expect("it ends");
    assert!(output.status.success(), "{base64}");
    String::from_utf8(output.stdout).expect("text")
}
