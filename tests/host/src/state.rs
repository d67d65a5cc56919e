//! What an instance of the component has on the host's side.

use http::Request;
use wasmtime::component::ResourceTable;
use wasmtime::{StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::allowed_hosts::hint;
use crate::spin_redis::{Allowed, Redis};
use crate::spin_variables::ComponentVariables;

/// The data of a store.
pub struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    hooks: NoOutgoingHttp,
    table: ResourceTable,
    /// Its Redis connections.
    pub redis: Redis,
    /// Its variables.
    pub variables: ComponentVariables,
    /// What it may take from the engine.
    pub limits: StoreLimits,
}

impl State {
    /// The state of a new instance.
    pub fn new(allowed: Allowed, variables: ComponentVariables, max_memory: Option<usize>) -> Self {
        let limits = StoreLimitsBuilder::new();
        let limits = match max_memory {
            Some(bytes) => limits.memory_size(bytes),
            None => limits,
        };
        Self {
            wasi: WasiCtx::builder().inherit_stdout().inherit_stderr().build(),
            http: WasiHttpCtx::new(),
            hooks: NoOutgoingHttp,
            table: ResourceTable::new(),
            redis: Redis::new(allowed),
            variables,
            limits: limits.build(),
        }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, hooks: &mut self.hooks, table: &mut self.table }
    }
}

/// This host lets no component send HTTP requests.
struct NoOutgoingHttp;

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

impl WasiHttpHooks for NoOutgoingHttp {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        _options: Option<RequestOptions>,
        _received: Io,
    ) -> Box<dyn Future<Output = Result<(http::Response<WasiBody>, Io), Error>> + Send> {
        let uri = request.uri();
        hint(&format!(
            "{}://{}",
            uri.scheme_str().unwrap_or("http"),
            uri.authority().map_or("", |authority| authority.as_str())
        ));
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}
