//! A record: PUT, GET, HEAD, PATCH, DELETE, POST to a collection, OPTIONS.

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body::Body;
use uuid::Uuid;

use crate::{
    http::{
        authorization::Intent,
        body,
        conditions::Conditions,
        media_type,
        problem::Problem,
        query,
        response::{self, Response, set},
    },
    record::{Members, MembersError, Patch, RecordPath, Stamp, Ttl, http_date},
    service::{Context, Failure, options},
    store::{Delivery, ReadOutcome, Redis, RemoveOutcome, StoreError, WriteOutcome, WriteTtl},
};

/// The methods of a record.
pub const ALLOW: &str = "GET, HEAD, PUT, PATCH, DELETE, OPTIONS";

/// The methods of a record whose path ends in `/`.
pub const ALLOW_IN_COLLECTION: &str = "GET, HEAD, PUT, PATCH, POST, DELETE, OPTIONS";

/// Answers a request to a record path.
pub async fn answer<B: Body, R: Redis>(
    request: Request<B>,
    path: RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let allow = if path.is_collection() { ALLOW_IN_COLLECTION } else { ALLOW };
    let intent = match *request.method() {
        Method::GET | Method::HEAD => Intent::Read,
        Method::PUT | Method::PATCH | Method::DELETE => Intent::Write,
        Method::POST if path.is_collection() => Intent::Write,
        Method::OPTIONS => {
            let mut response = options(allow);
            set(&mut response, response::ACCEPT_PATCH, response::PATCH_TYPES);
            return Ok(response);
        }
        _ => return Err(Problem::MethodNotAllowed(allow).into()),
    };
    context.authorize(intent, &request)?;
    let ttl = ttl(&request, context)?;
    let conditions = Conditions::of(request.method(), request.headers());
    match *request.method() {
        Method::PUT => {
            // A second PUT of the same representation changes nothing; unless it is conditional.
            let delivery =
                if conditions.stated { Delivery::AtMostOnce } else { Delivery::Repeatable };
            put(request, &path, ttl, &conditions, delivery, context).await
        }
        Method::POST => post(request, &path, ttl, &conditions, context).await,
        Method::PATCH => patch(request, &path, ttl, &conditions, context).await,
        Method::DELETE => delete(&path, &conditions, context).await,
        _ => get(&path, &conditions, context).await,
    }
}

/// The time to live that the request's query gives.
fn ttl<B, R>(request: &Request<B>, context: &Context<'_, R>) -> Result<Option<Ttl>, Problem> {
    let query = request.uri().query();
    if !matches!(*request.method(), Method::PUT | Method::POST | Method::PATCH) {
        let [] = query::parameters(query, [])?;
        return Ok(None);
    }
    let [ttl] = query::parameters(query, ["ttl"])?;
    let max = context.config.max_ttl;
    let parse = |text: &str| {
        Ttl::parse(text, max).map_err(|_| {
            query::invalid("ttl", &format!("is not `never` or whole seconds from 1 to {max}"))
        })
    };
    ttl.as_deref().map(parse).transpose()
}

async fn get<R: Redis>(
    path: &RecordPath,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    match context.store.read(path, conditions).await? {
        ReadOutcome::Found(members, stamp) => Ok(representation(StatusCode::OK, &members, &stamp)),
        ReadOutcome::Matched(stamp) => {
            let mut response = response::empty(StatusCode::NOT_MODIFIED);
            describe(&mut response, &stamp);
            Ok(response)
        }
        ReadOutcome::PreconditionFailed => Err(Problem::PreconditionFailed.into()),
        ReadOutcome::Missing => Err(Problem::RecordNotFound.into()),
    }
}

async fn put<B: Body, R: Redis>(
    request: Request<B>,
    path: &RecordPath,
    ttl: Option<Ttl>,
    conditions: &Conditions,
    delivery: Delivery,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    media_type::require_record(request.headers())?;
    let body = read_body(request, context).await?;
    let members = parse_record(&body, context)?;
    let ttl = ttl.unwrap_or(context.config.default_ttl);
    match context.store.write(path, &members, ttl, conditions, delivery).await? {
        WriteOutcome::Created(stamp) => Ok(representation(StatusCode::CREATED, &members, &stamp)),
        WriteOutcome::Replaced(stamp) => Ok(representation(StatusCode::OK, &members, &stamp)),
        WriteOutcome::PreconditionFailed => Err(Problem::PreconditionFailed.into()),
    }
}

