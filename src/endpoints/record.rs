//! A record: GET, HEAD, PUT, PATCH, DELETE, and POST to a collection.

use http::{HeaderValue, Request, StatusCode, header};
use http_body::Body;
use uuid::Uuid;

use super::{Context, Failure};
use crate::{
    http::{
        body, conditions, date, media_type,
        problem::Problem,
        query,
        response::{self, Response, set},
    },
    record::{Conditions, Members, MembersError, Metadata, Patch, PatchError, RecordPath, Ttl},
    store::{ReadOutcome, Redis, RemoveOutcome, StoreError, WriteOutcome, WriteTtl},
};

/// Reads a record.
pub async fn get<B, R: Redis>(
    request: &Request<B>,
    path: &RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let [] = query::parameters(request.uri().query(), [])?;
    let conditions = conditions::parse(request.method(), request.headers())?;
    match context.store.read(path, &conditions).await? {
        ReadOutcome::Found(members, metadata) => {
            Ok(representation(StatusCode::OK, &members, &metadata))
        }
        ReadOutcome::Matched(metadata) => {
            let mut response = response::empty(StatusCode::NOT_MODIFIED);
            set_metadata(&mut response, &metadata);
            Ok(response)
        }
        ReadOutcome::PreconditionFailed => Err(Problem::PreconditionFailed.into()),
        ReadOutcome::Missing => Err(Problem::RecordNotFound.into()),
    }
}

/// Stores the body in place of whatever was there.
pub async fn put<B: Body, R: Redis>(
    request: Request<B>,
    path: &RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let conditions = conditions::parse(request.method(), request.headers())?;
    store(request, path, &conditions, context).await
}

/// Stores the body at a new path in the collection.
pub async fn post<B: Body, R: Redis>(
    request: Request<B>,
    collection: &RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let path = collection.join(&Uuid::now_v7().to_string()).map_err(Problem::from)?;
    // The client's conditions are held against the record that is not there yet.
    let conditions = conditions::parse(request.method(), request.headers())?.and_missing();
    let mut response = store(request, &path, &conditions, context).await?;
    set(&mut response, header::LOCATION, path.as_str());
    Ok(response)
}

async fn store<B: Body, R: Redis>(
    request: Request<B>,
    path: &RecordPath,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let ttl = ttl(&request, context)?.unwrap_or(context.config.default_ttl);
    media_type::require_record(request.headers())?;
    let limit = context.config.max_record_bytes;
    let body = body::read(request, limit).await?;
    let members = Members::parse(&body).map_err(|error| match error {
        MembersError::TooMany => Problem::RecordTooLarge(limit),
        other => other.into(),
    })?;
    let ttl = WriteTtl::Set(ttl);
    match context.store.write(path, &members, ttl, conditions).await? {
        WriteOutcome::Created(metadata) => {
            Ok(representation(StatusCode::CREATED, &members, &metadata))
        }
        WriteOutcome::Replaced(metadata) => Ok(representation(StatusCode::OK, &members, &metadata)),
        WriteOutcome::PreconditionFailed => Err(Problem::PreconditionFailed.into()),
    }
}

/// Removes a record.
pub async fn delete<B, R: Redis>(
    request: &Request<B>,
    path: &RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let [] = query::parameters(request.uri().query(), [])?;
    let conditions = conditions::parse(request.method(), request.headers())?;
    match context.store.remove(path, &conditions).await? {
        RemoveOutcome::Removed => Ok(response::empty(StatusCode::NO_CONTENT)),
        RemoveOutcome::Missing => Err(Problem::RecordNotFound.into()),
        RemoveOutcome::PreconditionFailed => Err(Problem::PreconditionFailed.into()),
    }
}

/// Changes some members, or the time to live alone.
pub async fn patch<B: Body, R: Redis>(
    request: Request<B>,
    path: &RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let ttl = ttl(&request, context)?;
    let conditions = conditions::parse(request.method(), request.headers())?;
    let format = match media_type::require_patch(request.headers()) {
        Ok(format) => format,
        Err(problem) => {
            let typed = request.headers().contains_key(header::CONTENT_TYPE);
            return match (problem, ttl) {
                // No patch at all.
                (Problem::UnsupportedMediaType(..), Some(ttl))
                    if !typed && body::is_empty(request).await =>
                {
                    touch(path, ttl, &conditions, context).await
                }
                (problem, _) => Err(problem.into()),
            };
        }
    };
    let limit = context.config.max_record_bytes;
    let body = body::read(request, limit).await?;
    let patch = Patch::parse(format, &body).map_err(|error| patch_problem(error, limit))?;
    write_patched(path, &patch, ttl, &conditions, context).await
}

