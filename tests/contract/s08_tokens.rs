//! Section 8: tokens for parts of the tree, over the wire.

use harness::{Host, Monitor, Request, Service, assert_problem};
use serde_json::{Value, json};

const TEAM: &str = "of-the-t3am~";
const GUEST: &str = "of-a-gu3st";
const ALL: &str = "f0r-everything";

/// A service with a team's records and another's.
fn service() -> Service {
    let tokens = json!([
        {"token": TEAM, "prefix": "/team-a/", "can": "write"},
        {"token": GUEST, "prefix": "/team-a/", "can": "read"},
        {"token": GUEST, "prefix": "/notice", "can": "write"},
        {"token": ALL, "prefix": "/", "can": "write"},
    ]);
    let service = Service::with(&[("tokens", &tokens.to_string())]);
    for path in ["/team-a/1", "/team-a/2", "/team-a/3/4", "/team-a", "/team-ab", "/team-b/1"] {
        service.host.put(path, "{}").token(ALL).send().expect(201);
    }
    service
}

/// An import of records at these paths.
fn import<'a>(host: &'a Host, paths: &[&str]) -> Request<'a> {
    let lines = paths.iter().map(|path| json!({"path": path, "value": {}}).to_string());
    let lines = lines.collect::<Vec<_>>().join("\n");
    host.request("POST", "/-/records").body("application/x-ndjson", lines)
}

#[test]
fn a_token_does_everything_below_its_prefix() {
    let Service { host, .. } = &service();
    host.put("/team-a/5", r#"{"a":1}"#).token(TEAM).send().expect(201);
    host.merge("/team-a/5", r#"{"b":2}"#).token(TEAM).send().expect(200);
    host.get("/team-a/5").token(GUEST).send().expect(200);
    host.head("/team-a/5").token(GUEST).send().expect(200);
    assert_eq!(
        host.get("/?path=/team-a/5").token(GUEST).send().expect(200).text(),
        "Count is 4.\n"
    );
    let new = host.post("/team-a/", "{}").token(TEAM).send();
    host.get(new.expect(201).required("location")).token(TEAM).send().expect(200);
    host.delete("/team-a/5").token(TEAM).send().expect(204);
    // Of two entries with one token, each has its own.
    host.put("/notice", "{}").token(GUEST).send().expect(201);
    assert_problem(&host.put("/team-a/1", "{}").token(GUEST).send(), 403, "forbidden");
    let batch = json!({"requests": [
        {"method": "GET", "path": "/team-a/1"}, {"method": "PUT", "path": "/notice", "body": {}},
    ]});
    host.post("/-/batch", &batch.to_string()).token(GUEST).send().expect(200);
    let feed = host.get("/-/changes?prefix=/team-a/").token(GUEST).send().expect(200).json();
    host.get(feed["next"].as_str().expect("an address")).token(GUEST).send().expect(200);
    let deleted = host.delete("/-/records?prefix=/team-a/3/").token(TEAM).send();
    assert_eq!(deleted.expect(200).json()["deleted"], 1);
}

#[test]
fn its_listing_is_followed_to_the_end_and_holds_nothing_else() {
    let Service { host, .. } = &service();
    let mut paths = Vec::new();
    let mut next = "/-/records?prefix=/team-a/&limit=1&values=true".to_owned();
    loop {
        let page = host.get(&next).token(GUEST).send().expect(200).json();
        let records = page["records"].as_array().expect("records");
        paths.extend(records.iter().map(|record| record["path"].clone()));
        match page["next"].as_str() {
            Some(more) => more.clone_into(&mut next),
            None => break,
        }
    }
    assert_eq!(paths, ["/team-a/1", "/team-a/2", "/team-a/3/4"]);
    // Wherever it is to begin, it stays inside.
    for after in ["/", "/team-a", "/team-a/2", "/team-ab", "/team-b/", "/z"] {
        let target = format!("/-/records?prefix=/team-a/&after={after}");
        let page = host.get(&target).token(GUEST).send().expect(200).json();
        for record in page["records"].as_array().expect("records") {
            assert!(record["path"].as_str().unwrap().starts_with("/team-a/"), "{target} {page}");
        }
    }
    for target in ["/-/records", "/-/records?prefix=/team-a", "/-/records?prefix=/team-b/"] {
        assert_problem(&host.get(target).token(GUEST).send(), 403, "forbidden");
    }
}

#[test]
fn what_is_outside_is_the_same_whether_it_is_there_or_not_and_redis_is_not_asked() {
    let Service { host, redis } = &service();
    let mut monitor = Monitor::start(redis);
    let mut told = Vec::new();
    for (there, missing) in
        [("/team-b/1", "/team-b/2"), ("/team-a", "/team-c"), ("/team-ab", "/team-abc")]
    {
        for method in ["GET", "HEAD", "PUT", "PATCH", "DELETE", "BREW"] {
            let [there, missing] = [there, missing].map(|target| {
                let request = host.request(method, target).body("application/json", "{}");
                let answer = request.header("If-Match", "*").token(TEAM).send();
                let headers: Vec<_> = answer
                    .header_names()
                    .into_iter()
                    .filter(|name| *name != "date")
                    .map(|name| (name.to_owned(), answer.all(name).join(",")))
                    .collect();
                (answer.expect(403).text().to_owned(), headers)
            });
            assert_eq!(there, missing, "{method}");
            assert!(!there.0.contains("/team-b") && !there.0.contains("/team-ab"), "{there:?}");
            told.push(there);
        }
        for target in ["/?path=", "/-/records?prefix=", "/-/changes?prefix="] {
            let target = format!("{target}{there}");
            assert_problem(&host.get(&target).token(TEAM).send(), 403, "forbidden");
        }
    }
    for target in ["/", "/-/metrics", "/-/changes"] {
        let answer = host.get(target).token(TEAM).send();
        assert_problem(&answer, 403, "forbidden");
        let own = json!([{"prefix": "/team-a/", "can": "write"}]);
        assert_eq!(answer.json()["prefixes"], own);
    }
    assert_eq!(told.len(), 18);
    assert!(monitor.take().is_empty());
    let hits = host.get("/?path=/team-b/1").token(ALL).send();
    assert_eq!(
        hits.expect(200).text(),
        "Count is 1.
",
        "the one that stored it"
    );
}

#[test]
fn a_line_outside_is_refused_and_a_batch_as_a_whole() {
    let Service { host, .. } = &service();
    let answer = import(host, &["/team-a/7", "/team-b/7", "/team-a/8"]).token(TEAM).send();
    let told: Vec<Value> = answer
        .expect(200)
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let statuses: Vec<_> = told.iter().map(|line| line["status"].clone()).collect();
    assert_eq!(statuses, [201, 403, 201]);
    assert_eq!(told[1]["code"], "forbidden");
    host.get("/team-b/7").token(ALL).send().expect(404);
    assert_problem(&import(host, &["/team-a/9"]).send(), 401, "unauthorized");
    let batch = json!({"requests": [
        {"method": "PUT", "path": "/team-a/9", "body": {}},
        {"method": "GET", "path": "/team-b/1"},
    ]});
    let refused = host.post("/-/batch", &batch.to_string()).token(TEAM).send();
    assert_problem(&refused, 403, "forbidden");
    assert_eq!(refused.number("request"), 1);
    host.get("/team-a/9").token(TEAM).send().expect(404);
    let outside = host.delete("/-/records?prefix=/").token(TEAM).send();
    assert_problem(&outside, 403, "forbidden");
    assert_eq!(
        host.get("/").header("Accept", "application/json").token(ALL).send().number("records"),
        8
    );
}
