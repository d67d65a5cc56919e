//! The document's examples are what the service answers, but for what no two answers share.

use std::collections::BTreeMap;

use harness::{Host, Redis, Response, Served, Service};
use serde_json::Value;

use crate::document;

/// What the document has at a JSON pointer.
fn at(pointer: &str) -> Value {
    let document = document::read();
    let found = document.pointer(pointer);
    found.unwrap_or_else(|| panic!("the document has no {pointer}")).clone()
}

fn response_example(name: &str, media_type: &str) -> Value {
    let media_type = media_type.replace('/', "~1");
    at(&format!("/components/responses/{name}/content/{media_type}/example"))
}

/// Compares two documents; of what depends on the moment only the kind has to be the same.
fn resembles(example: &Value, actual: &Value) -> bool {
    match (example, actual) {
        (Value::Object(example), Value::Object(actual)) => {
            let same = |(name, value): (&String, &Value)| {
                actual.get(name).is_some_and(|other| match name.as_str() {
                    "last_updated" | "ttl" => value.is_u64() == other.is_u64(),
                    "etag" => value.is_string() == other.is_string(),
                    _ => resembles(value, other),
                })
            };
            example.len() == actual.len() && example.iter().all(same)
        }
        (Value::Array(example), Value::Array(actual)) => {
            let mut pairs = example.iter().zip(actual);
            example.len() == actual.len() && pairs.all(|(one, other)| resembles(one, other))
        }
        _ => example == actual,
    }
}

fn assert_resembles(example: &Value, answer: &Response) {
    assert!(resembles(example, &answer.json()), "not {example}: {answer}");
}

fn assert_record(answer: &Response, status: u16) {
    let example = response_example("Record", "application/json");
    assert_resembles(&example, answer.expect(status));
}

fn record() -> String {
    at("/components/requestBodies/Record/content/application~1json/example").to_string()
}

#[test]
fn records() {
    let service = Served::shared();
    let host = &service.host;
    let stored = host.put("/examples/record", &record()).send();
    assert_record(&stored, 201);
    assert_record(&host.put("/examples/record", &record()).send(), 200);
    assert_record(&host.get("/examples/record").send(), 200);
    let added = host.post("/examples/added/", &record()).send();
    assert_resembles(&response_example("Added", "application/json"), added.expect(201));
}

#[test]
fn patches() {
    let host = &Served::shared().host;
    let patch = |media_type: &str| {
        let content = "/paths/~1{path}/patch/requestBody/content";
        at(&format!("{content}/application~1{media_type}/example")).to_string()
    };
    for (path, media_type) in
        [("/examples/merged", "merge-patch+json"), ("/examples/patched", "json-patch+json")]
    {
        let _ = host.put(path, &record()).send();
        let answer = host
            .request("PATCH", path)
            .body(&format!("application/{media_type}"), patch(media_type))
            .send();
        assert_eq!(answer.expect(200).json()["message"], "hi", "{answer}");
    }
}

#[test]
fn counts() {
    let content = |kind: &str| at(&format!("/components/responses/Count/content/{kind}"));
    let json =
        |host: &Host, target: &str| host.get(target).header("Accept", "application/json").send();
    let service = |name: &str| {
        let service = Service::start();
        let host = &service.host;
        let _ = host.put("/testurl", &record()).send();
        let _ = host.get("/testurl").send();
        let _ = host.get("/testurl").send();
        let _ = host.put(name, &record()).send();
        service
    };
    let text = service("/other").host.get("/").send();
    assert_eq!(content("text~1plain/example"), text.text());
    let service = service("/other");
    let example = content("application~1json/examples/service/value");
    assert_resembles(&example, &json(&service.host, "/"));
    let example = content("application~1json/examples/record/value");
    assert_resembles(&example, &json(&service.host, "/?path=/testurl"));
}

#[test]
fn a_listing() {
    let service = Service::start();
    for target in ["/docs/a", "/docs/b?ttl=60", "/docs/c/1", "/docs/c/2", "/docs/d"] {
        let _ = service.host.put(target, &record()).send();
    }
    let parameter = |name: &str| at(&format!("/components/parameters/{name}/example"));
    let target = format!(
        "/-/records?prefix={}&limit={}&after={}&delimiter={}&values={}",
        parameter("Prefix").as_str().expect("a text"),
        parameter("Limit"),
        parameter("After").as_str().expect("a text"),
        parameter("Delimiter").as_str().expect("a text"),
        parameter("Values"),
    );
    let example = at("/paths/~1-~1records/get/responses/200/content/application~1json/example");
    assert_resembles(&example, &service.host.get(&target).send());
}

/// Lines of JSON, as one document.
fn lines(text: &str) -> Value {
    text.lines().map(|line| line.parse::<Value>().expect("a line is JSON")).collect()
}

#[test]
fn an_import_and_a_removal() {
    let host = &Service::start().host;
    let text = |pointer: &str| at(pointer).as_str().expect("a text").to_owned();
    let operation = "/paths/~1-~1records/post";
    let sent = text(&format!("{operation}/requestBody/content/application~1x-ndjson/example"));
    let answer = host.request("POST", "/-/records").body("application/x-ndjson", sent).send();
    let example = text(&format!("{operation}/responses/200/content/application~1x-ndjson/example"));
    assert!(resembles(&lines(&example), &lines(answer.expect(200).text())), "{answer}");

    let _ = host.put("/docs/b", &record()).send();
    let prefix = text("/components/parameters/PrefixToRemove/example");
    let target = format!("/-/records?prefix={prefix}");
    let example = at("/paths/~1-~1records/delete/responses/200/content/application~1json/example");
    assert_resembles(&example, host.delete(&target).send().expect(200));
}

