//! Sections 2, 6 and 7: which methods a path has.

use harness::{Response, assert_problem};

use crate::core_alone::Core;

const OF_THE_SERVICE: [&str; 7] =
    ["/", "/-/live", "/-/ready", "/-/records", "/-/batch", "/-/metrics", "/-/openapi.json"];

/// The methods of a path.
fn methods(target: &str) -> Vec<&'static str> {
    match target {
        "/-/records" => vec!["delete", "get", "head", "options", "post"],
        "/-/batch" => vec!["options", "post"],
        target if OF_THE_SERVICE.contains(&target) => vec!["get", "head", "options"],
        target if target.ends_with('/') => {
            vec!["delete", "get", "head", "options", "patch", "post", "put"]
        }
        _ => vec!["delete", "get", "head", "options", "patch", "put"],
    }
}

fn allowed(answer: &Response) -> Vec<String> {
    let mut allowed = answer.list("allow");
    allowed.sort();
    allowed
}

#[test]
fn options_tells_the_methods() {
    let core = Core::start();
    for target in OF_THE_SERVICE.iter().chain(&["/a", "/a/"]) {
        let answer = core.request("OPTIONS", target).send();
        assert_eq!(allowed(answer.expect(204)), methods(target), "{target}");
    }
    for target in ["/a", "/a/"] {
        let patches = core.request("OPTIONS", target).send().list("accept-patch");
        assert_eq!(patches, ["application/merge-patch+json", "application/json-patch+json"]);
    }
    assert_eq!(core.asked(), 0);
}

#[test]
fn other_methods_are_405_with_allow() {
    let core = Core::start();
    let others = ["TRACE", "PROPFIND", "LOCK", "QUERY", "get", "X-CUSTOM"];
    let writes = ["PUT", "POST", "PATCH", "DELETE"];
    for target in OF_THE_SERVICE.iter().chain(&["/a", "/a/"]) {
        let has = |method: &&&str| methods(target).contains(&method.to_ascii_lowercase().as_str());
        let missing = writes.iter().filter(|method| !has(method));
        for method in missing.chain(&others) {
            let answer = core.request(method, target).body("application/json", "{}").send();
            assert_problem(&answer, 405, "method-not-allowed");
            assert_eq!(allowed(&answer), methods(target), "{answer}");
        }
    }
    assert_eq!(core.asked(), 0);
}
