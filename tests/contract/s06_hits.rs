//! Section 6: hits.

use harness::{Redis, Served, Service};

#[test]
fn a_request_to_a_record_path_is_a_hit_whatever_it_answered() {
    let service = Served::start();
    let host = &service.host;
    let mut expected = 0;
    let mut count = |what: &str| {
        expected += 2;
        assert_eq!(host.count(), expected, "{what}");
    };
    host.get("/a").send().expect(404);
    count("GET of no record");
    host.put("/a", r#"{"n":1}"#).send().expect(201);
    count("PUT");
    host.get("/a").send().expect(200);
    count("GET");
    host.head("/a").send().expect(200);
    count("HEAD");
    host.put("/a", "{}").header("If-Match", "\"x\"").send().expect(412);
    count("PUT whose condition fails");
    let etag = host.get("/a").send().etag();
    count("GET");
    host.get("/a").header("If-None-Match", etag).send().expect(304);
    count("GET that gives 304");
    host.merge("/a", r#"{"n":2}"#).send().expect(200);
    count("PATCH");
    let failing = r#"[{"op":"test","path":"/n","value":1}]"#;
    host.patch("/a", failing).send().expect(409);
    count("PATCH that fails");
    host.merge("/none", "{}").send().expect(404);
    count("PATCH of no record");
    host.post("/a/", "{}").send().expect(201);
    count("POST");
    host.get("/?path=/a").send().expect(200);
    count("the hits of a record");
    host.get("/?path=/none").send().expect(404);
    count("the hits of no record");
    host.delete("/a").send().expect(204);
    count("DELETE");
    host.delete("/a").send().expect(404);
    count("DELETE of no record");
}

#[test]
fn a_request_that_does_not_reach_the_store_is_no_hit() {
    let service = Served::start();
    let host = &service.host;
    host.put("/a", "{").send().expect(400);
    host.put("/a", "[]").send().expect(422);
    host.put("/a?x=1", "{}").send().expect(400);
    host.request("PUT", "/a").body("text/plain", "{}").send().expect(415);
    host.get("/a%").send().expect(400);
    host.post("/a", "{}").send().expect(405);
    host.options_of("/a").send().expect(204);
    host.options_of("/").send().expect(204);
    host.get("/?x=1").send().expect(400);
    for target in ["/-/live", "/-/ready", "/-/records", "/-/metrics", "/-/openapi.json"] {
        host.get(target).send().expect(200);
    }
    host.get("/-/none").send().expect(404);
    host.get("/").header("Accept", "text/html").send().expect(200);
    assert_eq!(host.count(), 1);
}

/// How many changes Redis has made to its data.
fn changes(redis: &Redis) -> u64 {
    let changes = redis.info("persistence", "rdb_changes_since_last_save");
    changes.expect("Redis counts them").parse().expect("a number")
}

#[test]
fn with_count_hits_off_nothing_is_counted_and_a_get_writes_nothing() {
    let service = Service::with(&[("count_hits", "off")]);
    let (host, redis) = (&service.host, &service.redis);
    host.put("/a", "{}").send().expect(201);
    let before = changes(redis);
    let etag = host.get("/a").send().etag();
    host.head("/a").send().expect(200);
    host.get("/a").header("If-None-Match", etag).send().expect(304);
    host.get("/none").send().expect(404);
    let text = host.get("/").send().expect(200).text().to_owned();
    assert_eq!(host.get("/").send().text(), text);
    host.get("/-/records").send().expect(200);
    host.get("/-/metrics").send().expect(200);
    host.get("/-/ready").send().expect(200);
    assert_eq!(changes(redis), before);
    let count: Option<u64> = redis.run(&["GET", "path-records:count"]);
    assert_eq!(count.unwrap_or_default(), 0);
    assert_eq!(host.get("/").header("Accept", "application/json").send().number("records"), 1);
}

#[test]
fn with_count_hits_on_a_get_counts() {
    let service = Service::with(&[("count_hits", "on")]);
    let before = changes(&service.redis);
    service.host.get("/none").send().expect(404);
    assert!(changes(&service.redis) > before);
    let count: u64 = service.redis.run(&["GET", "path-records:count"]);
    assert_eq!(count, 1);
}
