//! The Redis of the manifests, run.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Output, Stdio};

use harness::eventually;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::cluster::{Cluster, items, quantity, text};
use crate::kustomize::Manifests;
use crate::redis_pod::{PASSWORD, Pod};

/// The Redis of an overlay or of a list of components.
fn pod(manifests: &Manifests, components: &[&str]) -> Pod {
    Pod::new(&Cluster::with(manifests, manifests.render_components(components)))
}

#[test]
fn redis_keeps_what_it_is_told_and_evicts_nothing() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    assert_eq!(redis.setting("appendonly"), "yes");
    assert_eq!(redis.setting("appendfsync"), "everysec");
    assert_eq!(redis.setting("maxmemory-policy"), "noeviction");
    assert_eq!(redis.setting("maxmemory"), (512 << 20).to_string());
    assert_eq!(redis.say(PASSWORD, "set key value"), "OK");
    redis.stop();
    redis.start();
    assert_eq!(redis.say(PASSWORD, "get key"), "value");
}

#[test]
fn durable_means_every_write() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis", "durable"]);
    redis.start();
    assert_eq!(redis.setting("appendfsync"), "always");
}

#[test]
fn productions_redis_may_use_half_of_its_memory_and_a_quarter_of_its_volume() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    for overlay in ["local", "production"] {
        let cluster = Cluster::with_overlay(&manifests, overlay);
        let mut redis = Pod::new(&cluster);
        redis.start();
        let data: f64 = redis.setting("maxmemory").parse().expect("a number");
        let set = cluster.one("StatefulSet");
        let limit = set.pointer("/spec/template/spec/containers/0/resources/limits/memory");
        let claim = set.pointer("/spec/volumeClaimTemplates/0/spec/resources/requests/storage");
        assert!(quantity(limit.expect("a limit")) >= 2.0 * data, "{overlay}");
        assert!(quantity(claim.expect("a claim")) >= 4.0 * data, "{overlay}");
        // What isn't requested may be gone when it is needed.
        let request = set.pointer("/spec/template/spec/containers/0/resources/requests/memory");
        assert_eq!(request, limit, "{overlay}");
    }
}

#[test]
fn nobody_gets_in_without_the_password_and_it_is_nowhere_in_the_clear() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    assert!(redis.say("", "get key").contains("NOAUTH"));
    assert!(!redis.say("wrong", "get key").contains("PONG"));
    assert_eq!(redis.say(PASSWORD, "ping"), "PONG");
    let mut read = 0;
    for_each_file(&redis.path("/"), &mut |path, content| {
        read += 1;
        if path != redis.secret {
            let text = String::from_utf8_lossy(content);
            assert!(!text.contains(PASSWORD), "{}", path.display());
        }
    });
    assert!(read > 5);
}

#[test]
fn without_a_password_redis_does_not_start() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let redis = pod(&manifests, &["redis"]);
    redis.set_password("");
    let output: Output = redis.shell("/bin/sh /etc/redis/start.sh").output().expect("a shell");
    assert!(!output.status.success());
    let message = String::from_utf8(output.stderr).expect("text");
    assert!(message.contains("path-records-redis has no password"), "{message}");
}

#[test]
fn redis_is_ready_once_it_takes_the_secrets_password_and_alive_before() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    assert!(!redis.is_alive());
    assert!(!redis.is_ready());
    redis.start();
    redis.set_password("another");
    assert!(!redis.is_ready());
    assert!(redis.is_alive());
}

#[test]
fn while_it_loads_redis_is_alive_and_not_ready() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    let fill = "for i = 1, 3000 do redis.call('set', i, string.rep('x', 1000)) end";
    redis.say(PASSWORD, &format!("eval \"{fill}\" 0"));
    let answer = redis.say(PASSWORD, "bgrewriteaof");
    assert!(answer.contains("started"), "{answer}");
    eventually("the data are in the file", || {
        let info = redis.say(PASSWORD, "info persistence");
        let base = info.lines().find(|line| line.starts_with("aof_base_size:"))?;
        let size: u64 = base.split(':').nth(1)?.trim().parse().ok()?;
        (size > 10_000).then_some(())
    });
    redis.stop();
    // Half a minute for all keys, and after every few of them a look at who asks.
    let settings = redis.path("/etc/redis/memory.conf");
    let slow = "\nkey-load-delay 10000\nloading-process-events-interval-bytes 2048\n";
    let text = fs::read_to_string(&settings).expect("the settings") + slow;
    fs::write(settings, text).expect("a file");
    redis.launch();
    assert!(!redis.is_ready());
    assert!(redis.say(PASSWORD, "get key").contains("LOADING"));
    assert!(redis.is_alive());
}

