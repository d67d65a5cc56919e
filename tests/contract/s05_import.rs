//! Section 5: import.

use harness::{Host, Redis, Response, Served, Service, assert_problem};
use serde_json::Value;

const LINES: &str = "application/x-ndjson";

/// The answer to an import of this text.
pub fn import(host: &Host, text: &str) -> Response {
    host.request("POST", "/-/records").body(LINES, text).send()
}

/// What became of each line.
pub fn results(answer: &Response) -> Vec<Value> {
    assert_eq!(answer.expect(200).required("content-type"), LINES);
    answer.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

#[test]
fn each_line_is_stored_and_told() {
    let Served { host, .. } = &Served::start();
    host.put("/a/2", r#"{"old":1}"#).send().expect(201);
    let text = "{\"path\":\"/a/1\",\"value\":{\"x\":1.0}}\n\
                {\"path\":\"/a/2\",\"value\":{},\"ttl\":60,\"last_updated\":1,\"etag\":\"\\\"z\\\"\"}\r\n\
                \n\
                {\"value\":{\"y\":[1e400]},\"ttl\":null,\"path\":\"/%61/%33\"}";
    let answer = import(host, text);
    let results = results(&answer);
    let told: Vec<_> = results
        .iter()
        .map(|each| (each["line"].as_u64(), each["path"].as_str(), each["status"].as_u64()))
        .collect();
    assert_eq!(
        told,
        [
            (Some(1), Some("/a/1"), Some(201)),
            (Some(2), Some("/a/2"), Some(200)),
            (Some(4), Some("/a/3"), Some(201)),
        ]
    );
    for each in &results {
        let record = host.get(each["path"].as_str().expect("a path")).send();
        assert_eq!(record.etag(), each["etag"].as_str().expect("a tag"));
    }
    let third = host.get("/a/3").send();
    assert_eq!(third.member("y").as_deref(), Some("[1e400]"));
    assert_eq!(third.member("ttl").as_deref(), Some("null"));
    assert_eq!(host.get("/a/2").send().member("old"), None);
    assert_eq!(host.get("/a/2").send().number("ttl"), 60);
    assert_eq!(host.get("/a/1").send().number("ttl"), 31_104_000);
}

#[test]
fn a_line_that_is_wrong_is_told_and_hurts_no_other() {
    let service =
        Served::with(&[("max_record_bytes", "1000"), ("max_ttl", "100"), ("default_ttl", "50")]);
    let host = &service.host;
    let large = format!(r#"{{"path":"/x","value":{{"a":"{}"}}}}"#, "x".repeat(1000));
    let deep = format!(r#"{{"path":"/x","value":{{"a":{}{}}}}}"#, "[".repeat(128), "]".repeat(128));
    let long = format!(r#"{{"path":"/{}","value":{{}}}}"#, "x".repeat(1024));
    for (line, status, code) in [
        ("nonsense", 400, "invalid-json"),
        ("[]", 400, "invalid-json"),
        ("{}", 400, "invalid-json"),
        (r#"{"path":"/x"}"#, 400, "invalid-json"),
        (r#"{"value":{}}"#, 400, "invalid-json"),
        (r#"{"path":1,"value":{}}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{},"more":1}"#, 400, "invalid-json"),
        (r#"{"prefix":"/x/"}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{},"ttl":0}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{},"ttl":101}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{},"ttl":1.0}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{},"ttl":"never"}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{},"ttl":-1}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":{}} {}"#, 400, "invalid-json"),
        (r#"{"path":"/x","value":[]}"#, 422, "not-an-object"),
        (r#"{"path":"/x","value":null}"#, 422, "not-an-object"),
        (r#"{"path":"x","value":{}}"#, 400, "invalid-path"),
        (r#"{"path":"/..","value":{}}"#, 400, "invalid-path"),
        (r#"{"path":"/%ff","value":{}}"#, 400, "invalid-path"),
        (r#"{"path":"/-/live","value":{}}"#, 404, "no-such-endpoint"),
        (&long, 414, "path-too-long"),
        (&large, 413, "record-too-large"),
        (&deep, 400, "invalid-json"),
    ] {
        let good = |name: &str| format!(r#"{{"path":"/{name}","value":{{}}}}"#);
        let answer = import(host, &format!("{}\n{line}\n{}\n", good("one"), good("two")));
        let results = results(&answer);
        assert_eq!(results.len(), 3, "{answer}");
        assert_eq!(results[1]["line"], 2, "{answer}");
        assert_eq!(results[1]["status"], status, "{answer}");
        assert_eq!(results[1]["code"], code, "{answer}");
        assert!(results[1]["detail"].is_string(), "{answer}");
        assert_eq!(results[2]["path"], "/two", "{answer}");
        host.get("/x").send().expect(404);
    }
    let answer = host
        .request("POST", "/-/records")
        .body(LINES, b"\xff\n{\"path\":\"/y\",\"value\":{}}")
        .send();
    let results = results(&answer);
    assert_eq!((&results[0]["code"], &results[1]["status"]), (&"invalid-json".into(), &201.into()));
}

#[test]
fn with_if_none_match_it_only_creates() {
    let Served { host, .. } = &Served::start();
    host.put("/b", r#"{"old":1}"#).send().expect(201);
    let text = "{\"path\":\"/a\",\"value\":{}}\n{\"path\":\"/b\",\"value\":{}}\n{\"path\":\"/a\",\"value\":{}}\n";
    let request = |name, value| {
        let request = host.request("POST", "/-/records").header(name, value);
        request.body(LINES, text).send()
    };
    let answer = request("If-None-Match", "*");
    let statuses: Vec<_> = results(&answer).iter().map(|each| each["status"].clone()).collect();
    assert_eq!(statuses, [201, 412, 412]);
    assert_eq!(host.get("/b").send().member("old").as_deref(), Some("1"));
    assert_problem(&request("If-None-Match", "nonsense"), 400, "invalid-header");
    // Other conditions are those of a PUT too.
    let answer = request("If-Match", "*");
    let statuses: Vec<_> = results(&answer).iter().map(|each| each["status"].clone()).collect();
    assert_eq!(statuses, [200, 200, 200]);
}

#[test]
fn of_lines_with_one_path_the_last_stays() {
    let Served { host, .. } = &Served::start();
    let line = |number| format!("{{\"path\":\"/a\",\"value\":{{\"n\":{number}}}}}\n");
    let lines = (0..250).map(line).collect::<Vec<_>>().concat();
    let results = results(&import(host, &lines));
    assert_eq!(results.len(), 250);
    assert_eq!(results[0]["status"], 201);
    assert!(results[1..].iter().all(|each| each["status"] == 200));
    assert_eq!(host.get("/a").send().member("n").as_deref(), Some("249"));
}

#[test]
fn four_mebibytes_are_the_most_and_the_type_must_be_said() {
    let Served { host, .. } = &Served::start();
    let line = "{\"path\":\"/a\",\"value\":{}}";
    let sized = |size: usize| format!("{line}{}", "\n".repeat(size - line.len()));
    assert_eq!(results(&import(host, &sized(4 << 20))).len(), 1);
    assert_problem(&import(host, &sized((4 << 20) + 1)), 413, "record-too-large");
    for content_type in ["application/json", "text/plain", "application/ndjson"] {
        let answer = host.request("POST", "/-/records").body(content_type, line).send();
        assert_problem(&answer, 415, "unsupported-media-type");
        assert_eq!(answer.required("accept"), LINES);
    }
    let answer = host.request("POST", "/-/records").bare_body(line).send();
    assert_problem(&answer, 415, "unsupported-media-type");
    let encoded = host.request("POST", "/-/records").header("Content-Encoding", "gzip");
    assert_problem(&encoded.body(LINES, line).send(), 415, "unsupported-media-type");
    assert_eq!(import(host, "").expect(200).text(), "");
    assert_problem(
        &host.request("POST", "/-/records?a=1").body(LINES, "").send(),
        400,
        "invalid-query",
    );
}

#[test]
fn it_is_no_hit() {
    let Served { host, .. } = &Served::start();
    import(host, "{\"path\":\"/a\",\"value\":{}}\n").expect(200);
    assert_eq!(host.count(), 1);
    assert_eq!(host.count_of("/a"), 0);
    host.put("/a", "{}").send().expect(200);
    // What a record was hit stays when it is imported again, as when it is written again.
    import(host, "{\"path\":\"/a\",\"value\":{}}\n").expect(200);
    assert_eq!(host.count_of("/a"), 1);
}

#[test]
fn a_full_store_is_507_of_each_line() {
    let redis = Redis::options().set("maxmemory-policy", "noeviction").start();
    let host = Host::start(&redis);
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let results = results(&import(
        &host,
        "{\"path\":\"/a\",\"value\":{}}\nx\n{\"path\":\"/b\",\"value\":{}}\n",
    ));
    let statuses: Vec<_> = results.iter().map(|each| each["status"].clone()).collect();
    assert_eq!(statuses, [507, 400, 507]);
}

#[test]
fn a_redis_that_is_away_is_503() {
    let mut redis = Redis::start();
    let host = Host::start(&redis);
    redis.kill();
    let request =
        host.request("POST", "/-/records").body(LINES, "{\"path\":\"/a\",\"value\":{}}\n");
    assert_problem(&request.may_fail().send(), 503, "store-unavailable");
}

#[test]
fn what_is_no_record_is_500_of_its_line() {
    let Service { host, redis } = &Service::start();
    redis.run::<()>(&["SET", "path-records:/a", "x"]);
    let answer = import(host, "{\"path\":\"/a\",\"value\":{}}\n{\"path\":\"/b\",\"value\":{}}\n");
    let results = results(&answer);
    assert_eq!((&results[0]["status"], &results[1]["status"]), (&500.into(), &201.into()));
    assert_eq!(redis.run::<String>(&["GET", "path-records:/a"]), "x");
}

#[test]
fn it_is_a_write() {
    let service = Served::with(&[("read_token", "reader"), ("write_token", "writer")]);
    let request = || service.host.request("POST", "/-/records").body(LINES, "");
    assert_problem(&request().send(), 401, "unauthorized");
    assert_problem(&request().token("reader").send(), 403, "forbidden");
    request().token("writer").send().expect(200);
}
