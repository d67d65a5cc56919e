//! Section 8: every way to a record asks what a token opens. The ways are those of the routes, so that none
//! is forgotten.

use std::collections::BTreeSet;

use harness::Response;
use serde_json::json;

use crate::core_alone::Core;

/// What opens `/team-a/`, and what opens it to read.
const WRITER: &str = "the-wr1ter";
const READER: &str = "the-r3ader";
/// What opens everything.
const ALL: &str = "f0r-everything";

/// What lies outside `/team-a/`: beside it, around it, and what only begins alike.
const OUTSIDE: [&str; 4] = ["/team-b/", "/", "/team-ab/", "/team-a%2F/"];

fn core() -> Core {
    let tokens = json!([
        {"token": WRITER, "prefix": "/te%61m-a/", "can": "write"},
        {"token": READER, "prefix": "/team-a/", "can": "read"},
        {"token": ALL, "prefix": "/", "can": "write"},
    ]);
    Core::with(&[("tokens", &tokens.to_string())])
}

/// What a way leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum To {
    /// Nothing that a token opens.
    Open,
    /// All records at once.
    Everything,
    /// What a target names.
    Named,
    /// What a body names, line by line.
    Lines,
    /// What a body names, all or nothing.
    Batch,
}

/// A request that goes a way.
#[derive(Debug, Clone)]
struct Sent {
    method: String,
    target: String,
    body: Option<(&'static str, String)>,
}

impl Sent {
    fn send(&self, core: &Core, token: Option<&str>) -> Response {
        let mut request = core.request(&self.method, &self.target).may_fail();
        if let Some((media_type, body)) = &self.body {
            request = request.body(media_type, body);
        }
        token.into_iter().fold(request, harness::Request::token).send()
    }
}

/// A way, and what it leads to.
struct Way {
    method: String,
    route: &'static str,
    to: To,
}

/// The service paths that src/route.rs knows, and one of each kind of the others.
fn routes() -> Vec<&'static str> {
    let source = include_str!("../../src/route.rs");
    let table = source.split("#[cfg(test)]").next().unwrap();
    let texts = table.split('"').skip(1).step_by(2);
    let service: BTreeSet<_> =
        texts.filter(|text| text.starts_with("/-/") && !text.ends_with('/')).collect();
    assert!(service.contains("/-/changes"), "{service:?}");
    let others = ["/", "/?path", "/record", "/collection/", "/-/console/app.js"];
    service.into_iter().chain(others).collect()
}

/// Every method of every route.
fn ways() -> Vec<Way> {
    let core = Core::start();
    let mut ways = Vec::new();
    for route in routes() {
        let allow = core.request("OPTIONS", route).send().expect(204).list("allow");
        for method in allow.iter().map(|method| method.to_ascii_uppercase()) {
            let to = to(&method, route);
            ways.push(Way { method, route, to });
        }
    }
    ways
}

/// What a method of a route leads to. A new one is to be put here, or the tests fail.
fn to(method: &str, route: &str) -> To {
    match (method, route) {
        ("OPTIONS", _)
        | ("GET" | "HEAD", "/-/live" | "/-/ready" | "/-/openapi.json" | "/-/console/app.js") => {
            To::Open
        }
        ("GET" | "HEAD", "/" | "/-/metrics") => To::Everything,
        ("GET" | "HEAD", "/?path" | "/-/records" | "/-/changes")
        | ("DELETE", "/-/records")
        | ("GET" | "HEAD" | "PUT" | "PATCH" | "DELETE", "/record" | "/collection/")
        | ("POST", "/collection/") => To::Named,
        ("POST", "/-/records") => To::Lines,
        ("POST", "/-/batch") => To::Batch,
        _ => panic!("{method} {route} leads to nobody knows what"),
    }
}

impl Way {
    /// The requests that go it, to what is directly below a place, which ends with `/`.
    fn requests(&self, place: &str) -> Vec<Sent> {
        const RECORD: &str = "application/json";
        let Self { method, route, .. } = self;
        let in_query = place.replace('%', "%25");
        let target = match *route {
            "/?path" => format!("/?path={in_query}x"),
            "/-/records" if method == "POST" => (*route).to_owned(),
            "/-/records" | "/-/changes" => format!("{route}?prefix={in_query}"),
            "/record" => format!("{place}x"),
            // Nobody can POST to the base URL.
            "/collection/" if method == "POST" && place == "/" => "//".to_owned(),
            "/collection/" if method == "POST" => place.to_owned(),
            "/collection/" => format!("{place}x/"),
            other => other.to_owned(),
        };
        let bodies = match (self.to, &**method) {
            (To::Lines, _) => vec![("application/x-ndjson", line(place))],
            (To::Batch, _) => ["GET", "PUT", "PATCH", "DELETE"]
                .map(|method| {
                    let mut request = json!({"method": method, "path": format!("{place}x")});
                    if ["PUT", "PATCH"].contains(&method) {
                        request["body"] = json!({});
                    }
                    (RECORD, json!({"requests": [request]}).to_string())
                })
                .to_vec(),
            (_, "PUT" | "POST") => vec![(RECORD, "{}".to_owned())],
            (_, "PATCH") => vec![("application/merge-patch+json", "{}".to_owned())],
            _ => vec![],
        };
        let sent = |body| Sent { method: method.clone(), target: target.clone(), body };
        if bodies.is_empty() {
            vec![sent(None)]
        } else {
            bodies.into_iter().map(|body| sent(Some(body))).collect()
        }
    }

