//! WASI 0.3: an instance serves many requests, several at a time, with one configuration and one
//! connection to Redis.

use std::{cell::RefCell, rc::Rc, time::Duration};

#[cfg(feature = "wasip3")]
use spin_sdk::http as sdk;
#[cfg(feature = "wasip3-rc")]
use spin_sdk::http_wasip3 as sdk;

#[cfg(feature = "wasip3-rc")]
use spin_sdk::http_wasip3::{http_service, wasip3};
#[cfg(feature = "wasip3")]
use spin_sdk::{http_service, wasip3};

use http_body_util::Full;
use sdk::{IntoResponse, Request};
use wasip3::{http::types, wit_bindgen::yield_async};

use super::{kept::KeptConnection, spin::SpinVariables};
use crate::{
    config::{Config, Misconfigured},
    service,
};

/// All that the requests of an instance share.
struct Instance {
    config: Config,
    redis: KeptConnection,
}

thread_local! {
    static INSTANCE: RefCell<Option<Rc<Instance>>> = const { RefCell::new(None) };
}

#[http_service]
async fn handle(request: Request) -> Result<types::Response, types::ErrorCode> {
    let instance = instance().await;
    let configured = match &instance {
        Ok(instance) => Ok((&instance.config, &instance.redis)),
        Err(misconfigured) => Err(misconfigured),
    };
    let response = service::respond(request, configured).await;
    let response = response.map(Full::new).into_response()?;
    // The task that writes the body begins with the next turn. If the host saw the response before
    // that, headers and body would leave in two writes, and the second one might wait for the
    // client's delayed acknowledgement.
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
    let redis = KeptConnection::new(config.redis.clone(), config.redis_timeout);
    let loaded = Rc::new(Instance { config, redis });
    // Another request may have been as early; all use what the first one made.
    Ok(INSTANCE.with_borrow_mut(|shared| shared.get_or_insert(loaded).clone()))
}

/// Waits, while other requests go on.
pub async fn sleep(time: Duration) {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    wasip3::clocks::monotonic_clock::wait_for(nanoseconds).await;
}
