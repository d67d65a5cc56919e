//! What a request costs, without a clock: wasm instructions, calls of the host, allocations; and how
//! large the components are. `counts.toml` has what it was when somebody last looked at it; whoever
//! changes it on purpose writes it anew with `UPDATE_COUNTS=1`.

mod core;
mod guest;
mod spin;
#[path = "../../host/src/wasi.rs"]
mod wasi;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use guest::{Case, Guest};
use harness::workspace;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request};
use path_records::console;
use path_records::store::Value;
use path_records_stub::Given;
use path_records_stub::replies::hash;

/// How far a count may be from the one in the file.
const TOLERANCE: f64 = 0.05;

/// The builds, and their files.
const BUILDS: [(&str, &str); 2] = [
    ("wasip2", "target/wasm32-wasip2/release/path_records.wasm"),
    ("wasip3", "target/wasip3/wasm32-wasip2/release/path_records.wasm"),
];

/// Subject, and what is counted about it.
type Counts = BTreeMap<String, BTreeMap<String, u64>>;

#[test]
fn costs_are_what_they_were() {
    let counted = count();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("counts.toml");
    if std::env::var_os("UPDATE_COUNTS").is_some() {
        let heading = "# Written by the test `counts`; see counts/main.rs.\n\n";
        let text = toml::to_string(&counted).expect("numbers can be written");
        fs::write(&file, format!("{heading}{text}")).expect("the file can be written");
    }
    let text = fs::read_to_string(&file).expect("counts.toml is there");
    let known: Counts = toml::from_str(&text).expect("counts.toml holds counts");
    let differences = differences(&known, &counted);
    assert!(
        differences.is_empty(),
        "{}\nIf that is meant, write it down: UPDATE_COUNTS=1 and this test again.",
        differences.join("\n")
    );
}

#[test]
fn a_component_takes_less_than_600_kib_beside_the_files_of_the_console() {
    const LIMIT: u64 = 600 << 10;
    let files = fs::read_dir(workspace().join("src/console")).expect("the console is there");
    let names = files.map(|file| file.expect("it can be looked at").file_name());
    let embedded = names.filter_map(|name| console::file(name.to_str()?));
    let console = console::PAGE.len() + embedded.map(|file| file.content.len()).sum::<usize>();
    let console = u64::try_from(console).expect("it is smaller");
    for (build, file) in BUILDS {
        let size = fs::metadata(built(file)).expect("the file is there").len();
        assert!(size - console < LIMIT, "{build}: {size}, of which {console} are the console");
    }
}

/// What is not within [`TOLERANCE`], a line each.
fn differences(known: &Counts, counted: &Counts) -> Vec<String> {
    let flat = |counts: &Counts| -> BTreeMap<(String, String), u64> {
        let flat = counts.iter().flat_map(|(subject, numbers)| {
            numbers.iter().map(|(name, number)| ((subject.clone(), name.clone()), *number))
        });
        flat.collect()
    };
    let (known, counted) = (flat(known), flat(counted));
    let mut differences = Vec::new();
    for ((subject, name), now) in &counted {
        match known.get(&(subject.clone(), name.clone())) {
            None => differences.push(format!("{subject}: {name} is {now}, and not in the file")),
            Some(before) => {
                #[expect(clippy::cast_precision_loss, reason = "it is far below 2^52")]
                let (before, now) = (*before as f64, *now as f64);
                if (now - before).abs() > TOLERANCE * before {
                    let percent = 100.0 * (now - before) / before;
                    differences.push(format!(
                        "{subject}: {name} was {before} and is {now} ({percent:+.1} %)"
                    ));
                }
            }
        }
    }
    for (subject, name) in known.keys().filter(|key| !counted.contains_key(*key)) {
        differences.push(format!("{subject}: {name} is in the file, and not counted"));
    }
    differences
}

fn count() -> Counts {
    let variables = Given::defaults();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made");
    let mut counts = Counts::new();
    let small = || {
        [("get", small_get()), ("put", small_put()), ("batch_get", gets()), ("batch_put", puts())]
    };
    for (name, case) in small().into_iter().chain([("patch", wide_patch())]) {
        let (allocations, bytes) = core::allocations(&case, &variables);
        let counts = counts.entry("core".to_owned()).or_default();
        counts.insert(format!("{name}_allocations"), allocations);
        counts.insert(format!("{name}_allocated_bytes"), bytes);
    }
    for (build, file) in BUILDS {
        let file = built(file);
        let size = fs::metadata(&file).expect("the file is there").len();
        let counts = counts.entry(build.to_owned()).or_default();
        counts.insert("bytes".to_owned(), size);
        let guest =
            Guest::load(&file, variables.of_component()).expect("the component can be loaded");
        for (name, case) in small() {
            let cost = match build {
                "wasip2" => runtime.block_on(guest.wasip2(&case)),
                _ => runtime.block_on(guest.wasip3(&case)),
            };
            let cost = cost.unwrap_or_else(|error| panic!("{build}, {name}: {error:?}"));
            counts.insert(format!("{name}_fuel"), cost.fuel);
            counts.insert(format!("{name}_spin_calls"), cost.calls);
        }
    }
    counts
}

