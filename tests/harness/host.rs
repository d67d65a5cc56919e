//! Hosts: the component in the dev host, as child processes.

use std::ffi::OsString;
use std::io::{self, BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use rustix::process::Signal;

use crate::leash::Leash;
use crate::redis_server::Redis;
use crate::request::{Request, Server};
use crate::response::Response;
use crate::wait::eventually;
use crate::workspace;

/// Which build of the component is tested; the environment variable `BUILD` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// WASI 0.2, the default.
    Wasip2,
    /// WASI 0.3.
    Wasip3,
}

impl Build {
    /// The build this run is about.
    pub fn current() -> Self {
        match std::env::var("BUILD").as_deref() {
            Err(_) | Ok("wasip2") => Self::Wasip2,
            Ok("wasip3") => Self::Wasip3,
            Ok(other) => panic!("BUILD={other}: there are wasip2 and wasip3"),
        }
    }

    /// Whether its host lets a guest wait for Redis with a limit.
    pub fn limits_waiting(self) -> bool {
        self == Self::Wasip3
    }

    fn manifest(self) -> PathBuf {
        workspace().join(match self {
            Self::Wasip2 => "spin.toml",
            Self::Wasip3 => "runtime-manifests/wasip3/spin.toml",
        })
    }
}

/// How a host is to run.
#[derive(Debug, Default)]
#[must_use]
pub struct HostOptions {
    variables: Vec<(String, String)>,
    environment: Vec<(String, String)>,
    arguments: Vec<String>,
    launcher: Vec<OsString>,
    hidden: Vec<String>,
}

impl HostOptions {
    /// Sets one of the service's variables.
    pub fn variable(mut self, name: &str, value: impl Into<String>) -> Self {
        self.variables.push((name.to_owned(), value.into()));
        self
    }

    /// Sets several of the service's variables.
    pub fn variables(self, variables: &[(&str, &str)]) -> Self {
        variables.iter().fold(self, |options, (name, value)| options.variable(name, *value))
    }

    /// Lets it talk to this Redis.
    pub fn redis(self, redis: &Redis) -> Self {
        self.redis_at(&redis.address())
    }

    /// Lets it talk to the Redis at this address.
    pub fn redis_at(self, address: &str) -> Self {
        let place = address.rsplit('/').next().unwrap_or(address).to_owned();
        self.variable("redis_address", address).hidden(place)
    }

    /// A text that no answer may hold: a secret, an address.
    pub fn hidden(mut self, text: impl Into<String>) -> Self {
        self.hidden.push(text.into());
        self
    }

    /// Sets a variable of the host's own environment.
    pub fn environment(mut self, name: &str, value: impl Into<String>) -> Self {
        self.environment.push((name.to_owned(), value.into()));
        self
    }

    /// Gives it one more option of the command line.
    pub fn argument(mut self, name: &str, value: &str) -> Self {
        self.arguments.extend([name.to_owned(), value.to_owned()]);
        self
    }

    /// Has it started by a command line of its own, which ends with the host's and becomes the host.
    pub fn launcher<T: Into<OsString>>(mut self, words: impl IntoIterator<Item = T>) -> Self {
        self.launcher = words.into_iter().map(Into::into).collect();
        self
    }

    /// Starts it and waits until it serves.
    pub fn start(self) -> Host {
        self.try_start().unwrap_or_else(|complaint| panic!("the host does not start: {complaint}"))
    }

    /// Starts it; what it wrote to stderr if it ended instead of serving.
    pub fn try_start(self) -> Result<Host, String> {
        let program = workspace().join("target/host/dev-host").into_os_string();
        let mut words = self.launcher.iter().chain([&program]);
        let mut command = Command::new(words.next().expect("there is the program"));
        command
            .args(words)
            .current_dir(workspace())
            .args(["--listen", "127.0.0.1:0", "--from"])
            .arg(Build::current().manifest())
            .arg("--compile-cache")
            .arg(workspace().join("target/compile-cache"))
            .args(&self.arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        // What configures a service of whoever runs the tests is not for them.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"SPIN_VARIABLE_") {
                command.env_remove(name);
            }
        }
        for (name, value) in &self.variables {
            command.arg("--variable").arg(format!("{name}={value}"));
        }
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        let mut leash = Leash::start(&mut command, None);
        let mut stdout = BufReader::new(leash.child().stdout.take().expect("stdout is a pipe"));
        let stderr = leash.child().stderr.take().expect("stderr is a pipe");
        let log = Log::collect(stderr);
        loop {
            let mut line = String::new();
            if stdout.read_line(&mut line).expect("stdout can be read") == 0 {
                let complaint = log.whole();
                return Err(complaint);
            }
            let Some(address) = line.trim().strip_prefix("Serving http://") else {
                continue;
            };
            let address = address
                .trim_end_matches('/')
                .parse()
                .unwrap_or_else(|error| panic!("{address} is no address: {error}"));
            let output = Log::collect(stdout);
            return Ok(Host { leash, address, log, output, hidden: self.hidden });
        }
    }
}

