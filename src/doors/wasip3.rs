//! WASI 0.3: an instance serves many requests, several at a time, with one configuration and one
//! connection to Redis.

use std::{cell::RefCell, rc::Rc};

#[cfg(feature = "wasip3-rc")]
use spin_sdk::http_wasip3::wasip3;
#[cfg(feature = "wasip3")]
use spin_sdk::wasip3;

use http_body_util::{Either, Empty};
use wasip3::{
    exports::http::handler::Guest,
    http::types,
    http_compat::IncomingRequestBody,
    wit_bindgen::{spawn, yield_async},
    wit_future, wit_stream,
};

use super::{
    cluster::Cluster,
    interfaces::SpinVariables,
    kept::KeptConnections,
    request::{fields, has_body, parts},
};
use crate::{
    config::{Config, Misconfigured},
    http::response::Response,
    service,
    store::Redis,
};

/// All that the requests of an instance share.
struct Instance {
    config: Config,
    redis: Cluster<KeptConnections>,
}

thread_local! {
    static INSTANCE: RefCell<Option<Rc<Instance>>> = const { RefCell::new(None) };
}

/// The component. (The SDK's macro for it would ask the host for more of each request than is needed.)
struct Component;

wasip3::http::service::export!(Component);

impl Guest for Component {
    async fn handle(request: types::Request) -> Result<types::Response, types::ErrorCode> {
        let instance = instance().await;
        let configured = match &instance {
            Ok(instance) => Ok((&instance.config, &instance.redis)),
            Err(misconfigured) => Err(misconfigured),
        };
        let response = answer(request, configured).await?;
        send(response).await
    }
}

/// Hands a request to the core.
async fn answer<R: Redis>(
    request: types::Request,
    configured: Result<(&Config, &R), &Misconfigured>,
) -> Result<Response, types::ErrorCode> {
    let method = http::Method::try_from(request.get_method()).ok();
    let headers = request.get_headers().copy_all();
    let head = match parts(method.as_ref(), request.get_path_with_query(), headers) {
        Ok(head) => head,
        Err(answer) => return Ok(answer),
    };
    let body = if has_body(&head.method) {
        Either::Left(IncomingRequestBody::new(request)?)
    } else {
        Either::Right(Empty::new())
    };
    Ok(service::respond(http::Request::from_parts(head, body), configured).await)
}

/// Makes a response the host's. A task of its own hands over the body, if there is one.
async fn send(response: Response) -> Result<types::Response, types::ErrorCode> {
    let (head, body) = response.into_parts();
    let fields = types::Fields::from_list(&fields(&head.headers))
        .map_err(|error| types::ErrorCode::InternalError(Some(error.to_string())))?;
    // The host holds a body to the announced length, which in an answer to HEAD is that of another.
    let (contents, contents_reader) = (!body.is_empty()).then(wit_stream::new).unzip();
    let (trailers, trailers_reader) = wit_future::new(|| Ok(None));
    let (response, _) = types::Response::new(fields, contents_reader, trailers_reader);
    // A host refuses only what is no status; the core has none such.
    let _ = response.set_status_code(head.status.as_u16());
    spawn(async move {
        if let Some(mut contents) = contents {
            // That the client has gone is nobody's concern any more.
            let _ = contents.write_all(body.into()).await;
        }
        let _ = trailers.write(Ok(None)).await;
    });
    // That task begins with the next turn. If the host saw the response before that, headers and body
    // would leave in two writes, and the second one might wait for the client's delayed
    // acknowledgement.
    yield_async().await;
    Ok(response)
}

/// What this instance has read; its first request reads it. A configuration that can't be used is
/// read again with every request.
async fn instance() -> Result<Rc<Instance>, Misconfigured> {
    if let Some(instance) = INSTANCE.with_borrow(Clone::clone) {
        return Ok(instance);
    }
    let config = Config::load(&SpinVariables).await?;
    let redis = Cluster::new(KeptConnections::new(config.redis_timeout), &config);
    let loaded = Rc::new(Instance { config, redis });
    // Another request may have been as early; all use what the first one made.
    Ok(INSTANCE.with_borrow_mut(|shared| shared.get_or_insert(loaded).clone()))
}
