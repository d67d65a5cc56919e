//! What a Redis server is told, as its `MONITOR` shows it.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use redis::Connection;

use crate::redis_server::Redis;
use crate::wait::PATIENCE;

/// One command that Redis carried out.
#[derive(Debug, Clone)]
pub struct Command {
    /// Its name, in upper case.
    pub name: String,
    /// Whether a script said it.
    pub scripted: bool,
    /// The line as Redis showed it.
    pub line: String,
}

/// Watches a Redis server that needs no password.
#[derive(Debug)]
pub struct Monitor {
    lines: BufReader<TcpStream>,
    marker: Marker,
}

struct Marker(Connection);

impl std::fmt::Debug for Marker {
    fn fmt(&self, formatter: &mut std::fmt::Formatter) -> std::fmt::Result {
        formatter.write_str("Marker")
    }
}

impl Monitor {
    /// Begins to watch.
    pub fn start(redis: &Redis) -> Self {
        let marker = Marker(redis.connect());
        let mut stream =
            TcpStream::connect(("127.0.0.1", redis.port())).expect("Redis takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("a socket can be set");
        stream.write_all(b"MONITOR\r\n").expect("Redis listens");
        let mut monitor = Self { lines: BufReader::new(stream), marker };
        assert_eq!(monitor.line(), "+OK", "the answer to MONITOR");
        monitor
    }

    /// What Redis was told since the start, or since this was asked last. Without `QUIT`, which hosts say
    /// behind the answer, and of which Redis tells since 7.2 only.
    pub fn take(&mut self) -> Vec<Command> {
        let mark = "the watching ends here";
        redis::cmd("ECHO").arg(mark).exec(&mut self.marker.0).expect("Redis answers");
        let mut commands = Vec::new();
        loop {
            let line = self.line();
            if line.contains(mark) {
                return commands;
            }
            let command = parse(line);
            if command.name != "QUIT" {
                commands.push(command);
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = Vec::new();
        self.lines.read_until(b'\n', &mut line).expect("Redis goes on");
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }
}

/// `+1700000000.123456 [0 127.0.0.1:50000] "GET" "key"`, with `lua` for the address in a script.
fn parse(line: String) -> Command {
    let (source, words) =
        line.split_once("] ").unwrap_or_else(|| panic!("no line of MONITOR: {line}"));
    let name = words.split('"').nth(1).unwrap_or_default();
    Command { name: name.to_ascii_uppercase(), scripted: source.ends_with(" lua"), line }
}