/// The service, serving.
#[derive(Debug)]
pub struct Host {
    leash: Leash,
    address: SocketAddr,
    log: Log,
    output: Log,
    hidden: Vec<String>,
}

impl Host {
    /// A host with the default configuration, but for the address of Redis.
    pub fn start(redis: &Redis) -> Self {
        Self::options().redis(redis).start()
    }

    /// A host that is configured before it starts.
    pub fn options() -> HostOptions {
        HostOptions::default()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has written to stderr until now.
    pub fn stderr(&self) -> String {
        self.log.now()
    }

    /// What it has written to stdout since it serves.
    pub fn stdout(&self) -> String {
        self.output.now()
    }

    /// Asks it to end (SIGTERM).
    pub fn ask_to_end(&self) {
        self.leash.signal(Signal::TERM);
    }

    /// Asks it to end, and waits until it has.
    pub fn terminate(mut self) -> ExitStatus {
        self.ask_to_end();
        eventually("the host ends", || self.leash.ended())
    }

    /// Ends it at once (SIGKILL).
    pub fn kill(&self) {
        self.leash.signal(Signal::KILL);
    }

    /// A request to it. The target is sent as it is, byte for byte.
    pub fn request<'a>(&'a self, method: &'a str, target: &'a str) -> Request<'a> {
        Request::new(self, method, target)
    }

    /// A GET.
    pub fn get<'a>(&'a self, target: &'a str) -> Request<'a> {
        self.request("GET", target)
    }

    /// A HEAD.
    pub fn head<'a>(&'a self, target: &'a str) -> Request<'a> {
        self.request("HEAD", target)
    }

    /// A PUT of a JSON text.
    pub fn put<'a>(&'a self, target: &'a str, json: &str) -> Request<'a> {
        self.request("PUT", target).body("application/json", json)
    }

    /// A POST of a JSON text.
    pub fn post<'a>(&'a self, target: &'a str, json: &str) -> Request<'a> {
        self.request("POST", target).body("application/json", json)
    }

    /// A PATCH with a JSON Merge Patch.
    pub fn merge<'a>(&'a self, target: &'a str, patch: &str) -> Request<'a> {
        self.request("PATCH", target).body("application/merge-patch+json", patch)
    }

    /// A PATCH with a JSON Patch.
    pub fn patch<'a>(&'a self, target: &'a str, patch: &str) -> Request<'a> {
        self.request("PATCH", target).body("application/json-patch+json", patch)
    }

    /// A DELETE.
    pub fn delete<'a>(&'a self, target: &'a str) -> Request<'a> {
        self.request("DELETE", target)
    }

    /// An OPTIONS.
    pub fn options_of<'a>(&'a self, target: &'a str) -> Request<'a> {
        self.request("OPTIONS", target)
    }

    /// The number of hits, asked for at `/`; the asking counts.
    pub fn count(&self) -> u64 {
        let answer = self.get("/").header("Accept", "application/json").send();
        answer.expect(200).number("count")
    }

    /// The number of hits of one record.
    pub fn count_of(&self, path: &str) -> u64 {
        let target = format!("/?path={path}");
        let answer = self.get(&target).header("Accept", "application/json").send();
        answer.expect(200).number("count")
    }
}

impl Server for Host {
    fn answer(&self, request: &Request) -> io::Result<Response> {
        request.exchange()
    }

    fn hidden(&self) -> &[String] {
        &self.hidden
    }
}

/// What a child writes to stdout or stderr.
#[derive(Debug)]
struct Log {
    text: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
}

impl Log {
    fn collect(mut output: impl Read + Send + 'static) -> Self {
        let text = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&text);
        let reader = std::thread::spawn(move || {
            let mut piece = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut piece) {
                sink.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .extend_from_slice(&piece[..count]);
            }
        });
        Self { text, reader }
    }

    fn now(&self) -> String {
        let text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// All of it, once the child has closed its end.
    fn whole(self) -> String {
        let Self { text, reader } = self;
        reader.join().expect("the reader does not panic");
        let text = text.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&text).into_owned()
    }
}
