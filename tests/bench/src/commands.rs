//! How the servers are started.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Result, ensure};
use harness::workspace;

use crate::spin;

/// What a server is told.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// The port that it is to listen on.
    pub port: u16,
    /// A directory of its own, which goes with it.
    pub scratch: &'a Path,
    /// Where Redis is.
    pub redis: (Ipv4Addr, u16),
    /// The number of the database.
    pub database: u32,
}

impl Given<'_> {
    fn redis_address(&self) -> String {
        let (host, port) = self.redis;
        format!("redis://{host}:{port}")
    }

    fn listen(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
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

/// The dev host.
pub fn dev_host(manifest: &str, given: Given) -> Command {
    let mut command = Command::new(workspace().join("target/host/dev-host"));
    command
        .arg("--from")
        .arg(workspace().join(manifest))
        .args(["--listen", &given.listen()])
        .arg("--compile-cache")
        .arg(workspace().join("target/compile-cache"));
    command
}

/// Spin, which would otherwise keep its state beside the manifest, and leave its working directory behind when
/// it is killed.
pub fn spin(manifest: &str, given: Given) -> Command {
    let mut command = Command::new("spin");
    command
        .args(["up", "--from"])
        .arg(workspace().join(manifest))
        .args(["--listen", &given.listen()])
        .arg("--state-dir")
        .arg(given.scratch.join("state"))
        .arg("--temp")
        .arg(given.scratch.join("work"))
        // What it is without the variable. A debug log would take longer than what is measured.
        .env("RUST_LOG", "error");
    for default in spin::defaults(manifest).expect("tests/scripts/lib.sh tells them") {
        command.args(["--variable", &default]);
    }
    command
}

/// Tells a host where Redis is.
pub fn with_redis(mut command: Command, given: Given) -> Command {
    command.arg("--variable").arg(format!("redis_address={}", given.redis_address()));
    command
}

/// Tells a host which database to use.
pub fn with_database(mut command: Command, given: Given) -> Command {
    command.arg("--variable").arg(format!("redis_database={}", given.database));
    command
}

/// The core without a component.
pub fn native(given: Given) -> Command {
    let program = std::env::current_exe().unwrap_or_default().with_file_name("native");
    let mut command = Command::new(program);
    command
        .arg(given.port.to_string())
        .arg(format!("redis_address={}", given.redis_address()))
        .arg(format!("redis_database={}", given.database));
    command
}

/// A Python with what the Flask program needs, in `target/bench/venv`.
pub fn python() -> Result<PathBuf> {
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

fn of_flask(venv: &Path, program: &str, given: Given) -> Command {
    let mut command = Command::new(venv.join("bin").join(program));
    command
        .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("flask"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("REDIS_ADDRESS", given.redis_address());
    command
}

/// The Flask program under gunicorn.
pub fn gunicorn(venv: &Path, given: Given) -> Command {
    let mut command = of_flask(venv, "gunicorn", given);
    command.args(["--workers", "2", "--bind", &given.listen(), "app:app"]);
    command
}

/// The Flask program under Flask's own server.
pub fn flask(venv: &Path, given: Given) -> Command {
    let mut command = of_flask(venv, "flask", given);
    command.args(["run", "--port", &given.port.to_string()]);
    command
}

/// Webdis.
pub fn webdis(given: Given) -> Command {
    let (redis_host, redis_port) = given.redis;
    let settings = serde_json::json!({
        "redis_host": redis_host,
        "redis_port": redis_port,
        "http_host": "127.0.0.1",
        "http_port": given.port,
        "threads": 2,
        "pool_size": 10,
        "daemonize": false,
        "database": given.database,
        "verbosity": 0,
        "logfile": "/dev/null",
    });
    let file = directory().join(format!("webdis-{redis_host}.json"));
    fs::create_dir_all(directory())
        .and_then(|()| fs::write(&file, settings.to_string()))
        .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let mut command = Command::new("webdis");
    command.arg(file);
    command
}
