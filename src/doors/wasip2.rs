//! WASI 0.2: a new instance for every request, which opens one connection at most to each node of Redis.

use std::{cell::RefCell, future::poll_fn, pin::pin, task::Poll, time::Duration};

use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt, TryStreamExt, stream};
use http_body::Frame;
use http_body_util::StreamBody;
use spin_sdk::{
    http::{Fields, IncomingRequest, Method, OutgoingResponse, ResponseOutparam},
    http_component,
};

use super::{
    cluster::{Cluster, Node, Nodes, Sending},
    interfaces::{Link, SpinVariables},
    request::{fields, has_body, parts},
};
use crate::{
    config::{Config, Misconfigured, RedisAddress},
    http::response::Response,
    service,
    store::{Call, RedisError, Replied},
};

#[http_component]
async fn handle(request: IncomingRequest, out: ResponseOutparam) {
    match &Config::load(&SpinVariables).await {
        Ok(config) => {
            let connections =
                Connections { links: RefCell::default(), limit: config.redis_timeout };
            let redis = Cluster::new(connections, config);
            send(answer(request, Ok((config, &redis))).await, out).await;
            for (_, link) in redis.nodes.links.into_inner() {
                link.end();
            }
        }
        Err(misconfigured) => send(answer(request, Err(misconfigured)).await, out).await,
    }
}

/// Hands a request to the core.
async fn answer(
    request: IncomingRequest,
    configured: Result<(&Config, &Cluster<Connections>), &Misconfigured>,
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

/// Connections to nodes, each opened with the first command for it.
struct Connections {
    links: RefCell<Vec<(Node, Link)>>,
    limit: Duration,
}

impl Connections {
    fn take(&self, node: Node) -> Option<Link> {
        let mut links = self.links.borrow_mut();
        let place = links.iter().position(|(other, _)| *other == node)?;
        Some(links.swap_remove(place).1)
    }
}

impl Nodes for Connections {
    const CAN_WAIT: bool = true;

    async fn send(
        &self,
        node: Node,
        address: &RedisAddress,
        call: &Call<'_>,
        how: Sending,
    ) -> Replied {
        let link = match self.take(node) {
            Some(link) => link,
            None => Link::open(address, self.limit).await?,
        };
        if how == Sending::Asking {
            link.execute("ASKING", &[], self.limit).await?;
        }
        let result = link.execute(call.command, &call.arguments, self.limit).await;
        // A connection that broke while the request waited is no use to it any more.
        if !matches!(result, Err(RedisError::NoReply(_))) {
            self.links.borrow_mut().push((node, link));
        }
        result
    }

    async fn pause(&self, time: Duration) {
        std::thread::sleep(time);
    }
}
