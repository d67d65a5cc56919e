//! The connection to Redis that an instance keeps.

use std::{
    cell::RefCell,
    rc::Rc,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{spin::Link, wasip3::sleep};
use crate::{
    config::RedisAddress,
    store::{Delivery, Redis, RedisError, Value},
};

/// A connection that is opened with the first command, serves all that follow, many at a time, and
/// is replaced when it has died.
pub struct KeptConnection {
    address: RedisAddress,
    limit: Duration,
    state: RefCell<State>,
}

#[derive(Clone)]
enum State {
    Closed,
    /// One request connects, and the others wait for what comes of it.
    Opening(Rc<Attempt>),
    Open(Rc<Link>),
}

/// An attempt to connect, and how it ended.
type Attempt = RefCell<Option<Result<Rc<Link>, RedisError>>>;

/// The request that connects. Whether it comes to an end or its client gives it up: afterwards
/// nobody waits for it any more.
struct Opener<'a> {
    state: &'a RefCell<State>,
    attempt: Rc<Attempt>,
}

impl Drop for Opener<'_> {
    fn drop(&mut self) {
        let given_up = || Err(RedisError::NotSent("the request that was connecting ended".into()));
        let result = self.attempt.borrow_mut().get_or_insert_with(given_up).clone();
        self.state.replace(result.map_or(State::Closed, State::Open));
    }
}

impl KeptConnection {
    /// A connection that is not open yet. No wait for Redis is longer than `limit`.
    pub fn new(address: RedisAddress, limit: Duration) -> Self {
        Self { address, limit, state: RefCell::new(State::Closed) }
    }

    /// The connection; opened, if it isn't, by the first of those who need it.
    async fn open(&self) -> Result<Rc<Link>, RedisError> {
        let state = self.state.borrow().clone();
        match state {
            State::Open(open) => Ok(open),
            State::Opening(attempt) => outcome(&attempt, self.limit).await,
            State::Closed => {
                let attempt = Rc::new(Attempt::default());
                self.state.replace(State::Opening(attempt.clone()));
                let opener = Opener { state: &self.state, attempt };
                let result = Link::open(&self.address, self.limit).await.map(Rc::new);
                opener.attempt.replace(Some(result.clone()));
                result
            }
        }
    }

    /// Sends a command. A link on which one stays without a reply serves no other request.
    async fn send(
        &self,
        link: &Rc<Link>,
        command: &'static str,
        arguments: &[Bytes],
    ) -> Result<Vec<Value>, RedisError> {
        let result = link.execute(command, arguments, self.limit).await;
        if !matches!(result, Ok(_) | Err(RedisError::Refused(_))) {
            let mut state = self.state.borrow_mut();
            if matches!(&*state, State::Open(current) if Rc::ptr_eq(current, link)) {
                *state = State::Closed;
            }
        }
        result
    }
}

impl Redis for KeptConnection {
    async fn execute(
        &self,
        command: &'static str,
        arguments: &[Bytes],
        delivery: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        let link = self.open().await?;
        match self.send(&link, command, arguments).await {
            Err(RedisError::NotSent(_)) => {}
            Err(RedisError::NoReply(_)) if delivery == Delivery::Repeatable => {}
            result => return result,
        }
        let link = self.open().await?;
        self.send(&link, command, arguments).await
    }
}

/// What came of an attempt to connect that another request makes.
async fn outcome(attempt: &Attempt, limit: Duration) -> Result<Rc<Link>, RedisError> {
    let asked = Instant::now();
    loop {
        if let Some(result) = attempt.borrow().clone() {
            return result;
        }
        if asked.elapsed() > limit {
            return Err(RedisError::NotSent("connecting took too long".to_owned()));
        }
        // The tasks of an instance can't wake each other, short of a stream that each of them would
        // have to read all the time; and to connect takes a few round trips.
        sleep(Duration::from_millis(1)).await;
    }
}
