//! Section 8: a write whose outcome is unknown, because the connection broke between sending and the
//! answer.

use harness::{Cutter, Host, Redis, Request, assert_problem};

use crate::common::key;
use crate::s05_import::results;

struct Line {
    redis: Redis,
    cutter: Cutter,
    host: Host,
}

fn line() -> Line {
    let redis = Redis::start();
    let cutter = Cutter::start(&redis);
    let host = Host::options().redis_at(&cutter.address()).start();
    host.put("/a", r#"{"n":0}"#).send().expect(201);
    let _ = cutter.take_seen();
    Line { redis, cutter, host }
}

/// Sends a write whose last script is cut, and fails unless it is 503, says so, and was not repeated.
fn assert_unknown(line: &Line, request: Request, before: u32) {
    line.cutter.cut_after(before);
    let answer = request.may_fail().send();
    let detail = assert_problem(&answer, 503, "store-unavailable");
    let says_so = ["unknown", "may have", "may or may not", "not known", "might"];
    assert!(says_so.iter().any(|words| detail.contains(words)), "{detail}");
    assert_eq!(line.cutter.take_seen(), before as usize + 1, "scripts sent: {answer}");
}

#[test]
fn a_post_whose_outcome_is_unknown_is_not_repeated() {
    let line = line();
    assert_unknown(&line, line.host.post("/p/", "{}"), 0);
    let keys: Vec<String> = line.redis.run(&["KEYS", "path-records:/p/*"]);
    assert_eq!(keys.len(), 1, "it was carried out, once");
}

#[test]
fn a_patch_whose_outcome_is_unknown_is_not_repeated() {
    let line = line();
    let etag = line.host.get("/a").send().etag();
    let _ = line.cutter.take_seen();
    assert_unknown(&line, line.host.merge("/a", r#"{"n":1}"#), 1);
    let got = line.host.get("/a").send();
    assert_eq!(got.number("n"), 1, "it was carried out");
    assert_ne!(got.etag(), etag);
    let _ = line.cutter.take_seen();
    let patch = r#"[{"op":"replace","path":"/n","value":2}]"#;
    assert_unknown(&line, line.host.patch("/a", patch), 1);
}

#[test]
fn a_conditional_write_whose_outcome_is_unknown_is_not_repeated() {
    let line = line();
    let etag = line.host.get("/a").send().etag();
    let _ = line.cutter.take_seen();
    assert_unknown(&line, line.host.put("/a", r#"{"n":1}"#).header("If-Match", &etag), 0);
    assert_unknown(&line, line.host.put("/new", "{}").header("If-None-Match", "*"), 0);
    let past = "Sun, 06 Nov 2094 08:49:37 GMT";
    assert_unknown(&line, line.host.put("/a", "{}").header("If-Unmodified-Since", past), 0);
    let etag = line.host.get("/a").send().etag();
    let _ = line.cutter.take_seen();
    assert_unknown(&line, line.host.delete("/a").header("If-Match", &etag), 0);
    let exists: bool = line.redis.run(&["EXISTS", &key("/a")]);
    assert!(!exists, "it was carried out");
}

#[test]
fn a_read_or_a_plain_put_over_a_line_that_breaks_ends_well_or_as_503() {
    let line = line();
    line.cutter.cut_after(0);
    let answer = line.host.get("/a").may_fail().send();
    if answer.status() != 200 {
        assert_problem(&answer, 503, "store-unavailable");
    }
    line.cutter.cut_after(0);
    let answer = line.host.put("/a", r#"{"n":7}"#).may_fail().send();
    if answer.status() != 200 {
        assert_problem(&answer, 503, "store-unavailable");
    }
    assert_eq!(line.host.get("/a").send().expect(200).number("n"), 7);
}

#[test]
fn a_batch_whose_outcome_is_unknown_is_not_repeated() {
    let line = line();
    let batch =
        r#"{"requests":[{"method":"PUT","path":"/b","body":{}},{"method":"DELETE","path":"/a"}]}"#;
    assert_unknown(&line, line.host.post("/-/batch", batch), 0);
    // It was carried out, whole.
    line.host.get("/a").send().expect(404);
    line.host.get("/b").send().expect(200);
    let _ = line.cutter.take_seen();
    let patch = r#"{"requests":[{"method":"PATCH","path":"/b","body":{"n":1}}]}"#;
    assert_unknown(&line, line.host.post("/-/batch", patch), 1);
    assert_eq!(line.host.get("/b").send().number("n"), 1);
}

#[test]
fn a_batch_of_reads_over_a_line_that_breaks_ends_well_or_as_503() {
    let line = line();
    line.cutter.cut_after(0);
    let batch = r#"{"requests":[{"method":"GET","path":"/a"}]}"#;
    let answer = line.host.post("/-/batch", batch).may_fail().send();
    if answer.status() != 200 {
        let detail = assert_problem(&answer, 503, "store-unavailable");
        assert!(detail.contains("nothing was changed"), "{detail}");
    }
}

#[test]
fn a_deletion_below_a_prefix_whose_outcome_is_unknown_is_not_repeated() {
    let line = line();
    assert_unknown(&line, line.host.delete("/-/records?prefix=/"), 0);
    line.host.get("/a").send().expect(404);
}

#[test]
fn an_import_over_a_line_that_breaks_says_what_became_of_each_line() {
    let line = line();
    let lines: Vec<_> =
        (0..250).map(|number| format!("{{\"path\":\"/i/{number}\",\"value\":{{}}}}\n")).collect();
    line.cutter.cut_after(1);
    let import = line.host.request("POST", "/-/records").header("If-None-Match", "*");
    let answer = import.body("application/x-ndjson", lines.concat()).may_fail().send();
    let results = results(&answer);
    assert_eq!(line.cutter.take_seen(), 2, "what was not answered is not repeated: {answer}");
    assert_eq!(results.len(), 250);
    let told = |number: usize| {
        let detail = results[number]["detail"].as_str().unwrap_or_default();
        (results[number]["status"].as_u64(), detail.contains("may have"))
    };
    let stored = |number: usize| line.host.get(&format!("/i/{number}")).send().status();
    for (number, status, unknown, left) in [
        (0, 201, false, 200),
        (99, 201, false, 200),
        (100, 503, true, 200),
        (199, 503, true, 200),
        (200, 503, false, 404),
        (249, 503, false, 404),
    ] {
        assert_eq!(told(number), (Some(status), unknown), "line {}", number + 1);
        assert_eq!(stored(number), left, "line {}", number + 1);
    }
}

#[test]
fn no_write_fails_because_a_connection_died_while_idle() {
    let line = line();
    let writes: [fn(&Host) -> Request<'_>; 5] = [
        |host| host.post("/p/", "{}"),
        |host| host.put("/a", "{}").header("If-Match", "*"),
        |host| host.merge("/a", r#"{"n":1}"#),
        |host| host.delete("/a").header("If-Match", "*"),
        |host| host.post("/-/batch", r#"{"requests":[{"method":"PUT","path":"/a","body":{}}]}"#),
    ];
    for write in writes {
        // Instances that keep a connection, and have been idle for a moment.
        line.host.get("/x").send().expect(404);
        line.redis.run::<u64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        std::thread::sleep(std::time::Duration::from_millis(300));
        let answer = write(&line.host).send();
        assert!(answer.status() < 300, "{answer}");
    }
}
