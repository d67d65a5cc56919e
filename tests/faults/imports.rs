//! Redis goes away in the middle of an import.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::secrets::{PASSWORD, WRITE_TOKEN, assert_log_is_clean};
use harness::{Build, Line, Passing, Redis, Response, eventually, scripts_in};
use serde_json::Value;

use crate::load::host;
use crate::redis_stops::durable;

/// So many that they nearly fill what one import may have.
const LINES: usize = 2_000;

/// When Redis goes away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// Before a script reaches it.
    Before,
    /// When it has carried a script out, whose reply nobody gets.
    After,
}

/// A line on which one script of an import waits for what the test does.
#[derive(Debug)]
struct Pause {
    moment: Moment,
    /// Which script, from 1.
    script: usize,
    scripts: AtomicUsize,
    /// Says that the moment has come.
    come: Mutex<Sender<()>>,
    /// Ends when the test lets it go on.
    over: Mutex<Receiver<()>>,
}

impl Pause {
    fn wait(&self) {
        let _ = self.come.lock().expect("no panic").send(());
        let _ = self.over.lock().expect("no panic").recv();
    }
}

impl Passing for Pause {
    fn sent(&self, _: usize, piece: &[u8]) {
        let new = scripts_in(piece);
        let before = self.scripts.fetch_add(new, Ordering::SeqCst);
        let reached = before < self.script && before + new >= self.script;
        if reached && self.moment == Moment::Before {
            self.wait();
        }
    }

    fn reply(&self, _: usize, piece: &[u8], to: &mut dyn Write) -> bool {
        if self.moment == Moment::After && self.scripts.load(Ordering::SeqCst) == self.script {
            // Replies of the connection's opening may come by again; only the first one waits.
            self.scripts.fetch_add(1, Ordering::SeqCst);
            self.wait();
        }
        to.write_all(piece).is_ok()
    }
}

fn path(number: usize) -> String {
    format!("/imported/{number:05}")
}

fn text(number: usize) -> String {
    format!("\"{number}: {}\"", "i".repeat(900))
}

fn lines() -> String {
    let line = |number| {
        let (path, text) = (path(number), text(number));
        format!("{{\"path\":\"{path}\",\"value\":{{\"text\":{text},\"again\":{text}}}}}\n")
    };
    let lines: String = (0..LINES).map(line).collect();
    assert!(lines.len() < 4 << 20, "it fits: {}", lines.len());
    lines
}

/// Imports, while Redis goes away at this moment and comes back; how many lines were said to be stored,
/// and how many not to be, or perhaps.
fn an_import_whose_redis(
    moment: Moment,
    goes: impl FnOnce(&mut Redis),
    comes_back: impl FnOnce(&mut Redis),
) -> (usize, usize) {
    let mut redis = durable();
    let (come, has_come) = channel();
    let (go_on, over) = channel();
    let pause = Pause {
        moment,
        script: 3,
        scripts: AtomicUsize::new(0),
        come: Mutex::new(come),
        over: Mutex::new(over),
    };
    let line = Line::start(&redis, Arc::new(pause));
    let host = host().redis_at(&line.address()).hidden(PASSWORD).start();
    let body = lines();
    let answer = std::thread::scope(|scope| {
        let import = scope.spawn(|| {
            let request = host.request("POST", "/-/records").body("application/x-ndjson", &body);
            request.token(WRITE_TOKEN).may_fail().send()
        });
        has_come.recv().expect("the import reaches its third script");
        goes(&mut redis);
        drop(go_on);
        comes_back(&mut redis);
        import.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let told = assert_told(&answer);
    assert_kept(&answer, &redis);
    assert_log_is_clean(&host);

    // What is sent again is done, whatever became of it.
    let again = host.request("POST", "/-/records").body("application/x-ndjson", &body);
    assert_eq!(assert_told(&again.token(WRITE_TOKEN).send()), (LINES, 0));
    told
}

/// Fails unless Redis went away in the middle of the import.
fn assert_middle((stored, unknown): (usize, usize)) {
    assert!(stored > 0 && unknown > 0, "{stored} lines were stored, {unknown} were not");
}

/// What the answer says about each line.
fn told(answer: &Response) -> Vec<Value> {
    assert_eq!(answer.expect(200).required("content-type"), "application/x-ndjson");
    answer.text().lines().map(|line| serde_json::from_str(line).expect("a line is JSON")).collect()
}

/// Fails unless there is an answer to each line, which says that it was stored, or that the store was
/// unavailable; how many of each.
fn assert_told(answer: &Response) -> (usize, usize) {
    let told = told(answer);
    assert_eq!(told.len(), LINES, "each line has an answer");
    let (mut stored, mut unknown) = (0, 0);
    for (at, line) in told.iter().enumerate() {
        assert_eq!(line["line"], at + 1, "{line}");
        match line["status"].as_u64() {
            Some(200 | 201) => {
                assert_eq!(line["path"], path(at), "{line}");
                assert!(line["etag"].is_string(), "{line}");
                stored += 1;
            }
            Some(503) => {
                assert_eq!(line["code"], "store-unavailable", "{line}");
                assert!(line["detail"].is_string(), "{line}");
                unknown += 1;
            }
            _ => panic!("neither stored nor unavailable: {line}"),
        }
    }
    (stored, unknown)
}

/// Fails unless all that was stored is there, and nothing is there by half.
fn assert_kept(answer: &Response, redis: &Redis) {
    for (at, line) in told(answer).iter().enumerate() {
        let fields: HashMap<Vec<u8>, String> =
            redis.run(&["HGETALL", &format!("path-records:{}", path(at))]);
        let stored = line["status"] != 503;
        assert!(!stored || !fields.is_empty(), "line {} is lost: {line}", at + 1);
        if fields.is_empty() {
            continue;
        }
        for name in [&b"text"[..], b"again"] {
            assert_eq!(fields.get(name), Some(&text(at)), "line {} by half", at + 1);
        }
        if stored {
            assert_eq!(line["etag"], format!("\"{}\"", fields[&b"\xffetag"[..]]), "{line}");
        }
    }
    let index: usize = redis.run(&["ZCARD", "path-records:index"]);
    let keys: Vec<String> = redis.run(&["KEYS", "path-records:/*"]);
    assert_eq!(index, keys.len(), "the index has what there is");
}

fn restart(redis: &mut Redis) {
    redis.restart();
    eventually("Redis has loaded", || (redis.info("persistence", "loading")? == "0").then_some(()));
}

#[test]
fn an_import_tells_what_was_stored_when_redis_is_killed_in_the_middle() {
    for moment in [Moment::Before, Moment::After] {
        assert_middle(an_import_whose_redis(moment, Redis::kill, restart));
    }
}

#[test]
fn an_import_tells_what_was_stored_when_redis_stops_in_the_middle() {
    let goes_on = |redis: &mut Redis| {
        std::thread::sleep(Duration::from_secs(3));
        redis.thaw();
    };
    let told = an_import_whose_redis(Moment::Before, |redis| redis.freeze(), goes_on);
    if Build::current().limits_waiting() {
        assert_middle(told);
    } else {
        assert_eq!(told, (LINES, 0), "it was waited for");
    }
}
