//! Problem documents (RFC 9457).

use crate::json::members;
use crate::response::Response;

/// Fails unless this is the problem document with that status and code; gives its detail.
pub fn assert_problem(response: &Response, status: u16, code: &str) -> String {
    response.expect(status);
    assert_eq!(text(response, "code"), code, "{response}");
    text(response, "detail")
}

/// What is true of every answer that is an error.
pub fn check(response: &Response) {
    assert_eq!(response.required("content-type"), "application/problem+json", "{response}");
    match response.status() {
        401 | 403 => {
            let challenge = response.required("www-authenticate");
            assert!(challenge.starts_with("Bearer"), "{response}");
        }
        405 => assert!(!response.list("allow").is_empty(), "Allow: {response}"),
        _ => {}
    }
    if response.is_head() {
        return;
    }
    assert_eq!(
        response.member("status").as_deref(),
        Some(response.status().to_string().as_str()),
        "{response}"
    );
    for name in ["type", "title", "detail", "code"] {
        assert!(!text(response, name).is_empty(), "{response}");
    }
    let mut names: Vec<_> = members(response.text()).into_iter().map(|member| member.0).collect();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), members(response.text()).len(), "twice: {response}");
    if text(response, "code") == "store-unavailable" {
        assert_eq!(response.status(), 503, "{response}");
        assert_eq!(response.required("retry-after"), "1", "{response}");
    }
}

/// A member that is a string.
fn text(response: &Response, name: &str) -> String {
    let json = response.json();
    json[name].as_str().unwrap_or_else(|| panic!("`{name}` is no string: {response}")).to_owned()
}
