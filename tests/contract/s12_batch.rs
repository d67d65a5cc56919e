//! Section 12: everything or nothing.

use harness::{Host, Monitor, Redis, Response, Service, assert_problem};
use serde_json::{Value, json};

use crate::common::{host, path, stored};

/// The answer to a batch of these requests.
pub fn batch(host: &Host, requests: &Value) -> Response {
    host.post("/-/batch", &json!({ "requests": requests }).to_string()).send()
}

/// The statuses of its responses.
fn statuses(response: &Response) -> Vec<u64> {
    let document = response.expect(200).json();
    let responses = document["responses"].as_array().expect("a list");
    responses.iter().map(|each| each["status"].as_u64().expect("a status")).collect()
}

#[test]
fn responses_come_in_the_order_of_the_requests() {
    let base = path("ordered");
    let [a, b, none] = ["a", "b", "none"].map(|name| format!("{base}/{name}"));
    host().put(&a, r#"{"a":1.0}"#).send().expect(201);
    host().put(&b, "{}").send().expect(201);
    let answer = batch(
        host(),
        &json!([
            {"method": "GET", "path": none},
            {"method": "DELETE", "path": b},
            {"method": "GET", "path": a},
            {"method": "PUT", "path": format!("{none}x?ttl=60"), "body": {"x": [1, {"y": null}]}},
        ]),
    );
    assert_eq!(statuses(&answer), [404, 204, 200, 201]);
    assert!(answer.text().contains(r#""body":{"a":1.0,"last_updated":"#), "{answer}");
    let responses = answer.json()["responses"].clone();
    let etag = responses[2]["headers"]["ETag"].as_str().expect("a tag");
    assert_eq!(etag, host().get(&a).send().etag());
    assert_eq!(responses[3]["body"]["ttl"], 60);
    assert!(responses[1].get("body").is_none(), "{answer}");
    host().get(&b).send().expect(404);
    assert_eq!(answer.required("cache-control"), "no-store");
}

#[test]
fn a_get_that_matches_is_304_without_a_body() {
    let a = stored("a", "{}");
    let etag = host().get(&a).send().etag();
    let headers = json!({"If-None-Match": etag});
    let answer = batch(host(), &json!([{"method": "GET", "path": a, "headers": headers}]));
    assert_eq!(statuses(&answer), [304]);
    let response = &answer.json()["responses"][0];
    assert_eq!(response["headers"]["ETag"], etag);
    assert!(response.get("body").is_none(), "{answer}");
}

/// Writes that can't be done, and what they are by themselves. `/old` is there, `/none` is not.
fn impossible() -> Vec<(Value, u16, &'static str)> {
    vec![
        (json!({"method": "PATCH", "path": "/none", "body": {}}), 404, "record-not-found"),
        (json!({"method": "PATCH", "path": "/none?ttl=9"}), 404, "record-not-found"),
        (json!({"method": "DELETE", "path": "/none"}), 404, "record-not-found"),
        (json!({"method": "PUT", "path": "/none", "body": 1}), 422, "not-an-object"),
        (json!({"method": "PUT", "path": "/none"}), 400, "invalid-json"),
        (json!({"method": "PUT", "path": "/none?a=1", "body": {}}), 400, "invalid-query"),
        (json!({"method": "PUT", "path": "/./a", "body": {}}), 400, "invalid-path"),
        (json!({"method": "PUT", "path": "http://x/a", "body": {}}), 400, "invalid-path"),
        (json!({"method": "PUT", "path": "a", "body": {}}), 400, "invalid-path"),
        (json!({"method": "PUT", "path": "/a#b", "body": {}}), 400, "invalid-path"),
        (json!({"method": "PUT", "path": "/-/live", "body": {}}), 404, "no-such-endpoint"),
        (json!({"method": "PUT", "path": "/", "body": {}}), 404, "no-such-endpoint"),
        (
            json!({"method": "PUT", "path": "/old", "headers": {"If-None-Match": "*"}, "body": {}}),
            412,
            "precondition-failed",
        ),
        (
            json!({"method": "DELETE", "path": "/old", "headers": {"if-match": "\"x\""}}),
            412,
            "precondition-failed",
        ),
        (
            json!({"method": "PATCH", "path": "/old", "headers": {"If-Match": "\"x\""}, "body": {}}),
            412,
            "precondition-failed",
        ),
        (
            json!({"method": "PATCH", "path": "/old?ttl=9", "headers": {"If-Match": "\"x\""}}),
            412,
            "precondition-failed",
        ),
        (json!({"method": "PATCH", "path": "/old", "body": []}), 422, "not-an-object"),
        (
            json!({"method": "PATCH", "path": "/old", "headers":
                {"Content-Type": "application/json-patch+json"},
                "body": [{"op": "test", "path": "/a", "value": 2}]}),
            409,
            "patch-failed",
        ),
        (
            json!({"method": "PUT", "path": "/x", "headers": {"Content-Type": "text/x"}, "body": {}}),
            415,
            "unsupported-media-type",
        ),
        (
            json!({"method": "PUT", "path": format!("/{}", "x".repeat(1024)), "body": {}}),
            414,
            "path-too-long",
        ),
    ]
}

#[test]
fn where_a_write_cant_be_done_nothing_is_changed() {
    let Service { host, redis } = &Service::start();
    host.put("/old", r#"{"a":1}"#).send().expect(201);
    host.put("/gone", "{}").send().expect(201);
    let mut connection = redis.connect();
    let mut state = || {
        let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut connection).expect("keys");
        let mut dumps: Vec<(String, Vec<u8>)> = keys
            .into_iter()
            .map(|key| {
                let dump = redis::cmd("DUMP").arg(&key).query(&mut connection).expect("a value");
                (key, dump)
            })
            .collect();
        dumps.sort();
        dumps
    };
    let before = state();
    for (request, status, code) in impossible() {
        // Wherever it stands among others that could be done.
        for place in 0..4 {
            let mut requests = vec![
                json!({"method": "PUT", "path": "/new", "body": {"b": 2}}),
                json!({"method": "GET", "path": "/read"}),
                json!({"method": "DELETE", "path": "/gone"}),
            ];
            requests.insert(place, request.clone());
            let answer = batch(host, &json!(requests));
            assert_problem(&answer, status, code);
            assert_eq!(answer.json()["request"], place, "{answer}");
            assert!(state() == before, "{answer}");
        }
    }
}

#[test]
fn what_is_no_batch_is_400() {
    let get = json!({"method": "GET", "path": "/a"});
    let with = |name: &str, value: Value| {
        let mut request = get.clone();
        request[name] = value;
        json!({ "requests": [request] })
    };
    let hundred_and_one: Vec<_> =
        (0..101).map(|number| json!({"method": "GET", "path": format!("/{number}")})).collect();
    for document in [
        json!([]),
        json!(1),
        json!({}),
        json!({"requests": {}}),
        json!({"requests": [get], "defaults": {}}),
        json!({"requests": [1]}),
        json!({"requests": [{"method": "GET"}]}),
        json!({"requests": [{"path": "/a"}]}),
        json!({"requests": hundred_and_one}),
        with("method", json!("POST")),
        with("method", json!("HEAD")),
        with("method", json!("OPTIONS")),
        with("method", json!("get")),
        with("method", json!(1)),
        with("path", json!(1)),
        with("headers", json!([])),
        with("headers", json!({"If-Match": 1})),
        with("headers", json!({"If-Match": ["\"a\""]})),
        with("headers", json!({"If Match": "\"a\""})),
        with("headers", json!({"": "x"})),
        with("headers", json!({"X": "a\r\nb"})),
        with("headers", json!({"X": "a\u{0}b"})),
        with("also", json!(1)),
    ] {
        let answer = host().post("/-/batch", &document.to_string()).send();
        assert_problem(&answer, 400, "invalid-batch");
    }
    for text in ["", "{", "{\"requests\":[}", "{\"requests\":[{]}"] {
        let answer = host().post("/-/batch", text).send();
        assert_problem(&answer, 400, "invalid-batch");
    }
}

#[test]
fn a_path_comes_once_however_it_is_encoded() {
    for (one, other) in [("/a~b", "/a%7eb"), ("/x?ttl=5", "/x"), ("/é", "/%c3%A9")] {
        for method in ["GET", "PUT", "DELETE"] {
            let requests = json!([
                {"method": "PUT", "path": one, "body": {}},
                {"method": method, "path": other, "body": {}},
            ]);
            assert_problem(&batch(host(), &requests), 400, "invalid-batch");
        }
    }
    host().get("/x").send().expect(404);
}

#[test]
fn an_empty_batch_does_nothing() {
    let service = Service::start();
    let mut monitor = Monitor::start(&service.redis);
    assert_eq!(batch(&service.host, &json!([])).expect(200).text(), r#"{"responses":[]}"#);
    assert!(monitor.take().is_empty());
}

#[test]
fn a_hundred_requests_and_four_mebibytes_are_the_most() {
    let Service { host, .. } = &Service::start();
    let requests: Vec<_> = (0..100)
        .map(|number| json!({"method": "PUT", "path": format!("/{number}"), "body": {"n": number}}))
        .collect();
    assert_eq!(statuses(&batch(host, &json!(requests))), [201; 100]);
    let reads: Vec<_> =
        (0..100).map(|number| json!({"method": "GET", "path": format!("/{number}")})).collect();
    let read = batch(host, &json!(reads));
    assert_eq!(statuses(&read), [200; 100]);
    assert_eq!(read.json()["responses"][99]["body"]["n"], 99);
    // White space counts.
    let sized = |size: usize| {
        let text = r#"{"requests":[]}"#;
        host.post("/-/batch", &format!("{text}{}", " ".repeat(size - text.len())))
    };
    sized(4 << 20).send().expect(200);
    assert_problem(&sized((4 << 20) + 1).send(), 413, "record-too-large");
}

#[test]
fn a_batch_is_one_script_and_two_where_it_patches() {
    let Service { host, redis } = &Service::start();
    host.put("/a", "{}").send().expect(201);
    let mut monitor = Monitor::start(redis);
    let mut scripts = |requests: Value| {
        batch(host, &requests).expect(200);
        monitor.take().iter().filter(|command| command.name == "EVALSHA").count()
    };
    let (get, put) = (
        json!({"method": "GET", "path": "/b"}),
        json!({"method": "PUT", "path": "/c", "body": {}}),
    );
    assert_eq!(scripts(json!([get, put])), 1);
    let patch = json!({"method": "PATCH", "path": "/a", "body": {"a": 1}});
    assert_eq!(scripts(json!([get, patch, put])), 2);
    assert_eq!(scripts(json!([{"method": "PATCH", "path": "/a?ttl=9"}])), 1);
}

#[test]
fn a_full_store_refuses_the_batch_whole() {
    let redis = Redis::options().set("maxmemory-policy", "noeviction").start();
    let host = Host::start(&redis);
    host.put("/old", r#"{"a":1}"#).send().expect(201);
    redis.run::<()>(&["CONFIG", "SET", "maxmemory", "1"]);
    let requests = json!([
        {"method": "DELETE", "path": "/old"}, {"method": "PUT", "path": "/new", "body": {}},
    ]);
    let document = json!({ "requests": requests }).to_string();
    let answer = host.post("/-/batch", &document).may_fail().send();
    assert_problem(&answer, 507, "store-full");
    let reads = json!([{"method": "GET", "path": "/old"}, {"method": "GET", "path": "/new"}]);
    assert_eq!(statuses(&batch(&host, &reads)), [200, 404]);
    // It can be emptied.
    let others = json!([{"method": "DELETE", "path": "/old"}, {"method": "GET", "path": "/new"}]);
    assert_eq!(statuses(&batch(&host, &others)), [204, 404]);
}

#[test]
fn what_another_program_put_in_a_records_place_is_500_of_its_request() {
    let Service { host, redis } = &Service::start();
    redis.run::<()>(&["SET", "path-records:/foreign", "x"]);
    let get = json!({"method": "GET", "path": "/foreign"});
    let put = json!({"method": "PUT", "path": "/new", "body": {}});
    assert_eq!(statuses(&batch(host, &json!([get, put]))), [500, 201]);
    for method in ["PUT", "PATCH", "DELETE"] {
        let write = json!({"method": method, "path": "/foreign", "body": {}});
        let other = json!({"method": "PUT", "path": "/other", "body": {}});
        let document = json!({"requests": [other, write]}).to_string();
        let answer = host.post("/-/batch", &document).may_fail().send();
        assert_problem(&answer, 500, "store-error");
        assert_eq!(answer.json()["request"], 1, "{answer}");
        host.get("/other").send().expect(404);
    }
}

#[test]
fn more_than_can_be_read_at_once_is_413_of_what_comes_after() {
    let Service { host, .. } = &Service::start();
    let body = format!(r#"{{"a":"{}"}}"#, "x".repeat(1_000_000));
    for number in 0..12 {
        host.put(&format!("/{number}"), &body).send().expect(201);
    }
    let reads: Vec<_> =
        (0..12).map(|number| json!({"method": "GET", "path": format!("/{number}")})).collect();
    let answer = batch(host, &json!(reads));
    assert_eq!(statuses(&answer), [[200; 9].as_slice(), &[413; 3]].concat());
    let patches: Vec<_> = (0..12)
        .map(|number| json!({"method": "PATCH", "path": format!("/{number}"), "body": {"b": 1}}))
        .collect();
    let answer = batch(host, &json!(patches));
    assert_problem(&answer, 413, "record-too-large");
    assert_eq!(answer.json()["request"], 9, "{answer}");
    assert_eq!(host.get("/0").send().member("b"), None);
}

#[test]
fn paths_of_the_host_are_no_records() {
    let path = "/.well-known/spin/info";
    let get = batch(host(), &json!([{"method": "GET", "path": path}]));
    assert_eq!(statuses(&get), [404]);
    assert_eq!(get.json()["responses"][0]["body"]["code"], "no-such-endpoint");
    let put = batch(host(), &json!([{"method": "PUT", "path": path, "body": {}}]));
    assert_problem(&put, 404, "no-such-endpoint");
}

#[test]
fn conditions_and_parameters_of_the_batch_itself_are_refused() {
    for header in ["If-Match", "If-None-Match", "If-Unmodified-Since", "If-Modified-Since"] {
        let answer = host().post("/-/batch", r#"{"requests":[]}"#).header(header, "*").send();
        assert_problem(&answer, 400, "invalid-header");
    }
    let answer = host().post("/-/batch?x=1", r#"{"requests":[]}"#).send();
    assert_problem(&answer, 400, "invalid-query");
    let answer = host().request("POST", "/-/batch").body("text/plain", "{}").send();
    assert_problem(&answer, 415, "unsupported-media-type");
}

#[test]
fn each_request_needs_a_token_for_what_it_does() {
    let service = Service::with(&[("read_token", "reader"), ("write_token", "writer")]);
    let host = &service.host;
    let requests = json!({"requests": [
        {"method": "GET", "path": "/a"}, {"method": "PUT", "path": "/b", "body": {}},
    ]});
    let reads = json!({"requests": [{"method": "GET", "path": "/a"}]});
    let send = |document: &Value, token: Option<&str>| {
        let request = host.post("/-/batch", &document.to_string());
        match token {
            Some(token) => request.token(token).send(),
            None => request.send(),
        }
    };
    assert_problem(&send(&reads, None), 401, "unauthorized");
    assert_problem(&send(&requests, Some("reader")), 403, "forbidden");
    send(&reads, Some("reader")).expect(200);
    // A request may have a token of its own.
    let mut own = requests.clone();
    own["requests"][1]["headers"] = json!({"Authorization": "Bearer writer"});
    send(&own, Some("reader")).expect(200);
    own["requests"][1]["headers"] = json!({"Authorization": "Bearer nobody"});
    assert_problem(&send(&own, Some("writer")), 401, "unauthorized");
}