#[test]
fn a_batch() {
    let host = &Service::start().host;
    let example = at("/paths/~1-~1batch/post/requestBody/content/application~1json/example");
    let statuses = |answer: &Response| -> Vec<u64> {
        let answer = answer.expect(200).json();
        let responses = answer["responses"].as_array().expect("responses");
        responses.iter().map(|response| response["status"].as_u64().expect("a status")).collect()
    };
    assert_eq!(statuses(&host.post("/-/batch", &example.to_string()).send()), [201, 404]);
}

#[test]
fn changes() {
    let host = &Service::start().host;
    let parameter = |name: &str| at(&format!("/components/parameters/{name}/example"));
    let (prefix, wait) = (parameter("PrefixToFollow"), parameter("Prefer"));
    let (prefix, wait) = (prefix.as_str().expect("a text"), wait.as_str().expect("a text"));
    let _ = host.put("/docs/b", &record()).send();
    let first = format!("/-/changes?prefix={prefix}&limit={}", parameter("Limit"));
    let begin = host.get(&first).send().expect(200).json();
    let _ = host.put("/docs/a", &record()).send();
    let _ = host.delete("/docs/b").send();
    let next = begin["next"].as_str().expect("a target");
    let answer = host.get(next).header("Prefer", wait).send();
    assert_eq!(at("/components/headers/PreferenceApplied/example"), wait);
    assert_eq!(answer.required("preference-applied"), wait);
    // The place in the feed is of the moment.
    let placeless = |mut document: Value| {
        let next = document["next"].as_str().and_then(|next| next.split_once("&after="));
        document["next"] = next.expect("a place").0.into();
        document
    };
    let example = at("/paths/~1-~1changes/get/responses/200/content/application~1json/example");
    let (example, actual) = (placeless(example), placeless(answer.json()));
    assert!(resembles(&example, &actual), "not {example}: {answer}");
}

#[test]
fn health() {
    let host = &Served::shared().host;
    for name in ["live", "ready"] {
        let responses = format!("/paths/~1-~1{name}/get/responses");
        let example = at(&format!("{responses}/200/content/application~1json/example"));
        assert_resembles(&example, &host.get(&format!("/-/{name}")).send());
    }
}

#[test]
fn headers() {
    let host = &Served::shared().host;
    let example = |name: &str| at(&format!("/components/headers/{name}/example"));
    let options = host.options_of("/testurl").send();
    assert_eq!(example("Allow"), options.required("allow"));
    assert_eq!(example("AcceptPatch"), options.required("accept-patch"));
    assert_eq!(example("Vary"), host.get("/").send().required("vary"));
}

#[test]
fn problems() {
    let service = Service::start();
    let host = &service.host;
    let _ = host.put("/testurl", &record()).send();
    let _: () = service.redis.run(&["SET", "path-records:/foreign", "text"]);
    let locked = Service::with(&[("read_token", "reads"), ("write_token", "writes")]);
    let team = r#"[{"token":"team","prefix":"/team-a/","can":"write"}]"#;
    let divided = Service::with(&[("tokens", team)]);
    let spread = Service::with(&[("shards", "12")]);
    let misconfigured = Service::with(&[("default_ttl", "0")]);
    let full = Service::on(Redis::options().set("maxmemory", "1").start(), Host::options());
    let mut down = Service::start();
    down.redis.kill();

    let batch =
        r#"{"requests":[{"method":"GET","path":"/docs"},{"method":"GET","path":"/testurl"}]}"#;
    let failing_test = r#"[{"op":"test","path":"/message","value":"bye"}]"#;
    let too_long = format!("/{}", "a".repeat(1024));
    let too_large = format!(r#"{{"text":"{}"}}"#, "a".repeat(1 << 20));
    let answers = BTreeMap::from([
        ("400", host.get("/a/../b").send()),
        ("401", locked.host.get("/testurl").send()),
        ("403", divided.host.get("/testurl").token("team").send()),
        ("404", host.get("/nothing").send()),
        ("405", host.post("/testurl", "{}").send()),
        ("409", host.patch("/testurl", failing_test).send()),
        ("410", host.get("/-/changes?after=1-0").send()),
        ("412", host.put("/testurl", "{}").header("If-None-Match", "*").send()),
        ("413", host.put("/testurl", &too_large).send()),
        ("414", host.get(&too_long).send()),
        ("415", host.request("PUT", "/testurl").body("text/plain", "{}").send()),
        ("422", host.put("/testurl", "[]").send()),
        ("500", host.get("/foreign").may_fail().send()),
        ("503", down.host.get("/testurl").may_fail().send()),
        ("507", full.host.put("/testurl", "{}").may_fail().send()),
        ("BatchConflict", spread.host.post("/-/batch", batch).may_fail().send()),
        ("NotReady", misconfigured.host.get("/-/ready").may_fail().send()),
    ]);

    let responses = at("/components/responses");
    let documented: Vec<_> = responses
        .as_object()
        .expect("components")
        .iter()
        .filter(|(_, response)| response["content"].get("application/problem+json").is_some())
        .map(|(name, _)| name.as_str())
        .collect();
    let mut tried: Vec<_> = answers.keys().copied().collect();
    tried.sort_by_key(|name| documented.iter().position(|documented| documented == name));
    assert_eq!(tried, documented, "every problem of the document is tried here");
    for (name, answer) in &answers {
        let example = response_example(name, "application/problem+json");
        assert_eq!(example["status"], answer.status(), "{answer}");
        assert_resembles(&example, answer);
    }
}
