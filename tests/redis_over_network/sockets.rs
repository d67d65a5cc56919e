//! What becomes of TCP sockets once they are closed.

use std::fs::read_to_string;

/// The kernel's name for `TIME_WAIT` in the table of sockets.
const TIME_WAIT: &str = "06";

/// How many sockets wait in `TIME_WAIT`, since it was they that closed first, in the namespace that this
/// thread is in: for the last packets from this port of another machine.
pub fn waiting_for(port: u16) -> usize {
    waiting(|_, remote| remote == port)
}

/// The same, on this port here.
pub fn waiting_on(port: u16) -> usize {
    waiting(|local, _| local == port)
}

fn waiting(counts: impl Fn(u16, u16) -> bool) -> usize {
    let table = read_to_string("/proc/thread-self/net/tcp").expect("Linux has this table");
    let is_counted = |line: &&str| {
        let mut fields = line.split_whitespace().skip(1);
        let mut port = || u16::from_str_radix(fields.next()?.rsplit_once(':')?.1, 16).ok();
        let (Some(local), Some(remote)) = (port(), port()) else {
            return false;
        };
        fields.next() == Some(TIME_WAIT) && counts(local, remote)
    };
    table.lines().filter(is_counted).count()
}
