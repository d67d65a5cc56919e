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

    /// What stands in `Access-Control-Allow-Origin` for a request, if it is let in.
    fn granted(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let origin = headers.get(header::ORIGIN)?;
        match self {
            Self::None => None,
            Self::Any => Some(HeaderValue::from_static("*")),
            Self::Listed(origins) => {
                let listed = origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes());
                listed.then(|| origin.clone())
            }
        }
    }

    /// Adds to a response what lets a page read it, and to a preflight's (`allow` is its `Allow`)
    /// what lets it send the request.
    pub fn apply(&self, request: &HeaderMap, response: &mut Response) {
        if matches!(self, Self::Listed(_)) {
            response.headers_mut().append(header::VARY, HeaderValue::from_static("Origin"));
        }
        let Some(origin) = self.granted(request) else {
            return;
        };
        set(response, header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        let asks = request.contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
        if let (true, Some(allow)) = (asks, response.headers().get(header::ALLOW).cloned()) {
            let headers = "Authorization, Content-Type, If-Match, If-None-Match, \
                           If-Modified-Since, If-Unmodified-Since";
            set(response, header::ACCESS_CONTROL_ALLOW_METHODS, allow);
            set(response, header::ACCESS_CONTROL_ALLOW_HEADERS, headers);
            set(response, header::ACCESS_CONTROL_MAX_AGE, "7200");
        } else {
            let exposed =
                "ETag, Location, Link, Retry-After, WWW-Authenticate, Allow, Accept-Patch";
            set(response, header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
        }
    }
}

/// An origin as browsers send it: scheme, host, perhaps a port, nothing behind.
fn parse_origin(text: &str) -> Option<String> {
    let (scheme, host) = text.split_once("://")?;
    let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
    let valid =
        plain && !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '?', '#', '@']);
    valid.then(|| text.to_ascii_lowercase())
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
        for text in ["example.org", "https://", "https://a.example/", "https://a.example,", "*, *"]
        {
            assert!(AllowedOrigins::parse(text).is_err(), "{text}");
        }
    }
}
