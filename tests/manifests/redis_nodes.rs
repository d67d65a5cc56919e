//! The Redis Cluster of the manifests as processes: its settings and scripts as they are rendered, with other
//! paths and ports, and each node at a loopback address of its own. Linux answers at all of `127.0.0.0/8`.

use std::fs::{self, File};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Duration;

use harness::{Leash, eventually, free_port};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Cluster, items, text};
use crate::kustomize::skip;

/// With what shells and configuration files treat in a special way.
pub const PASSWORD: &str = "pass\"word' $(x) \\ #";

/// In a pod `redis-cli` without an address asks the pod itself.
const REDIS_CLI: &str = r#"#!/bin/sh
case " $* " in
  *" --cluster "* | *" -u "*) exec REAL "$@" ;;
  *" -h "*) exec REAL -p PORT "$@" ;;
esac
exec REAL -h "$POD_IP" -p PORT "$@"
"#;

/// The cluster's DNS is a file of addresses and names.
const GETENT: &str = "#!/bin/sh\nexec awk -v name=\"$2\" '$2 == name' HOSTS\n";

/// Pods with a common network.
pub struct Nodes {
    directory: TempDir,
    port: u16,
    /// For the Redis that the restore task starts.
    other_port: u16,
    /// What all nodes have in `/etc/redis`.
    files: Vec<(String, String)>,
    probe: Vec<String>,
    hook: Vec<String>,
    job: Vec<String>,
    variables: Vec<(String, String)>,
    pods: Vec<Option<Pod>>,
}

struct Pod {
    address: String,
    server: Leash,
}

impl Nodes {
    /// The pods of this cluster's `StatefulSet`, none of which runs yet. `None`, with a line about it, on a
    /// machine that can't have them.
    pub fn new(cluster: &Cluster) -> Option<Self> {
        if let Some(why) = unable() {
            skip(&why);
            return None;
        }
        let template = &cluster.one("StatefulSet")["spec"]["template"]["spec"];
        let container = &template["containers"][0];
        assert_eq!(words(&container["command"]), ["/bin/sh", "/etc/redis/start.sh"]);
        let config = text(template, "/volumes/0/configMap/name");
        let config = &cluster.named("ConfigMap", config).expect("it is there")["data"];
        let job = &cluster.one("Job")["spec"]["template"]["spec"]["containers"][0];
        let nodes = Self {
            directory: tempfile::tempdir().expect("a temporary directory"),
            port: free_port_everywhere(),
            other_port: free_port(),
            files: config
                .as_object()
                .expect("files")
                .iter()
                .map(|(name, content)| (name.clone(), content.as_str().expect("text").to_owned()))
                .collect(),
            probe: words(&container["readinessProbe"]["exec"]["command"]),
            hook: words(&container["lifecycle"]["preStop"]["exec"]["command"]),
            job: words(&job["command"]),
            variables: items(job, "/env")
                .iter()
                .map(|variable| (text(variable, "/name").into(), text(variable, "/value").into()))
                .collect(),
            pods: Vec::new(),
        };
        let bin = nodes.directory.path().join("bin");
        fs::create_dir(&bin).expect("a directory");
        let hosts = nodes.hosts();
        fs::write(&hosts, "").expect("a file");
        let port = nodes.port.to_string();
        for (name, script) in [
            ("redis-cli", REDIS_CLI.replace("REAL", &real("redis-cli")).replace("PORT", &port)),
            ("getent", GETENT.replace("HOSTS", &hosts.display().to_string())),
        ] {
            fs::write(bin.join(name), script).expect("a file");
            fs::set_permissions(bin.join(name), fs::Permissions::from_mode(0o755)).expect("a mode");
        }
        nodes.write_files("task", "");
        Some(nodes)
    }

    fn hosts(&self) -> PathBuf {
        self.directory.path().join("hosts")
    }

    /// Where something of a pod is here. The Job's and the restore task's pod is called `task`.
    pub fn path(&self, pod: &str, path: &str) -> PathBuf {
        self.directory.path().join(pod).join(path.trim_start_matches('/'))
    }

