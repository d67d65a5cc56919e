//! WASI 0.2: a new instance for every request, which opens one connection to Redis at most.

use std::{cell::Cell, future::poll_fn, pin::pin, task::Poll};

use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt, TryStreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use spin_sdk::{
    http::{Fields, IncomingRequest, Method, OutgoingResponse, ResponseOutparam},
    http_component,
};

use super::{
    interfaces::{Link, SpinVariables},
    request::{fields, has_body, parts},
};
use crate::{
    config::{Config, Misconfigured},
    http::response::Response,
    service,
    store::{Argument, Delivery, Redis, RedisError, Value},
};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    match &Config::load(&SpinVariables).await {
        Ok(config) => {
            let redis = Connection { config, link: Cell::new(None) };
            send(answer(request, Ok((config, &redis))).await, out).await;
            if let Some(link) = redis.link.into_inner() {
                link.end();
            }
        }
        Err(misconfigured) => send(answer(request, Err(misconfigured)).await, out).await,
    }
}

/// Hands a request to the core.
async fn answer(
    request: IncomingRequest,
    configured: Result<(&Config, &Connection<'_>), &Misconfigured>,
) -> Response {
    let method = match request.method() {
        Method::Get => Some(http::Method::GET),
        other => http::Method::from_bytes(other.to_string().as_bytes()).ok(),
    };
    let headers = request.headers().entries();
    let head = match parts(method.as_ref(), request.path_with_query(), headers) {
        Ok(head) => head,
        Err(answer) => return answer,
    };
    let body = has_body(&head.method).then(|| request.into_body_stream());
    let stream = stream::iter(body).flatten();
    let pieces = stream.map_ok(|piece| Frame::data(Bytes::from(piece)));
    let request = http::Request::from_parts(head, StreamBody::new(pieces));
    service::respond(request, configured).await
}

async fn send(response: Response, out: ResponseOutparam) {
    let (head, body) = response.into_parts();
    let Ok(fields) = Fields::from_list(&fields(&head.headers)) else {
        return;
    };
    let response = OutgoingResponse::new(fields);
    if response.set_status_code(head.status.as_u16()).is_err() {
        return;
    }
    if body.is_empty() {
        // The host holds a body to the announced length, which in an answer to HEAD is that of another.
        out.set(response);
        return;
    }
    let mut sink = pin!(response.take_body());
    let mut sending = sink.send(body.into());
    // The body is on its way before the host sees the response: otherwise the two could leave in two
    // writes, and the second one might wait for the client's delayed acknowledgement.
    let begun = poll_fn(|context| Poll::Ready(sending.poll_unpin(context))).await;
    out.set(response);
    if begun.is_pending() {
        // That the client has gone is nobody's concern any more.
        let _ = sending.await;
    }
}

/// Redis, connected to with the first command.
struct Connection<'a> {
    config: &'a Config,
    link: Cell<Option<Link>>,
}

impl Redis for Connection<'_> {
    async fn execute(
        &self,
        command: &'static str,
        arguments: &[Argument<'_>],
        _: Delivery,
    ) -> Result<Vec<Value>, RedisError> {
        let limit = self.config.redis_timeout;
        let link = match self.link.take() {
            Some(link) => link,
            None => Link::open(&self.config.redis, limit).await?,
        };
        let result = link.execute(command, arguments, limit).await;
        // A connection that broke while the request waited is no use to it any more.
        if !matches!(result, Err(RedisError::NoReply(_))) {
            self.link.set(Some(link));
        }
        result
    }
}
