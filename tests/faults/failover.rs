//! Behind one address another Redis takes over, or one that declines to serve stands there for a while.

use harness::secrets::{PASSWORD, guarded_redis};
use harness::{Build, Host, HostOptions, Redis, Request, assert_problem, eventually};

use crate::load::{during, host};
use crate::proxy::Proxy;

/// A Redis and one that follows it; each may follow the other.
pub fn primary_and_replica() -> (Redis, Redis) {
    // The replica's copy is begun at once, not when more of them may have come.
    let redis = || guarded_redis().set("masterauth", PASSWORD).set("repl-diskless-sync-delay", "0");
    let primary = redis().start();
    let replica = redis().set("replicaof", format!("127.0.0.1 {}", primary.port())).start();
    eventually("the replica follows", || {
        (replica.info("replication", "master_link_status")? == "up").then_some(())
    });
    (primary, replica)
}

/// Makes the host's instances live on, however many requests they have served: what hurts one of them
/// hurts for good.
fn long_lived(options: HostOptions) -> HostOptions {
    options.argument("--max-instance-reuse-count", "1000000")
}

#[test]
fn a_replica_that_takes_over_behind_the_same_address_has_all_that_was_acknowledged() {
    let (old, new) = primary_and_replica();
    let proxy = Proxy::start(&old);
    let start = || host().redis_at(&proxy.address()).start();
    let ledger = during(vec![start(), start()], |load| {
        load.breaks();
        // As an operator does it: no more writes, wait for the replica, promote it, lead all there.
        old.run::<()>(&["CLIENT", "PAUSE", "60000", "WRITE"]);
        let offset = |redis: &Redis| redis.info("replication", "master_repl_offset");
        eventually("the replica has everything", || (offset(&old) == offset(&new)).then_some(()));
        new.run::<()>(&["REPLICAOF", "NO", "ONE"]);
        proxy.lead_to(&new);
        load.is_mended();
    });
    ledger.assert_kept(&new);
}

#[test]
fn connections_to_a_primary_that_became_a_replica_are_given_up() {
    let (old, new) = primary_and_replica();
    let proxy = Proxy::start(&old);
    let start = || long_lived(host().redis_at(&proxy.address())).start();
    let ledger = during(vec![start(), start()], |load| {
        load.breaks();
        // The two change places, and the old primary serves its clients on, as a replica.
        old.run::<()>(&["FAILOVER"]);
        eventually("the replica is the primary", || {
            (new.info("replication", "role")? == "master").then_some(())
        });
        proxy.lead_new_connections_to(&new);
        load.is_mended();
    });
    ledger.assert_kept(&new);
}

/// Replies by which a Redis declines to serve: from a command, from one within a script, from one
/// within a script of Redis 6.2.
const DECLINING: [&str; 16] = [
    "READONLY You can't write against a read only replica.",
    "READONLY You can't write against a read only replica. script: 0a, on @user_script:5.",
    "@user_script: 5: -READONLY You can't write against a read only replica.",
    "ERR Error running script (call to f_0a): @user_script:5: @user_script: 5: -READONLY You can't",
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "ERR Can not execute the command on a stale replica script: 0a, on @user_script:5.",
    "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist.",
    "NOREPLICAS Not enough good replicas to write.",
    "CLUSTERDOWN The cluster is down",
    "NOAUTH Authentication required.",
    "WRONGPASS invalid username-password pair or user is disabled.",
    "NOPERM this user has no permissions to run the 'eval' command",
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
    "ERR max number of clients reached",
    "DENIED Redis is running in protected mode",
];

/// Requests of every kind that need the store.
const REQUESTS: [fn(&Host) -> Request<'_>; 8] = [
    |host| host.get("/a"),
    |host| host.put("/a", "{}"),
    |host| host.put("/a", "{}").header("If-Match", "*"),
    |host| host.merge("/a", "{}"),
    |host| host.post("/a/", "{}"),
    |host| host.delete("/none"),
    |host| host.get("/"),
    |host| host.get("/-/records"),
];

#[test]
fn a_connection_on_which_redis_declines_to_serve_is_given_up_with_that_answer() {
    let redis = Redis::start();
    for reply in DECLINING {
        let proxy = Proxy::start(&redis);
        let host = long_lived(Host::options().redis_at(&proxy.address())).start();
        for request in REQUESTS {
            // An instance that is reused has a connection from here on.
            host.put("/a", "{}").send();
            proxy.declines(reply);
            let answers = std::iter::repeat_with(|| request(&host).may_fail().send());
            let refused = answers.take_while(|answer| answer.status() >= 500);
            for answer in refused.take(proxy.connections() + 1) {
                let detail = assert_problem(&answer, 503, "store-unavailable");
                assert!(detail.contains("nothing was changed"), "{reply}: {answer}");
            }
            let mut declined = proxy.take_declined();
            assert_eq!(declined.is_empty(), Build::current() == Build::Wasip2, "{reply}");
            let answers = declined.len();
            declined.dedup();
            assert_eq!(declined.len(), answers, "{reply}: one that declined was asked again");
        }
    }
}

#[test]
fn a_connection_on_which_redis_answers_with_an_error_about_the_request_is_kept() {
    if Build::current() == Build::Wasip2 {
        // It keeps none.
        return;
    }
    let redis = Redis::start();
    for (reply, status, code) in [
        ("OOM command not allowed when used memory > 'maxmemory'.", 507, "store-full"),
        ("WRONGTYPE Operation against a key holding the wrong kind of value", 500, "store-error"),
    ] {
        let proxy = Proxy::start(&redis);
        let host = long_lived(Host::options().redis_at(&proxy.address())).start();
        host.put("/a", "{}").send();
        proxy.declines(reply);
        for _ in 0..20 {
            let answer = host.put("/a", "{}").may_fail().send();
            if answer.status() >= 500 {
                assert_problem(&answer, status, code);
            }
        }
        let answered = proxy.take_declined().len();
        assert!(answered > 10, "{reply}: {answered} of 20 on the connection that there was");
    }
}