    /// Whether a request that goes it writes.
    fn writes(&self, request: &Sent) -> bool {
        let reads = request.body.as_ref().is_some_and(|(_, body)| body.contains(r#""GET""#));
        !["GET", "HEAD"].contains(&&*self.method) && !reads
    }
}

fn line(place: &str) -> String {
    json!({"path": format!("{place}x"), "value": {}}).to_string()
}

/// Fails unless Redis was asked for what was sent.
fn assert_let_in(core: &Core, sent: &Sent, token: &str) {
    let before = core.asked();
    let answer = sent.send(core, Some(token));
    assert!(core.asked() > before, "{token}: {answer}");
}

/// Fails unless what was sent was refused before Redis was asked; gives all of the answer.
fn assert_refused(core: &Core, to: To, sent: &Sent, token: &str) -> String {
    let before = core.asked();
    let answer = sent.send(core, Some(token));
    assert_eq!(core.asked(), before, "{token} {sent:?}: {answer}");
    if to == To::Lines && answer.status() == 200 {
        let line = answer.json();
        assert_eq!((&line["status"], &line["code"]), (&json!(403), &json!("forbidden")));
        assert!(!answer.text().contains("team"), "a path: {answer}");
        return answer.text().to_owned();
    }
    answer.expect(403);
    let mut names = answer.header_names();
    names.sort_unstable();
    assert!(!names.contains(&"allow") && !names.contains(&"etag"), "{answer}");
    format!("{names:?} {}", answer.text())
}

#[test]
fn inside_its_prefix_a_token_opens_every_way_and_outside_none() {
    let core = core();
    for way in ways().iter().filter(|way| way.to != To::Open) {
        for request in way.requests("/team-a/") {
            if way.to == To::Everything {
                assert_refused(&core, way.to, &request, WRITER);
                assert_let_in(&core, &request, ALL);
                continue;
            }
            assert_let_in(&core, &request, WRITER);
            assert_let_in(&core, &request, ALL);
            if way.writes(&request) {
                assert_refused(&core, way.to, &request, READER);
            } else {
                assert_let_in(&core, &request, READER);
            }
        }
        let mut told = BTreeSet::new();
        for place in OUTSIDE {
            for request in way.requests(place) {
                told.insert(assert_refused(&core, way.to, &request, WRITER));
                if way.to != To::Everything {
                    assert_let_in(&core, &request, ALL);
                }
                assert_eq!(request.send(&core, None).status(), 401, "{request:?}");
                assert_eq!(request.send(&core, Some("wrong")).status(), 401, "{request:?}");
            }
        }
        assert_eq!(told.len(), 1, "what is outside is told apart: {told:?}");
    }
}

#[test]
fn that_a_method_is_not_there_is_told_inside_only() {
    let core = core();
    for route in routes() {
        let allow = core.request("OPTIONS", route).send().list("allow");
        let place = |place| {
            let way = Way { method: "GET".to_owned(), route, to: To::Named };
            way.requests(place).remove(0)
        };
        let names_a_place = place("/team-a/").target != place("/team-b/").target;
        for method in ["BREW", "PUT", "PATCH", "POST", "DELETE"] {
            if allow.contains(&method.to_ascii_lowercase()) || !names_a_place {
                continue;
            }
            let sent = |at| Sent { method: method.to_owned(), ..place(at) };
            assert_eq!(
                sent("/team-a/").send(&core, Some(WRITER)).status(),
                405,
                "{method} {route}"
            );
            assert_eq!(
                sent("/team-a/").send(&core, Some(READER)).status(),
                405,
                "{method} {route}"
            );
            assert_refused(&core, To::Named, &sent("/team-b/"), WRITER);
            assert_eq!(sent("/team-b/").send(&core, None).status(), 401, "{method} {route}");
        }
    }
    assert_eq!(core.asked(), 0);
}

#[test]
fn options_is_open_and_follows_from_the_path_alone() {
    let core = core();
    for route in routes() {
        let told = |token: Option<&str>| {
            let request = core.request("OPTIONS", route);
            let answer = token.into_iter().fold(request, harness::Request::token).send();
            (answer.expect(204).list("allow"), answer.header_names().len())
        };
        assert_eq!(told(None), told(Some(WRITER)), "{route}");
        assert_eq!(told(None), told(Some("wrong")), "{route}");
    }
    assert_eq!(core.asked(), 0);
}

#[test]
fn what_is_open_stays_open() {
    let core = core();
    for way in ways().iter().filter(|way| way.to == To::Open) {
        for request in way.requests("/team-b/") {
            for token in [None, Some("wrong"), Some(WRITER)] {
                let status = request.send(&core, token).status();
                assert!(![401, 403].contains(&status), "{request:?} {status}");
            }
        }
    }
}

#[test]
fn with_a_token_for_a_part_nobody_reads_or_writes_without_one() {
    for can in ["read", "write"] {
        let tokens = json!([{"token": "t", "prefix": "/a", "can": can}]).to_string();
        let core = Core::with(&[("tokens", &tokens)]);
        for way in ways().iter().filter(|way| way.to != To::Open) {
            for request in way.requests("/team-a/") {
                assert_eq!(request.send(&core, None).status(), 401, "{request:?}");
            }
        }
    }
    for tokens in ["", "[]"] {
        let core = Core::with(&[("tokens", tokens)]);
        core.get("/a").may_fail().send().expect(503);
        core.put("/a", "{}").may_fail().send().expect(503);
    }
}
