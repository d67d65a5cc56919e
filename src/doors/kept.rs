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
    Opening(Rc<RefCell<Attempt>>),
    Open(Rc<Link>),
}

/// An attempt to connect.
enum Attempt {
    Running,
    Ended(Result<Rc<Link>, RedisError>),
    /// The request that connected was dropped before it came to an end.
    GivenUp,
}

/// The request that connects. However it ends: afterwards nobody waits for it any more.
struct Opener<'a> {
    state: &'a RefCell<State>,
    attempt: Rc<RefCell<Attempt>>,
}

impl Drop for Opener<'_> {
    fn drop(&mut self) {
        let mut attempt = self.attempt.borrow_mut();
        self.state.replace(match &*attempt {
            Attempt::Ended(Ok(link)) => State::Open(link.clone()),
            _ => State::Closed,
        });
        if matches!(*attempt, Attempt::Running) {
            *attempt = Attempt::GivenUp;
        }
    }
}

impl KeptConnection {
    /// A connection that is not open yet. No wait for Redis is longer than `limit`.
    pub fn new(address: RedisAddress, limit: Duration) -> Self {
        Self { address, limit, state: RefCell::new(State::Closed) }
    }

    /// The connection; opened, if it isn't, by the first of those who need it.
    async fn open(&self) -> Result<Rc<Link>, RedisError> {
        loop {
            let state = self.state.borrow().clone();
            match state {
                State::Open(link) => return Ok(link),
                State::Opening(attempt) => {
                    if let Some(result) = outcome(&attempt, self.limit).await {
                        return result;
                    }
                }
                State::Closed => {
                    let attempt = Rc::new(RefCell::new(Attempt::Running));
                    self.state.replace(State::Opening(attempt.clone()));
                    let opener = Opener { state: &self.state, attempt };
                    let result = Link::open(&self.address, self.limit).await.map(Rc::new);
                    opener.attempt.replace(Attempt::Ended(result.clone()));
                    return result;
                }
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

/// What came of an attempt to connect that another request makes; `None`: it was given up.
async fn outcome(
    attempt: &RefCell<Attempt>,
    limit: Duration,
) -> Option<Result<Rc<Link>, RedisError>> {
    let asked = Instant::now();
    loop {
        match &*attempt.borrow() {
            Attempt::Running => {}
            Attempt::Ended(result) => return Some(result.clone()),
            Attempt::GivenUp => return None,
        }
        if asked.elapsed() > limit {
            return Some(Err(RedisError::NotSent("connecting took too long".to_owned())));
        }
        // The tasks of an instance can't wake each other, short of a stream that each of them would
        // have to read all the time; and to connect takes a few round trips.
        sleep(Duration::from_millis(1)).await;
    }
}
