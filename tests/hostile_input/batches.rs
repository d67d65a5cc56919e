//! Batches and imports that no client would send.

use std::collections::BTreeSet;

use harness::secrets::{WRITE_TOKEN, assert_log_is_clean, guarded_host, guarded_redis};
use harness::{Batch, Host, Response, Service, assert_problem, responses};

use crate::pieces::corpus;

const NDJSON: &str = "application/x-ndjson";

/// What a batch or an import may have.
const LARGEST: usize = 4 << 20;

fn service() -> Service {
    Service::on(guarded_redis().start(), guarded_host())
}

fn send(host: &Host, body: impl AsRef<[u8]>) -> Response {
    host.request("POST", "/-/batch").body("application/json", body).token(WRITE_TOKEN).send()
}

/// Fails unless it is refused as no batch.
fn assert_no_batch(host: &Host, body: impl AsRef<[u8]>) {
    assert_problem(&send(host, body), 400, "invalid-batch");
}

/// A request of a batch with this as its headers.
fn with_headers(headers: &str) -> String {
    format!(r#"{{"requests":[{{"method":"GET","path":"/a","headers":{headers}}}]}}"#)
}

#[test]
fn what_is_no_batch_is_refused_and_does_nothing() {
    let service = service();
    let host = &service.host;
    let request = r#"{"method":"PUT","path":"/a","body":{}}"#;
    for body in [
        String::new(),
        "\0".to_owned(),
        "\u{feff}{\"requests\":[]}".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "{}".to_owned(),
        request.to_owned(),
        format!("[{request}]"),
        format!(r#"{{"requests":{request}}}"#),
        format!(r#"{{"requests":[{request}]"#),
        format!(r#"{{"requests":[{request},]}}"#),
        format!(r#"{{"requests":[{request}]}}{{}}"#),
        format!(r#"{{"requests":[{request}],"more":1}}"#),
        format!(r#"{{"Requests":[{request}]}}"#),
        r#"{"requests":null}"#.to_owned(),
        r#"{"requests":"/a"}"#.to_owned(),
        r#"{"requests":[null]}"#.to_owned(),
        r#"{"requests":[[]]}"#.to_owned(),
        r#"{"requests":[{}]}"#.to_owned(),
        r#"{"requests":[{"method":"GET"}]}"#.to_owned(),
        r#"{"requests":[{"path":"/a"}]}"#.to_owned(),
        r#"{"requests":[{"method":null,"path":"/a"}]}"#.to_owned(),
        r#"{"requests":[{"method":"GET","path":["/a"]}]}"#.to_owned(),
        r#"{"requests":[{"method":"GET","path":"\ud800"}]}"#.to_owned(),
        r#"{"requests":[{"method":"GET","path":"/a","headers":[]}]}"#.to_owned(),
        r#"{"requests":[{"method":"GET","path":"/a","more":1}]}"#.to_owned(),
        format!(r#"{{"requests":{}{}}}"#, "[".repeat(100_000), "]".repeat(100_000)),
        format!(r#"{{"requests":[{}"#, r#"{"body":"#.repeat(100_000)),
    ] {
        assert_no_batch(host, body);
    }
    assert_no_batch(host, b"{\"requests\":[{\"method\":\"GET\",\"path\":\"/\xff\"}]}");
    for method in ["get", "POST", "HEAD", "OPTIONS", "", "GET ", "G\u{e9}T", "GET\r\nX: y"] {
        assert_no_batch(host, Batch::new().add(method, "/a", &[], None).text());
    }
    assert_eq!(service.redis.run::<usize>(&["DBSIZE"]), 0, "nothing was done");
    assert_log_is_clean(host);
}

#[test]
fn one_record_has_one_request_however_its_path_is_written() {
    let service = service();
    let host = &service.host;
    for [one, other] in [
        ["/a", "/a"],
        ["/a~b", "/a%7eb"],
        ["/a%7Eb", "/%61%7eb"],
        ["/%c3%a9", "/%C3%A9"],
        ["/a%2fb", "/a%2Fb"],
        ["/a", "/a?ttl=5"],
        ["/a", r"/\u0061"],
    ] {
        let request = |path: &str| format!(r#"{{"method":"PUT","path":"{path}","body":{{}}}}"#);
        let between = request("/between");
        let batch = [request(one), between, request(other)].join(",");
        assert_no_batch(host, format!(r#"{{"requests":[{batch}]}}"#));
    }
    let three = ["/a", "/a/", "/a%2F"].into_iter();
    let batch = three.fold(Batch::new(), |batch, path| batch.put(path, &[], "{}"));
    send(host, batch.text()).expect(200);
    assert_eq!(service.redis.run::<usize>(&["ZCARD", "path-records:index"]), 3);
}

#[test]
fn a_path_leads_to_no_other_place() {
    let service = service();
    let host = &service.host;
    for path in [
        "",
        "a",
        "*",
        "?a",
        "http://other.example/a",
        "HTTP://other.example/a",
        "other.example/a",
        "//",
        "/",
        "/-/records",
        "/-/batch",
        "/%2D/records",
        "/.well-known/spin/health",
        "/a/../b",
        "/a/%2e%2E/b",
        "/a b",
        "/a\tb",
        "/a\r\nHost: other.example",
        "/a\0",
        "/a%00",
        "/a%0d%0a",
        "/a%zz",
        "/%ff",
        "/a#b",
        "/a?ttl=1&ttl=2",
        "/a?b",
        &format!("/{}", "a".repeat(1_024)),
        &format!("/{}", "a".repeat(100_000)),
    ] {
        let put = send(host, Batch::new().put(path, &[], "{}").text());
        let stored: Vec<String> = service.redis.run(&["ZRANGE", "path-records:index", "0", "-1"]);
        match put.status() {
            // A path by itself, and nothing else.
            200 => {
                let fragmentless = path.split('#').next().unwrap_or_default();
                assert_eq!(stored, [fragmentless], "{put}");
                host.delete(fragmentless).token(WRITE_TOKEN).send().expect(204);
            }
            400 | 404 | 405 | 414 => {
                assert!(stored.is_empty(), "{put}");
                assert_eq!(put.json()["request"], 0, "{put}");
            }
            _ => panic!("{put}"),
        }
        // A GET is answered in its place.
        let get = send(host, Batch::new().get(path).text());
        if get.status() == 200 {
            assert!((400..500).contains(&responses(&get)[0].status), "{get}");
        }
    }
    // It begins with two slashes, and isn't another authority.
    let put = send(host, Batch::new().put("//other.example/a", &[], "{}").text());
    put.expect(200);
    host.get("//other.example/a").token(WRITE_TOKEN).send().expect(200);
    assert_log_is_clean(host);
}

#[test]
fn headers_that_no_message_can_have_are_refused() {
    let service = service();
    let host = &service.host;
    let name = |name: &str| with_headers(&format!(r#"{{"{name}":"x"}}"#));
    for forbidden in ["", " ", "a b", "a:", ":method", "a\\r\\nb", "a\\u0000", "\u{e9}", "(", "a,b"]
    {
        assert_no_batch(host, name(forbidden));
    }
    let value = |value: &str| with_headers(&format!(r#"{{"X":{value}}}"#));
    for forbidden in [
        r#""a\r\nIf-Match: *""#,
        r#""a\nb""#,
        r#""a\u0000""#,
        r#""\u007f""#,
        r#""\ud800""#,
        "1",
        "null",
        r#"["a"]"#,
        "{}",
    ] {
        assert_no_batch(host, value(forbidden));
    }
    for many in [40_000, 150_000] {
        let headers: Vec<_> = (0..many).map(|number| format!(r#""x{number}":"""#)).collect();
        assert_no_batch(host, with_headers(&format!("{{{}}}", headers.join(","))));
    }
    // What is about the connection, or the message that there isn't, says nothing here.
    for harmless in
        ["Host", "Content-Length", "Transfer-Encoding", "Connection", "Expect", "Cookie"]
    {
        let answer = send(host, name(harmless));
        assert!(matches!(answer.status(), 200 | 400), "{answer}");
    }
    assert_log_is_clean(host);
}

#[test]
fn a_hundred_requests_are_a_batch_and_one_more_is_none() {
    let service = service();
    let host = &service.host;
    let puts = |count: usize| {
        let paths = (0..count).map(|number| format!("/{number}"));
        paths.fold(Batch::new(), |batch, path| batch.put(&path, &[], "{}")).text()
    };
    assert_no_batch(host, puts(101));
    assert_eq!(service.redis.run::<usize>(&["DBSIZE"]), 0);
    let done = send(host, puts(100));
    assert!(responses(&done).iter().all(|part| part.status == 201), "{done}");
    assert_eq!(service.redis.run::<usize>(&["ZCARD", "path-records:index"]), 100);
    let padded = |length: usize| {
        let batch = puts(1);
        " ".repeat(length - batch.len()) + &batch
    };
    send(host, padded(LARGEST)).expect(200);
    assert_problem(&send(host, padded(LARGEST + 1)), 413, "record-too-large");
}

#[test]
fn a_body_in_a_batch_is_what_it_is_by_itself() {
    let service = service();
    let host = &service.host;
    let mut bodies = corpus("body");
    for depth in [126, 127, 128, 129, 10_000] {
        let (open, close) = (r#"{"a":"#.repeat(depth - 1), "}".repeat(depth - 1));
        bodies.push(format!("{open}{{}}{close}").into_bytes());
    }
    let mut compared = 0;
    for body in bodies {
        // What is no JSON makes the whole batch none.
        let Ok(text) = std::str::from_utf8(&body) else {
            continue;
        };
        if serde_json::from_str::<&serde_json::value::RawValue>(text).is_err() {
            assert_no_batch(host, Batch::new().put("/a", &[], text).text());
            continue;
        }
        let alone = host.put("/a", text).token(WRITE_TOKEN).send();
        let stored = host.get("/a").token(WRITE_TOKEN).send();
        let batched = send(host, Batch::new().put("/a", &[], text).text());
        if alone.status() < 300 {
            let part = &responses(&batched)[0];
            assert_eq!(part.status, 200, "{batched}");
            let members = part.members().into_iter();
            let own = members.filter(|(name, _)| name != "ttl" && name != "last_updated");
            assert_eq!(own.collect::<Vec<_>>(), stored.members(), "{alone}{batched}");
        } else {
            let code = alone.json()["code"].as_str().expect("a code").to_owned();
            assert_problem(&batched, alone.status(), &code);
            assert_eq!(batched.json()["request"], 0, "{batched}");
        }
        compared += 1;
    }
    assert!(compared > 10, "{compared} bodies were JSON");
    assert_log_is_clean(host);
}

#[test]
fn an_import_answers_every_line_whatever_it_is() {
    let service = service();
    let host = &service.host;
    let mut lines: Vec<Vec<u8>> = corpus("import")
        .iter()
        .flat_map(|file| file.split(|byte| *byte == b'\n').map(<[u8]>::to_vec))
        .collect();
    lines.push(format!(r#"{{"path":"/{}","value":{{}}}}"#, "a".repeat(2_000)).into_bytes());
    lines.push(format!(r#"{{"path":"/a","value":{}"#, r#"{"a":"#.repeat(100_000)).into_bytes());
    lines
        .push(format!(r#"{{"path":"/a","value":{{"a":"{}"}}}}"#, "x".repeat(1 << 20)).into_bytes());
    lines.retain(|line| !line.trim_ascii().is_empty());
    let body = lines.join(&b'\n');
    let request = host.request("POST", "/-/records").body(NDJSON, &body).token(WRITE_TOKEN);
    let answer = request.send();
    let told: Vec<serde_json::Value> = answer
        .expect(200)
        .text()
        .lines()
        .map(|line| serde_json::from_str(line).expect("a line is JSON"))
        .collect();
    assert_eq!(told.len(), lines.len(), "{answer}");
    let mut stored = BTreeSet::new();
    for (at, line) in told.iter().enumerate() {
        assert_eq!(line["line"], at + 1, "{answer}");
        match line["status"].as_u64() {
            Some(200 | 201) => {
                stored.insert(line["path"].as_str().expect("a path").to_owned());
            }
            Some(400..500) => assert!(line["code"].is_string(), "{line}"),
            _ => panic!("{line} for {}", lines[at].escape_ascii()),
        }
    }
    let index: Vec<String> = service.redis.run(&["ZRANGE", "path-records:index", "0", "-1"]);
    assert!(index.iter().eq(&stored), "{index:?} against {stored:?}");
    assert!(stored.len() > 3, "{stored:?}");
    assert_log_is_clean(host);
}
