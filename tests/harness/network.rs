//! Network namespaces with a line between them: what runs in one reaches the other as it would reach
//! another machine. On loopback the kernel is more forgiving than on any network.
//!
//! They have no names and need no cleaning up: a namespace lasts as long as a process is in it, its end
//! of a line as long as the namespace, and the other end no longer.

use std::fs::{File, read_link};
use std::net::Ipv4Addr;
use std::process::{Command, Stdio};

use crate::leash::Leash;
use crate::wait::eventually;

/// A network namespace. Needs Linux and root.
#[derive(Debug)]
pub struct Namespace {
    /// A process that is in it and does nothing.
    keeper: Leash,
    /// The namespace itself.
    file: File,
}

impl Namespace {
    /// One without any network but its own loopback; or why there can be none.
    pub fn start() -> Result<Self, String> {
        const TIME: &str = "100000";
        succeed(Command::new("unshare").args(["--net", "true"]))?;
        let keeper = Leash::start(
            Command::new("unshare")
                .args(["--net", "sleep", TIME])
                .stdout(Stdio::null())
                .stderr(Stdio::null()),
            None,
        );
        let link = format!("/proc/{}/ns/net", keeper.id());
        let own = read_link("/proc/self/ns/net").map_err(|error| error.to_string())?;
        eventually("the keeper is in a namespace of its own", || {
            (read_link(&link).ok()? != own).then_some(())
        });
        let file = File::open(&link).expect("the keeper is there");
        let namespace = Self { keeper, file };
        namespace.ip("link set lo up")?;
        Ok(namespace)
    }

    /// Lays a line to another namespace; the addresses here and there. No two lines at one namespace
    /// may have the same number.
    pub fn connect(&self, other: &Self, number: u8) -> Result<[Ipv4Addr; 2], String> {
        let addresses = [1, 2].map(|end| Ipv4Addr::new(10, 0, number, end));
        let line = format!("line{number}");
        self.ip(&format!(
            "link add {line} type veth peer name {line} netns {}",
            other.keeper.id()
        ))?;
        for (end, address) in [self, other].into_iter().zip(addresses) {
            end.ip(&format!("address add {address}/24 dev {line}"))?;
            end.ip(&format!("link set {line} up"))?;
        }
        Ok(addresses)
    }

    /// Lets each packet that leaves here over the line of this number wait so long (`1ms`); or why it
    /// can't.
    pub fn delay(&self, number: u8, time: &str) -> Result<(), String> {
        let device = format!("line{number}");
        self.command("tc", &["qdisc", "add", "dev", &device, "root", "netem", "delay", time])
    }

    /// Does something here, in a thread of its own. The threads and processes that it starts are here
    /// too.
    pub fn run<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        std::thread::scope(|scope| {
            let thread = scope.spawn(|| {
                enter(&self.file);
                work()
            });
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    fn ip(&self, arguments: &str) -> Result<(), String> {
        self.command("ip", &arguments.split(' ').collect::<Vec<_>>())
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Result<(), String> {
        self.run(|| succeed(Command::new(program).args(arguments)))
    }
}

/// Moves this thread.
#[cfg(target_os = "linux")]
fn enter(namespace: &File) {
    use std::os::fd::AsFd;

    use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

    move_into_link_name_space(namespace.as_fd(), Some(LinkNameSpaceType::Network))
        .expect("who has made a namespace may enter it");
}

#[cfg(not(target_os = "linux"))]
fn enter(_: &File) {
    unreachable!("only Linux has such namespaces");
}

fn succeed(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if output.status.success() {
        Ok(())
    } else {
        let complaint = String::from_utf8_lossy(&output.stderr);
        Err(format!("{command:?}: {}", complaint.trim()))
    }
}
