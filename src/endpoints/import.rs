//! POST to `/-/records`: lines of JSON, each a record to store.

use http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header};
use http_body::Body;

use super::{
    Context, FOREIGN, Failure, problem_of,
    record::{members, refusal},
};
use crate::{
    config::Config,
    http::{
        body, conditions, media_type,
        problem::{Kind, Problem},
        query,
        response::{self, Response, set},
    },
    record::{
        Conditions, ETag, RecordPath, Ttl,
        json::{self, push_string},
        limits, utf8,
    },
    route::RecordOperation,
    store::{Action, Command, Outcome, Redis, StoreError, WriteTtl, Written},
};

/// Stores the records, some at a time, and says of each line what became of it.
pub async fn import<B: Body, R: Redis>(
    request: Request<B>,
    context: &Context<'_, R>,
) -> Result<Response, Failure> {
    let (head, body) = request.into_parts();
    let [] = query::parameters(head.uri.query(), [])?;
    let conditions = conditions::parse(&head.method, &head.headers)?;
    media_type::require_lines(&head.headers)?;
    let body = body::read(&head.headers, body, limits::MAX_BATCH_BYTES).await?;
    let lines = body
        .split(|byte| *byte == b'\n')
        .zip(1..)
        .filter(|(line, _)| !line.trim_ascii().is_empty());
    if lines.clone().nth(limits::MAX_IMPORT_LINES).is_some() {
        return Err(Problem::TooManyLines(limits::MAX_IMPORT_LINES).into());
    }
    let mut lines = lines.peekable();
    let mut results = Vec::new();
    // Once the store doesn't answer, the lines that follow are not tried.
    let mut untried = None;
    while lines.peek().is_some() {
        let mut some = Vec::new();
        let mut bytes = 0;
        while some.len() < limits::IMPORT_LINES
            && bytes < limits::IMPORT_BYTES
            && let Some((line, number)) = lines.next()
        {
            bytes += line.len();
            some.push((number, Line::parse(line, &head.headers, context.config)));
        }
        let commands: Vec<_> =
            some.iter().flat_map(|(_, line)| line).map(|line| line.command(&conditions)).collect();
        let outcomes: Vec<_> = if let Some(problem) = &untried {
            commands.iter().map(|_| Err(Problem::clone(problem))).collect()
        } else {
            let written = context.store.write_each(&commands).await;
            match stopped(&written) {
                Some(error @ StoreError::Unavailable(_)) if results.is_empty() => {
                    return Err(error.clone().into());
                }
                Some(_) => {
                    untried = Some(Problem::StoreUnavailable(
                        "The store had stopped answering before this line, which was not stored. \
                         Send it again.",
                    ));
                }
                None => {}
            }
            outcomes_of(written, commands.len())
        };
        let mut outcomes = outcomes.into_iter();
        for (number, line) in &some {
            let result = line.as_ref().map_err(Problem::clone).and_then(|line| {
                let outcome = outcomes.next().unwrap_or(Err(FOREIGN))?;
                stored_line(line, outcome)
            });
            push_result(&mut results, *number, result);
        }
    }
    let lines = HeaderValue::from_static(response::LINES);
    let mut response = response::with_body(StatusCode::OK, lines, results);
    set(&mut response, header::CACHE_CONTROL, "no-store");
    Ok(response)
}

/// Why the store has stored nothing, if no part of it answers.
fn stopped(written: &[Written]) -> Option<&StoreError> {
    let mut stopped: Option<&StoreError> = None;
    for Written { outcomes, .. } in written {
        match outcomes {
            Err(error @ (StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_))) => {
                // That something may have been stored outweighs that something was not.
                if !matches!(stopped, Some(StoreError::OutcomeUnknown(_))) {
                    stopped = Some(error);
                }
            }
            _ => return None,
        }
    }
    stopped
}

