//! A Python with the packages of `requirements.txt`, in `target/venv`.

use std::fs;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use harness::{python, workspace};

/// This directory.
pub fn directory() -> PathBuf {
    workspace().join("tests/openapi")
}

/// A command of that Python's. `None`, with a line about it on stderr, on a machine that can't make
/// virtual environments.
pub fn command(program: &str) -> Option<Command> {
    let requirements = directory().join("requirements.txt");
    let requirements = fs::read_to_string(requirements).expect("requirements.txt can be read");
    let Some(environment) = python::environment("venv", &requirements, &[]) else {
        skip(python::MISSING);
        return None;
    };
    let mut command = Command::new(environment.join("bin").join(program));
    command.stdin(Stdio::null()).env("PYTHONDONTWRITEBYTECODE", "1").env("NO_COLOR", "1");
    Some(command)
}

/// Says why a test does nothing, past the test harness, which shows no output of a test that passes.
pub fn skip(why: &str) {
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    let _ = writeln!(io::stderr(), "skipped {test}: {why}");
}
