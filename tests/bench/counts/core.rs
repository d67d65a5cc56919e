//! The core alone, without wasm and a door, where a counting allocator can be put under it.

use std::cell::RefCell;

use bytes::Bytes;
use futures::FutureExt;
use http_body_util::Full;
use path_records::config::Config;
use path_records::service;
use path_records::store::{Delivery, Redis, RedisError, Value};

use crate::guest::Case;
use crate::variables::Given;

/// How often the core asks for memory to answer a request.
pub fn allocations(case: &Case, variables: &Given) -> u64 {
    let config = Config::load(variables).now_or_never().expect("nothing waits");
    let config = config.expect("the defaults can be used");
    let request = case.request.clone().map(Full::new);
    let redis = Stub(RefCell::new(Some(case.reply.clone())));
    let mut answer = None;
    let counted = allocation_counter::measure(|| {
        answer = service::respond(request, Ok((&config, &redis))).now_or_never();
    });
    let answer = answer.expect("nothing waits");
    assert_eq!(answer.body(), case.answer, "{}", answer.status());
    counted.count_total
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
