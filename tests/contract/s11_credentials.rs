//! Sections 8, 10 and 11: how the service gets into Redis.

use harness::{Certificate, Host, Redis, Service, assert_problem};

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
