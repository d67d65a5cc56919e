//! What README.md shows is what the service answers.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use harness::{Host, Leash, Service, eventually, workspace};
use serde_json::Value;

/// A command of the page, and what the page says that it prints.
struct Example {
    command: String,
    output: String,
}

/// The blocks of the page that are marked as this language, in its order.
fn blocks(language: &str) -> Vec<String> {
    let page = std::fs::read_to_string(workspace().join("README.md")).expect("the page");
    let start = format!("```{language}\n");
    let blocks = page.split(&start).skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// The examples of the page, in its order.
fn examples() -> Vec<Example> {
    let mut examples = Vec::new();
    for block in blocks("console") {
        for example in block.split("$ ").skip(1) {
            let example = example.replace("\\\n", "");
            let (command, output) = example.split_once('\n').expect("a line for the command");
            examples.push(Example { command: command.to_owned(), output: output.to_owned() });
        }
    }
    examples
}

/// Text without what each run has of its own: times and tags.
fn lasting(text: &str) -> String {
    let mut lasting = String::new();
    let mut rest = text;
    let next = |rest: &str| {
        let found = ["\"last_updated\":", "\"etag\":"].iter().filter_map(|name| rest.find(name));
        found.min()
    };
    while let Some(at) = next(rest) {
        let value = at + rest[at..].find(':').expect("it was found") + 1;
        let end = value + rest[value..].find([',', '}']).expect("the object goes on");
        lasting.push_str(&rest[..value]);
        rest = &rest[end..];
    }
    lasting + rest
}

/// The one shell block that has this in it, for this host.
fn script(part: &str, host: &Host) -> String {
    let found: Vec<_> = blocks("sh").into_iter().filter(|block| block.contains(part)).collect();
    let [block] = found.as_slice() else { panic!("one block has {part}") };
    block.replace("localhost:3000", &host.address().to_string())
}

fn run(command: &str, host: &Host) -> String {
    let command = command.replace("localhost:3000", &host.address().to_string());
    let output = Command::new("sh").args(["-c", &command]).output().expect("there is a shell");
    String::from_utf8(output.stdout).expect("text")
}

/// Whether this machine has a program; says that a test is skipped where it hasn't.
fn is_there(program: &str) -> bool {
    let there = Command::new(program).arg("--version").output().is_ok();
    if !there {
        crate::python::skip(&format!("{program} is missing"));
    }
    there
}

/// All entries of a listing with values, as the service lists them, without what a write makes anew.
fn entries(host: &Host) -> Vec<Value> {
    let mut entries = Vec::new();
    let mut next = Some("/-/records?values=true&limit=1000".to_owned());
    while let Some(target) = next {
        let mut page = host.get(&target).send().expect(200).json();
        for mut entry in page["records"].as_array_mut().expect("records").drain(..) {
            let members = entry.as_object_mut().expect("an entry");
            for name in ["etag", "last_updated", "ttl"] {
                let _ = members.remove(name);
            }
            entries.push(entry);
        }
        next = page["next"].as_str().map(str::to_owned);
    }
    entries
}

#[test]
fn the_examples_of_the_readme_are_what_the_service_answers() {
    if !is_there("curl") {
        return;
    }
    let Service { host, .. } = &Service::start();
    let examples: Vec<_> =
        examples().into_iter().filter(|example| example.command.starts_with("curl ")).collect();
    assert!(examples.len() > 5, "the page has examples");
    for Example { command, output } in examples {
        let answer = run(&command, host);
        assert_eq!(lasting(answer.trim_end()), lasting(output.trim_end()), "{command}");
    }
}

#[test]
fn the_script_that_the_readme_names_has_everything_stored_elsewhere() {
    if !is_there("curl") {
        return;
    }
    let (Service { host: from, .. }, Service { host: to, .. }) =
        (&Service::start(), &Service::start());
    // More than a page has entries, and more than a page and an import have bytes.
    for number in 0..1_100 {
        let _ = from.put(&format!("/small/{number}"), "{\"n\":1.0}").send().expect(201);
    }
    let large = format!("{{\"text\":\"{}\"}}", "a".repeat(300_000));
    for number in 0..16 {
        let _ = from.put(&format!("/large/{number}?ttl=never"), &large).send().expect(201);
    }
    let script = script("move.sh", from).replace("localhost:3001", &to.address().to_string());
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(workspace())
        .output()
        .expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert!(output.status.success() && output.stdout.ends_with(b"1116 records\n"));
    let (here, there) = (entries(from), entries(to));
    assert_eq!(here.len(), 1_116);
    assert!(here == there, "the stores differ");
}

/// Starts a script in a directory; also gives the lines that it prints.
fn start(script: &str, directory: &Path) -> (Leash, impl Iterator<Item = String> + use<>) {
    let mut command = Command::new("sh");
    command
        .args(["-c", script])
        .current_dir(directory)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut leash = Leash::start(&mut command, Some(directory));
    let stdout = leash.child().stdout.take().expect("stdout is a pipe");
    (leash, BufReader::new(stdout).lines().map_while(Result::ok))
}

#[test]
fn the_curl_of_the_readme_waits_for_a_record() {
    if !is_there("curl") {
        return;
    }
    let Service { host, redis, .. } = &Service::start();
    let place = tempfile::tempdir().expect("a temporary directory");
    let (_curl, mut lines) = start(&script("/jobs/1", host), place.path());
    eventually("it waits", || {
        (redis.run::<u64>(&["ZCARD", "path-records:waiting"]) == 1).then_some(())
    });
    let stored = host.put("/jobs/1", r#"{"done":1.0}"#).send();
    assert_eq!(lines.next().as_deref(), Some(stored.expect(201).text()));
}

#[test]
fn the_loop_of_the_readme_tells_each_change() {
    if !is_there("curl") {
        return;
    }
    let Service { host, redis, .. } = &Service::start();
    let place = tempfile::tempdir().expect("a temporary directory");
    let (_loop, mut lines) = start(&script("while curl", host), place.path());
    let changes = "path-records:changes:below:/jobs/";
    eventually("it follows", || (redis.run::<u64>(&["EXISTS", changes]) == 1).then_some(()));
    let mut told = |path: &str, event: &str| {
        let line = format!(r#""path":"{path}","event":"{event}""#);
        assert_eq!(lines.next(), Some(line));
    };
    let _ = host.put("/jobs/1?ttl=2", "{}").send().expect(201);
    told("/jobs/1", "written");
    let _ = host.put("/elsewhere", "{}").send().expect(201);
    let both = r#"{"requests":[{"method":"PUT","path":"/jobs/2","body":{}},{"method":"PUT","path":"/jobs/3","body":{}}]}"#;
    let _ = host.post("/-/batch", both).send().expect(200);
    told("/jobs/2", "written");
    told("/jobs/3", "written");
    let _ = host.delete("/jobs/2").send().expect(204);
    told("/jobs/2", "deleted");
    told("/jobs/1", "expired");
}
