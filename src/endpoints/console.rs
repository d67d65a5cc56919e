//! The console: a page at the base URL for browsers, and the files that it loads from `/-/console/`.
//! They hold nothing of the records: the page reads those as any client does, with the same tokens.

use http::{HeaderValue, Method, StatusCode, header};

use crate::{
    http::{
        problem::Problem,
        response::{Response, set, with_body},
    },
    service::read_only,
};

/// Nothing but the page's own files runs, and nothing is loaded from or sent to anywhere else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'; require-trusted-types-for 'script'";

const PAGE: &str = include_str!("../console/index.html");

const STYLE: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// The files that the page loads: name, type, content.
const FILES: [(&str, &str, &str); 13] = [
    ("style.css", STYLE, include_str!("../console/style.css")),
    ("api.js", SCRIPT, include_str!("../console/api.js")),
    ("app.js", SCRIPT, include_str!("../console/app.js")),
    ("conflict.js", SCRIPT, include_str!("../console/conflict.js")),
    ("dom.js", SCRIPT, include_str!("../console/dom.js")),
    ("editor.js", SCRIPT, include_str!("../console/editor.js")),
    ("json.js", SCRIPT, include_str!("../console/json.js")),
    ("path.js", SCRIPT, include_str!("../console/path.js")),
    ("pulse.js", SCRIPT, include_str!("../console/pulse.js")),
    ("record.js", SCRIPT, include_str!("../console/record.js")),
    ("time.js", SCRIPT, include_str!("../console/time.js")),
    ("token.js", SCRIPT, include_str!("../console/token.js")),
    ("tree.js", SCRIPT, include_str!("../console/tree.js")),
];

/// The page.
#[must_use]
pub fn page() -> Response {
    let mut response = embedded("text/html; charset=utf-8", PAGE);
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, header::REFERRER_POLICY, "no-referrer");
    response
}

/// The file at a path from `/-` on.
pub fn file(method: &Method, path: &str) -> Result<Response, Problem> {
    let (_, content_type, content) = path
        .strip_prefix("/-/console/")
        .and_then(|name| FILES.iter().find(|(known, ..)| *known == name))
        .ok_or(Problem::NoSuchEndpoint)?;
    read_only(method).unwrap_or_else(|| Ok(embedded(content_type, content)))
}

/// A response with a part of the page, which is asked for again each time: the parts have to be of
/// one version.
fn embedded(content_type: &'static str, content: &'static str) -> Response {
    let content_type = HeaderValue::from_static(content_type);
    let mut response = with_body(StatusCode::OK, content_type, content);
    set(&mut response, header::CACHE_CONTROL, "no-cache");
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What stands in quotes behind `before`, wherever that is in the text.
    fn quoted_after<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
        let pieces = text.split(before).skip(1);
        pieces.filter_map(|piece| piece.split('"').next()).collect()
    }

    #[test]
    fn everything_that_the_page_names_is_served() {
        let mut named = quoted_after(PAGE, "\"/-/console/");
        assert_eq!(named.len(), 2);
        for (_, _, content) in FILES {
            named.extend(quoted_after(content, "from \"./"));
        }
        for (name, ..) in FILES {
            assert!(named.contains(&name), "nothing loads {name}");
        }
        for name in named {
            let path = format!("/-/console/{name}");
            let response = file(&Method::GET, &path).unwrap();
            assert_eq!(response.status(), StatusCode::OK, "{path}");
        }
    }

    #[test]
    fn other_paths_are_nothing() {
        for path in ["/-", "/-/", "/-/console", "/-/console/", "/-/console/app", "/-/app.js"] {
            let answer = file(&Method::GET, path);
            assert!(matches!(answer, Err(Problem::NoSuchEndpoint)), "{path}");
        }
    }

    #[test]
    fn files_can_only_be_read() {
        let refused = file(&Method::PUT, "/-/console/app.js");
        assert!(matches!(refused, Err(Problem::MethodNotAllowed(_))));
    }

    #[test]
    fn the_whole_is_small() {
        let files: usize = FILES.iter().map(|(_, _, content)| content.len()).sum();
        assert!(PAGE.len() + files < 40 * 1024);
    }
}
