//! A record: GET, HEAD, PUT, PATCH, DELETE, and POST to a collection.

mod asked;

use http::{HeaderValue, Request, StatusCode, header};
use http_body::Body;

pub use self::asked::{Asked, Task, members, patch_problem};
use super::{Context, FOREIGN, Failure};
use crate::{
    http::{
        body, date,
        prefer::Wait,
        problem::Problem,
        response::{self, Response, set},
    },
    record::{Conditions, Members, Metadata, Patch, RecordPath},
    route::RecordOperation,
    store::{Action, Command, Outcome, Redis, StoreError, Waiter, WriteTtl},
};

/// How often a patch is applied anew because the record has changed. Each round that fails is another
/// client's that has succeeded: with dozens who patch one record at once, everybody still gets a turn.
pub const ROUNDS: usize = 1000;

/// Does with a record what a request asks for.
pub async fn answer<B: Body, R: Redis>(
    request: Request<B>,
    operation: RecordOperation,
    path: &RecordPath,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let config = context.config;
    let asked = Asked::parse(&head, operation, path, config)?;
    let content = match asked.body_limit(config) {
        Some(limit) => {
            let content = body::read(&head.headers, body, limit).await;
            content.map_err(|problem| asked.refuse(problem))?
        }
        None => Vec::new(),
    };
    let mut response = match asked.task(&content, config)? {
        Task::Action(Action::Read) if let Some(wait) = context.wait(&head.headers) => {
            await_change(&asked, wait, context).await?
        }
        Task::Action(action) => {
            let Asked { path, conditions, .. } = &asked;
            let command = Command { path, conditions, action: &action };
            respond(&action, context.store.execute(command).await?)?
        }
        Task::Patch(patch, ttl) => write_patched(&asked, &patch, ttl, context).await?,
    };
    if operation == RecordOperation::Post {
        set(&mut response, header::LOCATION, asked.path.as_str());
    }
    Ok(response)
}

/// Reads, and waits for a change as long as the request prefers to.
async fn await_change<R: Redis>(
    asked: &Asked,
    wait: Wait,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let Asked { path, conditions, .. } = asked;
    let waiter = Waiter::new(wait.time(), context.config.max_waiting);
    let command = Command { path, conditions, action: &Action::Read };
    let waited = context.store.await_change(command, waiter).await?;
    let mut response = respond(&Action::Read, waited.answer).unwrap_or_else(Problem::into_response);
    if waited.honoured {
        wait.applied(&mut response);
    }
    Ok(response)
}

/// Reads, patches, and writes back if nothing has changed in between; again if something has.
async fn write_patched<R: Redis>(
    asked: &Asked,
    patch: &Patch<'_>,
    ttl: WriteTtl,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let limit = context.config.max_record_bytes;
    let path = &asked.path;
    let read = Command { path, conditions: &asked.conditions, action: &Action::ReadToWrite };
    let mut outcome = context.store.execute(read).await?;
    // The request's hit has been counted.
    let store = context.store.uncounted();
    for _ in 0..ROUNDS {
        let (members, metadata) = found(outcome)?;
        let patched = patch.apply(&members, &metadata, limit);
        let members = patched.map_err(|error| patch_problem(error, limit))?;
        let action = Action::Write(members, ttl);
        let unchanged = Conditions::unchanged_since(&metadata.etag);
        match store.execute(Command { path, conditions: &unchanged, action: &action }).await? {
            Outcome::PreconditionFailed => outcome = store.execute(read).await?,
            written => return Ok(respond(&action, written)?),
        }
    }
    Err(StoreError::Contended.into())
}

/// The record that a patch changes.
pub fn found(outcome: Outcome) -> Result<(Members<'static>, Metadata), Problem> {
    match outcome {
        Outcome::Found(members, metadata) => Ok((members, metadata)),
        other => Err(refusal(&other)),
    }
}

/// The response to a request that has led to this action, of which this came.
pub fn respond(action: &Action<'_>, outcome: Outcome) -> Result<Response, Problem> {
    Ok(match (action, outcome) {
        (Action::Read | Action::Touch(_), Outcome::Found(members, metadata)) => {
            representation(StatusCode::OK, &members, &metadata)
        }
        (Action::Write(members, _), Outcome::Created(metadata)) => {
            representation(StatusCode::CREATED, members, &metadata)
        }
        (Action::Write(members, _), Outcome::Replaced(metadata)) => {
            representation(StatusCode::OK, members, &metadata)
        }
        (Action::Read, Outcome::Matched(metadata)) => {
            let mut response = response::empty(StatusCode::NOT_MODIFIED);
            set_metadata(&mut response, &metadata);
            response
        }
        (Action::Remove, Outcome::Removed) => response::empty(StatusCode::NO_CONTENT),
        (_, other) => return Err(refusal(&other)),
    })
}

/// What an outcome by which nothing was done is to the client.
#[must_use]
pub fn refusal(outcome: &Outcome) -> Problem {
    match outcome {
        Outcome::Missing => Problem::RecordNotFound,
        Outcome::PreconditionFailed | Outcome::Matched(_) => Problem::PreconditionFailed,
        Outcome::TooLarge => Problem::BatchReadsTooMuch,
        Outcome::Foreign
        | Outcome::Found(..)
        | Outcome::Created(_)
        | Outcome::Replaced(_)
        | Outcome::Removed => FOREIGN,
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
