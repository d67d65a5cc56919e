//! Cross-origin requests (the Fetch standard, section 3.2).

use http::{HeaderMap, HeaderValue, header};

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
    Listed(Vec<String>),
}

impl AllowedOrigins {
    /// Reads `*`, nothing, or a comma-separated list of origins.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        match text.trim() {
            "" => Ok(Self::None),
            "*" => Ok(Self::Any),
            list => list
                .split(',')
                .map(|origin| parse_origin(origin.trim()))
                .collect::<Option<_>>()
                .map(Self::Listed)
                .ok_or("must be empty, `*`, or origins such as `https://example.org`, with commas"),
        }
    }

    /// What a request is granted.
    #[must_use]
    pub fn grant(&self, request: &HeaderMap) -> Grant {
        let origin = request.get(header::ORIGIN);
        Grant {
            allowed: match self {
                Self::None => None,
                Self::Any => origin.map(|_| HeaderValue::from_static("*")),
                Self::Listed(origins) => origin
                    .filter(|sent| {
                        origins.iter().any(|allowed| allowed.as_bytes() == sent.as_bytes())
                    })
                    .cloned(),
            },
            preflight: request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD),
            varies: matches!(self, Self::Listed(_)),
        }
    }
}

/// What a page may do with the answer to a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// The value of `Access-Control-Allow-Origin`, if the page's origin is let in.
    allowed: Option<HeaderValue>,
    /// Whether the request asks for leave to send another.
    preflight: bool,
    /// Whether another origin might get another answer.
    varies: bool,
}

impl Grant {
    /// Adds to a response what lets a page read it, and to a preflight's what lets it send the
    /// request: the methods of its `Allow`.
    pub fn apply(self, response: &mut Response) {
        if self.varies {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = self.allowed else { return };
        set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        match response.headers().get(header::ALLOW).cloned() {
            Some(allow) if self.preflight => {
                let headers = "Authorization, Content-Type, If-Match, If-None-Match, \
                               If-Modified-Since, If-Unmodified-Since";
                set(response, header::ACCESS_CONTROL_ALLOW_METHODS, allow);
                set(response, header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
                set(response, header::ACCESS_CONTROL_MAX_AGE, "7200");
            }
            _ => {
                let exposed =
                    "ETag, Location, Link, Retry-After, WWW-Authenticate, Allow, Accept-Patch";
                set(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            }
        }
    }
}

/// An origin as browsers send it: scheme, host, perhaps a port, nothing behind.
fn parse_origin(text: &str) -> Option<String> {
    let (scheme, authority) = text.split_once("://")?;
    let named = |text: &str, others: &[u8]| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || others.contains(&byte);
        !text.is_empty() && text.bytes().all(allowed)
    };
    (named(scheme, b"+-.") && named(authority, b"-._:[]")).then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn origins_are_listed_or_all() {
        assert_eq!(AllowedOrigins::parse(" "), Ok(AllowedOrigins::None));
        assert_eq!(AllowedOrigins::parse("*"), Ok(AllowedOrigins::Any));
        let two = vec!["https://a.example".to_owned(), "http://localhost:8080".to_owned()];
        let text = "https://A.example, http://localhost:8080";
        assert_eq!(AllowedOrigins::parse(text), Ok(AllowedOrigins::Listed(two)));
        for text in [
            "example.org",
            "https://",
            "https://a.example/",
            "https://a.example,",
            "*, *",
            "https://*.a.example",
        ] {
            assert!(AllowedOrigins::parse(text).is_err(), "{text}");
        }
    }
}
