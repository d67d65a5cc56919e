//! What happens to Redis while requests wait: each of them ends with an answer, which is true.

use std::time::{Duration, Instant};

use harness::secrets::{READ_TOKEN, WRITE_TOKEN, assert_log_is_clean, guarded_redis};
use harness::{Build, Exchange, Host, Page, Redis, Response, changes_below, eventually};

use crate::failover::primary_and_replica;
use crate::load::host;
use crate::proxy::Proxy;
use crate::redis_stops::durable;

/// Who waits for these is told when they are written: a record that is there, one that is not, and
/// whatever happens below a prefix.
const RECORD: &str = "/docs/there";
const NONE: &str = "/docs/new";
const PREFIX: &str = "/docs/";

/// How many wait for each.
const EACH: usize = 6;

/// How soon who is told is answered. Nobody waits as long without being told.
const TOLD: Duration = Duration::from_secs(20);

/// The hosts, and what is known about the records.
struct Story {
    hosts: Vec<Host>,
    etag: String,
    /// Where the feed goes on.
    next: String,
}

/// Those who wait, and since when.
struct Crowd<'a> {
    waiting: Vec<Exchange<'a>>,
    begun: Instant,
}

impl Story {
    fn begin(hosts: Vec<Host>) -> Self {
        let put = hosts[0].put(RECORD, "{}").token(WRITE_TOKEN).send();
        let feed = hosts[0].get(&changes_below(PREFIX)).token(READ_TOKEN).send();
        Self { etag: put.etag(), next: Page::read(&feed).next, hosts }
    }

    /// Lets requests wait at all hosts, and returns when all of them do.
    fn crowd(&self, redis: &Redis, seconds: u64) -> Crowd<'_> {
        let prefer = format!("wait={seconds}");
        let begun = Instant::now();
        let mut waiting = Vec::new();
        for number in 0..EACH {
            let host = &self.hosts[number % self.hosts.len()];
            let record = host.get(RECORD).header("If-None-Match", &self.etag);
            for request in [record, host.get(NONE), host.get(&self.next)] {
                let request = request.token(READ_TOKEN).header("Prefer", &prefer);
                waiting.push(request.may_fail().start());
            }
        }
        eventually("all wait", || {
            let blocked = redis.info("clients", "blocked_clients")?;
            (blocked == waiting.len().to_string()).then_some(())
        });
        Crowd { waiting, begun }
    }

    /// Does what all of them wait for; the tags.
    fn write(&self) -> [String; 2] {
        [RECORD, NONE].map(|path| {
            let etag = eventually("it is written", || {
                let request = self.hosts[0].put(path, r#"{"new":1}"#).token(WRITE_TOKEN);
                let answer = request.may_fail().send();
                (answer.status() < 300).then(|| answer.etag())
            });
            eventually("all of it is there", || {
                let got = self.hosts[1].get(path).token(READ_TOKEN).may_fail().send();
                (got.status() == 200).then(|| assert_eq!(got.etag(), etag))
            });
            etag
        })
    }

    fn end(self) {
        self.hosts.iter().for_each(assert_log_is_clean);
    }
}

impl Crowd<'_> {
    /// The answers, which come because of what has happened.
    fn told(self) -> Vec<Response> {
        let begun = self.begun;
        let answer = |waiting: Exchange| {
            let answer = waiting.finish();
            assert!(begun.elapsed() < TOLD, "not told: {answer}");
            answer
        };
        self.waiting.into_iter().map(answer).collect()
    }

    /// All answers.
    fn answers(self) -> Vec<Response> {
        self.waiting.into_iter().map(Exchange::finish).collect()
    }
}

fn hosts(start: impl Fn() -> Host) -> Vec<Host> {
    (0..2).map(|_| start()).collect()
}

