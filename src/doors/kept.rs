//! The connection to Redis that an instance keeps.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

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
    Open(Rc<Open>),
}

/// An attempt to connect, and how it ended.
type Attempt = RefCell<Option<Result<Rc<Open>, RedisError>>>;

struct Open {
    link: Link,
    /// When Redis was last heard of on it.
    heard: Cell<Instant>,
}

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

    /// A connection that is alive as far as one can know. One that has been silent for a while is
    /// asked first, so that no command is sent into one that died unnoticed.
    async fn alive(&self) -> Result<Rc<Open>, RedisError> {
        /// Under load there are no such silences, and without it a PING costs little.
        const SILENCE: Duration = Duration::from_millis(10);
        let open = self.open().await?;
        if open.heard.get().elapsed() < SILENCE {
            return Ok(open);
        }
        match self.send(&open, "PING", Vec::new()).await {
            Ok(_) | Err(RedisError::Refused(_)) => Ok(open),
            Err(RedisError::TimedOut) => Err(RedisError::NotSent("a PING timed out".to_owned())),
            Err(_) => self.open().await,
        }
    }

    /// The connection; opened, if it isn't, by the first of those who need it.
    async fn open(&self) -> Result<Rc<Open>, RedisError> {
        let state = self.state.borrow().clone();
        match state {
            State::Open(open) => Ok(open),
            State::Opening(attempt) => outcome(&attempt, self.limit).await,
            State::Closed => {
                let attempt = Rc::new(Attempt::default());
                self.state.replace(State::Opening(attempt.clone()));
                let opener = Opener { state: &self.state, attempt };
                let opened = Link::open(&self.address, self.limit).await;
                let result =
                    opened.map(|link| Rc::new(Open { link, heard: Cell::new(Instant::now()) }));
                opener.attempt.replace(Some(result.clone()));
                result
            }
        }
    }

    /// Sends a command. A connection on which one stays without a reply serves no other request.
    async fn send(
        &self,
        open: &Rc<Open>,
        command: &'static str,
        arguments: Vec<Vec<u8>>,
    ) -> Result<Vec<Value>, RedisError> {
        let result = open.link.execute(command, arguments, self.limit).await;
        if matches!(result, Ok(_) | Err(RedisError::Refused(_))) {
            open.heard.set(Instant::now());
        } else {
            let mut state = self.state.borrow_mut();
            if matches!(&*state, State::Open(current) if Rc::ptr_eq(current, open)) {
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
        arguments: Vec<Vec<u8>>,
        delivery: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        let again = (delivery == Delivery::Repeatable).then(|| arguments.clone());
        let open = self.alive().await?;
        match (self.send(&open, command, arguments).await, again) {
            (Err(RedisError::NoReply(_)), Some(arguments)) => {
                let open = self.open().await?;
                self.send(&open, command, arguments).await
            }
            (result, _) => result,
        }
    }
}

/// What came of an attempt to connect that another request makes.
async fn outcome(attempt: &Attempt, limit: Duration) -> Result<Rc<Open>, RedisError> {
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
