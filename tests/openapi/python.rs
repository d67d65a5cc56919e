//! A Python with the packages of `requirements.txt`, in `target/venv`.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use harness::workspace;

/// This directory.
pub fn directory() -> PathBuf {
    workspace().join("tests/openapi")
}

/// A command of that Python's; the first use sets it up. `None`, with a line about it on stderr, on a
/// machine that can't make virtual environments.
pub fn command(program: &str) -> Option<Command> {
    let target = workspace().join("target");
    fs::create_dir_all(&target).expect("target/ can be made");
    // Test processes that run at the same time set it up once.
    let lock = File::create(target.join("venv.lock")).expect("a lock file can be made");
    lock.lock().expect("the file can be locked");
    let venv = target.join("venv");
    let ready = is_ready(&venv) || set_up(&venv);
    if !ready {
        skip("python3 with venv and pip is missing (Debian: apt-get install python3-venv)");
        return None;
    }
    let mut command = Command::new(venv.join("bin").join(program));
    command.stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    Some(command)
}

/// Says why a test does nothing, past the test harness, which shows no output of a test that passes.
pub fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "skipped {test}: {why}");
}

fn requirements() -> PathBuf {
    directory().join("requirements.txt")
}

/// The list of packages that the environment was set up with.
fn stamp(venv: &Path) -> PathBuf {
    venv.join("requirements.txt")
}

fn is_ready(venv: &Path) -> bool {
    let wanted = fs::read(requirements()).expect("requirements.txt can be read");
    fs::read(stamp(venv)).is_ok_and(|installed| installed == wanted)
}

/// Whether there is an environment now. Packages that can't be installed fail the test: with pip at
/// hand that is no matter of the machine.
fn set_up(venv: &Path) -> bool {
    let made = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(venv)
        .stdin(Stdio::null())
        .output();
    if !made.is_ok_and(|output| output.status.success()) {
        return false;
    }
    let installed = Command::new(venv.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"])
        .arg(requirements())
        .stdin(Stdio::null())
        .output()
        .expect("the environment's python runs");
    assert!(installed.status.success(), "pip: {}", String::from_utf8_lossy(&installed.stderr));
    fs::copy(requirements(), stamp(venv)).expect("the environment can be written to");
    true
}
