//! Real Redis servers.

use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};

use redis::{Connection, ConnectionAddr, ConnectionInfo, FromRedisValue, RedisConnectionInfo};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::leash::Leash;
use crate::wait::eventually;

/// Ports are taken from here on: below what Linux and macOS give to outgoing connections, so a server
/// that is stopped finds its port free when it is started again.
const PORTS: std::ops::Range<u16> = 12_000..32_000;

/// How a Redis server is to run.
#[derive(Debug, Default, Clone)]
#[must_use]
pub struct RedisOptions {
    settings: Vec<(String, String)>,
    password: Option<String>,
}

impl RedisOptions {
    /// A line of `redis.conf`, as a command line argument.
    pub fn set(mut self, name: &str, value: impl Into<String>) -> Self {
        self.settings.push((name.to_owned(), value.into()));
        self
    }

    /// The default user's password; this harness's own connections use it.
    pub fn password(mut self, password: &str) -> Self {
        self.password = Some(password.to_owned());
        self.set("requirepass", password)
    }

    /// Starts it and waits until it answers.
    pub fn start(self) -> Redis {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let (port, leash) = loop {
            let port = free_port();
            // Between the look and the start another process may have taken the port: then again.
            if let Some(leash) = launch(port, &self, &directory) {
                break (port, leash);
            }
        };
        Redis { port, options: self, leash: Some(leash), directory }
    }
}

/// A `redis-server` of the test's own, in memory unless its options say otherwise.
#[derive(Debug)]
pub struct Redis {
    // Fields are dropped in this order: the server goes before its directory.
    leash: Option<Leash>,
    options: RedisOptions,
    port: u16,
    directory: TempDir,
}

impl Redis {
    /// One that keeps nothing on disk.
    pub fn start() -> Self {
        Self::options().start()
    }

    /// One that is configured before it starts.
    pub fn options() -> RedisOptions {
        RedisOptions::default()
    }

    /// The port it listens on, without TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address as the service's variable `redis_address` wants it.
    pub fn address(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A connection to it.
    pub fn connect(&self) -> Connection {
        self.connect_to(0)
    }

    /// A connection to one of its databases.
    pub fn connect_to(&self, database: i64) -> Connection {
        connect(self.port, database, self.options.password.as_deref())
            .expect("Redis takes connections")
    }

    /// What this harness's own connections say.
    pub fn password(&self) -> Option<&str> {
        self.options.password.as_deref()
    }

    /// Whether it was started and not killed since.
    pub fn runs(&self) -> bool {
        self.leash.is_some()
    }

    /// Says one command to it, in database 0.
    pub fn run<T: FromRedisValue>(&self, command: &[&str]) -> T {
        self.try_run(command).unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Says one command to it, in database 0, which it may refuse.
    pub fn try_run<T: FromRedisValue>(&self, command: &[&str]) -> redis::RedisResult<T> {
        let mut words = command.iter();
        let mut line = redis::cmd(words.next().expect("a command has a name"));
        for word in words {
            line.arg(word);
        }
        line.query(&mut connect(self.port, 0, self.password())?)
    }

    /// What `INFO section` says about `field`.
    pub fn info(&self, section: &str, field: &str) -> Option<String> {
        let info: redis::InfoDict = self.run(&["INFO", section]);
        info.get(field)
    }

    /// Kills it with -9. Its port and its directory are kept for [`Redis::restart`].
    pub fn kill(&mut self) {
        self.leash = None;
    }

    /// Kills it with -9 if it runs, and starts it on the same port in the same directory; waits until
    /// it talks, which it also does while it loads.
    pub fn restart(&mut self) {
        self.kill();
        let leash = eventually("the server starts again on its port", || {
            launch(self.port, &self.options, &self.directory)
        });
        self.leash = Some(leash);
    }

    /// One more setting, from the next start on.
    pub fn set(&mut self, name: &str, value: &str) {
        self.options = std::mem::take(&mut self.options).set(name, value);
    }

    /// Stops it as it stands (SIGSTOP): connections stay open, nothing is answered.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets it go on after [`Redis::freeze`].
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        self.leash.as_ref().expect("the server runs").signal(signal);
    }
}

/// Starts a server on `port` and waits until it, and no other, answers there; `None` if it ended.
fn launch(port: u16, options: &RedisOptions, directory: &TempDir) -> Option<Leash> {
    let mut command = Command::new("redis-server");
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .arg("--dir")
        .arg(directory.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for (name, value) in &options.settings {
        command.arg(format!("--{name}"));
        // `redis-server` takes the words of a setting as arguments of their own.
        command.args(value.split(' '));
    }
    let mut leash = Leash::start(&mut command, Some(directory.path()));
    let id = leash.id().to_string();
    eventually("redis-server answers", || {
        if leash.ended().is_some() {
            return Some(false);
        }
        let mut connection = connect(port, 0, options.password.as_deref()).ok()?;
        let info: redis::InfoDict = redis::cmd("INFO").arg("server").query(&mut connection).ok()?;
        (info.get::<String>("process_id")? == id).then_some(true)
    })
    .then_some(leash)
}

fn connect(port: u16, database: i64, password: Option<&str>) -> redis::RedisResult<Connection> {
    redis::Client::open(ConnectionInfo {
        addr: ConnectionAddr::Tcp("127.0.0.1".to_owned(), port),
        redis: RedisConnectionInfo {
            db: database,
            password: password.map(str::to_owned),
            ..RedisConnectionInfo::default()
        },
    })?
    .get_connection()
}

/// A port nobody listens on, each time another one.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let count = PORTS.end - PORTS.start;
    // Test processes that run at the same time begin at different places.
    let begin = std::process::id().wrapping_mul(251) % u32::from(count);
    let begin = u16::try_from(begin).expect("less than `count`");
    eventually("a port is free", || {
        let step = NEXT.fetch_add(1, Ordering::Relaxed) % count;
        let port = PORTS.start + (begin + step) % count;
        TcpListener::bind(("127.0.0.1", port)).ok().map(|_| port)
    })
}
