//! The core alone, without wasm and a door, where a counting allocator can be put under it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use http_body_util::Full;
use path_records::config::{Config, Variables};
use path_records::service;
use path_records::store::{Delivery, Redis, RedisError, Value};

use crate::guest::Case;

/// How often the core asks for memory to answer a request.
pub fn allocations(case: &Case, variables: &BTreeMap<String, String>) -> u64 {
    let config = now(Config::load(&Given(variables))).expect("the defaults can be used");
    let request = case.request.clone().map(Full::new);
    let redis = Stub(RefCell::new(Some(case.reply.clone())));
    let mut answer = None;
    let counted = allocation_counter::measure(|| {
        answer = Some(now(service::respond(request, Ok((&config, &redis)))));
    });
    let answer = answer.expect("the core has answered");
    assert_eq!(answer.body(), case.answer, "{}", answer.status());
    counted.count_total
}

struct Given<'a>(&'a BTreeMap<String, String>);

impl Variables for Given<'_> {
    async fn get(&self, name: &'static str) -> Result<String, String> {
        Ok(self.0[name].clone())
    }
}

/// A Redis with one reply, which is made before the counting begins.
struct Stub(RefCell<Option<Vec<Value>>>);

impl Redis for Stub {
    async fn execute(
        &self,
        _: &'static str,
        _: &[Bytes],
        _: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        Ok(self.0.take().expect("a request is one command"))
    }
}

/// What a future gives that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("there is nothing to wait for"),
    }
}
