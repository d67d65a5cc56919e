//! Cross-origin requests (the Fetch standard, section 3.2).

use std::net::Ipv6Addr;

use http::{HeaderMap, HeaderValue, Method, header};

use super::response::{Response, set};

/// Which pages of other origins may use the service.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum AllowedOrigins {
    /// None.
    #[default]
    None,
    /// All.
    Any,
    /// These.
    Listed(Vec<Origin>),
}

impl AllowedOrigins {
    /// Reads `*`, nothing, or a comma-separated list of origins.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "" => Ok(Self::None),
            "*" => Ok(Self::Any),
            list => list
                .split(',')
                .map(|origin| {
                    let origin = origin.trim();
                    Origin::parse(origin.strip_suffix('/').unwrap_or(origin))
                })
                .collect::<Option<_>>()
                .map(Self::Listed)
                .ok_or("must be empty, `*`, or origins such as `https://example.org`, with commas"),
        }
    }

    /// What the answer to a request is to say.
    #[must_use]
    pub fn grant(&self, method: &Method, request: &HeaderMap) -> Grant {
        let allowed = match self {
            Self::None => None,
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Listed(origins) => request
                .get(header::ORIGIN)
                .filter(|sent| {
                    let sent = sent.to_str().ok().and_then(Origin::parse);
                    sent.is_some_and(|sent| origins.contains(&sent))
                })
                .cloned(),
        };
        let is_preflight = *method == Method::OPTIONS
            && request.contains_key(header::ORIGIN)
            && request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        Grant {
            preflight: (allowed.is_some() && is_preflight).then(|| requested_headers(request)),
            allowed,
            varies: matches!(self, Self::Listed(_)),
        }
    }
}

/// What a page may do with the answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The value of `Access-Control-Allow-Origin`, if the page's origin is let in.
    allowed: Option<HeaderValue>,
    /// If the request asks for leave to send another one: the headers that this is to have.
    preflight: Option<String>,
    /// Whether another origin might get another answer.
    varies: bool,
}

