//! A step does a bounded amount of work, and steps add up whatever happens between them.

use harness::Redis;

use crate::script::{adopt, adopt_from, first_step, hset, key, sorted_set};

/// Puts this many hashes into Redis, each with so many fields of such a value.
fn fill(redis: &Redis, hashes: usize, fields: usize, value: &str) {
    let mut connection = redis.connect();
    let fields: Vec<_> = (0..fields).map(|number| (format!("field-{number}"), value)).collect();
    for some in (0..hashes).collect::<Vec<_>>().chunks(1 + 100_000 / fields.len()) {
        let mut pipe = redis::pipe();
        for number in some {
            pipe.cmd("HSET").arg(format!("hash-{number}")).arg(&fields).ignore();
        }
        pipe.exec(&mut connection).expect("Redis takes them");
    }
}

#[test]
fn the_larger_the_hashes_the_fewer_a_step_takes() {
    let long = "é".repeat(10_000);
    for (hashes, fields, value, most) in
        [(2000, 1, "1", 260), (100, 1000, "1", 20), (100, 10, long.as_str(), 20)]
    {
        let redis = Redis::start();
        fill(&redis, hashes, fields, value);
        let adoption = adopt(&redis);
        let mut before = 0;
        for [_, renamed] in adoption.progress() {
            assert!(renamed - before <= most, "{} in a step", renamed - before);
            before = renamed;
        }
        assert!(hashes - before <= most, "{} in the last step", hashes - before);
        assert_eq!(adoption.count("renamed to records"), hashes);
    }
}

#[test]
fn a_step_looks_at_few_keys_that_are_none_of_its_business() {
    let redis = Redis::start();
    fill(&redis, 20_000, 1, "1");
    let mut before = 0;
    for [looked_at, _] in adopt_from(&redis, "path-records:", "flask:").progress() {
        assert!(looked_at - before < 20_000 / 2, "{} in a step", looked_at - before);
        before = looked_at;
    }
    assert!(before > 0, "there was more than one");
}

#[test]
fn how_far_it_is_is_forgotten_at_the_end_or_an_hour_later() {
    let redis = Redis::start();
    fill(&redis, 2000, 1, "1");
    first_step(&redis);
    let kept: Vec<String> = redis.run(&["KEYS", "path-records:adopt*"]);
    assert_eq!(kept.len(), 1, "{kept:?}");
    let left: i64 = redis.run(&["TTL", &kept[0]]);
    assert!((1..=3600).contains(&left), "{left}");
    let adoption = adopt(&redis);
    assert_eq!(adoption.count("renamed to records"), 2000, "the first step's are counted too");
    let kept: Vec<String> = redis.run(&["KEYS", "path-records:adopt*"]);
    assert_eq!(kept, [""; 0]);
}

#[test]
fn a_redis_that_starts_anew_between_two_steps_loses_nothing() {
    let mut redis = Redis::options().set("appendonly", "yes").set("appendfsync", "always").start();
    fill(&redis, 5000, 1, "1");
    first_step(&redis);
    redis.restart();
    harness::eventually("it has loaded", || {
        (redis.info("persistence", "loading")? == "0").then_some(())
    });
    adopt(&redis);
    assert_eq!(sorted_set(&redis, "index").len(), 5000);
}

#[test]
fn keys_that_come_and_go_between_the_steps_change_nothing_for_the_others() {
    let redis = Redis::start();
    fill(&redis, 3000, 1, "1");
    std::thread::scope(|scope| {
        let running = scope.spawn(|| adopt(&redis));
        let mut connection = redis.connect();
        for number in 0.. {
            hset(&mut connection, format!("hash-{number}-more"), b"v", b"1");
            redis::cmd("DEL")
                .arg(format!("hash-{}-more", number / 2))
                .arg(key(&format!("/hash-{}-more", number / 2)))
                .exec(&mut connection)
                .expect("Redis deletes");
            if running.is_finished() {
                break;
            }
        }
        assert!(running.join().expect("it ends").is_done());
    });
    let index = sorted_set(&redis, "index");
    for number in 0..3000 {
        assert!(index.contains_key(&format!("/hash-{number}")), "{number}");
    }
}