async fn post<B: Body, R: Redis>(
    request: Request<B>,
    collection: &RecordPath,
    ttl: Option<Ttl>,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let path = collection.join(&Uuid::now_v7().to_string()).map_err(Problem::from)?;
    let mut response = put(request, &path, ttl, conditions, Delivery::AtMostOnce, context).await?;
    set(&mut response, header::LOCATION, path.as_str());
    Ok(response)
}

async fn delete<R: Redis>(
    path: &RecordPath,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    match context.store.remove(path, conditions).await? {
        RemoveOutcome::Removed => Ok(response::empty(StatusCode::NO_CONTENT)),
        RemoveOutcome::Missing => Err(Problem::RecordNotFound.into()),
        RemoveOutcome::PreconditionFailed => Err(Problem::PreconditionFailed.into()),
    }
}

/// Reads, patches, and writes back if nothing has changed in between; again if something has.
async fn patch<B: Body, R: Redis>(
    request: Request<B>,
    path: &RecordPath,
    ttl: Option<Ttl>,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    /// Each round that fails is another client's that has succeeded: with dozens who patch one
    /// record at once, everybody still gets a turn.
    const ROUNDS: usize = 1000;
    let format = media_type::require_patch(request.headers())?;
    let body = read_body(request, context).await?;
    let limit = context.config.max_record_bytes;
    let failed = |error| Problem::of_patch(error, limit);
    let patch = Patch::parse(format, &body).map_err(failed)?;
    let ttl = ttl.map_or(WriteTtl::Keep, WriteTtl::Set);

    let mut outcome = context.store.read(path, conditions).await?;
    for _ in 0..ROUNDS {
        let (members, stamp) = match outcome {
            ReadOutcome::Found(members, stamp) => (members, stamp),
            ReadOutcome::Missing => return Err(Problem::RecordNotFound.into()),
            ReadOutcome::PreconditionFailed | ReadOutcome::Matched(_) => {
                return Err(Problem::PreconditionFailed.into());
            }
        };
        let members = patch.apply(&members, &stamp, limit).map_err(failed)?;
        match context.store.write_back(path, &members, ttl, &stamp.etag).await? {
            WriteOutcome::Created(stamp) | WriteOutcome::Replaced(stamp) => {
                return Ok(representation(StatusCode::OK, &members, &stamp));
            }
            WriteOutcome::PreconditionFailed => {
                outcome = context.store.read_again(path, conditions).await?;
            }
        }
    }
    Err(StoreError::Contended.into())
}

async fn read_body<B: Body, R>(
    request: Request<B>,
    context: &Context<'_, R>,
) -> Result<Vec<u8>, Problem> {
    let (head, content) = request.into_parts();
    let headers: HeaderMap = head.headers;
    body::read(content, &headers, context.config.max_record_bytes).await
}

fn parse_record<'a, R>(body: &'a [u8], context: &Context<'_, R>) -> Result<Members<'a>, Problem> {
    Members::parse(body).map_err(|error| match error {
        MembersError::TooMany => Problem::RecordTooLarge(context.config.max_record_bytes),
        other => other.into(),
    })
}

/// A response with the record.
fn representation(status: StatusCode, members: &Members<'_>, stamp: &Stamp) -> Response {
    let mut response = response::json(status, members.representation(stamp));
    describe(&mut response, stamp);
    response
}

/// Adds what a response says about the record that it is about.
fn describe(response: &mut Response, stamp: &Stamp) {
    set(response, header::ETAG, stamp.etag.to_string());
    set(response, header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(date) = stamp.last_updated.and_then(http_date) {
        set(response, header::LAST_MODIFIED, date);
    }
    if let Some(date) = stamp.expiry.and_then(|expiry| http_date(expiry.at())) {
        set(response, header::EXPIRES, date);
    }
}