impl Grant {
    /// Adds to a response what lets a page read it, and to a preflight's what lets it send the
    /// request: the methods of its `Allow`, and the headers that it is to have.
    pub fn apply(self, response: &mut Response) {
        if self.varies {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = self.allowed else { return };
        set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let methods = response.headers().get(header::ALLOW).cloned();
        if let (Some(headers), Some(methods)) = (self.preflight, methods) {
            set(response, header::ACCESS_CONTROL_ALLOW_METHODS, methods);
            if !headers.is_empty() {
                set(response, header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
            }
            set(response, header::ACCESS_CONTROL_MAX_AGE, "7200");
        } else {
            const EXPOSED: &str = "ETag, Location, Link, Preference-Applied, Retry-After, \
                                   WWW-Authenticate, Allow, Accept-Patch";
            let exposed = HeaderValue::from_static(EXPOSED);
            set(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

/// The names of the headers that a preflight asks for. Any may be sent: the service does nothing with
/// those that it doesn't know. What is no name is left out, and so is what would make the answer
/// larger than hosts send.
fn requested_headers(request: &HeaderMap) -> String {
    const MOST: usize = 8 << 10;
    let fields = request.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS).iter();
    let names = fields
        .flat_map(|field| field.as_bytes().split(|byte| *byte == b','))
        .filter_map(|name| str::from_utf8(name.trim_ascii()).ok())
        .filter(|name| is_token(name));
    let mut list = String::new();
    for name in names {
        if list.len() + name.len() > MOST {
            break;
        }
        if !list.is_empty() {
            list.push_str(", ");
        }
        list.push_str(name);
    }
    list
}

/// Whether a header can have this name (RFC 9110, 5.6.2).
fn is_token(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(allowed)
}

/// An origin (RFC 6454): two are the same if they are equal here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    scheme: String,
    host: Host,
    /// Not that which the scheme has anyway.
    port: Option<u16>,
}

/// The host of an origin.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Host {
    Name(String),
    Address(Ipv6Addr),
}

impl Origin {
    /// Reads an origin as browsers send it: scheme, host, perhaps a port, nothing behind. `null` is
    /// none: any page can be that.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let named = |text: &str, others: &[u8]| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
            !text.is_empty() && text.bytes().all(allowed)
        };
        let (scheme, authority) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (authority, None),
        };
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => Host::Address(address.parse().ok()?),
            None => Host::Name(Some(host.to_ascii_lowercase()).filter(|host| named(host, b"-._"))?),
        };
        let port = match port {
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            Some(_) => return None,
            None => None,
        };
        let default = match scheme.as_str() {
            "http" => Some(80),
            "https" => Some(443),
            _ => None,
        };
        named(&scheme, b"+-.").then_some(Self {
            scheme,
            host,
            port: port.filter(|_| port != default),
        })
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, StatusCode};

    use super::*;
    use crate::http::response::empty;

    /// The headers of an answer to a request with these, where these origins are allowed.
    fn answer(allowed: &str, method: &Method, sent: &[(HeaderName, &str)]) -> HeaderMap {
        let fields = sent.iter().map(|(name, value)| (name.clone(), value.parse().unwrap()));
        let mut response = empty(StatusCode::NO_CONTENT);
        set(&mut response, header::ALLOW, "GET, PUT");
        let grant = AllowedOrigins::parse(allowed).unwrap().grant(method, &fields.collect());
        grant.apply(&mut response);
        response.headers_mut().remove(header::ALLOW);
        response.into_parts().0.headers
    }

    fn lets_in(allowed: &str, origin: &str) -> bool {
        let headers = answer(allowed, &Method::GET, &[(header::ORIGIN, origin)]);
        let sent = headers.get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
        assert!(sent.is_none_or(|sent| sent == origin), "{origin}: {headers:?}");
        sent.is_some()
    }

    #[test]
    fn origins_are_listed_or_all() {
        assert_eq!(AllowedOrigins::parse(" "), Ok(AllowedOrigins::None));
        assert_eq!(AllowedOrigins::parse(" * "), Ok(AllowedOrigins::Any));
        for text in [
            "example.org",
            "https://",
            "://a.example",
            "https://a.example//",
            "https://a.example/x",
            "https://a.example?x",
            "https://me@a.example",
            "https://a.example,",
            "*, *",
            "null",
            "https://*.a.example",
            "https://a.example:",
            "https://a.example:x",
            "https://a.example:+1",
            "https://a.example:65536",
            "https://::1",
            "https://[::g]",
            "https://[::1",
            "https://bücher.example",
        ] {
            assert!(AllowedOrigins::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_origin_may_be_written_in_several_ways() {
        for group in [
            &["https://app.example", "https://app.example:443", "HTTPS://App.Example:0443"][..],
            &["http://app.example", "http://app.example:80"],
            &["https://app.example:80"],
            &["http://app.example:443"],
            &["http://localhost:8080"],
            &["http://127.0.0.1:8080"],
            &["http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080"],
            &["http://[::1]", "http://[::1]:80"],
            &["capacitor://localhost"],
            &["chrome-extension://abcdefgh"],
        ] {
            for configured in group {
                for sent in group {
                    assert!(lets_in(configured, sent), "{configured}: {sent}");
                    assert!(lets_in(&format!("https://b.example, {configured}/"), sent));
                }
                for other in ["https://app.example:444", "https://x.app.example", "null", ""] {
                    assert!(!lets_in(configured, other), "{configured}: {other}");
                }
            }
        }
        assert!(!lets_in("https://app.example", "http://app.example"));
        assert!(!lets_in("https://app.example", "https://app.example/"));
        assert!(!lets_in("https://app.example", "https://app.example, https://app.example"));
    }

    #[test]
    fn a_star_is_constant_and_a_list_varies() {
        let page = [(header::ORIGIN, "https://a.example")];
        for sent in [&page[..], &[]] {
            let headers = answer("*", &Method::GET, sent);
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
            assert!(!headers.contains_key(header::VARY), "{headers:?}");
            let headers = answer("https://b.example", &Method::GET, sent);
            assert_eq!(headers[header::VARY], "Origin");
            assert_eq!(headers.len(), 1, "{headers:?}");
            assert!(answer("", &Method::GET, sent).is_empty());
        }
    }

    #[test]
    fn a_preflight_allows_the_headers_that_it_asks_for() {
        const ASKS: HeaderName = header::ACCESS_CONTROL_REQUEST_HEADERS;
        let preflight = |asked: &[&str]| {
            let mut sent = vec![
                (header::ORIGIN, "https://a.example"),
                (header::ACCESS_CONTROL_REQUEST_METHOD, "PUT"),
            ];
            sent.extend(asked.iter().map(|names| (ASKS, *names)));
            answer("*", &Method::OPTIONS, &sent)
        };
        for (asked, allowed) in [
            (&["traceparent,x-requested-with"][..], Some("traceparent, x-requested-with")),
            (&["baggage", "if-match"], Some("baggage, if-match")),
            (&["a, ,b c,d\"e,é,(f),*"], Some("a, *")),
            (&[""], None),
            (&[], None),
        ] {
            let headers = preflight(asked);
            let value = headers.get(header::ACCESS_CONTROL_ALLOW_HEADERS);
            assert_eq!(value.map(|value| value.to_str().unwrap()), allowed, "{asked:?}");
            assert_eq!(headers[header::ACCESS_CONTROL_ALLOW_METHODS], "GET, PUT");
            assert!(!headers.contains_key(header::VARY), "{headers:?}");
        }
        let long = format!("first,{}", "x".repeat(100_000));
        assert_eq!(preflight(&[&long])[header::ACCESS_CONTROL_ALLOW_HEADERS], "first");
    }

    #[test]
    fn only_options_is_a_preflight() {
        let sent =
            [(header::ORIGIN, "https://a.example"), (header::ACCESS_CONTROL_REQUEST_METHOD, "PUT")];
        let put = answer("*", &Method::PUT, &sent);
        assert!(!put.contains_key(header::ACCESS_CONTROL_ALLOW_METHODS), "{put:?}");
        assert!(put.contains_key(header::ACCESS_CONTROL_EXPOSE_HEADERS), "{put:?}");
    }
}