/// What came of each command, in their order.
fn outcomes_of(written: Vec<Written>, commands: usize) -> Vec<Result<Outcome, Problem>> {
    let mut all: Vec<_> = (0..commands).map(|_| Err(FOREIGN)).collect();
    for Written { places, outcomes } in written {
        let mut outcomes = outcomes.map_err(|error| problem_of(&error, &Method::PUT));
        for place in places {
            let outcome = match &mut outcomes {
                Ok(outcomes) => outcomes.next().map_or(Err(FOREIGN), |outcome| {
                    outcome.map_err(|error| problem_of(&error, &Method::PUT))
                }),
                Err(problem) => Err(problem.clone()),
            };
            if let Some(slot) = all.get_mut(place) {
                *slot = outcome;
            }
        }
    }
    all
}

/// A line of an import.
struct Line<'a> {
    path: RecordPath,
    action: Action<'a>,
}

impl<'a> Line<'a> {
    fn parse(line: &'a [u8], headers: &HeaderMap, config: &Config) -> Result<Self, Problem> {
        let malformed = |why: &str| Problem::InvalidLine(why.to_owned());
        let (mut path, mut value, mut ttl) = (None, None, None);
        let pairs = utf8(line).and_then(json::object::<&str>);
        for (name, text) in pairs.map_err(|error| malformed(&error.to_string()))? {
            match name.as_ref() {
                "path" => path = json::string(text),
                "value" => value = Some(text),
                "ttl" => ttl = Some(text),
                // An export has them; whoever writes a record doesn't choose them.
                "last_updated" | "etag" => {}
                _ => return Err(malformed("it has a member that is not known")),
            }
        }
        let path = path.ok_or_else(|| malformed("it has no `path` that is a string"))?;
        let path = RecordPath::parse(&path)?;
        let put = RecordOperation::Put;
        config.access.check(put.intent(), &|| put.scope(&path), headers)?;
        let value = value.ok_or_else(|| malformed("it has no `value`"))?;
        let max = config.max_ttl;
        let ttl = match ttl {
            None => config.default_ttl,
            Some("null") => Ttl::Never,
            Some(seconds) => Ttl::parse(seconds, max).map_err(|_| {
                malformed(&format!("`ttl` is not null or whole seconds from 1 to {max}"))
            })?,
        };
        let limit = config.max_record_bytes;
        if value.len() > limit {
            return Err(Problem::RecordTooLarge(limit));
        }
        let members = members(value.as_bytes(), limit).map_err(|problem| match problem {
            Problem::InvalidJson(why) => Problem::InvalidLine(why),
            other => other,
        })?;
        Ok(Self { path, action: Action::Write(members, WriteTtl::Set(ttl)) })
    }

    fn command<'b>(&'b self, conditions: &'b Conditions) -> Command<'b> {
        Command { path: &self.path, conditions, action: &self.action }
    }
}

/// A line that was stored: the status of a PUT, and the record's tag.
struct Stored<'a> {
    path: &'a RecordPath,
    status: StatusCode,
    etag: ETag,
}

fn stored_line<'a>(line: &'a Line<'_>, outcome: Outcome) -> Result<Stored<'a>, Problem> {
    let (status, metadata) = match outcome {
        Outcome::Created(metadata) => (StatusCode::CREATED, metadata),
        Outcome::Replaced(metadata) => (StatusCode::OK, metadata),
        other => return Err(refusal(&other)),
    };
    Ok(Stored { path: &line.path, status, etag: metadata.etag })
}

/// Appends what became of the line with this number.
fn push_result(json: &mut Vec<u8>, number: usize, result: Result<Stored<'_>, Problem>) {
    json.extend_from_slice(format!(r#"{{"line":{number},"#).as_bytes());
    match result {
        Ok(Stored { path, status, etag }) => {
            json.extend_from_slice(br#""path":"#);
            push_string(json, path.as_str());
            json.extend_from_slice(format!(r#","status":{},"etag":"#, status.as_u16()).as_bytes());
            push_string(json, &etag.to_string());
        }
        Err(problem) => {
            let Kind { code, status, .. } = problem.kind();
            let status = status.as_u16();
            json.extend_from_slice(
                format!(r#""status":{status},"code":"{code}","detail":"#).as_bytes(),
            );
            push_string(json, &problem.detail());
        }
    }
    json.extend_from_slice(b"}\n");
}
