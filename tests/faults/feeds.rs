//! A feed that goes on from its cursor, whatever became of Redis or of a host, has lost nothing that was
//! acknowledged; or it says that it has forgotten (410), and begins anew.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread::{ScopedJoinHandle, scope, sleep};
use std::time::{Duration, Instant};

use fastrand::Rng;
use harness::secrets::{READ_TOKEN, WRITE_TOKEN, assert_log_is_clean, guarded_redis};
use harness::{Change, Event, Host, Page, Redis, Response, changes_below, eventually, setting};

use crate::failover::primary_and_replica;
use crate::load::host;
use crate::proxy::Proxy;
use crate::redis_stops::durable;

const WRITERS: usize = 4;
const FEEDS: usize = 6;
const PREFIX: &str = "/feed/";
const END: &str = "/feed/end";

/// How long anybody tries before it is a failure.
const PATIENCE: Duration = Duration::from_mins(1);

/// The service, and how its clients get on.
struct Story {
    hosts: Mutex<Vec<Arc<Host>>>,
    begin: Barrier,
    writing: AtomicBool,
    acknowledged: AtomicUsize,
    following: AtomicUsize,
}

/// What a writer knows of its record.
#[derive(Debug, Default)]
struct Written {
    /// The tags of the writes that were acknowledged, in their order; none after a deletion.
    acknowledged: Vec<String>,
    /// How many writes there were whose outcome is unknown.
    unknown: usize,
}

/// What feeds told and writers know in the end.
struct Told {
    /// Of each feed what it told without a break. There is a break where it had forgotten.
    feeds: Vec<Vec<Vec<Change>>>,
    written: BTreeMap<String, Written>,
}

impl Story {
    fn host(&self, rng: &mut Rng) -> Arc<Host> {
        let hosts = self.hosts.lock().expect("no panic");
        Arc::clone(rng.choice(hosts.iter()).expect("there is one"))
    }

    /// Writes one record as long as the story lasts.
    fn write(&self, path: &str, mut rng: Rng) -> Written {
        let mut written = Written::default();
        self.begin.wait();
        while self.writing.load(Ordering::SeqCst) {
            let host = self.host(&mut rng);
            let body = format!(r#"{{"n":{}}}"#, rng.u32(..));
            let request = if rng.bool() { host.put(path, &body) } else { host.merge(path, &body) };
            match request.token(WRITE_TOKEN).may_fail().try_send() {
                Ok(answer) if answer.status() < 300 => {
                    written.acknowledged.push(answer.etag());
                    self.acknowledged.fetch_add(1, Ordering::SeqCst);
                }
                // There was nothing to patch.
                Ok(answer) if answer.status() == 404 => {}
                Ok(answer) => {
                    answer.expect(503);
                    written.unknown += 1;
                }
                Err(_) => written.unknown += 1,
            }
            sleep(Duration::from_millis(rng.u64(..20)));
        }
        written
    }

    /// Asks until there is an answer that is no failure.
    fn ask(&self, target: &str, rng: &mut Rng) -> Response {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let host = self.host(rng);
            let request = host.get(target).token(READ_TOKEN).header("Prefer", "wait=2");
            match request.may_fail().try_send() {
                Ok(answer) if answer.status() != 503 => return answer,
                _ => sleep(Duration::from_millis(20)),
            }
            assert!(Instant::now() < deadline, "{target} fails for ever");
        }
    }

    /// Follows what happens, to the end; begins anew where it was forgotten.
    fn follow(&self, mut rng: Rng) -> Vec<Vec<Change>> {
        let host = self.host(&mut rng);
        let first = host.get(&changes_below(PREFIX)).token(READ_TOKEN).send();
        let mut next = Page::read(&first).next;
        self.begin.wait();
        let (mut runs, deadline) = (vec![Vec::new()], Instant::now() + 2 * PATIENCE);
        loop {
            let answer = self.ask(&next, &mut rng);
            let run: &mut Vec<Change> = if answer.status() == 410 {
                runs.push(Vec::new());
                next = changes_below(PREFIX);
                continue;
            } else {
                runs.last_mut().expect("there is one")
            };
            let page = Page::read(&answer);
            run.extend(page.changes);
            next = page.next;
            if run.iter().any(|change| change.path == END) {
                self.following.fetch_sub(1, Ordering::SeqCst);
                return runs;
            }
            assert!(Instant::now() < deadline, "the end is never told");
        }
    }

