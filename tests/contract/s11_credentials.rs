//! Sections 8, 10 and 11: how the service gets into Redis.

use std::process::Command;

use harness::{Batch, Certificate, Host, Page, Redis, Service, assert_problem, changes_below};

/// User names and passwords with everything that means something in a URL.
const ODD: [(&str, &str); 6] = [
    ("plain", "p:a/s?s#w@o%r&d=+"),
    ("us:er@host/x?y#z%41", "pass"),
    ("a+b", "three words and more"),
    ("ünï", "pässwörd-日本語-😀"),
    ("q\"uo'te\\", "back\\slash\"'`${x}{{y}}"),
    ("percent%", "%00%2F%"),
];

#[test]
fn user_names_and_passwords_may_hold_any_characters() {
    for (user, password) in ODD {
        let redis = Redis::start();
        let password_rule = format!(">{password}");
        redis.run::<()>(&["ACL", "SETUSER", user, "on", &password_rule, "~*", "&*", "+@all"]);
        let host = Host::options()
            .redis(&redis)
            .variables(&[("redis_username", user), ("redis_password", password)])
            .hidden(password)
            .start();
        host.put("/a", "{}").send().expect(201);
        // And it is this user that got in.
        redis.run::<()>(&["ACL", "SETUSER", user, "off"]);
        let fresh = Host::options()
            .redis(&redis)
            .variables(&[("redis_username", user), ("redis_password", password)])
            .start();
        let answer = fresh.get("/a").may_fail().send();
        assert_problem(&answer, 503, "store-unavailable");
    }
}

#[test]
fn a_password_without_a_user_name_is_the_default_users() {
    for password in ["secret", "p:a/s?s#w@o%r&d=+", "ünï"] {
        let redis = Redis::options().password(password).start();
        let service = Service::on(redis, Host::options().variable("redis_password", password));
        service.host.put("/a", "{}").send().expect(201);
        service.host.get("/-/ready").send().expect(200);
    }
}

#[test]
fn rediss_is_redis_over_tls() {
    let certificate = Certificate::new();
    let tls_port = harness::free_port();
    let redis = Redis::options()
        .set("tls-port", tls_port.to_string())
        .set("tls-cert-file", certificate.certificate().display().to_string())
        .set("tls-key-file", certificate.key().display().to_string())
        .set("tls-auth-clients", "no")
        .start();
    let address = format!("rediss://127.0.0.1:{tls_port}");
    let trusting = Host::options()
        .redis_at(&address)
        .environment("SSL_CERT_FILE", certificate.authority().display().to_string())
        .start();
    trusting.put("/a", r#"{"a":1}"#).send().expect(201);
    trusting.get("/a").send().expect(200);
    let exists: bool = redis.run(&["EXISTS", "path-records:/a"]);
    assert!(exists);
    // Whoever can't be verified is not talked to.
    let stranger = Certificate::new();
    let wary = Host::options()
        .redis_at(&address)
        .environment("SSL_CERT_FILE", stranger.authority().display().to_string())
        .start();
    assert_problem(&wary.get("/a").may_fail().send(), 503, "store-unavailable");
}

/// The words of the rule that the runbook gives a Redis elsewhere, with this password.
fn rule_of_the_runbook(password: &str) -> Vec<String> {
    let page = harness::workspace().join("runtime-manifests/kubernetes/external-redis.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let rule = page.lines().find(|line| line.starts_with("ACL SETUSER ")).expect("a rule");
    assert!(rule.contains(" >PASSWORD "), "{rule}");
    rule.split(' ').map(|word| word.replace("PASSWORD", password)).collect()
}

#[test]
fn the_runbooks_user_may_do_what_the_service_asks_for_and_nothing_else() {
    let redis = Redis::start();
    let rule = rule_of_the_runbook("secret");
    redis.run::<()>(&rule.iter().map(String::as_str).collect::<Vec<_>>());
    let host = Host::options()
        .redis(&redis)
        .variables(&[("redis_username", "path-records"), ("redis_password", "secret")])
        .hidden("secret")
        .start();
    host.get("/-/ready").send().expect(200);
    host.put("/a/b?ttl=100", "{}").send().expect(201);
    host.post("/a/", "{}").send().expect(201);
    host.merge("/a/b", r#"{"c":1}"#).send().expect(200);
    host.request("PATCH", "/a/b?ttl=200").send().expect(200);
    host.get("/a/b").send().expect(200);
    host.get("/-/records?prefix=/a/&values=true&delimiter=/").send().expect(200);
    let line = "{\"path\":\"/a/c\",\"value\":{}}\n";
    host.request("POST", "/-/records").body("application/x-ndjson", line).send().expect(200);
    Batch::new().get("/a/b").put("/a/d", &[], "{}").to(&host).send().expect(200);
    let feed = Page::read(&host.get(&changes_below("/a/")).send());
    host.delete("/a/c").send().expect(204);
    assert_eq!(Page::read(&host.get(&feed.next).send()).changes.len(), 1);
    let waiting = host.get("/a/not-there").header("Prefer", "wait=1").send();
    waiting.expect(404);
    assert!(host.count() > 5);
    host.get("/?path=/a/b").send().expect(200);
    host.get("/-/metrics").send().expect(200);
    host.delete("/-/records?prefix=/a/").send().expect(200);
    assert_eq!(host.stderr(), "");

    for refused in [
        &["GET", "other"][..],
        &["SET", "other", "value"],
        &["FLUSHALL"],
        &["KEYS", "*"],
        &["CONFIG", "GET", "*"],
        &["ACL", "LIST"],
        &["PUBLISH", "path-records:channel", "message"],
    ] {
        let output = Command::new("redis-cli")
            .args(["-p", &redis.port().to_string(), "--user", "path-records"])
            .args(refused)
            .env("REDISCLI_AUTH", "secret")
            .output()
            .expect("redis-cli");
        let answer = String::from_utf8_lossy(&output.stdout);
        assert!(answer.starts_with("NOPERM"), "{refused:?}: {answer}");
    }
}
