//! Packages from `PyPI`, in virtual environments in `target`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::workspace;

/// Why a test does nothing where [`environment`] has none.
pub const MISSING: &str =
    "python3 with venv and pip is missing (Debian: apt-get install python3-venv)";

/// The environment of this name with these packages: lines of a requirements file, and options for
/// `pip install`. The first use sets it up, and so does the first after a change of the lines.
///
/// `None` on a machine that can't make virtual environments. Packages that can't be installed fail the
/// test: with pip at hand that is no matter of the machine.
pub fn environment(name: &str, requirements: &str, options: &[&str]) -> Option<PathBuf> {
    let target = workspace().join("target");
    fs::create_dir_all(&target).expect("target/ can be made");
    // Test processes that run at the same time set it up once.
    let lock = File::create(target.join(format!("{name}.lock"))).expect("a lock file");
    lock.lock().expect("the file can be locked");
    let directory = target.join(name);
    // Written when all is installed.
    let stamp = directory.join("requirements.txt");
    let ready = fs::read_to_string(&stamp).is_ok_and(|installed| installed == requirements);
    if !ready {
        if !make(&directory) {
            return None;
        }
        let wanted = directory.join("wanted.txt");
        fs::write(&wanted, requirements).expect("the environment can be written to");
        install(&directory, &wanted, options);
        fs::rename(wanted, stamp).expect("the environment can be written to");
    }
    Some(directory)
}

fn make(directory: &Path) -> bool {
    let made = Command::new("python3")
        .args(["-m", "venv", "--clear"])
        .arg(directory)
        .stdin(Stdio::null())
        .output();
    made.is_ok_and(|output| output.status.success())
}

fn install(directory: &Path, requirements: &Path, options: &[&str]) {
    let output = Command::new(directory.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"])
        .args(options)
        .arg("-r")
        .arg(requirements)
        .stdin(Stdio::null())
        .output()
        .expect("the environment's python runs");
    assert!(output.status.success(), "pip: {}", String::from_utf8_lossy(&output.stderr));
}
