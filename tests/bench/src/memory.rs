//! How much memory a server takes.

use std::fs;

/// The most memory that the processes of a group have taken, in bytes; `None` where there is no `/proc`.
pub fn peak(group: u32) -> Option<u64> {
    sum(group, "VmHWM:")
}

/// The memory that they take now.
pub fn now(group: u32) -> Option<u64> {
    sum(group, "VmRSS:")
}

fn sum(group: u32, field: &str) -> Option<u64> {
    let mut sum = 0;
    for process in fs::read_dir("/proc").ok()? {
        let path = process.ok()?.path();
        let (Ok(stat), Ok(status)) =
            (fs::read_to_string(path.join("stat")), fs::read_to_string(path.join("status")))
        else {
            continue;
        };
        if group_of(&stat) == Some(group) {
            sum += field_of(&status, field)?;
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