    /// Waits until so many more writes were acknowledged.
    fn goes_on(&self) {
        let goal = self.acknowledged.load(Ordering::SeqCst) + 40;
        eventually("writes are acknowledged", || {
            (self.acknowledged.load(Ordering::SeqCst) >= goal).then_some(())
        });
    }

    fn kill_a_host(&self) {
        self.hosts.lock().expect("no panic").remove(0).kill();
    }

    fn add_a_host(&self, redis: &Redis) {
        let more = Arc::new(host().redis(redis).start());
        self.hosts.lock().expect("no panic").push(more);
    }
}

/// Has feeds follow what is written until `story` is told.
fn during(hosts: Vec<Host>, story: impl FnOnce(&Story)) -> Told {
    let seed = setting("SEED", 0x0066_6565_6473);
    let it = Story {
        hosts: Mutex::new(hosts.into_iter().map(Arc::new).collect()),
        begin: Barrier::new(WRITERS + FEEDS),
        writing: AtomicBool::new(true),
        acknowledged: AtomicUsize::new(0),
        following: AtomicUsize::new(FEEDS),
    };
    let rng = |number: usize| Rng::with_seed(seed.wrapping_add(number as u64));
    let told = scope(|scope| {
        let it = &it;
        let feeds: Vec<_> =
            (0..FEEDS).map(|number| scope.spawn(move || it.follow(rng(number)))).collect();
        let write = |number| {
            let path = format!("{PREFIX}{number}/record");
            scope.spawn(move || (path.clone(), it.write(&path, rng(FEEDS + number))))
        };
        let writers: Vec<_> = (0..WRITERS).map(write).collect();
        // Also where the story fails, so that the writers end.
        let stop = Stop(&it.writing);
        it.goes_on();
        story(it);
        it.goes_on();
        drop(stop);
        let written = writers.into_iter().map(joined).collect();
        // Who has begun anew may have missed it.
        let mut last = rng(0);
        eventually("all feeds tell of the end", || {
            let host = it.host(&mut last);
            let _ = host.put(END, "{}").token(WRITE_TOKEN).may_fail().try_send();
            sleep(Duration::from_millis(100));
            (it.following.load(Ordering::SeqCst) == 0).then_some(())
        });
        Told { feeds: feeds.into_iter().map(joined).collect(), written }
    });
    it.hosts.lock().expect("no panic").iter().for_each(|host| assert_log_is_clean(host));
    told
}

struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::SeqCst);
    }
}

/// What a thread gave.
fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

impl Told {
    /// Fails if something acknowledged is left out of what a feed told without a break, is told twice or
    /// in another order, or if something else is told. How often feeds had forgotten.
    fn assert_whole(&self) -> usize {
        let mut breaks = 0;
        for feed in &self.feeds {
            breaks += feed.len() - 1;
            let all = feed.iter().flatten().filter(|change| change.path != END);
            let mut tags = HashSet::new();
            for change in all.clone() {
                assert_eq!(change.event, Event::Written, "{change:?}");
                assert!(tags.insert(&change.etag), "told twice: {change:?}");
                assert!(self.written.contains_key(&change.path), "{change:?}");
            }
            for (path, written) in &self.written {
                let told = all.clone().filter(|change| change.path == *path).count();
                let most = written.acknowledged.len() + written.unknown;
                assert!(told <= most, "{path}: {told} of {most} writes are told");
                assert_runs(feed, path, written);
            }
        }
        let writes: usize = self.written.values().map(|written| written.acknowledged.len()).sum();
        let unknown: usize = self.written.values().map(|written| written.unknown).sum();
        println!("{writes} writes acknowledged, {unknown} unknown, {breaks} times forgotten");
        breaks
    }
}

/// Fails unless each part of a feed has a part of what was acknowledged, without gaps.
fn assert_runs(feed: &[Vec<Change>], path: &str, written: &Written) {
    let places: HashMap<_, _> =
        written.acknowledged.iter().enumerate().map(|(at, etag)| (etag, at)).collect();
    let (first, last) = (0, feed.len() - 1);
    for (number, run) in feed.iter().enumerate() {
        let own = run.iter().filter(|change| change.path == path);
        let told: Vec<_> =
            own.filter_map(|change| places.get(change.etag.as_ref()?).copied()).collect();
        assert!(
            told.is_sorted_by(|one, next| one + 1 == *next),
            "{path}: of what was acknowledged this was told: {told:?}"
        );
        let (begin, end) = (told.first(), told.last().map(|last| last + 1));
        assert!(number != first || begin.is_none_or(|begin| *begin == 0), "from {begin:?} on");
        let whole = written.acknowledged.len();
        assert!(number != last || end.is_none_or(|end| end == whole), "{end:?} of {whole}");
        assert!(first != last || told.len() == whole, "{} of {whole}", told.len());
    }
}

