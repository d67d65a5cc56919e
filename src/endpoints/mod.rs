//! The endpoints, each from its request to its response; and what its failures become.

use http::{HeaderMap, Method};

use crate::{
    config::Config,
    http::{prefer::Wait, problem::Problem, response::Response},
    log,
    store::{Redis, Store, StoreError},
};

pub mod batch;
pub mod changes;
pub mod console;
pub mod health;
pub mod import;
pub mod listing;
pub mod metrics;
pub mod openapi;
pub mod record;
pub mod root;

/// What an endpoint works with.
#[derive(Debug)]
pub struct Context<'a, R> {
    /// The configuration.
    pub config: &'a Config,
    /// The records.
    pub store: Store<'a, R>,
}

impl<R: Redis> Context<'_, R> {
    /// How long a request prefers to wait, where requests may wait.
    #[must_use]
    pub fn wait(&self, headers: &HeaderMap) -> Option<Wait> {
        let may_wait = R::CAN_WAIT && self.config.max_waiting > 0;
        may_wait.then(|| Wait::parse(headers)).flatten()
    }
}

/// Why an endpoint has no response of its own.
#[derive(Debug)]
pub enum Failure {
    /// The problem to answer with.
    Problem(Problem),
    /// The problem of one request of a batch, by its place from 0.
    InBatch(usize, Problem),
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

impl Failure {
    /// The response to a request with this method. What the store failed with is logged.
    #[must_use]
    pub fn into_response(self, method: &Method) -> Response {
        match self {
            Self::Problem(problem) => problem.into_response(),
            Self::InBatch(request, problem) => problem.into_response_to(Some(request)),
            Self::Store(error) => problem_of(&error, method).into_response(),
        }
    }
}

/// What there is in a record's place, where that is none.
const FOREIGN: Problem = Problem::StoreError(
    "The store holds something that this service can't have written; nothing was changed.",
);

/// What a failure of the store is to the client; it is logged. The method decides whether an unknown outcome matters:
/// nobody asks what became of a read.
fn problem_of(error: &StoreError, method: &Method) -> Problem {
    log::error(error.event(), &error.to_string());
    let reads = method == Method::GET || method == Method::HEAD;
    match error {
        StoreError::OutcomeUnknown(_) if !reads => Problem::StoreUnavailable(
            "The connection to the store broke before its answer came: this write may have been \
             applied or not. Read the record before sending it again.",
        ),
        StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_) => {
            Problem::StoreUnavailable("The store doesn't answer; nothing was changed. Try again.")
        }
        StoreError::Contended => Problem::StoreUnavailable(
            "Others kept changing the record; nothing was changed. Try again.",
        ),
        StoreError::Full(_) => Problem::StoreFull,
        StoreError::Foreign(_) => FOREIGN,
    }
}
