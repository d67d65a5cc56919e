//! The connections to Redis that an instance keeps, one to each node.

use std::{
    cell::{Cell, OnceCell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use super::{
    cluster::{Node, Nodes, Redirection, Sending},
    interfaces::Link,
    timer::sleep,
};
use crate::{
    config::RedisAddress,
    store::{Argument, Call, Delivery, RedisError, Replied},
};

/// A connection to each node that has been sent a command.
pub struct KeptConnections {
    nodes: RefCell<Vec<(Node, Rc<KeptConnection>)>>,
    limit: Duration,
}

/// A connection that is opened with the first command, serves all that follow, many at a time, and
/// is replaced when it has died.
struct KeptConnection {
    address: RedisAddress,
    limit: Duration,
    state: RefCell<State>,
    used: Cell<Option<Instant>>,
    /// Those on which a request has waited, and the next one may.
    spare: RefCell<Vec<Link>>,
}

/// How long a connection may have been idle and is still taken for alive by a command that is sent once at
/// the most.
const IDLE: Duration = Duration::from_millis(100);

/// How late the reply to a command may be that was to wait.
const LATE: Duration = Duration::from_millis(500);

#[derive(Clone)]
enum State {
    Closed,
    /// One request connects, and the others wait for what comes of it. If each connected by itself, all
    /// that arrive while a new instance connects would: up to one request in eight.
    Opening(Rc<Failure>),
    Open(Rc<Link>),
}

/// Why an attempt to connect failed, once it has.
type Failure = OnceCell<RedisError>;

/// The request that connects. If it ends without a connection, however that comes, nobody waits for it
/// any more.
struct Opener<'a>(&'a RefCell<State>);

impl Drop for Opener<'_> {
    fn drop(&mut self) {
        let mut state = self.0.borrow_mut();
        if matches!(*state, State::Opening(_)) {
            *state = State::Closed;
        }
    }
}

impl KeptConnection {
    /// A connection that is not open yet. No wait for Redis is longer than `limit`.
    fn new(address: RedisAddress, limit: Duration) -> Self {
        Self {
            address,
            limit,
            state: RefCell::new(State::Closed),
            used: Cell::new(None),
            spare: RefCell::default(),
        }
    }

    /// The connection, for a command that may reach Redis so often, and is sent to the node that has its
    /// part or to one of which that is unsure.
    async fn open_for(&self, delivery: Delivery, unsure: bool) -> Result<Rc<Link>, RedisError> {
        let asked = Instant::now();
        let used = self.used.replace(Some(asked));
        let doubtful = used.is_some_and(|used| unsure || asked.duration_since(used) > IDLE);
        let link = self.open(asked).await?;
        if delivery == Delivery::Repeatable || !doubtful {
            return Ok(link);
        }
        // Whether it has died meanwhile shows with a command of which nobody asks whether it arrived.
        let _ = self.send(&link, "PING", &[]).await;
        self.open(asked).await
    }

    /// The connection; opened, if it isn't, by the first of those who need it.
    async fn open(&self, asked: Instant) -> Result<Rc<Link>, RedisError> {
        loop {
            let state = self.state.borrow().clone();
            match state {
                State::Open(link) => return Ok(link),
                State::Opening(failure) => {
                    if asked.elapsed() > self.limit {
                        return Err(RedisError::NotSent("connecting took too long".to_owned()));
                    }
                    // The tasks of an instance can't wake each other, short of a stream that each of
                    // them would have to read all the time; and to connect takes a few round trips.
                    sleep(Duration::from_millis(1)).await;
                    if let Some(error) = failure.get() {
                        return Err(error.clone());
                    }
                }
                State::Closed => {
                    let failure = Rc::new(Failure::new());
                    self.state.replace(State::Opening(failure.clone()));
                    let _opener = Opener(&self.state);
                    let opened = Link::open(&self.address, self.limit).await;
                    let link = opened
                        .map(Rc::new)
                        .map_err(|error| failure.get_or_init(|| error).clone())?;
                    self.state.replace(State::Open(link.clone()));
                    return Ok(link);
                }
            }
        }
    }

    /// Sends a command. A link on which one stays without a reply, or that leads to a Redis which
    /// declines to serve, serves no other request: behind its address another Redis may serve by now.
    async fn send(
        &self,
        link: &Rc<Link>,
        command: &'static str,
        arguments: &[Argument<'_>],
    ) -> Replied {
        let result = link.execute(command, arguments, self.limit).await;
        let serves = match &result {
            Ok(_) => true,
            Err(error) => error.is_served() || Redirection::of(error).is_some(),
        };
        if !serves {
            let mut state = self.state.borrow_mut();
            if matches!(&*state, State::Open(current) if Rc::ptr_eq(current, link)) {
                *state = State::Closed;
            }
        }
        result
    }

    async fn execute(&self, call: &Call<'_>, unsure: bool) -> Replied {
        let link = self.open_for(call.delivery, unsure).await?;
        match self.send(&link, call.command, &call.arguments).await {
            Err(RedisError::NoReply(_)) if call.delivery == Delivery::Repeatable => {}
            result => return result,
        }
        let link = self.open(Instant::now()).await?;
        self.send(&link, call.command, &call.arguments).await
    }

    /// Sends a command that Redis may answer only when so much time is over.
    async fn wait(&self, call: &Call<'_>, time: Duration) -> Replied {
        let spare = self.spare.borrow_mut().pop();
        let link = match spare {
            Some(link) => link,
            None => Link::open(&self.address, self.limit).await?,
        };
        let result = link.execute(call.command, &call.arguments, time + LATE).await;
        if result.is_ok() {
            self.spare.borrow_mut().push(link);
        }
        result
    }

    /// Sends a command behind ASKING, which counts for whatever its connection gets next.
    async fn ask(&self, call: &Call<'_>) -> Replied {
        let link = Link::open(&self.address, self.limit).await?;
        link.execute("ASKING", &[], self.limit).await?;
        link.execute(call.command, &call.arguments, self.limit).await
    }
}

impl KeptConnections {
    /// None yet. No wait for Redis is longer than `limit`.
    pub fn new(limit: Duration) -> Self {
        Self { nodes: RefCell::default(), limit }
    }

    fn to(&self, node: Node, address: &RedisAddress) -> Rc<KeptConnection> {
        let mut nodes = self.nodes.borrow_mut();
        if let Some((_, connection)) = nodes.iter().find(|(other, _)| *other == node) {
            return connection.clone();
        }
        let connection = Rc::new(KeptConnection::new(address.clone(), self.limit));
        nodes.push((node, connection.clone()));
        connection
    }
}

impl Nodes for KeptConnections {
    // The release candidate's host has a command block the whole instance.
    const CAN_WAIT: bool = cfg!(feature = "wasip3");

    async fn send(
        &self,
        node: Node,
        address: &RedisAddress,
        call: &Call<'_>,
        how: Sending,
    ) -> Replied {
        let connection = self.to(node, address);
        match how {
            Sending::Plain => connection.execute(call, false).await,
            Sending::Unsure => connection.execute(call, true).await,
            Sending::Asking => connection.ask(call).await,
            Sending::Waiting(time) => connection.wait(call, time).await,
        }
    }

    async fn pause(&self, time: Duration) {
        sleep(time).await;
    }
}
