//! The Redis of the manifests as a process: its settings and scripts as they are rendered, with other
//! paths, and with a socket in place of the port.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use harness::eventually;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::cluster::{Cluster, items, text};

/// With what shells and configuration files treat in a special way.
pub const PASSWORD: &str = "pass\"word' $(x) \\ #";

/// A container's file system, in a directory.
pub struct Pod {
    directory: TempDir,
    ready: Vec<String>,
    live: Vec<String>,
    /// The password's file.
    pub secret: PathBuf,
    server: Option<Child>,
}

impl Pod {
    /// The container of this cluster's `StatefulSet`, with a password; nothing runs yet.
    pub fn new(cluster: &Cluster) -> Self {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let template = &cluster.one("StatefulSet")["spec"]["template"]["spec"];
        let container = &template["containers"][0];
        assert_eq!(container["command"], serde_json::json!(["/bin/sh", "/etc/redis/start.sh"]));
        let mut pod = Self {
            ready: words(&container["readinessProbe"]["exec"]["command"]),
            live: words(&container["livenessProbe"]["exec"]["command"]),
            secret: PathBuf::new(),
            directory,
            server: None,
        };
        for mount in items(container, "/volumeMounts") {
            let here = pod.path(text(mount, "/mountPath"));
            fs::create_dir_all(&here).expect("a directory");
            let volume =
                items(template, "/volumes").iter().find(|volume| volume["name"] == mount["name"]);
            let Some(volume) = volume else { continue };
            if let Some(config) = volume.pointer("/configMap/name") {
                let config = cluster.named("ConfigMap", config.as_str().expect("a name"));
                for (name, content) in
                    config.expect("it is there")["data"].as_object().expect("files")
                {
                    let content = pod.localise(content.as_str().expect("text"));
                    fs::write(here.join(name), content).expect("a file");
                }
            }
            if let [item] = items(volume, "/secret/items") {
                pod.secret = here.join(text(item, "/path"));
            }
        }
        pod.set_password(PASSWORD);
        pod
    }

    /// Where something of the container is here.
    pub fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path.trim_start_matches('/'))
    }

    /// Changes the Secret as the container sees it.
    pub fn set_password(&self, password: &str) {
        fs::write(&self.secret, password).expect("a file");
    }

    /// A text with the container's paths as they are here, and with a socket in place of the port.
    fn localise(&self, text: &str) -> String {
        let root = self.directory.path().display();
        let socket = self.path("/socket");
        let mut text = text.replace("redis-cli", &format!("redis-cli -s {}", socket.display()));
        for path in ["/data", "/etc/redis", "/run/redis"] {
            text = text.replace(path, &format!("{root}{path}"));
        }
        text.replace("port 6379", &format!("port 0\nunixsocket {}", socket.display()))
    }

    /// A shell with a script from the manifests, or for the container.
    pub fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &self.localise(script)]).stdin(Stdio::null());
        command
    }

    /// Starts Redis and waits until it is ready.
    pub fn start(&mut self) {
        self.launch();
        eventually("Redis is ready", || self.is_ready().then_some(()));
    }

    /// Starts Redis and waits until it is alive.
    pub fn launch(&mut self) {
        let log = File::create(self.path("/log")).expect("a file");
        let server = self
            .shell("exec /bin/sh /etc/redis/start.sh")
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .expect("a shell");
        self.server = Some(server);
        eventually("Redis is alive", || self.is_alive().then_some(()));
    }

    /// Ends Redis as Kubernetes does.
    pub fn stop(&mut self) {
        let mut server = self.server.take().expect("it runs");
        kill_process(Pid::from_child(&server), Signal::TERM).expect("it runs");
        assert!(server.wait().expect("it ends").success(), "{}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("/log")).expect("its log")
    }

    /// What the readiness probe finds.
    pub fn is_ready(&self) -> bool {
        self.probe(&self.ready)
    }

    /// What the liveness probe finds.
    pub fn is_alive(&self) -> bool {
        self.probe(&self.live)
    }

    fn probe(&self, command: &[String]) -> bool {
        let words: Vec<_> = command.iter().map(|word| self.localise(word)).collect();
        // Without a shell, a program's name and its arguments are words of their own.
        let words: Vec<_> = match words.as_slice() {
            [shell, flag, script] if flag == "-c" => vec![shell.as_str(), "-c", script.as_str()],
            words => words.iter().flat_map(|word| word.split(' ')).collect(),
        };
        Command::new(words[0])
            .args(&words[1..])
            .stdin(Stdio::null())
            .output()
            .expect("the probe runs")
            .status
            .success()
    }

    /// What Redis answers to a command, with this password.
    pub fn say(&self, password: &str, command: &str) -> String {
        let output = self
            .shell(&format!("redis-cli {command}"))
            .env("REDISCLI_AUTH", password)
            .output()
            .expect("a shell");
        String::from_utf8(output.stdout).expect("text").trim().to_owned()
    }

    /// A setting as it is in force.
    pub fn setting(&self, name: &str) -> String {
        let answer = self.say(PASSWORD, &format!("config get {name}"));
        answer.lines().nth(1).unwrap_or_default().to_owned()
    }
}

impl Drop for Pod {
    fn drop(&mut self) {
        if let Some(server) = &mut self.server {
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

fn words(command: &Value) -> Vec<String> {
    command
        .as_array()
        .expect("a command")
        .iter()
        .map(|word| word.as_str().expect("a word").to_owned())
        .collect()
}
