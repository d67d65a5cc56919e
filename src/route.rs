//! Which operation a request asks for: its path names a route, its method one of the route's
//! operations. `Allow`, the answer to OPTIONS, 405 and what a token must allow all follow from that.

use std::borrow::Cow;

use http::{Method, Request};

use crate::{
    console::{self, File},
    http::{accept, authorization::Intent, problem::Problem, query, tokens::Scope},
    record::{RecordPath, normalise},
};

/// What a request's path leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// `/`, answered in this format.
    Root(RootFormat),
    /// `/-/live`
    Live,
    /// `/-/ready`
    Ready,
    /// `/-/records`
    Listing,
    /// `/-/batch`
    Batch,
    /// `/-/changes`
    Changes,
    /// `/-/metrics`
    Metrics,
    /// `/-/openapi.json`
    OpenApi,
    /// A file below `/-/console/`.
    ConsoleFile(&'static File),
    /// Any other path.
    Record(RecordPath),
    /// `*`, which OPTIONS names for the service as a whole (RFC 9110, 9.3.7).
    Server,
}

/// The media types of `/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RootFormat {
    /// `text/plain`, the default.
    Text,
    /// `application/json`
    Json,
    /// `text/html`: the console.
    Html,
}

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation<'a> {
    /// The console's page.
    ShowConsole,
    /// A file that the page loads.
    ShowConsoleFile(&'static File),
    /// How often the service, or a record, was hit.
    Count(RootFormat),
    /// Whether the component runs.
    ShowLive,
    /// Whether records can be served.
    ShowReady,
    /// A page of records.
    List,
    /// Records, a line each, to store.
    Import,
    /// What is below a prefix, to delete.
    RemoveAll,
    /// Several requests for records, at once.
    Batch,
    /// What happens below a prefix.
    Follow,
    /// The metrics.
    ShowMetrics,
    /// The `OpenAPI` document.
    ShowOpenApi,
    /// Something with one record.
    OnRecord(RecordOperation, &'a RecordPath),
}

/// What a request asks for of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecordOperation {
    /// GET and HEAD.
    Get,
    /// PUT.
    Put,
    /// PATCH.
    Patch,
    /// DELETE.
    Delete,
    /// POST to a collection.
    Post,
}

impl Route {
    /// The route of a request.
    pub fn of<B>(request: &Request<B>) -> Result<Self, Problem> {
        let path = request.uri().path();
        if path == "*" && request.method() == Method::OPTIONS {
            return Ok(Self::Server);
        }
        let path = normalise(path)?;
        Ok(match path.as_str() {
            "/" => Self::Root(RootFormat::of(request)),
            "/-/live" => Self::Live,
            "/-/ready" => Self::Ready,
            "/-/records" => Self::Listing,
            "/-/batch" => Self::Batch,
            "/-/changes" => Self::Changes,
            "/-/metrics" => Self::Metrics,
            "/-/openapi.json" => Self::OpenApi,
            other if other.starts_with("/-/") => other
                .strip_prefix("/-/console/")
                .and_then(console::file)
                .map(Self::ConsoleFile)
                .ok_or(Problem::NoSuchEndpoint)?,
            _ => Self::Record(RecordPath::from_normal_form(path)?),
        })
    }

    /// The operation that a method stands for; `None`: the route doesn't have the method.
    #[must_use]
    pub fn operation(&self, method: &Method) -> Option<Operation<'_>> {
        let reads = matches!(*method, Method::GET | Method::HEAD);
        Some(match self {
            Self::Root(RootFormat::Html) if reads => Operation::ShowConsole,
            Self::Root(format) if reads => Operation::Count(*format),
            Self::Live if reads => Operation::ShowLive,
            Self::Ready if reads => Operation::ShowReady,
            Self::Listing if reads => Operation::List,
            Self::Listing if *method == Method::POST => Operation::Import,
            Self::Listing if *method == Method::DELETE => Operation::RemoveAll,
            Self::Batch if *method == Method::POST => Operation::Batch,
            Self::Changes if reads => Operation::Follow,
            Self::Metrics if reads => Operation::ShowMetrics,
            Self::OpenApi if reads => Operation::ShowOpenApi,
            Self::ConsoleFile(file) if reads => Operation::ShowConsoleFile(file),
            Self::Record(path) => Operation::OnRecord(RecordOperation::of(method, path)?, path),
            _ => return None,
        })
    }

    /// The methods of the route, as `Allow` has them (RFC 9110, 10.2.1).
    #[must_use]
    pub fn allow(&self) -> String {
        let methods =
            [Method::GET, Method::HEAD, Method::PUT, Method::PATCH, Method::POST, Method::DELETE];
        let mut allow = String::new();
        for method in methods {
            if *self == Self::Server || self.operation(&method).is_some() {
                allow.push_str(method.as_str());
                allow.push_str(", ");
            }
        }
        allow + Method::OPTIONS.as_str()
    }

    /// Whether the route takes patches.
    #[must_use]
    pub fn takes_patches(&self) -> bool {
        self.operation(&Method::PATCH).is_some()
    }
}

impl RootFormat {
    fn of<B>(request: &Request<B>) -> Self {
        match accept::preferred(request.headers(), &["text/plain", "application/json", "text/html"])
        {
            "application/json" => Self::Json,
            "text/html" => Self::Html,
            _ => Self::Text,
        }
    }
}

