//! What README.md shows is what the service answers.

use std::process::Command;

use harness::{Host, Service, workspace};

/// A command of the page, and what the page says that it prints.
struct Example {
    command: String,
    output: String,
}

/// The examples of the page, in its order.
fn examples() -> Vec<Example> {
    let page = std::fs::read_to_string(workspace().join("README.md")).expect("the page");
    let blocks = page.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let mut examples = Vec::new();
    for block in blocks {
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

fn run(command: &str, host: &Host) -> String {
    let command = command.replace("localhost:3000", &host.address().to_string());
    let output = Command::new("sh").args(["-c", &command]).output().expect("there is a shell");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn the_examples_of_the_readme_are_what_the_service_answers() {
    if Command::new("curl").arg("--version").output().is_err() {
        return crate::python::skip("curl is missing");
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
