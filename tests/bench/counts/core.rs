//! The core alone, without wasm and a door, where a counting allocator can be put under it.

use path_records_stub::{Given, Stub, config, respond};

use crate::guest::Case;

/// How often the core asks for memory to answer a request, and for how many bytes.
pub fn allocations(case: &Case, variables: &Given) -> (u64, u64) {
    let config = config(variables).expect("the defaults can be used");
    let (request, redis) = (case.request.clone(), Stub::unreachable());
    for reply in [Some(case.reply.clone()), case.second_reply.clone()].into_iter().flatten() {
        redis.reply_next(reply);
    }
    let mut answer = None;
    let counted = allocation_counter::measure(|| {
        answer = Some(respond(request, Ok((&config, &redis))));
    });
    let answer = answer.expect("it was measured");
    assert_eq!(answer.body(), case.answer, "{}", answer.status());
    (counted.count_total, counted.bytes_total)
}