impl RecordOperation {
    /// What a method asks for of the record at a path; `None`: the record doesn't have the method.
    #[must_use]
    pub fn of(method: &Method, path: &RecordPath) -> Option<Self> {
        match *method {
            Method::GET | Method::HEAD => Some(Self::Get),
            Method::PUT => Some(Self::Put),
            Method::PATCH => Some(Self::Patch),
            Method::DELETE => Some(Self::Delete),
            Method::POST if path.is_collection() => Some(Self::Post),
            _ => None,
        }
    }

    /// What a token must allow.
    #[must_use]
    pub fn intent(self) -> Intent {
        match self {
            Self::Get => Intent::Read,
            Self::Put | Self::Patch | Self::Delete | Self::Post => Intent::Write,
        }
    }

    /// What the request is about.
    #[must_use]
    pub fn scope(self, path: &RecordPath) -> Scope<'_> {
        match self {
            Self::Get | Self::Put | Self::Patch | Self::Delete => {
                Scope::Record(path.as_str().into())
            }
            // The record's name is still to be made, in the collection.
            Self::Post => Scope::Below(path.as_str().into()),
        }
    }
}

impl<'a> Operation<'a> {
    /// What a token must allow; `None`: nothing, it is open to all.
    #[must_use]
    pub fn intent(self) -> Option<Intent> {
        match self {
            Self::ShowConsole
            | Self::ShowConsoleFile(_)
            | Self::ShowLive
            | Self::ShowReady
            | Self::ShowOpenApi => None,
            Self::Count(_) | Self::List | Self::Follow | Self::ShowMetrics => Some(Intent::Read),
            // Each of its requests is looked at by itself.
            Self::Batch => Some(Intent::Either),
            Self::Import | Self::RemoveAll => Some(Intent::Write),
            Self::OnRecord(operation, _) => Some(operation.intent()),
        }
    }

    /// What a request with this query is about. Where the query can't be read that is everything: so
    /// nobody gets in by a query that others read differently.
    #[must_use]
    pub fn scope(self, query: Option<&str>) -> Scope<'a> {
        let named = |name, scope: fn(Cow<'a, str>) -> Scope<'a>| {
            let path = query::only(query, name).and_then(|path| normalise(&path).ok());
            path.map_or(Scope::EVERYTHING, |path| scope(path.into()))
        };
        match self {
            Self::ShowConsole
            | Self::ShowConsoleFile(_)
            | Self::ShowLive
            | Self::ShowReady
            | Self::ShowOpenApi
            | Self::ShowMetrics => Scope::EVERYTHING,
            Self::Count(_) => named("path", Scope::Record),
            Self::List | Self::RemoveAll | Self::Follow => named("prefix", Scope::Below),
            Self::Batch | Self::Import => Scope::Parts,
            Self::OnRecord(operation, path) => operation.scope(path),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::header;

    use super::*;

    fn route(path: &str) -> Result<Route, Problem> {
        Route::of(&Request::get(path).body(()).unwrap())
    }

    #[test]
    fn paths_lead_to_their_routes() {
        for (path, expected) in [
            ("/", Route::Root(RootFormat::Text)),
            ("/-/live", Route::Live),
            ("/%2D/ready", Route::Ready),
            ("/-/records?prefix=/", Route::Listing),
            ("/-/batch", Route::Batch),
            ("/-/changes?prefix=/", Route::Changes),
            ("/-/metrics", Route::Metrics),
            ("/-/openapi.json", Route::OpenApi),
            ("/-x", Route::Record(RecordPath::parse("/-x").unwrap())),
            ("/%61", Route::Record(RecordPath::parse("/a").unwrap())),
        ] {
            assert_eq!(route(path), Ok(expected), "{path}");
        }
        assert!(matches!(route("/-/console/app.js"), Ok(Route::ConsoleFile(_))));
        for path in [
            "/-",
            "/-/",
            "/-/nothing",
            "/-/live/",
            "/-/console",
            "/-/console/app",
            "/.well-known/spin/info",
        ] {
            assert_eq!(route(path), Err(Problem::NoSuchEndpoint), "{path}");
        }
        assert!(matches!(route("/a/.."), Err(Problem::InvalidPath(_))));
    }

    #[test]
    fn browsers_get_the_console() {
        let request = Request::get("/").header(header::ACCEPT, "text/html,*/*;q=0.8");
        let route = Route::of(&request.body(()).unwrap()).unwrap();
        assert_eq!(route.operation(&Method::GET), Some(Operation::ShowConsole));
    }

    #[test]
    fn what_is_allowed_follows_from_the_operations() {
        for (path, allow) in [
            ("/", "GET, HEAD, OPTIONS"),
            ("/-/live", "GET, HEAD, OPTIONS"),
            ("/-/records", "GET, HEAD, POST, DELETE, OPTIONS"),
            ("/-/batch", "POST, OPTIONS"),
            ("/-/console/app.js", "GET, HEAD, OPTIONS"),
            ("/a", "GET, HEAD, PUT, PATCH, DELETE, OPTIONS"),
            ("/a/", "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS"),
        ] {
            assert_eq!(route(path).unwrap().allow(), allow, "{path}");
        }
        assert_eq!(Route::Server.allow(), "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS");
    }

    #[test]
    fn methods_that_a_route_lacks_are_no_operation() {
        for (path, methods) in
            [("/", "PUT"), ("/-/records", "PUT"), ("/a", "POST"), ("/a", "BREW"), ("/a", "get")]
        {
            let method = Method::from_bytes(methods.as_bytes()).unwrap();
            assert_eq!(route(path).unwrap().operation(&method), None, "{methods} {path}");
        }
    }
}
