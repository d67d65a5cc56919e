//! What the modules of section 13 use: requests that wait.

use std::time::{Duration, Instant};

use harness::{Exchange, Page, Redis, Request, Response, changes_below, eventually};

/// What a request says that is to be told of something long before its time is over.
pub const LONG: &str = "wait=40";

/// How soon it is told. Only who is not told answers later, at the end of its time.
const SOON: Duration = Duration::from_secs(20);

/// How much later than it has to a machine may answer that is busy with other tests.
const BUSY: Duration = Duration::from_secs(4);

/// A request that waits.
#[derive(Debug)]
pub struct Waiting<'a> {
    exchange: Exchange<'a>,
    begun: Instant,
}

impl Waiting<'_> {
    /// The answer, which comes because of what has happened.
    pub fn told(self) -> Response {
        let answer = self.exchange.finish();
        assert!(self.begun.elapsed() < SOON, "not told, but answered at the end: {answer}");
        answer
    }

    /// The answer, which comes when these seconds are over.
    pub fn at_the_end_of(self, seconds: u64) -> Response {
        let (begun, whole) = (self.begun, Duration::from_secs(seconds));
        let answer = self.exchange.finish();
        assert_lasted(begun, whole, &answer);
        answer
    }

    /// Fails if there is an answer already.
    pub fn assert_waits(&self) {
        assert!(!self.exchange.answered(), "it is to wait: {:?}", self.exchange);
    }
}

/// Fails unless an answer came when this time was over since it was asked for: not before, and not long
/// after.
pub fn assert_lasted(begun: Instant, time: Duration, answer: &Response) {
    let lasted = begun.elapsed();
    assert!(lasted >= time, "after {lasted:?} already: {answer}");
    assert!(lasted < time + BUSY, "only after {lasted:?}: {answer}");
}

/// Sends a request that waits.
pub fn wait(request: Request<'_>) -> Waiting<'_> {
    let begun = Instant::now();
    Waiting { exchange: request.start(), begun }
}

/// Waits until so many clients of Redis wait for a stream.
pub fn blocked(redis: &Redis, clients: usize) {
    eventually("clients of Redis wait", || {
        (redis.info("clients", "blocked_clients")? == clients.to_string()).then_some(())
    });
}

/// Lets a request wait, and returns when it is the only one that does.
pub fn wait_alone<'a>(request: Request<'a>, redis: &Redis) -> Waiting<'a> {
    let waiting = wait(request);
    blocked(redis, 1);
    waiting
}

/// `Preference-Applied`.
pub fn applied(answer: &Response) -> Option<&str> {
    answer.header("preference-applied")
}

/// Where a feed begins that tells of what happens from now on.
pub fn feed(host: &harness::Host, prefix: &str) -> String {
    let page = Page::read(&host.get(&changes_below(prefix)).send());
    assert_eq!(page.changes, [], "nothing happens after now");
    page.next
}

/// Lines of an import that stores a record at each path.
pub fn lines(paths: &[String]) -> String {
    let line = |path: &String| format!("{{\"path\":\"{path}\",\"value\":{{}}}}\n");
    paths.iter().map(line).collect()
}