/// Gives a record another time to live.
async fn touch<R: Redis>(
    path: &RecordPath,
    ttl: Ttl,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let (members, metadata) = found(context.store.touch(path, ttl, conditions).await?)?;
    Ok(representation(StatusCode::OK, &members, &metadata))
}

/// Reads, patches, and writes back if nothing has changed in between; again if something has.
async fn write_patched<R: Redis>(
    path: &RecordPath,
    patch: &Patch<'_>,
    ttl: Option<Ttl>,
    conditions: &Conditions,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    /// Each round that fails is another client's that has succeeded: with dozens who patch one
    /// record at once, everybody still gets a turn.
    const ROUNDS: usize = 1000;
    let ttl = ttl.map_or(WriteTtl::Keep, WriteTtl::Set);
    let limit = context.config.max_record_bytes;
    let mut outcome = context.store.read_for_patch(path, conditions).await?;
    // The request's hit has been counted.
    let store = context.store.uncounted();
    for _ in 0..ROUNDS {
        let (members, metadata) = found(outcome)?;
        let patched = patch.apply(&members, &metadata, limit);
        let members = patched.map_err(|error| patch_problem(error, limit))?;
        let unchanged = Conditions::unchanged_since(&metadata.etag);
        match store.write(path, &members, ttl, &unchanged).await? {
            WriteOutcome::Created(metadata) | WriteOutcome::Replaced(metadata) => {
                return Ok(representation(StatusCode::OK, &members, &metadata));
            }
            WriteOutcome::PreconditionFailed => {
                outcome = store.read_for_patch(path, conditions).await?;
            }
        }
    }
    Err(StoreError::Contended.into())
}

/// The record that a PATCH changes.
fn found(outcome: ReadOutcome) -> Result<(Members<'static>, Metadata), Problem> {
    match outcome {
        ReadOutcome::Found(members, metadata) => Ok((members, metadata)),
        ReadOutcome::Missing => Err(Problem::RecordNotFound),
        ReadOutcome::PreconditionFailed | ReadOutcome::Matched(_) => {
            Err(Problem::PreconditionFailed)
        }
    }
}

/// The time to live that the request's query gives.
fn ttl<B, R>(request: &Request<B>, context: &Context<'_, R>) -> Result<Option<Ttl>, Problem> {
    let [ttl] = query::parameters(request.uri().query(), ["ttl"])?;
    let max = context.config.max_ttl;
    let parse = |text: &str| {
        Ttl::parse(text, max).map_err(|_| {
            query::invalid("ttl", &format!("is not `never` or whole seconds from 1 to {max}"))
        })
    };
    ttl.as_deref().map(parse).transpose()
}

/// What a patch that can't be applied is to the client; `limit` is the largest record, in bytes.
fn patch_problem(error: PatchError, limit: usize) -> Problem {
    match error {
        PatchError::Malformed(error) => error.into(),
        PatchError::NotAPatch(why) => Problem::InvalidJson(format!("it is no JSON Patch: {why}")),
        PatchError::Failed(why) => Problem::PatchFailed(format!("The patch failed: {why}.")),
        PatchError::NotAnObject => Problem::NotAnObject,
        PatchError::TooLarge => Problem::RecordTooLarge(limit),
    }
}

/// A response with the record.
fn representation(status: StatusCode, members: &Members<'_>, metadata: &Metadata) -> Response {
    let mut response = response::json(status, members.representation(metadata));
    set_metadata(&mut response, metadata);
    response
}

/// Adds what a response says about the record that it is about.
fn set_metadata(response: &mut Response, metadata: &Metadata) {
    set(response, header::ETAG, metadata.etag.to_string());
    set(response, header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    if let Some(date) = metadata.last_updated.and_then(date::format) {
        set(response, header::LAST_MODIFIED, date);
    }
    if let Some(date) = metadata.expiry.and_then(|expiry| date::format(expiry.at())) {
        set(response, header::EXPIRES, date);
    }
}
