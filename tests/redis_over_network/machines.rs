//! Two machines: a host on one, Redis on the other.

use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::ScopedJoinHandle;
use std::time::{Duration, Instant};

use harness::{Host, HostOptions, Namespace, Redis};
use rustix::process::geteuid;

use crate::client::Client;
use crate::sockets::{waiting_for, waiting_on};

/// How many clients ask at a time.
pub const CLIENTS: usize = 16;

/// The number of the line between the two.
const LINE: u8 = 1;

/// Two machines and what is on them.
#[derive(Debug)]
pub struct Machines {
    /// Where the host is, and its clients.
    near: Namespace,
    far: Namespace,
    redis: Redis,
    address: Ipv4Addr,
}

/// A moment under load.
#[derive(Debug)]
pub struct Sample {
    pub second: u64,
    /// How many answers there were until then.
    pub answers: usize,
    /// How many sockets to Redis wait in `TIME_WAIT` on the host's side.
    pub near: usize,
    /// How many do on the side of Redis.
    #[expect(dead_code, reason = "for who reads the samples of a test that has failed")]
    pub far: usize,
}

impl Machines {
    /// Redis on one machine and nothing on the other; or why they can't be had.
    pub fn start() -> Result<Self, String> {
        if !geteuid().is_root() {
            return Err("only root can make network namespaces".to_owned());
        }
        let (near, far) = (Namespace::start()?, Namespace::start()?);
        let [_, address] = near.connect(&far, LINE)?;
        let redis = far.run(|| {
            let options = Redis::options().set("bind", format!("127.0.0.1 {address}"));
            options.set("protected-mode", "no").start()
        });
        Ok(Self { near, far, redis, address })
    }

    /// Lets everything that goes over the line wait so long, each way; or why it can't.
    pub fn delay(&self, time: &str) -> Result<(), String> {
        self.near.delay(LINE, time).and_then(|()| self.far.delay(LINE, time))
    }

    /// A host that is told the address of Redis.
    pub fn host(&self) -> HostOptions {
        self.host_that_knows(&self.address.to_string())
    }

    /// A host that is told a name of Redis, which is in an `/etc/hosts` of its own.
    pub fn host_with_a_name(&self) -> HostOptions {
        const NAME: &str = "redis.test";
        // In a mount namespace of its own. The file has no name any more once it is mounted.
        const MOUNT: &str = r#"
            hosts=$(mktemp) && echo "$0" >"$hosts" && mount --bind "$hosts" /etc/hosts && rm "$hosts" &&
            exec "$@""#;
        let line = format!("{} {NAME}", self.address);
        self.host_that_knows(NAME).launcher(["unshare", "--mount", "sh", "-c", MOUNT, &line])
    }

    fn host_that_knows(&self, place: &str) -> HostOptions {
        // What takes longer on a busy machine is no failure here.
        Host::options()
            .redis_at(&format!("redis://{place}:{}", self.redis.port()))
            .variable("redis_timeout_ms", "60000")
    }

    /// Starts a host, and has all clients ask it for so long, each as fast as it is answered; fails
    /// unless each answer is right. Looks at the sockets every second.
    pub fn load(&self, host: HostOptions, time: Duration) -> Vec<Sample> {
        let (stop, answers) = (AtomicBool::new(false), AtomicUsize::new(0));
        self.near.run(|| {
            let host = host.start();
            std::thread::scope(|scope| {
                let clients = (0..CLIENTS).map(|number| {
                    let mut client = Client::connect(&host, number);
                    let (stop, answers) = (&stop, &answers);
                    scope.spawn(move || {
                        while !stop.load(Ordering::Relaxed) {
                            answers.fetch_add(client.turn(), Ordering::Relaxed);
                        }
                    })
                });
                let clients: Vec<_> = clients.collect();
                let begun = Instant::now();
                let mut samples = Vec::new();
                // A client that ends has failed.
                while begun.elapsed() < time && !clients.iter().any(ScopedJoinHandle::is_finished) {
                    std::thread::sleep(Duration::from_secs(1));
                    samples.push(self.sample(begun.elapsed(), answers.load(Ordering::Relaxed)));
                }
                stop.store(true, Ordering::Relaxed);
                let failed = clients.into_iter().filter_map(|client| client.join().err()).count();
                assert_eq!(failed, 0, "of {CLIENTS} clients: {samples:#?}");
                samples
            })
        })
    }

    fn sample(&self, time: Duration, answers: usize) -> Sample {
        let port = self.redis.port();
        let far = self.far.run(|| waiting_on(port));
        Sample { second: time.as_secs(), answers, near: waiting_for(port), far }
    }
}