/// Two hosts at this address.
fn two(address: &str) -> Vec<Host> {
    (0..2).map(|_| host().redis_at(address).start()).collect()
}

#[test]
fn a_feed_goes_on_when_a_redis_that_keeps_everything_was_killed() {
    let mut redis = durable();
    let told = during(two(&redis.address()), |story| {
        for _ in 0..3 {
            redis.kill();
            sleep(Duration::from_millis(300));
            redis.restart();
            story.goes_on();
        }
    });
    assert_eq!(told.assert_whole(), 0, "nothing was forgotten");
}

#[test]
fn a_feed_says_so_when_redis_has_forgotten_everything() {
    let mut redis = guarded_redis().start();
    let told = during(two(&redis.address()), |story| {
        for _ in 0..3 {
            redis.restart();
            story.goes_on();
        }
    });
    assert!(told.assert_whole() >= FEEDS, "each feed has been told once at least");
}

#[test]
fn a_feed_goes_on_when_redis_was_stopped() {
    let redis = guarded_redis().start();
    let told = during(two(&redis.address()), |story| {
        for _ in 0..2 {
            redis.freeze();
            sleep(Duration::from_secs(3));
            redis.thaw();
            story.goes_on();
        }
    });
    assert_eq!(told.assert_whole(), 0, "nothing was forgotten");
}

#[test]
fn a_feed_goes_on_when_redis_closes_connections() {
    let redis = guarded_redis().start();
    let mut rng = Rng::with_seed(7);
    let told = during(two(&redis.address()), |story| {
        for _ in 0..60 {
            let list: String = redis.run(&["CLIENT", "LIST"]);
            let ids = list.lines().filter(|line| !line.contains("cmd=client"));
            let ids: Vec<&str> = ids.filter_map(|line| line.split(['=', ' ']).nth(1)).collect();
            if let Some(id) = rng.choice(ids) {
                redis.run::<usize>(&["CLIENT", "KILL", "ID", id]);
            }
            sleep(Duration::from_millis(rng.u64(..30)));
        }
        story.goes_on();
    });
    assert_eq!(told.assert_whole(), 0, "nothing was forgotten");
}

#[test]
fn a_feed_goes_on_when_a_replica_takes_over() {
    let (old, new) = primary_and_replica();
    let proxy = Proxy::start(&old);
    let told = during(two(&proxy.address()), |_| {
        old.run::<()>(&["CLIENT", "PAUSE", "60000", "WRITE"]);
        let offset = |redis: &Redis| redis.info("replication", "master_repl_offset");
        eventually("the replica has everything", || (offset(&old) == offset(&new)).then_some(()));
        new.run::<()>(&["REPLICAOF", "NO", "ONE"]);
        proxy.lead_to(&new);
    });
    assert_eq!(told.assert_whole(), 0, "nothing was forgotten");
}

#[test]
fn a_feed_goes_on_when_a_primary_becomes_a_replica() {
    let (old, new) = primary_and_replica();
    let proxy = Proxy::start(&old);
    let told = during(two(&proxy.address()), |_| {
        old.run::<()>(&["FAILOVER"]);
        eventually("the replica is the primary", || {
            (new.info("replication", "role")? == "master").then_some(())
        });
        proxy.lead_new_connections_to(&new);
    });
    assert_eq!(told.assert_whole(), 0, "nothing was forgotten");
}

#[test]
fn a_feed_goes_on_at_another_host_when_one_is_killed() {
    let redis = guarded_redis().start();
    let hosts = (0..3).map(|_| host().redis(&redis).start()).collect();
    let told = during(hosts, |story| {
        for _ in 0..2 {
            story.kill_a_host();
            story.goes_on();
            story.add_a_host(&redis);
            story.goes_on();
        }
    });
    assert_eq!(told.assert_whole(), 0, "nothing was forgotten");
}
