//! Child processes, with those that they start, that never outlive the test process.
//!
//! A destructor is not enough: libtest drops no statics, and a test process may be killed with -9.
//! So beside each child waits a shell that reads from a pipe which this process holds and never
//! writes to. The pipe ends when this process ends, for whatever reason, and the shell then kills the
//! child's process group and removes its directory.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};

const WATCH: &str = r#"trap "" HUP INT TERM
while read -r _; do :; done
kill -s KILL -- "-$1" 2>/dev/null
[ -z "$2" ] || rm -rf "$2""#;

/// A child process that is killed when this is dropped, or when the test process ends, and its
/// descendants with it.
#[derive(Debug)]
pub struct Leash {
    child: Child,
    watch: Child,
}

impl Leash {
    /// Starts `command`. `directory`, if there is one, is what the watch removes along with the child
    /// should this process end without cleaning up.
    pub fn start(command: &mut Command, directory: Option<&Path>) -> Self {
        let program = command.get_program().to_owned();
        // A process group of its own: a Ctrl-C in the terminal is for the test process.
        let child = command
            .process_group(0)
            .stdin(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("{} can't be started: {error}", program.display()));
        let watch = Command::new("sh")
            .args(["-c", WATCH, "watch"])
            .arg(child.id().to_string())
            .arg(directory.map_or_else(OsString::new, |path| path.as_os_str().to_owned()))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("sh is there");
        Self { child, watch }
    }

    /// The child itself, for its output.
    pub fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// The child's process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends the child a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the child is there");
    }

    /// How the child ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the child can be waited for")
    }
}

impl Drop for Leash {
    fn drop(&mut self) {
        // The child's id, and so the group's, is taken until it is waited for: so the watch goes first.
        let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        let _ = self.watch.kill();
        let _ = self.watch.wait();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wait::eventually;

    /// Where `holds_a_child` says which child it has.
    const NOTE: &str = "LEASH_TEST_NOTE";

    /// Not a test of its own: what the test below runs in a process that it can kill.
    #[test]
    #[ignore = "run by the other test, in a process of its own"]
    fn holds_a_child() {
        let Some(note) = std::env::var_os(NOTE) else {
            return;
        };
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut parent = Command::new("sh");
        parent.args(["-c", "sleep 1000 & wait"]);
        let leash = Leash::start(&mut parent, Some(directory.path()));
        let text = format!("{}\n{}\n", leash.id(), directory.path().display());
        std::fs::write(note, text).expect("the note can be written");
        loop {
            std::thread::park();
        }
    }

    #[test]
    fn a_child_and_its_own_end_with_a_process_that_is_killed() {
        let notes = tempfile::tempdir().expect("a temporary directory");
        let note = notes.path().join("note");
        let mut holder = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", "leash::tests::holds_a_child", "--ignored"])
            .env(NOTE, &note)
            .stdout(Stdio::null())
            .spawn()
            .expect("this program starts again");
        let (id, directory) = eventually("the child runs", || {
            let text = std::fs::read_to_string(&note).ok()?;
            let (id, directory) = text.strip_suffix('\n')?.split_once('\n')?;
            Some((id.to_owned(), directory.to_owned()))
        });
        eventually("it has started another", || (running(&id) == 2).then_some(()));
        assert!(Path::new(&directory).exists());
        holder.kill().expect("it runs");
        holder.wait().expect("it ends");
        eventually("the child and what it started are gone", || (running(&id) == 0).then_some(()));
        eventually("its directory is gone", || (!Path::new(&directory).exists()).then_some(()));
    }

    /// How many processes of this group run. A zombie waits for whoever has adopted it.
    fn running(group: &str) -> usize {
        let output = Command::new("ps").args(["-A", "-o", "pgid=,stat="]).output();
        let list = String::from_utf8(output.expect("ps is there").stdout).expect("text");
        let in_group = |line: &&str| {
            let mut columns = line.split_whitespace();
            columns.next() == Some(group)
                && columns.next().is_some_and(|stat| !stat.starts_with('Z'))
        };
        list.lines().filter(in_group).count()
    }
}
