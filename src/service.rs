//! Which endpoint a request goes to; who may; and, when something fails, what the client and the
//! log are told.

use http::{Method, Request, StatusCode, header};
use http_body::Body;
use serde::Serialize;

use crate::{
    config::{Config, Misconfigured},
    endpoints::{base, console, health, metrics, openapi, record, records},
    http::{
        authorization::Intent,
        problem::Problem,
        response::{self, Response, complete, set},
    },
    record::{PathError, RecordPath, normalise},
    store::{Redis, Store, StoreError},
};

/// What an endpoint works with.
#[derive(Debug)]
pub struct Context<'a, R> {
    /// The configuration.
    pub config: &'a Config,
    /// The records.
    pub store: Store<'a, R>,
    /// The Redis that they are in.
    pub redis: &'a R,
}

/// Why a request has no other answer.
#[derive(Debug)]
pub enum Failure {
    /// What is to be answered instead.
    Problem(Problem),
    /// What the store failed with.
    Store(StoreError),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Answers a request.
///
/// `configured` is the configuration and the Redis that it names, or the variable that can't be used.
pub async fn respond<B: Body, R: Redis>(
    request: Request<B>,
    configured: Result<(&Config, &R), &Misconfigured>,
) -> Response {
    let method = request.method().clone();
    let path = normalise(request.uri().path());
    let mut response = match configured {
        _ if path.as_deref() == Ok(health::LIVE) => {
            health::live(&method).unwrap_or_else(Problem::into_response)
        }
        Ok((config, redis)) => {
            let store = Store::new(redis, &config.keys, config.count_hits);
            let cross_origin = config.cors.grant(request.headers());
            let context = Context { config, store, redis };
            let mut response = match route(request, path, &context).await {
                Ok(response) => response,
                Err(failure) => report(failure, &method).into_response(),
            };
            cross_origin.apply(&mut response);
            response
        }
        Err(misconfigured) => {
            let why = misconfigured.to_string();
            log("misconfigured", &why);
            let asks_whether_ready = path.as_deref() == Ok(health::READY);
            let problem = if asks_whether_ready {
                Problem::NotReady(why)
            } else {
                Problem::Misconfigured(why)
            };
            problem.into_response()
        }
    };
    complete(&mut response);
    if method == Method::HEAD {
        // The length stays: it is that of the answer to a GET (RFC 9110, 9.3.2).
        *response.body_mut() = bytes::Bytes::new();
    }
    response
}

async fn route<B: Body, R: Redis>(
    request: Request<B>,
    path: Result<String, PathError>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    if request.uri().path() == "*" && request.method() == Method::OPTIONS {
        return Ok(options(record::ALLOW_IN_COLLECTION));
    }
    let path = path.map_err(Problem::from)?;
    match path.as_str() {
        "/" => base::answer(&request, context).await,
        health::READY => health::ready(request.method(), context).await,
        "/-/records" => records::answer(&request, context).await,
        "/-/metrics" => metrics::answer(&request, context).await,
        "/-/openapi.json" => Ok(openapi::answer(request.method())?),
        other if other == "/-" || other.starts_with("/-/") => {
            Ok(console::file(request.method(), other)?)
        }
        _ => {
            let path = RecordPath::from_normal_form(path).map_err(Problem::from)?;
            record::answer(request, path, context).await
        }
    }
}

impl<R> Context<'_, R> {
    /// Lets a request through that reads or writes, or says why not.
    pub fn authorize<B>(&self, intent: Intent, request: &Request<B>) -> Result<(), Problem> {
        self.config.access.check(intent, request.headers())
    }
}

/// The answer to OPTIONS where these methods apply.
#[must_use]
pub fn options(allow: &'static str) -> Response {
    let mut response = response::empty(StatusCode::NO_CONTENT);
    set(&mut response, header::ALLOW, allow);
    response
}

/// The methods of what can only be read.
pub const READ_ONLY: &str = "GET, HEAD, OPTIONS";

/// For an endpoint that can only be read: the answer to every method but GET and HEAD.
#[must_use]
pub fn read_only(method: &Method) -> Option<Result<Response, Problem>> {
    match *method {
        Method::GET | Method::HEAD => None,
        Method::OPTIONS => Some(Ok(options(READ_ONLY))),
        _ => Some(Err(Problem::MethodNotAllowed(READ_ONLY))),
    }
}

/// Logs why the store failed, and gives what the client is told.
fn report(failure: Failure, method: &Method) -> Problem {
    match failure {
        Failure::Problem(problem) => problem,
        Failure::Store(error) => {
            log(error.event(), error.reason());
            Problem::of_store(&error, method)
        }
    }
}

/// One JSON line on stderr.
fn log(event: &str, reason: &str) {
    let line = LogLine { level: "error", event, reason };
    // Strings always have a JSON text.
    eprintln!("{}", serde_json::to_string(&line).unwrap_or_default());
}

/// An event as the log has it.
#[derive(Serialize)]
struct LogLine<'a> {
    level: &'static str,
    event: &'a str,
    reason: &'a str,
}
