//! Section 11: what a read answers and does in Redis follows from what is there, and not from how the script finds
//! it. A read with a condition that always holds goes the long way, a plain one goes the short way where it can.

use std::time::{Duration, SystemTime};

use harness::{Monitor, Response, Service};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::TestRunner;
use redis::{Cmd, Connection, cmd};

use crate::common::{COUNT, DUE, INDEX, key};
use crate::generate::cases;

/// What is in Redis before a read of `/a`.
#[derive(Debug, Clone)]
struct Held {
    /// The record's fields; none: there is no record.
    fields: Vec<(&'static [u8], &'static str)>,
    expires: bool,
    /// By how many milliseconds the note of when it expires is wrong, if there is one.
    noted: Option<i64>,
    is_listed: bool,
    count: Option<&'static str>,
    oddity: Option<Oddity>,
}

/// What is rarely so.
#[derive(Debug, Clone, Copy)]
enum Oddity {
    /// The key of the record holds something else.
    NoRecord,
    /// The paths that are due are no set.
    NoDue,
    /// Another record was to expire before now.
    OtherLate,
}

/// What a field holds: mostly the first, often another, or it isn't there.
fn field(
    name: &'static [u8],
    usual: &'static str,
    others: &'static [&'static str],
) -> impl Strategy<Value = Option<(&'static [u8], &'static str)>> {
    let value =
        prop_oneof![6 => Just(Some(usual)), 2 => select(others).prop_map(Some), 1 => Just(None)];
    value.prop_map(move |value| value.map(|value| (name, value)))
}

fn held() -> impl Strategy<Value = Held> {
    let fields = (
        field(b"\xffetag", "0a1b", &["", "a b", "\"", "\u{e9}", "!~"]),
        field(
            b"last_updated",
            "1700000000",
            &["1700000000.25", "", "now", "-5", "1000000000000000"],
        ),
        field(b"\xffhits", "7", &["0", "07", "x", "-1", "999999999999998", "1000000000000000"]),
        field(b"name", "\"small\"", &["text", "{\"deep\":[1.0]}", "\u{e9}"]),
    );
    let fields = fields.prop_map(|(etag, last_updated, hits, name)| {
        [etag, last_updated, hits, name].into_iter().flatten().collect()
    });
    let noted = prop_oneof![
        5 => Just(Some(0)),
        2 => select(&[-900, 900, -60_000, 60_000][..]).prop_map(Some),
        2 => Just(None),
    ];
    let count = prop_oneof![
        5 => Just(Some("41")),
        1 => Just(None),
        1 => select(&["x", "-1", "-9", "999999999999999", "9223372036854775807"][..]).prop_map(Some),
    ];
    let oddity = prop_oneof![
        5 => Just(None),
        1 => select(&[Oddity::NoRecord, Oddity::NoDue, Oddity::OtherLate][..]).prop_map(Some),
    ];
    let is_usual = prop::bool::weighted(0.7);
    (fields, is_usual, noted, is_usual, count, oddity).prop_map(
        |(fields, expires, noted, is_listed, count, oddity)| Held {
            fields,
            expires,
            noted,
            is_listed,
            count,
            oddity,
        },
    )
}

impl Held {
    /// Has Redis hold this, and nothing else. `expiry`: when what expires does, in milliseconds.
    fn store(&self, connection: &mut Connection, expiry: i64) {
        let key = key("/a");
        let mut run = |command: &mut Cmd| command.exec(connection).expect("Redis takes it");
        run(&mut cmd("FLUSHALL"));
        for (name, value) in &self.fields {
            run(cmd("HSET").arg(&key).arg(*name).arg(value));
        }
        if matches!(self.oddity, Some(Oddity::NoRecord)) {
            run(cmd("DEL").arg(&key));
            run(cmd("RPUSH").arg(&key).arg("x"));
        }
        if self.expires {
            run(cmd("PEXPIREAT").arg(&key).arg(expiry));
        }
        if let Some(wrong) = self.noted {
            run(cmd("ZADD").arg(DUE).arg(expiry + wrong).arg("/a"));
        }
        if self.is_listed {
            run(cmd("ZADD").arg(INDEX).arg(0).arg("/a"));
        }
        if let Some(count) = self.count {
            run(cmd("SET").arg(COUNT).arg(count));
        }
        match self.oddity {
            Some(Oddity::NoDue) => run(cmd("SET").arg(DUE).arg("x")),
            Some(Oddity::OtherLate) => {
                run(cmd("ZADD").arg(DUE).arg(1000).arg("/other"));
                run(cmd("ZADD").arg(INDEX).arg(0).arg("/other"));
            }
            _ => {}
        }
    }
}