#[test]
fn a_password_changes_without_an_interruption() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    // The two commands of the runbook, in their order.
    let runbook = crate::kustomize::runbook();
    let change = |command: &str| {
        assert!(runbook.contains(&format!("$auth; {command}\"")), "{command}");
        let auth = r#"export REDISCLI_AUTH="$(cat /etc/redis-password/password)""#;
        assert!(runbook.contains(&format!("auth='{auth}'")));
        let script = format!("printf '>%s' 'new one' | {{ {auth}; {command}; }}");
        let output = redis.shell(&script).output().expect("a shell");
        assert!(output.status.success(), "{output:?}");
    };
    change("redis-cli -e -x ACL SETUSER default");
    assert_eq!(redis.say(PASSWORD, "ping"), "PONG");
    assert_eq!(redis.say("new one", "ping"), "PONG");
    redis.set_password("new one");
    assert!(redis.is_ready());
    change("redis-cli -e -x ACL SETUSER default resetpass");
    assert!(!redis.say(PASSWORD, "ping").contains("PONG"));
    assert_eq!(redis.say("new one", "ping"), "PONG");
    redis.stop();
    redis.start();
    assert_eq!(redis.say("new one", "ping"), "PONG");
}

#[test]
fn a_backup_can_be_restored() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    redis.say(PASSWORD, "set kept value");
    redis.say(PASSWORD, "set lasting value ex 10000");
    let backup = redis.shell("/bin/sh /etc/redis/backup.sh").output().expect("a shell");
    assert!(backup.status.success(), "{backup:?}");
    let left: Vec<_> = fs::read_dir(redis.path("/data")).expect("the data").collect();
    assert_eq!(left.len(), 1, "{left:?}");
    let snapshot = redis.path("/snapshot.rdb");
    fs::write(&snapshot, &backup.stdout).expect("a file");
    let checksum = redis.shell("sha256sum").stdin(File::open(&snapshot).expect("a file")).output();
    let checksum = String::from_utf8(checksum.expect("a shell").stdout).expect("text");
    assert!(String::from_utf8_lossy(&backup.stderr).contains(&checksum), "{backup:?}");

    redis.say(PASSWORD, "set kept changed");
    redis.say(PASSWORD, "set later value");
    redis.stop();
    let restored = restore(&manifests, &redis, &snapshot);
    assert!(restored.status.success(), "{restored:?}");
    redis.start();
    assert_eq!(redis.say(PASSWORD, "get kept"), "value");
    assert_eq!(redis.say(PASSWORD, "exists later"), "0");
    let seconds: u64 = redis.say(PASSWORD, "ttl lasting").parse().expect("a number");
    assert!((9_000..=10_000).contains(&seconds), "{seconds}");
    // And what is written from then on is kept as before.
    redis.say(PASSWORD, "set since value");
    redis.stop();
    redis.start();
    assert_eq!(redis.say(PASSWORD, "mget kept since"), "value\nvalue");
}

/// The names of what is in Redis' volume.
fn volume(redis: &Pod) -> Vec<String> {
    fs::read_dir(redis.path("/data"))
        .expect("the data")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect()
}

#[test]
fn a_backup_that_is_broken_off_leaves_nothing_behind() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    fs::write(redis.path("/data/backup.left99"), "by kill -9").expect("a file");
    redis.start();
    assert_eq!(volume(&redis), ["appendonlydir"]);
    // More than a pipe holds, with what can't be compressed.
    let fill = "for i = 1, 20000 do redis.call('set', i, redis.sha1hex(i)) end";
    redis.say(PASSWORD, &format!("eval \"{fill}\" 0"));
    let mut backup = redis
        .shell("exec /bin/sh /etc/redis/backup.sh")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("a shell");
    // Until the checksum, after which nobody takes the snapshot.
    let stderr = BufReader::new(backup.stderr.take().expect("a pipe"));
    let said: Vec<_> = stderr
        .lines()
        .map(|line| line.expect("text"))
        .take_while(|line| !line.ends_with(" -"))
        .collect();
    assert_eq!(volume(&redis).len(), 2, "{said:?}");
    kill_process(Pid::from_child(&backup), Signal::TERM).expect("it runs");
    assert_eq!(backup.wait().expect("it ends").code(), Some(143));
    assert_eq!(volume(&redis), ["appendonlydir"]);
}