/// Fails unless each answer is 503, or tells of what was written; how many tell.
fn assert_told(answers: &[Response], [record, new]: &[String; 2]) -> usize {
    let mut told = 0;
    for (number, answer) in answers.iter().enumerate() {
        if answer.status() == 503 {
            assert_eq!(answer.required("retry-after"), "1");
            continue;
        }
        told += 1;
        match number % 3 {
            0 => assert_eq!(answer.expect(200).etag(), *record),
            1 => assert_eq!(answer.expect(200).etag(), *new),
            _ => {
                let page = Page::read(answer);
                let first = &page.changes[0];
                assert_eq!((&first.path[..], first.etag.as_ref()), (RECORD, Some(record)));
            }
        }
    }
    println!("{told} of {} were told", answers.len());
    told
}

#[test]
fn who_waits_is_503_when_redis_is_killed_and_may_wait_again_when_it_is_back() {
    let mut redis = durable();
    let story = Story::begin(hosts(|| host().redis(&redis).start()));
    let crowd = story.crowd(&redis, 45);
    redis.kill();
    for answer in crowd.told() {
        assert_eq!(answer.expect(503).required("retry-after"), "1");
    }
    redis.restart();
    eventually("Redis has loaded", || (redis.info("persistence", "loading")? == "0").then_some(()));
    // The cursor and the tag hold as before.
    let crowd = story.crowd(&redis, 45);
    let tags = story.write();
    assert_eq!(assert_told(&crowd.told(), &tags), 3 * EACH);
    story.end();
}

#[test]
fn who_waits_while_redis_restarts_is_503_or_told() {
    let mut redis = durable();
    let story = Story::begin(hosts(|| host().redis(&redis).start()));
    let crowd = story.crowd(&redis, 45);
    redis.restart();
    let tags = story.write();
    assert_told(&crowd.told(), &tags);
    story.end();
}

#[test]
fn who_waits_while_redis_forgets_everything_is_told_so() {
    let mut redis = guarded_redis().start();
    let story = Story::begin(hosts(|| host().redis(&redis).start()));
    let crowd = story.crowd(&redis, 8);
    redis.restart();
    for (number, answer) in crowd.answers().iter().enumerate() {
        match (number % 3, answer.status()) {
            (_, 503) | (0 | 1, 404) | (2, 410) => {}
            _ => panic!("neither true nor a clean failure: {answer}"),
        }
    }
    for path in [RECORD, NONE] {
        story.hosts[0].get(path).token(READ_TOKEN).send().expect(404);
    }
    story.hosts[1].get(&story.next).token(READ_TOKEN).send().expect(410);
    story.end();
}

#[test]
fn who_waits_while_redis_stops_is_told_when_it_goes_on() {
    let redis = guarded_redis().start();
    let story = Story::begin(hosts(|| host().redis(&redis).start()));
    let crowd = story.crowd(&redis, 45);
    redis.freeze();
    std::thread::sleep(Duration::from_secs(3));
    redis.thaw();
    let tags = story.write();
    assert_told(&crowd.told(), &tags);
    story.end();
}

#[test]
fn who_waits_is_answered_at_the_end_of_its_time_although_redis_has_stopped() {
    let redis = guarded_redis().start();
    let story = Story::begin(hosts(|| host().redis(&redis).start()));
    let crowd = story.crowd(&redis, 2);
    redis.freeze();
    if !Build::current().limits_waiting() {
        std::thread::sleep(Duration::from_secs(4));
        redis.thaw();
    }
    for (number, answer) in crowd.told().iter().enumerate() {
        match (number % 3, answer.status()) {
            (_, 503) | (0, 304) | (1, 404) | (2, 200) => {}
            _ => panic!("neither true nor a clean failure: {answer}"),
        }
    }
    redis.thaw();
    let crowd = story.crowd(&redis, 45);
    let tags = story.write();
    assert_eq!(assert_told(&crowd.told(), &tags), 3 * EACH);
    story.end();
}

