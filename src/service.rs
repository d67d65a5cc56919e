//! From a request to its response: route, access, endpoint, and what all responses have.

use http::{Method, Request, StatusCode, header};
use http_body::Body;

use crate::{
    config::{Config, Misconfigured},
    endpoints::{
        Context, Failure, batch, changes, console, health, import, listing, metrics, openapi,
        record, root,
    },
    http::{
        problem::Problem,
        response::{self, Response, complete, set},
    },
    log,
    route::{Operation, Route},
    store::{Redis, Store},
};

/// Answers a request.
///
/// `configured` is the configuration and the Redis that it names, or the variable that can't be used.
pub async fn respond<B: Body, R: Redis>(
    request: Request<B>,
    configured: Result<(&Config, &R), &Misconfigured>,
) -> Response {
    let method = request.method().clone();
    let route = Route::of(&request);
    let cross_origin =
        configured.ok().map(|(config, _)| config.cors.grant(&method, request.headers()));
    let mut response = match configured {
        Ok((config, redis)) => {
            let store = Store::new(redis, &config.keys, config.count_hits);
            let context = Context { config, store };
            match answer(request, route, &context).await {
                Ok(response) => response,
                Err(failure) => failure.into_response(&method),
            }
        }
        Err(misconfigured) => answer_misconfigured(&method, route, misconfigured),
    };
    if let Some(cross_origin) = cross_origin {
        cross_origin.apply(&mut response);
    }
    complete(&mut response, Some(&method));
    response
}

async fn answer<B: Body, R: Redis>(
    request: Request<B>,
    route: Result<Route, Problem>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let route = route?;
    let Some(operation) = route.operation(request.method()) else {
        // Who may not read what is there isn't told either that it has no such method.
        if let Some(read) = route.operation(&Method::GET)
            && request.method() != Method::OPTIONS
        {
            check_access(read, &request, context.config)?;
        }
        return Ok(without_operation(&route, request.method())?);
    };
    check_access(operation, &request, context.config)?;
    match operation {
        Operation::ShowConsole => Ok(console::page()),
        Operation::ShowConsoleFile(file) => Ok(console::file(file)),
        Operation::Count(format) => root::count(&request, format, context).await,
        Operation::ShowLive => Ok(health::live()),
        Operation::ShowReady => health::ready(context).await,
        Operation::List => listing::list(&request, context).await,
        Operation::Follow => changes::follow(&request, context).await,
        Operation::ShowMetrics => metrics::show(context).await,
        Operation::ShowOpenApi => Ok(openapi::show()),
        Operation::Import => import::import(request, context).await,
        Operation::RemoveAll => listing::remove_all(&request, context).await,
        Operation::Batch => batch::answer(request, context).await,
        Operation::OnRecord(operation, path) => {
            record::answer(request, operation, path, context).await
        }
    }
}

/// Lets a request for an operation through, or says why not.
fn check_access<B>(
    operation: Operation<'_>,
    request: &Request<B>,
    config: &Config,
) -> Result<(), Problem> {
    let Some(intent) = operation.intent() else {
        return Ok(());
    };
    let scope = || operation.scope(request.uri().query());
    config.access.check(intent, &scope, request.headers())
}

/// The answer to a method that is none of the route's operations: OPTIONS tells which are (RFC 9110,
/// 9.3.7), every other is refused.
fn without_operation(route: &Route, method: &Method) -> Result<Response, Problem> {
    if method != Method::OPTIONS {
        return Err(Problem::MethodNotAllowed(route.allow()));
    }
    let mut response = response::empty(StatusCode::NO_CONTENT);
    set(&mut response, header::ALLOW, route.allow());
    if route.takes_patches() {
        set(&mut response, response::ACCEPT_PATCH, response::PATCH_TYPES);
    }
    Ok(response)
}

/// All that can be said without a configuration: that the component runs, and what stops it from
/// doing more.
fn answer_misconfigured(
    method: &Method,
    route: Result<Route, Problem>,
    misconfigured: &Misconfigured,
) -> Response {
    if let Ok(route @ Route::Live) = route {
        return match route.operation(method) {
            Some(_) => health::live(),
            None => without_operation(&route, method).unwrap_or_else(Problem::into_response),
        };
    }
    let why = misconfigured.to_string();
    log::error("misconfigured", &why);
    let problem = match route {
        Ok(Route::Ready) => Problem::NotReady(why),
        _ => Problem::Misconfigured(why),
    };
    problem.into_response()
}
