//! Sections 3, 5 and 6: parameters that are refused.

use harness::assert_problem;

use crate::core_alone::Core;

/// Fails unless a request is refused because of the parameter of this name.
fn assert_refused(method: &str, target: &str, name: &str) {
    let core = Core::start();
    let content_type =
        if method == "PATCH" { "application/merge-patch+json" } else { "application/json" };
    let answer = core.request(method, target).body(content_type, "{}").send();
    if method == "HEAD" {
        answer.expect(400);
    } else {
        let detail = assert_problem(&answer, 400, "invalid-query");
        assert!(detail.contains(&format!("`{name}`")), "{name}: {answer}");
    }
    assert_eq!(core.asked(), 0, "{answer}");
}

#[test]
fn anything_but_seconds_and_never_in_ttl_is_400_naming_it() {
    for value in [
        "0",
        "-1",
        "1.5",
        "1e3",
        "abc",
        "",
        "%20",
        "Never",
        "NEVER",
        "never%20",
        "315360001",
        "99999999999999999999999",
        "0x10",
        "1,2",
        "1%00",
        "%F0",
        "+",
    ] {
        for (method, path) in [("PUT", "/a"), ("POST", "/a/"), ("PATCH", "/a")] {
            assert_refused(method, &format!("{path}?ttl={value}"), "ttl");
        }
    }
    assert_refused("PUT", "/a?ttl", "ttl");
}

#[test]
fn any_other_parameter_of_a_record_is_400_naming_it() {
    let all = [
        ("GET", "/a"),
        ("HEAD", "/a"),
        ("PUT", "/a"),
        ("DELETE", "/a"),
        ("POST", "/a/"),
        ("PATCH", "/a"),
    ];
    for (method, path) in all {
        for query in ["colour=1", "colour", "colour=", "c%6Flour=1"] {
            assert_refused(method, &format!("{path}?{query}"), "colour");
        }
        let reads = ["GET", "HEAD", "DELETE"].contains(&method);
        let first = if reads { "ttl" } else { "colour" };
        assert_refused(method, &format!("{path}?ttl=5&colour=2"), first);
    }
    for name in ["TTL", "Ttl", "tt"] {
        assert_refused("PUT", &format!("/a?{name}=5"), name);
    }
}

#[test]
fn parameters_of_a_listing_that_cannot_be_used_are_400_naming_them() {
    for limit in ["0", "-1", "1001", "abc", "", "1.0", "1e2", "99999999999999999999", "+1x"] {
        assert_refused("GET", &format!("/-/records?limit={limit}"), "limit");
    }
    for (query, name) in [
        ("colour=1", "colour"),
        ("limit=5&colour", "colour"),
        ("delimiter=x", "delimiter"),
        ("delimiter=//", "delimiter"),
        ("prefix=%FF", "prefix"),
        ("prefix=docs", "prefix"),
        ("after=%FF", "after"),
    ] {
        assert_refused("GET", &format!("/-/records?{query}"), name);
    }
}

#[test]
fn parameters_of_the_base_url_that_cannot_be_used_are_400_naming_them() {
    for (query, name) in
        [("x=1", "x"), ("x", "x"), ("path=/a&x=1", "x"), ("Path=/a", "Path"), ("ttl=5", "ttl")]
    {
        assert_refused("GET", &format!("/?{query}"), name);
    }
    for path in ["", "a", "/%2525zz%25", "/..", "/%2500", "/-/live", "/", "/%25FF"] {
        assert_refused("GET", &format!("/?path={path}"), "path");
    }
}
