//! What a request asks of a record: its head first, then its body.

use http::{header, request::Parts};
use uuid::Uuid;

use crate::{
    config::Config,
    http::{conditions, media_type, problem::Problem, query},
    record::{Conditions, Members, MembersError, Patch, PatchError, PatchFormat, RecordPath, Ttl},
    route::RecordOperation,
    store::{Action, WriteTtl},
};

/// A request for a record, of which all but the body has been read.
#[derive(Debug)]
pub struct Asked {
    /// Where the record is.
    pub path: RecordPath,
    /// What must hold of it.
    pub conditions: Conditions,
    wish: Wish,
}

#[derive(Debug)]
enum Wish {
    Read,
    Write(Ttl),
    Patch(PatchFormat, Option<Ttl>),
    /// A patch that says nothing of its type: if it has no body either, it is none. Otherwise this is wrong
    /// with it.
    Touch(Ttl, Problem),
    Remove,
}

/// What is to be done with the record.
#[derive(Debug)]
pub enum Task<'a> {
    /// This.
    Action(Action<'a>),
    /// This patch is to be applied, and the result gets this time to live.
    Patch(Patch<'a>, WriteTtl),
}

impl Asked {
    /// What the head of a request for this operation on the record at a path asks for.
    pub fn parse(
        head: &Parts,
        operation: RecordOperation,
        path: &RecordPath,
        config: &Config,
    ) -> Result<Self, Problem> {
        let conditions = || conditions::parse(&head.method, &head.headers);
        let without_parameters = || query::parameters(head.uri.query(), []).map(|[]| ());
        let (path, conditions, wish) = match operation {
            RecordOperation::Get => {
                without_parameters()?;
                (path.clone(), conditions()?, Wish::Read)
            }
            RecordOperation::Delete => {
                without_parameters()?;
                (path.clone(), conditions()?, Wish::Remove)
            }
            RecordOperation::Put => (path.clone(), conditions()?, write(head, config)?),
            RecordOperation::Post => {
                let new = path.join(&Uuid::now_v7().to_string())?;
                // The client's conditions are held against the record that is not there yet.
                (new, conditions()?.and_missing(), write(head, config)?)
            }
            RecordOperation::Patch => {
                let ttl = ttl(head, config)?;
                let conditions = conditions()?;
                (path.clone(), conditions, patch(head, ttl)?)
            }
        };
        Ok(Self { path, conditions, wish })
    }

    /// How long the body may be, in bytes; `None`: there is none that matters.
    #[must_use]
    pub fn body_limit(&self, config: &Config) -> Option<usize> {
        match self.wish {
            Wish::Read | Wish::Remove => None,
            Wish::Touch(..) => Some(0),
            Wish::Write(_) | Wish::Patch(..) => Some(config.max_record_bytes),
        }
    }

    /// What is wrong with a body that can't be read.
    #[must_use]
    pub fn refuse(&self, problem: Problem) -> Problem {
        match &self.wish {
            Wish::Touch(_, untyped) => untyped.clone(),
            _ => problem,
        }
    }

    /// What is to be done, now that the body is there.
    pub fn task<'a>(&self, body: &'a [u8], config: &Config) -> Result<Task<'a>, Problem> {
        let limit = self.body_limit(config);
        if let Some(limit) = limit.filter(|limit| body.len() > *limit) {
            return Err(self.refuse(Problem::BodyTooLarge(limit)));
        }
        let limit = limit.unwrap_or_default();
        Ok(match &self.wish {
            Wish::Read => Task::Action(Action::Read),
            Wish::Remove => Task::Action(Action::Remove),
            Wish::Touch(ttl, _) => Task::Action(Action::Touch(*ttl)),
            Wish::Write(ttl) => {
                Task::Action(Action::Write(members(body, limit)?, WriteTtl::Set(*ttl)))
            }
            Wish::Patch(format, ttl) => {
                let patch =
                    Patch::parse(*format, body).map_err(|error| patch_problem(error, limit))?;
                Task::Patch(patch, ttl.map_or(WriteTtl::Keep, WriteTtl::Set))
            }
        })
    }
}

/// The members that a body has; `limit` is the largest record, in bytes.
pub fn members(body: &[u8], limit: usize) -> Result<Members<'_>, Problem> {
    Members::parse(body).map_err(|error| match error {
        MembersError::TooMany => Problem::RecordTooLarge(limit),
        other => other.into(),
    })
}

/// What a patch that can't be applied is to the client; `limit` is the largest record, in bytes.
#[must_use]
pub fn patch_problem(error: PatchError, limit: usize) -> Problem {
    match error {
        PatchError::Malformed(error) => error.into(),
        PatchError::NotAPatch(why) => Problem::InvalidJson(format!("it is no JSON Patch: {why}")),
        PatchError::Failed(why) => Problem::PatchFailed(format!("The patch failed: {why}.")),
        PatchError::NotAnObject => Problem::NotAnObject,
        PatchError::TooLarge => Problem::RecordTooLarge(limit),
    }
}

fn patch(head: &Parts, ttl: Option<Ttl>) -> Result<Wish, Problem> {
    let typed = head.headers.contains_key(header::CONTENT_TYPE);
    match (media_type::require_patch(&head.headers), ttl) {
        (Ok(format), ttl) => Ok(Wish::Patch(format, ttl)),
        (Err(problem @ Problem::UnsupportedMediaType(..)), Some(ttl)) if !typed => {
            Ok(Wish::Touch(ttl, problem))
        }
        (Err(problem), _) => Err(problem),
    }
}

fn write(head: &Parts, config: &Config) -> Result<Wish, Problem> {
    let ttl = ttl(head, config)?.unwrap_or(config.default_ttl);
    media_type::require_record(&head.headers)?;
    Ok(Wish::Write(ttl))
}

/// The time to live that the request's query gives.
fn ttl(head: &Parts, config: &Config) -> Result<Option<Ttl>, Problem> {
    let [ttl] = query::parameters(head.uri.query(), ["ttl"])?;
    let max = config.max_ttl;
    let parse = |text: &str| {
        Ttl::parse(text, max).map_err(|_| {
            query::invalid("ttl", &format!("is not `never` or whole seconds from 1 to {max}"))
        })
    };
    ttl.as_deref().map(parse).transpose()
}
