//! What is measured, and how it is started.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use harness::{Leash, Redis, free_port, workspace};

use crate::load::Load;
use crate::memory;
use crate::records::{DATABASES, TAG};
use crate::workload::Workload;

/// How a server is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Dialect {
    /// As path-records.
    Records,
    /// A component that answers every request in the same way.
    Ceiling,
    /// The Flask program.
    Flask,
    /// Webdis: a Redis command is a path.
    Webdis,
}

/// A server that is measured.
#[derive(Debug)]
pub struct Server {
    /// Its name in the report.
    pub name: &'static str,
    dialect: Dialect,
    address: SocketAddr,
    process: Leash,
    /// path-records again, on the database with many records.
    many: Option<(SocketAddr, Leash)>,
}

/// The names in the report.
pub mod names {
    pub const DEFAULT: &str = "default build, dev host";
    pub const FAST: &str = "fast build, dev host";
    pub const SPIN_DEFAULT: &str = "default build, Spin";
    pub const SPIN_FAST: &str = "fast build, Spin";
    pub const NATIVE: &str = "the core on a native server";
    pub const OPEN_CALL: &str = "WASI 0.2: connect, one call";
    pub const KEPT_CALL: &str = "WASI 0.3: one call";
    pub const EMPTY_2: &str = "WASI 0.2: empty";
    pub const EMPTY_3: &str = "WASI 0.3: empty";
    pub const GUNICORN: &str = "Flask, gunicorn, 2 workers";
    pub const FLASK: &str = "Flask, development server";
    pub const WEBDIS: &str = "Webdis";
}

/// Starts all that this machine has; says what it lacks.
pub fn start_all(redis: &Redis) -> Result<Vec<Server>> {
    let mut servers = Vec::new();
    for (name, manifest) in
        [(names::DEFAULT, "spin.toml"), (names::FAST, "runtime-manifests/wasip3/spin.toml")]
    {
        servers.push(Server::start_twice(name, &mut |port, database| {
            with_variables(dev_host(manifest, port), redis, database)
        })?);
    }
    if is_there("spin") {
        for (name, manifest) in [
            (names::SPIN_DEFAULT, "spin.toml"),
            (names::SPIN_FAST, "runtime-manifests/wasip3/spin.toml"),
        ] {
            servers.push(Server::start_twice(name, &mut |port, database| {
                with_variables(spin(manifest, port), redis, database)
            })?);
        }
    } else {
        println!("There is no spin on the PATH: the builds are measured on the dev host only.");
    }
    servers.push(Server::start_twice(names::NATIVE, &mut |port, database| {
        native(port, redis, database)
    })?);

    for (name, component) in [
        (names::OPEN_CALL, "open-call-wasip2"),
        (names::KEPT_CALL, "call-wasip3"),
        (names::EMPTY_2, "empty-wasip2"),
        (names::EMPTY_3, "empty-wasip3"),
    ] {
        let manifest = format!("tests/bench/components/{component}/spin.toml");
        servers.push(Server::start(name, Dialect::Ceiling, &mut |port| {
            let mut command = dev_host(&manifest, port);
            if name == names::OPEN_CALL || name == names::KEPT_CALL {
                command.arg("--variable").arg(format!("redis_address={}", redis.address()));
            }
            command
        })?);
    }

    let python = python()?;
    servers.push(Server::start(names::GUNICORN, Dialect::Flask, &mut |port| {
        let mut command = flask(&python, "gunicorn", redis);
        command.args(["--workers", "2", "--bind", &format!("127.0.0.1:{port}"), "app:app"]);
        command
    })?);
    servers.push(Server::start(names::FLASK, Dialect::Flask, &mut |port| {
        let mut command = flask(&python, "flask", redis);
        command.args(["run", "--port", &port.to_string()]);
        command
    })?);

    if is_there("webdis") {
        servers
            .push(Server::start(names::WEBDIS, Dialect::Webdis, &mut |port| webdis(port, redis))?);
    } else {
        println!("Webdis is missing and is not measured; Debian: apt-get install webdis.");
    }
    Ok(servers)
}

impl Server {
    fn start(
        name: &'static str,
        dialect: Dialect,
        command: &mut dyn FnMut(u16) -> Command,
    ) -> Result<Self> {
        let (address, process) = launch(name, command)?;
        Ok(Self { name, dialect, address, process, many: None })
    }

    fn start_twice(
        name: &'static str,
        command: &mut dyn FnMut(u16, u32) -> Command,
    ) -> Result<Self> {
        let [few, many] = DATABASES;
        let mut server = Self::start(name, Dialect::Records, &mut |port| command(port, few))?;
        server.many = Some(launch(name, &mut |port| command(port, many))?);
        Ok(server)
    }

    /// How it is asked for this, once it is seen to answer; `None` if it can't do such a thing.
    pub fn load(&self, workload: Workload) -> Result<Option<Load>> {
        let Some(load) = self.request(workload) else {
            return Ok(None);
        };
        let status = load.probe().with_context(|| format!("{}: {load:?}", self.name))?;
        let created = workload == Workload::Put && status == 201;
        ensure!(
            status == workload.status() || created,
            "{}: {status} instead of {}: {load:?}",
            self.name,
            workload.status()
        );
        Ok(Some(load))
    }

