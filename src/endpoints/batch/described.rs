//! A batch as it is sent: requests, described in JSON.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue, Method, Request, header, request::Parts};

use crate::{
    http::{
        head,
        media_type::{MERGE_PATCH, RECORD},
        problem::Problem,
    },
    record::{json, limits, utf8},
};

/// A request that a batch describes.
#[derive(Debug)]
pub struct Described<'a> {
    /// Its method and headers.
    pub head: Parts,
    /// Its path with the query, which may be none.
    pub path: Cow<'a, str>,
    /// The JSON text of its body.
    pub body: Option<&'a str>,
}

/// The texts of a batch's requests.
pub fn requests(body: &[u8]) -> Result<Vec<&str>, Problem> {
    const SHAPE: &str = "it is not `{\"requests\":[…]}`";
    let text = utf8(body).map_err(|error| invalid(&error.to_string()))?;
    let members = json::object::<&str>(text).map_err(|error| invalid(&error.to_string()))?;
    let requests = match &*members {
        [(name, requests)] if name == "requests" => json::array(requests),
        _ => None,
    };
    let requests = requests.ok_or_else(|| invalid(SHAPE))?;
    if requests.len() > limits::MAX_BATCH {
        let most = limits::MAX_BATCH;
        return Err(invalid(&format!("it has more than {most} requests")));
    }
    Ok(requests)
}

/// The problem with what is no batch.
pub fn invalid(why: &str) -> Problem {
    Problem::InvalidBatch(format!("This is no batch: {why}."))
}

impl<'a> Described<'a> {
    /// The request that `text` describes. What a batch's own headers say about who sends it, they say for
    /// each of its requests that doesn't say it itself.
    pub fn parse(text: &'a str, headers_of_batch: &HeaderMap) -> Result<Self, Problem> {
        let members = json::object::<&str>(text).map_err(|_| invalid("a request is no object"))?;
        let (mut method, mut path, mut headers, mut body) = (None, None, None, None);
        for (name, value) in members {
            let member = match name.as_ref() {
                "method" => &mut method,
                "path" => &mut path,
                "headers" => &mut headers,
                "body" => &mut body,
                _ => return Err(invalid("a request has a member that is not known")),
            };
            *member = Some(value);
        }
        let method = match method.and_then(json::string).as_deref() {
            Some("GET") => Method::GET,
            Some("PUT") => Method::PUT,
            Some("PATCH") => Method::PATCH,
            Some("DELETE") => Method::DELETE,
            _ => return Err(invalid("`method` is none of GET, PUT, PATCH and DELETE")),
        };
        let path = path.and_then(json::string).ok_or_else(|| invalid("`path` is no string"))?;
        let mut headers = match headers {
            Some(headers) => parse_headers(headers)
                .ok_or_else(|| invalid("`headers` are no headers, by name and value"))?,
            None => HeaderMap::new(),
        };
        if let Some(token) = headers_of_batch.get(header::AUTHORIZATION) {
            headers.entry(header::AUTHORIZATION).or_insert_with(|| token.clone());
        }
        let usual_type = match method {
            Method::PUT => Some(RECORD),
            Method::PATCH if body.is_some() => Some(MERGE_PATCH),
            _ => None,
        };
        if let Some(usual_type) = usual_type {
            let usual_type = HeaderValue::from_static(usual_type);
            headers.entry(header::CONTENT_TYPE).or_insert(usual_type);
        }
        let mut head = Request::new(()).into_parts().0;
        head.method = method;
        head.headers = headers;
        Ok(Self { head, path, body })
    }
}

fn parse_headers(text: &str) -> Option<HeaderMap> {
    let mut fields = Vec::new();
    for (name, value) in json::object::<&str>(text).ok()? {
        fields.push((name, json::string(value)?.into_owned().into_bytes()));
    }
    head::headers(fields.into_iter())
}
