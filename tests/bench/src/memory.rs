//! How much memory a server takes, and how much of the processors: all processes of its group, since `spin up`
//! and gunicorn have others do the work.

use std::fs;
use std::time::Duration;

/// The most memory that the processes of a group have taken, in bytes; `None` where there is no `/proc`.
pub fn peak(group: u32) -> Option<u64> {
    sum(group, |_, status| field_of(status, "VmHWM:"))
}

/// The memory that they take now.
pub fn now(group: u32) -> Option<u64> {
    sum(group, |_, status| field_of(status, "VmRSS:"))
}

/// How long they have kept processors busy.
pub fn processor_time(group: u32) -> Option<Duration> {
    // What Linux counts in, wherever programs see it.
    const TICKS_A_SECOND: u64 = 100;
    let ticks = sum(group, |stat, _| {
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
        let [user, system]: [&str; 2] = fields.get(11..13)?.try_into().ok()?;
        Some(user.parse::<u64>().ok()? + system.parse::<u64>().ok()?)
    })?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
}

fn sum(group: u32, number: impl Fn(&str, &str) -> Option<u64>) -> Option<u64> {
    let mut sum = 0;
    for process in fs::read_dir("/proc").ok()? {
        let path = process.ok()?.path();
        let (Ok(stat), Ok(status)) =
            (fs::read_to_string(path.join("stat")), fs::read_to_string(path.join("status")))
        else {
            continue;
        };
        if group_of(&stat) == Some(group) {
            sum += number(&stat, &status)?;
        }
    }
    Some(sum)
}

/// The process group in `/proc/ID/stat`: the third field behind the name, which may hold anything.
fn group_of(stat: &str) -> Option<u32> {
    let (_, fields) = stat.rsplit_once(") ")?;
    fields.split(' ').nth(2)?.parse().ok()
}

/// An amount of memory in `/proc/ID/status`, in bytes.
fn field_of(status: &str, field: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::Command;

    use harness::{Leash, eventually};

    use super::*;

    #[test]
    fn what_a_servers_children_take_counts() {
        let mut command = Command::new("sh");
        // The parent only waits, as `spin up` does.
        command.args(["-c", "(while :; do :; done) & wait"]);
        let server = Leash::start(&mut command, None);
        let id = server.id();
        eventually("the child has used a processor", || {
            processor_time(id).filter(|time| *time > Duration::from_millis(50))
        });
        let parent = fs::read_to_string(format!("/proc/{id}/status")).expect("it runs");
        let alone = |field| field_of(&parent, field).expect("a number");
        assert!(now(id).expect("a number") > alone("VmRSS:"));
        assert!(peak(id).expect("a number") > alone("VmHWM:"));
    }
}