fn built(file: &str) -> PathBuf {
    let file = workspace().join(file);
    assert!(file.exists(), "{} is not built: make build", file.display());
    file
}

const RECORD: &str = r#"{"hello":999}"#;
const ANSWER: &str = r#"{"hello":999,"last_updated":1795412641,"ttl":31104000}"#;

/// What a script replies about a record: outcome, tag, `last_updated`, milliseconds to live, the time
/// in milliseconds.
fn metadata(outcome: &str) -> Vec<Value> {
    vec![
        text(outcome),
        text("01a206eec601776dab476ba13515f50f"),
        Value::Int(1_795_412_641),
        Value::Int(31_104_000_000),
        Value::Int(1_795_412_641_000),
    ]
}

fn text(text: &str) -> Value {
    Value::Binary(text.into())
}

fn small_get() -> Case {
    let mut reply = metadata("found");
    // A field of the service's own, and a member.
    reply.extend(hash([b"\xffhits".as_slice(), b"7", b"hello", b"999"]));
    Case { request: request(Method::GET, ""), reply, second_reply: None, answer: ANSWER }
}

fn small_put() -> Case {
    let reply = metadata("replaced");
    Case { request: request(Method::PUT, RECORD), reply, second_reply: None, answer: ANSWER }
}

/// A batch of GETs of small records.
fn gets() -> Case {
    batch(|path| format!(r#"{{"method":"GET","path":"{path}"}}"#), &small_get().reply)
}

/// A batch of PUTs of small records.
fn puts() -> Case {
    let put = |path| format!(r#"{{"method":"PUT","path":"{path}","body":{RECORD}}}"#);
    batch(put, &small_put().reply)
}

/// A batch of requests, each of another record and each with the same answer.
fn batch(request_of: impl Fn(String) -> String, reply: &[Value]) -> Case {
    const REQUESTS: usize = 50;
    let requests: Vec<_> =
        (0..REQUESTS).map(|number| request_of(format!("/small/{number}"))).collect();
    let headers = concat!(
        r#""Content-Type":"application/json","ETag":"\"01a206eec601776dab476ba13515f50f\"","#,
        r#""Cache-Control":"no-cache","Last-Modified":"Mon, 23 Nov 2026 05:44:01 GMT","#,
        r#""Expires":"Thu, 18 Nov 2027 05:44:01 GMT""#,
    );
    let response = format!(r#"{{"status":200,"headers":{{{headers}}},"body":{ANSWER}}}"#);
    let answer = format!(r#"{{"responses":[{}]}}"#, vec![response; REQUESTS].join(","));
    let body = format!(r#"{{"requests":[{}]}}"#, requests.join(","));
    let mut done = vec![text("done")];
    (0..REQUESTS).for_each(|_| done.extend_from_slice(reply));
    Case {
        request: request_to("/-/batch", Method::POST, body.leak()),
        reply: done,
        second_reply: None,
        answer: answer.leak(),
    }
}

/// A patch that adds a member to a hundred of a kilobyte.
fn wide_patch() -> Case {
    let value = format!("[{}1]", "1,".repeat(512));
    let members: Vec<_> = (0..100).map(|number| (format!("member{number:02}"), &value)).collect();
    let mut reply = metadata("found");
    reply
        .extend(hash(members.iter().flat_map(|(name, value)| [name.as_bytes(), value.as_bytes()])));
    let written = members.iter().map(|(name, value)| format!("\"{name}\":{value},"));
    let answer = format!(
        r#"{{{}"new":1,"last_updated":1795412641,"ttl":31104000}}"#,
        written.collect::<String>()
    );
    let mut request = request(Method::PATCH, r#"{"new":1}"#);
    let merge = HeaderValue::from_static("application/merge-patch+json");
    request.headers_mut().insert(CONTENT_TYPE, merge);
    let second_reply = Some(metadata("replaced"));
    Case { request, reply, second_reply, answer: answer.leak() }
}

/// A request for the small record, as a load generator's reaches the component on its host.
fn request(method: Method, body: &'static str) -> Request<Bytes> {
    request_to("/small", method, body)
}

/// A request for any path.
fn request_to(path: &str, method: Method, body: &'static str) -> Request<Bytes> {
    let mut request = Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:3000{path}"))
        .header("host", "127.0.0.1:3000")
        .header("spin-path-info", path)
        .header("spin-full-url", format!("http://127.0.0.1:3000{path}"))
        .header("spin-matched-route", "/...")
        .header("spin-base-path", "/")
        .header("spin-raw-component-route", "/...")
        .header("spin-component-route", "")
        .header("spin-client-addr", "127.0.0.1:40000");
    if !body.is_empty() {
        request = request
            .header("content-type", "application/json")
            .header("content-length", body.len().to_string());
    }
    request.body(Bytes::from_static(body.as_bytes())).expect("the request is well-formed")
}