/// All that Redis holds; of what is due, to the second.
fn contents(connection: &mut Connection) -> Vec<Vec<u8>> {
    const LOOK: &str = "
        local keys, all = redis.call('KEYS', '*'), {}
        table.sort(keys)
        for _, key in ipairs(keys) do
          all[#all + 1] = key
          if key == 'path-records:due' and redis.call('TYPE', key).ok == 'zset' then
            local due = redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
            for i = 1, #due, 2 do
              all[#all + 1] = due[i] .. ' ' .. math.floor(due[i + 1] / 1000)
            end
          elseif redis.call('TYPE', key).ok == 'hash' then
            local fields = redis.call('HGETALL', key)
            for i = 1, #fields, 2 do
              all[#all + 1] = fields[i] .. ' ' .. fields[i + 1]
            end
            all[#all + 1] = redis.call('PTTL', key) == -1 and 'stays' or 'expires'
          else
            all[#all + 1] = redis.call('DUMP', key)
          end
        end
        return all";
    cmd("EVAL").arg(LOOK).arg(0).query(connection).expect("Redis tells it")
}

/// What a client sees of an answer, but when it was given.
fn seen(response: &Response) -> (u16, Vec<(String, String)>, String) {
    let headers = response.header_names().into_iter().filter(|name| *name != "date");
    let headers = headers.map(|name| (name.to_owned(), response.required(name).to_owned()));
    (response.status(), headers.collect(), response.text().to_owned())
}

/// Holds a plain read against one that goes the long way.
fn assert_alike(service: &Service, held: &Held) -> Result<(), TestCaseError> {
    let mut connection = service.redis.connect();
    let mut tries = 0;
    loop {
        let now =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is after 1970");
        // In the middle of a second, so that a millisecond doesn't show.
        let expiry =
            i64::try_from((now + Duration::from_mins(50)).as_secs()).expect("it fits") * 1000 + 500;
        let mut read = |condition: Option<&str>| {
            held.store(&mut connection, expiry);
            let request = service.host.get("/a").may_fail();
            let request = match condition {
                Some(date) => request.header("If-Modified-Since", date),
                None => request,
            };
            (seen(&request.send()), contents(&mut connection))
        };
        let long = read(Some("Thu, 01 Jan 1970 00:00:00 GMT"));
        let plain = read(None);
        tries += 1;
        // A new second may have begun between them.
        if plain == long || tries == 3 {
            prop_assert_eq!(plain, long);
            return Ok(());
        }
    }
}

#[test]
fn a_plain_read_is_what_a_read_with_a_condition_that_holds_is() {
    let services = ["on", "off"].map(|on| Service::with(&[("count_hits", on)]));
    let mut runner = TestRunner::new(cases(400));
    runner
        .run(&(held(), 0..services.len()), |(held, on)| assert_alike(&services[on], &held))
        .unwrap_or_else(|difference| panic!("{difference}"));
}

#[test]
fn a_plain_read_asks_seven_things() {
    let Service { host, redis } = &Service::start();
    host.put("/a", "{}").send().expect(201);
    let mut monitor = Monitor::start(redis);
    host.get("/a").send().expect(200);
    let asked = monitor.take().into_iter().filter(|command| command.scripted);
    let asked: Vec<_> = asked.map(|command| command.name).collect();
    let expected = ["TIME", "PTTL", "HGETALL", "ZSCORE", "ZCOUNT", "INCRBY", "HINCRBY"];
    assert_eq!(asked, expected);
}
