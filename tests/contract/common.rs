//! What most modules use.

use std::sync::atomic::{AtomicUsize, Ordering};

use harness::{Host, Request, Response, Served, Store};
use redis::FromRedisValue;

/// The host that tests share which need nothing but paths of their own.
pub fn host() -> &'static Host {
    &Served::shared().host
}

/// Where the shared host keeps its records.
pub fn store() -> &'static Store {
    &Served::shared().store
}

/// What Redis says when it is asked one thing about a record of the shared host.
pub fn in_redis<T: FromRedisValue>(command: &str, path: &str) -> T {
    let key = store().key(path);
    store().run(&key, &[command, &key])
}

/// A record path that no other test uses.
pub fn path(name: &str) -> String {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    format!("/{name}-{}", NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A record path that no other test uses, with a record.
pub fn stored(name: &str, json: &str) -> String {
    let path = path(name);
    host().put(&path, json).send().expect(201);
    path
}

/// A request with a header that comes in several lines.
pub fn with_lines<'a>(
    request: Request<'a>,
    header: &str,
    lines: &[impl AsRef<[u8]>],
) -> Request<'a> {
    lines.iter().fold(request, |request, line| request.header(header, line))
}

/// Fails unless the record holds exactly these members.
pub fn assert_members(path: &str, expected: &[(&str, &str)]) {
    let expected: Vec<_> =
        expected.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
    assert_eq!(host().get(path).send().members(), expected);
}

/// The key of the count of hits, where there is one part.
pub const COUNT: &str = "path-records:count";

/// The key of the index, where there is one part.
pub const INDEX: &str = "path-records:index";

/// The key of the set of what is due, where there is one part.
pub const DUE: &str = "path-records:due";

/// The key of the record at a path, where there is one part.
pub fn key(path: &str) -> String {
    format!("path-records:{path}")
}

/// `ttl` of a representation.
pub fn ttl(response: &Response) -> Option<u64> {
    let text = response.member("ttl").expect("every record has a ttl");
    (text != "null").then(|| text.parse().expect("seconds"))
}

/// A header that is a date, in seconds since the epoch.
pub fn date(response: &Response, name: &str) -> u64 {
    let time = httpdate::parse_http_date(response.required(name)).expect("a date");
    let since = time.duration_since(std::time::UNIX_EPOCH);
    since.expect("after the epoch").as_secs()
}

/// Seconds since the epoch as HTTP writes dates.
pub fn http_date(seconds: u64) -> String {
    httpdate::fmt_http_date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(seconds))
}

/// Fails unless `ttl` is what is left of `whole` seconds after a request or two.
pub fn assert_nearly(ttl: Option<u64>, whole: u64) {
    let left = ttl.expect("it expires");
    assert!(left <= whole && left + 30 >= whole, "{left} s are left of {whole} s");
}

/// Text as a value in a query.
pub fn in_query(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

/// Runs `work` on so many threads at once, each with its number; what each gave, by number.
pub fn at_once<T: Send>(threads: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let barrier = std::sync::Barrier::new(threads);
    std::thread::scope(|scope| {
        let running: Vec<_> = (0..threads)
            .map(|number| {
                let (work, barrier) = (&work, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    work(number)
                })
            })
            .collect();
        running
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
