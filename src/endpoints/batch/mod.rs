//! `/-/batch`: several requests for records, all of which are done at one moment, or none.

use http::{HeaderName, Method, Request, StatusCode, header};
use http_body::Body;

use self::described::{Described, invalid, requests};
use super::{
    Context, FOREIGN, Failure, problem_of,
    record::{Asked, ROUNDS, Task, found, patch_problem, refusal, respond},
};
use crate::{
    http::{
        body, conditions, head, media_type,
        problem::Problem,
        query,
        response::{self, Response, set},
    },
    record::{Conditions, Members, Metadata, RecordPath, json::push_string, limits},
    route::RecordOperation,
    store::{Action, BatchOutcome, Command, Outcome, Redis, StoreError},
};

mod described;

/// A request of a batch, or the answer to a GET that can't be one.
type Part<'a> = Result<(Asked, Task<'a>), Problem>;

/// Carries out a batch.
pub async fn answer<B: Body, R: Redis>(
    request: Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let [] = query::parameters(head.uri.query(), [])?;
    conditions::refuse(&head.headers)?;
    media_type::require_record(&head.headers)?;
    let body = body::read(&head.headers, body, limits::MAX_BATCH_BYTES).await?;
    let mut parts = Vec::new();
    let mut paths = Vec::new();
    for (place, text) in requests(&body)?.into_iter().enumerate() {
        let part = Described::parse(text, &head.headers)
            .and_then(|described| parse(described, &mut paths, context));
        parts.push(part.map_err(|problem| Failure::InBatch(place, problem))?);
    }
    if context.store.are_spread(&paths) {
        return Err(Problem::SpreadBatch.into());
    }
    for _ in 0..ROUNDS {
        if let Some(document) = attempt(&parts, context).await? {
            let mut response = response::json(StatusCode::OK, document);
            set(&mut response, header::CACHE_CONTROL, "no-store");
            return Ok(response);
        }
    }
    Err(StoreError::Contended.into())
}

/// A request of a batch, read as by itself. What is wrong with a GET is its answer, and else the batch's.
fn parse<'a, R>(
    described: Described<'a>,
    paths: &mut Vec<RecordPath>,
    context: &Context<'_, R>,
) -> Result<Part<'a>, Problem> {
    let reads = described.head.method == Method::GET;
    match parse_alone(described, paths, context) {
        Err(
            problem @ (Problem::InvalidBatch(_)
            | Problem::Unauthorized(_)
            | Problem::Forbidden { .. }),
        ) => Err(problem),
        Err(problem) if !reads => Err(problem),
        part => Ok(part),
    }
}

fn parse_alone<'a, R>(
    Described { mut head, path, body }: Described<'a>,
    paths: &mut Vec<RecordPath>,
    context: &Context<'_, R>,
) -> Part<'a> {
    head.uri = head::target(&path).ok_or(Problem::InvalidPath("it is not a path"))?;
    let path = RecordPath::parse(head.uri.path())?;
    let operation = RecordOperation::of(&head.method, &path)
        .ok_or_else(|| invalid("a record has no such method"))?;
    let access = &context.config.access;
    access.check(operation.intent(), &|| operation.scope(&path), &head.headers)?;
    if paths.contains(&path) {
        return Err(invalid("a path comes twice"));
    }
    let asked = Asked::parse(&head, operation, &path, context.config)?;
    paths.push(path);
    let task = asked.task(body.unwrap_or_default().as_bytes(), context.config)?;
    Ok((asked, task))
}