    /// What is mounted into a pod.
    fn write_files(&self, pod: &str, settings: &str) {
        for directory in ["/data", "/etc/redis", "/etc/redis-password", "/run/redis", "/restore"] {
            fs::create_dir_all(self.path(pod, directory)).expect("a directory");
        }
        for (name, content) in &self.files {
            let mut content = self.localise(pod, content);
            if name == "redis.conf" {
                content.push_str(settings);
            }
            fs::write(self.path(pod, "/etc/redis").join(name), content).expect("a file");
        }
        let password = self.path(pod, "/etc/redis-password/password");
        if !password.exists() {
            fs::write(password, PASSWORD).expect("a file");
        }
    }

    /// A text with a pod's paths and ports as they are here, and with less patience.
    fn localise(&self, pod: &str, text: &str) -> String {
        let root = self.directory.path().join(pod);
        let mut text = text
            .replace("6379", &self.port.to_string())
            .replace("7000", &self.other_port.to_string())
            .replace("cluster-node-timeout 5000", "cluster-node-timeout 3000")
            .replace("while sleep 5", "while sleep 1");
        for path in ["/data", "/etc/redis", "/run/redis", "/restore"] {
            text = text.replace(path, &format!("{}{path}", root.display()));
        }
        // Redis 7.2 and later know what this is, the manifests' is one.
        if !knows_machines() {
            text = without(&text, |line| line.starts_with("cluster-announce-human"));
        }
        text
    }

    /// Starts a pod, or starts it again at this address; one that has lost its volume has nothing of before.
    pub fn start(&mut self, node: usize, network: u8) {
        let name = node.to_string();
        let address = format!("127.{}.{network}.{}", 64 + std::process::id() % 128, node + 1);
        self.write_files(&name, &format!("bind {address}\n"));
        let host = format!("path-records-redis-cluster-{node}.path-records-redis-nodes");
        let names = fs::read_to_string(self.hosts()).expect("the names");
        let hosts = without(&names, |line| line.ends_with(&host)) + &format!("{address} {host}\n");
        fs::write(self.hosts(), hosts).expect("a file");
        self.pods.resize_with(self.pods.len().max(node + 1), || None);
        let log = File::create(self.path(&name, "/log")).expect("a file");
        let mut command = self.command(&name, &address, "exec /bin/sh /etc/redis/start.sh");
        command.stdout(log.try_clone().expect("a file")).stderr(log);
        let server = Leash::start(&mut command, None);
        self.pods[node] = Some(Pod { address, server });
        eventually("the node answers", || self.say(node, "ping").contains("PONG").then_some(()));
    }

    /// Runs the hook that comes before a pod's end.
    pub fn hand_over(&self, node: usize) {
        let output = self.run(node, &self.hook.join(" "));
        assert!(output.status.success(), "{output:?}");
    }

    /// Ends a pod as Kubernetes does.
    pub fn stop(&mut self, node: usize) {
        self.hand_over(node);
        let mut pod = self.pods[node].take().expect("it runs");
        let id = i32::try_from(pod.server.id()).ok().and_then(Pid::from_raw).expect("an id");
        kill_process(id, Signal::TERM).expect("it runs");
        eventually("the node has ended", || pod.server.ended().map(|_| ()));
    }

    /// Kills a pod with all that runs in it.
    pub fn kill(&mut self, node: usize) {
        self.pods[node] = None;
    }

    /// Removes what a pod that doesn't run has on its volume.
    pub fn lose_volume(&self, node: usize) {
        fs::remove_dir_all(self.path(&node.to_string(), "/data")).expect("a directory");
    }

    /// A shell in a pod.
    fn command(&self, pod: &str, address: &str, script: &str) -> Command {
        let bin = self.directory.path().join("bin");
        let path = std::env::var("PATH").expect("a path");
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", &self.localise(pod, script)])
            .env("PATH", format!("{}:{path}", bin.display()))
            .env("POD_NAME", format!("path-records-redis-cluster-{pod}"))
            .env("POD_IP", address)
            .env("NODE_NAME", "machine")
            .stdin(Stdio::null());
        command
    }

    /// Runs something in a pod.
    pub fn run(&self, node: usize, script: &str) -> Output {
        self.with_input(node, script, None)
    }

