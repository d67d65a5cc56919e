//! What a request gets and loses on its way to the component.

use std::net::SocketAddr;

use anyhow::{Context, Result, bail, ensure};
use http::header::{CONNECTION, HOST};
use http::uri::{Authority, Scheme};
use http::{HeaderName, HeaderValue, Request, Uri};

use crate::manifest::ROUTE;

/// Below this path the host answers by itself.
pub const WELL_KNOWN_PREFIX: &str = "/.well-known/spin/";

/// Names below this domain are Spin's own, for requests between components.
const INTERNAL_DOMAIN: &str = "spin.internal";

/// Takes away what is only meant for the host.
pub fn strip_headers<B>(request: &mut Request<B>) {
    let headers = request.headers_mut();
    let internal = headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map(|host| host.rsplit_once(':').map_or(host, |(name, _)| name))
        .and_then(|name| name.split_once('.'))
        .is_some_and(|(_, domain)| domain == INTERNAL_DOMAIN);
    if internal {
        headers.remove(HOST);
    }
    headers.remove(CONNECTION);
}

/// Makes the URI absolute. The authority must be known without doubt.
pub fn set_authority<B>(request: &mut Request<B>) -> Result<()> {
    let host = request
        .headers()
        .get(HOST)
        .map(|host| -> Result<Authority> {
            let host = host.to_str().context("'Host' header is not valid UTF-8")?;
            host.parse().context("'Host' header contains an invalid authority")
        })
        .transpose()?;
    let mut parts = request.uri().clone().into_parts();
    let authority = match (host, parts.authority) {
        (Some(host), Some(authority)) => {
            ensure!(
                host == authority,
                "authority in 'Host' header does not match authority in URI"
            );
            host
        }
        (Some(authority), None) | (None, Some(authority)) => authority,
        (None, None) => bail!("no 'Host' header present in request"),
    };
    parts.scheme = Some(Scheme::HTTP);
    parts.authority = Some(authority);
    *request.uri_mut() = Uri::from_parts(parts)?;
    Ok(())
}

/// Adds the headers by which Spin tells a component about a request.
pub fn add_headers<B>(request: &mut Request<B>, client: SocketAddr) -> Result<()> {
    for value in request.headers().values() {
        std::str::from_utf8(value.as_bytes())?;
    }
    let host = match request.headers().get(HOST) {
        Some(host) => std::str::from_utf8(host.as_bytes())?,
        None => "localhost",
    };
    let uri = request.uri();
    let path_and_query = uri.path_and_query().context("the URI has no path")?;
    let scheme = uri.scheme_str().unwrap_or("http");
    let prefix = ROUTE.trim_end_matches("/...");

    let added = [
        ("spin-path-info", path_info(uri.path())),
        ("spin-full-url", format!("{scheme}://{host}{path_and_query}")),
        ("spin-matched-route", ROUTE.to_owned()),
        ("spin-base-path", "/".to_owned()),
        ("spin-raw-component-route", ROUTE.to_owned()),
        ("spin-component-route", prefix.to_owned()),
        ("spin-client-addr", client.to_string()),
    ];
    for (name, value) in added {
        // A path may hold characters that no header may; Spin leaves it out then.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            request.headers_mut().append(HeaderName::from_static(name), value);
        }
    }
    Ok(())
}

/// The path as the route `/...` captures it: of the slashes at either end one
/// is left.
fn path_info(path: &str) -> String {
    let inner = path.trim_matches('/');
    match (inner.is_empty(), path.ends_with('/')) {
        (true, false) => String::new(),
        (true, true) => "/".to_owned(),
        (false, false) => format!("/{inner}"),
        (false, true) => format!("/{inner}/"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(uri: &str, host: Option<&str>) -> Request<()> {
        let mut request = Request::builder().uri(uri).body(()).unwrap();
        if let Some(host) = host {
            let host = HeaderValue::from_str(host).unwrap();
            request.headers_mut().insert(HOST, host);
        }
        request
    }

    #[test]
    fn the_authority_comes_from_the_host_header_or_the_uri() {
        for (uri, host) in
            [("/a?b", Some("h:1")), ("http://h:1/a?b", None), ("http://h:1/a?b", Some("h:1"))]
        {
            let mut request = request(uri, host);
            set_authority(&mut request).unwrap();
            assert_eq!(request.uri(), "http://h:1/a?b");
        }
        for (uri, host) in [("/a", None), ("/a", Some("h h")), ("http://h:1/a", Some("h:2"))] {
            set_authority(&mut request(uri, host)).unwrap_err();
        }
    }

    #[test]
    fn headers_of_the_transport_are_stripped() {
        let mut own = request("/", Some("a.example.com"));
        own.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        strip_headers(&mut own);
        assert_eq!(own.headers().len(), 1);

        let mut internal = request("/", Some("a.spin.internal:80"));
        strip_headers(&mut internal);
        assert!(internal.headers().is_empty());
    }

    #[test]
    fn the_component_is_told_about_the_request() {
        let mut request = request("http://h:1/a/b?c=d", Some("h:1"));
        add_headers(&mut request, "127.0.0.1:9".parse().unwrap()).unwrap();
        for (name, value) in [
            ("host", "h:1"),
            ("spin-path-info", "/a/b"),
            ("spin-full-url", "http://h:1/a/b?c=d"),
            ("spin-matched-route", "/..."),
            ("spin-base-path", "/"),
            ("spin-raw-component-route", "/..."),
            ("spin-component-route", ""),
            ("spin-client-addr", "127.0.0.1:9"),
        ] {
            assert_eq!(request.headers()[name], value, "{name}");
        }
    }

    #[test]
    fn path_info_keeps_one_slash_at_each_end() {
        for (path, info) in [
            ("/", "/"),
            ("/a", "/a"),
            ("/a/", "/a/"),
            ("/a//b", "/a//b"),
            ("//a//", "/a/"),
            ("", ""),
        ] {
            assert_eq!(path_info(path), info);
        }
    }
}
