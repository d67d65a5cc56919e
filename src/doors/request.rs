//! The head of a request as hosts have it, and of its response.

use http::{HeaderMap, Method, request::Parts};

use crate::http::{
    head,
    problem::Problem,
    response::{Response, complete},
};

/// Headers as hosts have them: names and values.
pub type Fields = Vec<(String, Vec<u8>)>;

/// A request without its body, from what a host tells of it; or the answer, if it can't be taken apart.
pub fn parts(
    method: Option<&Method>,
    path_with_query: Option<String>,
    headers: Fields,
) -> Result<Parts, Response> {
    let parts = method.and_then(|method| parse(method, path_with_query, headers));
    parts.ok_or_else(|| without_path(method))
}

fn parse(method: &Method, path_with_query: Option<String>, headers: Fields) -> Option<Parts> {
    let mut parts = http::Request::new(()).into_parts().0;
    parts.method = method.clone();
    parts.uri = path_with_query?.try_into().ok()?;
    parts.headers = head::headers(headers.into_iter())?;
    Some(parts)
}

/// The answer to a request that can't be taken apart: it names no path.
fn without_path(method: Option<&Method>) -> Response {
    let mut response = Problem::InvalidPath("it is not a path").into_response();
    complete(&mut response, method);
    response
}

/// Whether requests with this method have a body that matters. To look for one costs calls of the host.
pub fn has_body(method: &Method) -> bool {
    matches!(*method, Method::PUT | Method::POST | Method::PATCH)
}

/// A response's headers, for a host.
pub fn fields(headers: &HeaderMap) -> Fields {
    headers.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}
