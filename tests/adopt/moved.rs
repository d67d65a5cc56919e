//! `runtime-manifests/redis/move.sh`: records go from one service to another, whatever their stores are.

use std::process::{Command, Output, Stdio};

use harness::secrets::{READ_TOKEN, WRITE_TOKEN, guarded_host, guarded_redis};
use harness::{Host, RedisCluster, Shards, workspace};
use serde_json::Value;

/// Runs it as its head says.
fn run(from: &Host, to: &Host, to_token: &str, prefix: &str) -> Output {
    Command::new("/bin/sh")
        .arg(workspace().join("runtime-manifests/redis/move.sh"))
        .env("FROM", format!("http://{}/", from.address()))
        .env("TO", format!("http://{}", to.address()))
        .env("FROM_TOKEN", READ_TOKEN)
        .env("TO_TOKEN", to_token)
        .env("PREFIX", prefix)
        .stdin(Stdio::null())
        .output()
        .expect("a shell")
}

/// Path and value of each record, and whether it expires.
fn records(host: &Host) -> Vec<(Value, Value, bool)> {
    let mut next = "/-/records?values=true&limit=1000".to_owned();
    let mut records = Vec::new();
    loop {
        let page = host.get(&next).token(READ_TOKEN).send().expect(200).json();
        for entry in page["records"].as_array().expect("a list") {
            records.push((entry["path"].clone(), entry["value"].clone(), !entry["ttl"].is_null()));
        }
        match page["next"].as_str() {
            Some(page) => page.clone_into(&mut next),
            None => return records,
        }
    }
}

#[test]
fn records_move_from_one_redis_to_a_cluster() {
    let redis = guarded_redis().start();
    let from = guarded_host().redis(&redis).start();
    let padding = "x".repeat(1000);
    let lines: String = (0..2500)
        .map(|number| {
            let ttl = if number % 3 == 0 { "null" } else { "86400" };
            let path = format!("/{}%20{}/{number}", ["a", "b", "%C3%A9"][number % 3], number % 40);
            format!(r#"{{"path":"{path}","value":{{"n":{number}.0,"p":"{padding}"}},"ttl":{ttl}}}"#)
                + "\n"
        })
        .collect();
    let stored = from
        .request("POST", "/-/records")
        .token(WRITE_TOKEN)
        .body("application/x-ndjson", lines)
        .send();
    assert_eq!(stored.expect(200).text().matches(r#""status":201"#).count(), 2500);

    let cluster = RedisCluster::options(3).start();
    let to =
        cluster.serve(guarded_host().variable("redis_password", ""), &Shards::new(12), 0).start();
    let refused = run(&from, &to, READ_TOKEN, "/");
    assert!(!refused.status.success());

    let part = run(&from, &to, WRITE_TOKEN, "/b%205/");
    assert!(part.status.success(), "{part:?}");
    let moved = records(&to);
    assert!(!moved.is_empty());
    assert!(
        moved
            .iter()
            .all(|(path, ..)| path.as_str().is_some_and(|path| path.starts_with("/b%205/")))
    );

    for _ in 0..2 {
        let moved = run(&from, &to, WRITE_TOKEN, "/");
        assert!(moved.status.success(), "{moved:?}");
        let said = String::from_utf8(moved.stdout).expect("text");
        assert!(said.lines().count() > 2 && said.ends_with("2500 records\n"), "{said}");
        assert_eq!(records(&to), records(&from));
    }
}