    fn request(&self, workload: Workload) -> Option<Load> {
        use Dialect::{Ceiling, Flask, Records, Webdis};
        let mut load = Load {
            address: self.address,
            method: "GET",
            target: String::new(),
            headers: Vec::new(),
            body: "",
            connections: workload.connections(),
        };
        load.target = match (workload, self.dialect) {
            (Workload::Get | Workload::GetAlone, Records | Ceiling | Flask) => "/small".to_owned(),
            (Workload::Get | Workload::GetAlone, Webdis) => {
                "/HGETALL/path-records:%2Fsmall".to_owned()
            }
            (Workload::Large, Records | Flask) => "/large".to_owned(),
            (Workload::Large, Webdis) => "/HGETALL/path-records:%2Flarge".to_owned(),
            (Workload::Put, Records | Flask) => {
                load.headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                (load.method, load.body) = ("PUT", r#"{"hello":999}"#);
                "/written".to_owned()
            }
            (Workload::Put, Webdis) => {
                (load.method, load.body) = ("PUT", "999");
                "/HSET/webdis/hello".to_owned()
            }
            (Workload::NotModified, Records) => {
                load.headers.push(("If-None-Match".to_owned(), format!("\"{TAG}\"")));
                "/small".to_owned()
            }
            (Workload::ListFew, Records) => "/-/records?limit=100".to_owned(),
            (Workload::ListMany, Records) => {
                load.address = self.many.as_ref()?.0;
                "/-/records?limit=100".to_owned()
            }
            _ => return None,
        };
        Some(load)
    }

    /// The most memory that it has taken, in bytes, where that can be told.
    pub fn peak_memory(&self) -> Option<u64> {
        memory::peak(self.process.id())
    }
}

/// Starts a server on a free port, and waits until it listens there.
fn launch(name: &str, command: &mut dyn FnMut(u16) -> Command) -> Result<(SocketAddr, Leash)> {
    const PATIENCE: Duration = Duration::from_mins(2);
    let port = free_port();
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut command = command(port);
    // The engine would note where each of its errors comes from, also of those that it expects.
    command.env_remove("RUST_BACKTRACE").stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = Leash::start(&mut command, None);
    let deadline = Instant::now() + PATIENCE;
    while crate::probe::ask(address, "GET", "/", &[], "").is_err() {
        if let Some(status) = process.ended() {
            bail!("{name} has ended: {status}");
        }
        if Instant::now() > deadline {
            bail!("{name} does not answer");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok((address, process))
}

/// Whether a program is on the PATH. Not tried out, since Webdis would serve whatever it is asked.
pub fn is_there(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|directory| directory.join(program).is_file())
}

/// The directory for what a run leaves: settings, the Python environment, the results.
pub fn directory() -> PathBuf {
    workspace().join("target/bench")
}

fn dev_host(manifest: &str, port: u16) -> Command {
    let mut command = Command::new(workspace().join("target/host/dev-host"));
    command
        .arg("--from")
        .arg(workspace().join(manifest))
        .args(["--listen", &format!("127.0.0.1:{port}")])
        .arg("--compile-cache")
        .arg(workspace().join("target/compile-cache"));
    command
}

fn spin(manifest: &str, port: u16) -> Command {
    let mut command = Command::new("spin");
    command
        .args(["up", "--from"])
        .arg(workspace().join(manifest))
        .args(["--listen", &format!("127.0.0.1:{port}")]);
    command
}

fn with_variables(mut command: Command, redis: &Redis, database: u32) -> Command {
    command
        .arg("--variable")
        .arg(format!("redis_address={}", redis.address()))
        .arg("--variable")
        .arg(format!("redis_database={database}"));
    command
}

fn native(port: u16, redis: &Redis, database: u32) -> Command {
    let program = std::env::current_exe().unwrap_or_default().with_file_name("native");
    let mut command = Command::new(program);
    command
        .arg(port.to_string())
        .arg(format!("redis_address={}", redis.address()))
        .arg(format!("redis_database={database}"));
    command
}

/// A Python with what the Flask program needs, in `target/bench/venv`.
fn python() -> Result<PathBuf> {
    let requirements = Path::new(env!("CARGO_MANIFEST_DIR")).join("flask/requirements.txt");
    let venv = directory().join("venv");
    let stamp = venv.join("requirements.txt");
    let wanted = fs::read(&requirements)?;
    if fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(venv);
    }
    println!("Installing Flask and gunicorn in {}.", venv.display());
    succeed(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&venv))?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"];
    succeed(Command::new(venv.join("bin/python")).args(pip).arg(&requirements))?;
    fs::write(stamp, wanted)?;
    Ok(venv)
}

fn succeed(command: &mut Command) -> Result<()> {
    let status = command.stdin(Stdio::null()).status()?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

fn flask(venv: &Path, program: &str, redis: &Redis) -> Command {
    let mut command = Command::new(venv.join("bin").join(program));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("flask"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("REDIS_ADDRESS", redis.address());
    command
}

fn webdis(port: u16, redis: &Redis) -> Command {
    let settings = serde_json::json!({
        "redis_host": "127.0.0.1",
        "redis_port": redis.port(),
        "http_host": "127.0.0.1",
        "http_port": port,
        "threads": 2,
        "pool_size": 10,
        "daemonize": false,
        "database": 0,
        "verbosity": 0,
        "logfile": "/dev/null",
    });
    let file = directory().join("webdis.json");
    fs::create_dir_all(directory())
        .and_then(|()| fs::write(&file, settings.to_string()))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut command = Command::new("webdis");
    command.arg(file);
    command
}