    /// Runs something in a pod with this file on standard input.
    pub fn with_input(&self, node: usize, script: &str, input: Option<&Path>) -> Output {
        let pod = self.pods[node].as_ref().expect("it runs");
        let mut command = self.command(&node.to_string(), &pod.address, script);
        if let Some(input) = input {
            command.stdin(File::open(input).expect("a file"));
        }
        command.output().expect("a shell")
    }

    /// What a node answers, to the password that its Secret has.
    pub fn say(&self, node: usize, command: &str) -> String {
        let auth = r#"REDISCLI_AUTH="$(cat /etc/redis-password/password)" redis-cli"#;
        let output = self.run(node, &format!("{auth} {command}"));
        String::from_utf8(output.stdout).expect("text").trim().replace('\r', "")
    }

    /// What the readiness probe finds.
    pub fn is_ready(&self, node: usize) -> bool {
        self.run(node, &self.probe.join(" ")).status.success()
    }

    /// Waits until all of these are ready.
    pub fn until_ready(&self, nodes: std::ops::Range<usize>) {
        for node in nodes {
            eventually(&format!("node {node} is ready"), || {
                let ready = self.is_ready(node);
                if !ready {
                    // Each look is some processes, which the nodes would wait for.
                    sleep(Duration::from_millis(300));
                }
                ready.then_some(())
            });
        }
    }

    /// Runs the Job, for as many pods as it says or for another number.
    pub fn make(&self, nodes: Option<usize>) -> String {
        let mut command = self.command("task", "", &self.job.join(" "));
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        if let Some(nodes) = nodes {
            command.env("NODES", nodes.to_string());
        }
        let output = command.output().expect("a shell");
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).expect("text")
    }

    /// Runs the restore task.
    pub fn restore(&self, script: &str, backup: &Path) -> Output {
        let mut command = self.command("task", "", script);
        command.stdin(File::open(backup).expect("a file")).output().expect("a shell")
    }

    /// Changes the Secret as the pods see it.
    pub fn set_password(&self, password: &str) {
        let nodes = (0..self.pods.len()).map(|node| node.to_string());
        for pod in nodes.chain(["task".to_owned()]) {
            fs::write(self.path(&pod, "/etc/redis-password/password"), password).expect("a file");
        }
    }
}

fn words(command: &Value) -> Vec<String> {
    let words = command.as_array().expect("a command").iter();
    words.map(|word| word.as_str().expect("a word").to_owned()).collect()
}

/// Why there can be no such cluster here.
fn unable() -> Option<String> {
    if !cfg!(target_os = "linux") {
        return Some(
            "only Linux has a loopback address for each node of a Redis Cluster".to_owned(),
        );
    }
    let (major, minor) = version();
    (major < 7)
        .then(|| format!("the cluster's settings are for Redis 7, and this is {major}.{minor}"))
}

/// Whether this Redis takes a node's machine as a setting.
fn knows_machines() -> bool {
    version() >= (7, 2)
}

/// The version of the `redis-server` here.
fn version() -> (u32, u32) {
    let output = Command::new("redis-server").arg("--version").output().expect("redis-server");
    let output = String::from_utf8(output.stdout).expect("text");
    let (_, version) = output.split_once("v=").expect("a version");
    let mut numbers = version.split('.').map(|number| number.parse().expect("a number"));
    (numbers.next().expect("a major version"), numbers.next().expect("a minor version"))
}

/// A text without some of its lines.
fn without(text: &str, gone: impl Fn(&str) -> bool) -> String {
    text.split_inclusive('\n').filter(|line| !gone(line.trim_end())).collect()
}

/// Where a program is.
fn real(program: &str) -> String {
    let output = Command::new("/bin/sh")
        .args(["-c", &format!("command -v {program}")])
        .output()
        .expect("a shell");
    String::from_utf8(output.stdout).expect("a path").trim().to_owned()
}

/// A port that is free at every address, and the bus's with it.
fn free_port_everywhere() -> u16 {
    eventually("two ports are free", || {
        let port = free_port();
        // Below what the system gives to outgoing connections.
        let bus = Some(port + 10_000).filter(|bus| *bus < 32_000)?;
        TcpListener::bind(("0.0.0.0", port)).and(TcpListener::bind(("0.0.0.0", bus))).ok()?;
        Some(port)
    })
}