/// Does it all, and gives the document with the responses; `None`: a record that is to be patched has changed
/// in between.
async fn attempt<R: Redis>(
    parts: &[Part<'_>],
    context: &Context<'_, R>,
) -> Result<Option<Vec<u8>>, Failure> {
    let originals = read_originals(parts, context).await?;
    let limit = context.config.max_record_bytes;
    let mut patched = Vec::with_capacity(parts.len());
    let mut made = 0;
    for (place, (part, original)) in parts.iter().zip(&originals).enumerate() {
        let result = apply(part, original.as_ref(), limit).and_then(|patched| {
            if let Some((_, Action::Write(members, _))) = &patched {
                // A small patch can make a large record, and many of them more than there is room for.
                if made > limits::MAX_BATCH_READ {
                    return Err(Problem::BatchReadsTooMuch);
                }
                made += members.size();
            }
            Ok(patched)
        });
        patched.push(result.map_err(|problem| Failure::InBatch(place, problem))?);
    }
    let commands: Vec<_> =
        parts.iter().zip(&patched).map(|(part, patched)| command(part, patched.as_ref())).collect();
    let asked: Vec<_> = commands.iter().flatten().copied().collect();
    let mut outcomes = match context.store.execute_all(&asked).await? {
        BatchOutcome::Done(outcomes) => outcomes,
        BatchOutcome::Failed(at, outcome) => {
            let mut places = commands.iter().enumerate().filter(|(_, command)| command.is_some());
            let place = places.nth(at).map_or(0, |(place, _)| place);
            let is_patched = patched.get(place).is_some_and(Option::is_some);
            return match outcome {
                Outcome::PreconditionFailed if is_patched => Ok(None),
                other => Err(Failure::InBatch(place, refusal(&other))),
            };
        }
    };
    let mut document = br#"{"responses":["#.to_vec();
    for (part, command) in parts.iter().zip(&commands) {
        let response = match (part, command) {
            (Err(problem), _) => Err(problem.clone()),
            (Ok(_), Some(command)) => match outcomes.next() {
                Some(Ok(outcome)) => respond(command.action, outcome),
                Some(Err(error)) => Err(problem_of(&error, &Method::GET)),
                None => Err(FOREIGN),
            },
            (Ok(_), None) => Err(FOREIGN),
        };
        push_response(&mut document, &response.unwrap_or_else(Problem::into_response));
        document.push(b',');
    }
    if !parts.is_empty() {
        document.pop();
    }
    document.extend_from_slice(b"]}");
    Ok(Some(document))
}

/// The records that are to be patched, each at its part's place.
async fn read_originals<R: Redis>(
    parts: &[Part<'_>],
    context: &Context<'_, R>,
) -> Result<Vec<Option<(Members<'static>, Metadata)>>, Failure> {
    let reads: Vec<_> = parts.iter().map(read).collect();
    let asked: Vec<_> = reads.iter().flatten().copied().collect();
    // What is done in the end counts the hits.
    let mut outcomes = match context.store.uncounted().execute_all(&asked).await? {
        BatchOutcome::Done(outcomes) => outcomes,
        BatchOutcome::Failed(_, outcome) => return Err(refusal(&outcome).into()),
    };
    let mut originals = Vec::with_capacity(parts.len());
    for (place, read) in reads.iter().enumerate() {
        let outcome = read.and_then(|_| outcomes.next()).transpose();
        let original = outcome
            .map_err(|error| problem_of(&error, &Method::GET))
            .and_then(|outcome| outcome.map(found).transpose());
        originals.push(original.map_err(|problem| Failure::InBatch(place, problem))?);
    }
    Ok(originals)
}

/// The command that reads what a part patches.
fn read<'a>(part: &'a Part<'_>) -> Option<Command<'a>> {
    match part {
        Ok((Asked { path, conditions, .. }, Task::Patch(..))) => {
            Some(Command { path, conditions, action: &Action::ReadToWrite })
        }
        _ => None,
    }
}

/// What a patch makes of a record, and the condition that the record is still the one.
type Patched<'a> = (Conditions, Action<'a>);

/// Applies a part's patch, if it is one; `limit` is the largest record, in bytes.
fn apply<'a>(
    part: &'a Part<'_>,
    original: Option<&'a (Members<'static>, Metadata)>,
    limit: usize,
) -> Result<Option<Patched<'a>>, Problem> {
    let (Ok((_, Task::Patch(patch, ttl))), Some((members, metadata))) = (part, original) else {
        return Ok(None);
    };
    let members =
        patch.apply(members, metadata, limit).map_err(|error| patch_problem(error, limit))?;
    Ok(Some((Conditions::unchanged_since(&metadata.etag), Action::Write(members, *ttl))))
}

/// The command that a part comes to.
fn command<'a>(part: &'a Part<'_>, patched: Option<&'a Patched<'_>>) -> Option<Command<'a>> {
    let (asked, task) = part.as_ref().ok()?;
    let (conditions, action) = match task {
        Task::Action(action) => (&asked.conditions, action),
        Task::Patch(..) => patched.map(|(conditions, action)| (conditions, action))?,
    };
    Some(Command { path: &asked.path, conditions, action })
}

/// Appends a response as JSON: status, headers, and the body if there is one, which is JSON itself.
fn push_response(json: &mut Vec<u8>, response: &Response) {
    let status = response.status().as_u16();
    json.extend_from_slice(format!(r#"{{"status":{status},"headers":{{"#).as_bytes());
    let mut first = true;
    for (name, value) in response.headers() {
        if !first {
            json.push(b',');
        }
        first = false;
        push_string(json, &usual_case(name));
        json.push(b':');
        // The service's own headers are ASCII.
        push_string(json, value.to_str().unwrap_or_default());
    }
    json.push(b'}');
    if !response.body().is_empty() {
        json.extend_from_slice(br#","body":"#);
        json.extend_from_slice(response.body());
    }
    json.push(b'}');
}

/// A header's name as it is usually written. To a program that reads JSON, upper and lower case differ.
fn usual_case(name: &HeaderName) -> String {
    if *name == header::ETAG {
        return "ETag".to_owned();
    }
    let mut upper = true;
    let cased = name.as_str().chars().map(|c| {
        let cased = if upper { c.to_ascii_uppercase() } else { c };
        upper = c == '-';
        cased
    });
    cased.collect()
}