/// Closes the connections on which requests wait.
fn kill_blocked(redis: &Redis) -> usize {
    let list: String = redis.run(&["CLIENT", "LIST"]);
    let blocked = list.lines().filter(|line| line.contains("cmd=xread"));
    let ids = blocked.filter_map(|line| line.split(['=', ' ']).nth(1));
    ids.map(|id| redis.run::<usize>(&["CLIENT", "KILL", "ID", id])).sum()
}

#[test]
fn who_waits_on_a_connection_that_redis_closes_waits_on() {
    let redis = guarded_redis().start();
    let story = Story::begin(hosts(|| host().redis(&redis).start()));
    let crowd = story.crowd(&redis, 45);
    for _ in 0..3 {
        assert_eq!(kill_blocked(&redis), 3 * EACH);
        eventually("all wait again", || {
            let blocked = redis.info("clients", "blocked_clients")?;
            (blocked == (3 * EACH).to_string()).then_some(())
        });
    }
    let tags = story.write();
    assert_eq!(assert_told(&crowd.told(), &tags), 3 * EACH);
    story.end();
}

#[test]
fn who_waits_when_a_replica_takes_over_is_503_or_told() {
    let (old, new) = primary_and_replica();
    let proxy = Proxy::start(&old);
    let story = Story::begin(hosts(|| host().redis_at(&proxy.address()).start()));
    let crowd = story.crowd(&old, 45);
    let offset = |redis: &Redis| redis.info("replication", "master_repl_offset");
    eventually("the replica has everything", || (offset(&old) == offset(&new)).then_some(()));
    new.run::<()>(&["REPLICAOF", "NO", "ONE"]);
    proxy.lead_to(&new);
    let tags = story.write();
    assert_told(&crowd.told(), &tags);
    story.end();
}

#[test]
fn who_waits_at_a_primary_that_becomes_a_replica_is_503_or_told() {
    let (old, new) = primary_and_replica();
    let proxy = Proxy::start(&old);
    let story = Story::begin(hosts(|| host().redis_at(&proxy.address()).start()));
    let crowd = story.crowd(&old, 45);
    proxy.lead_new_connections_to(&new);
    old.run::<()>(&["FAILOVER"]);
    eventually("the replica is the primary", || {
        (new.info("replication", "role")? == "master").then_some(())
    });
    let tags = story.write();
    assert_told(&crowd.told(), &tags);
    story.end();
}

#[test]
fn who_finds_no_connection_to_wait_on_is_not_told_that_it_waited() {
    let redis = guarded_redis().start();
    let host = host().redis(&redis).start();
    let mut admin = redis.connect();
    let mut say = |words: &[&str]| -> String {
        let (name, arguments) = words.split_first().expect("a command has a name");
        redis::cmd(name).arg(arguments).query(&mut admin).expect("Redis answers")
    };
    host.put(RECORD, "{}").token(WRITE_TOKEN).send().expect(201);
    // The one that asks, and the one that an instance keeps.
    let most = if Build::current() == Build::Wasip3 { 2 } else { 1 };
    eventually("there are no more", || {
        (say(&["CLIENT", "LIST"]).lines().count() <= most).then_some(())
    });
    say(&["CONFIG", "SET", "maxclients", &most.to_string()]);
    let begun = Instant::now();
    for request in [host.get(NONE), host.get("/-/changes")] {
        let request = request.token(READ_TOKEN).header("Prefer", "wait=45").may_fail();
        let answer = request.send();
        assert!([200, 404, 503].contains(&answer.status()), "{answer}");
        assert_eq!(answer.header("preference-applied"), None, "{answer}");
    }
    assert!(begun.elapsed() < TOLD, "there was nothing to wait on");
    say(&["CONFIG", "SET", "maxclients", "1000"]);
    let answer = host.get(NONE).token(READ_TOKEN).header("Prefer", "wait=1").send();
    assert_eq!(answer.expect(404).header("preference-applied"), Some("wait=1"), "{answer}");
    assert_log_is_clean(&host);
}