#[test]
fn a_scheduled_backup_is_whole_and_the_oldest_go() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let objects = manifests.render_components(&["redis", "scheduled-backup"]);
    let cluster = Cluster::with(&manifests, objects);
    let job = &cluster.one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"];
    let set = &cluster.one("StatefulSet")["spec"]["template"]["spec"];
    assert_eq!(job["containers"][0]["image"], set["containers"][0]["image"]);
    let keep: usize = text(job, "/containers/0/env/0/value").parse().expect("a number");
    let config = items(job, "/volumes").iter().find_map(|volume| volume.pointer("/configMap/name"));
    let config = cluster.named("ConfigMap", config.and_then(Value::as_str).expect("a name"));
    let script = text(config.expect("the script"), "/data/save.sh");

    let mut redis = Pod::new(&cluster);
    redis.start();
    redis.say(PASSWORD, "set kept value");
    let backups = redis.path("/backups");
    fs::create_dir(&backups).expect("a directory");
    for day in 1..=keep {
        let name = format!("path-records-200001{day:02}T000000Z.rdb");
        fs::write(backups.join(name), "old").expect("a file");
    }
    fs::write(backups.join("path-records-20000101T000000Z.rdb.part"), "half").expect("a file");
    let script = script.replace("/backups", backups.to_str().expect("UTF-8"));
    let saved = redis.shell(&script).env("KEEP", keep.to_string()).output().expect("a shell");
    assert!(saved.status.success(), "{saved:?}");
    let mut names: Vec<_> = fs::read_dir(&backups)
        .expect("a directory")
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"))
        .collect();
    names.sort();
    assert_eq!(names.len(), keep);
    assert_eq!(names[0], "path-records-20000102T000000Z.rdb");

    redis.say(PASSWORD, "del kept");
    redis.stop();
    let restored = restore(&manifests, &redis, &backups.join(&names[keep - 1]));
    assert!(restored.status.success(), "{restored:?}");
    redis.start();
    assert_eq!(redis.say(PASSWORD, "get kept"), "value");
}

#[test]
fn a_damaged_file_is_cut_off_where_the_damage_begins() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    redis.say(PASSWORD, "set before value");
    redis.stop();
    let file = redis.path("/data/appendonlydir/appendonly.aof.1.incr.aof");
    let mut damaged = fs::read(&file).expect("the file");
    damaged.extend(b"*3\r\n$3\r\nse\0\0");
    damaged.extend([0; 1_000]);
    fs::write(&file, damaged).expect("a file");
    // Redis doesn't start by itself.
    let refused = redis.shell("/bin/sh /etc/redis/start.sh").output().expect("a shell");
    assert!(!refused.status.success(), "{refused:?}");
    let mended = redis.shell(&script(&manifests, "mend.sh")).output().expect("a shell");
    assert!(mended.status.success(), "{mended:?}");
    assert_eq!(volume(&redis).len(), 2);
    redis.start();
    assert_eq!(redis.say(PASSWORD, "get before"), "value");
}

#[test]
fn what_is_no_backup_replaces_nothing() {
    let Some(manifests) = Manifests::copy() else {
        return;
    };
    let mut redis = pod(&manifests, &["redis"]);
    redis.start();
    redis.say(PASSWORD, "set key value");
    redis.stop();
    let broken = redis.path("/broken.rdb");
    fs::write(&broken, b"error: unable to upgrade connection").expect("a file");
    assert!(!restore(&manifests, &redis, &broken).status.success());
    redis.start();
    assert_eq!(redis.say(PASSWORD, "get key"), "value");
}

/// Runs the restore task's script on the volume of this Redis.
fn restore(manifests: &Manifests, redis: &Pod, snapshot: &Path) -> Output {
    redis
        .shell(&script(manifests, "restore.sh"))
        .stdin(File::open(snapshot).expect("a file"))
        .output()
        .expect("a shell")
}

/// One of the restore task's scripts.
fn script(manifests: &Manifests, name: &str) -> String {
    let objects = manifests.render("tasks/restore");
    let config = objects.iter().find(|object| object["kind"] == "ConfigMap");
    config.expect("the scripts")["data"][name].as_str().expect("a script").to_owned()
}

fn for_each_file(directory: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in fs::read_dir(directory).expect("a directory") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("a kind");
        if kind.is_dir() {
            for_each_file(&entry.path(), look);
        } else if kind.is_file() {
            look(&entry.path(), &fs::read(entry.path()).expect("a file"));
        }
    }
}
