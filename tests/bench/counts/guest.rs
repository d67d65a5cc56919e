//! A build of the component in the engine, which counts the instructions that it executes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use path_records::store::Value;
use tokio::sync::oneshot;
use wasmtime::component::{Component, InstancePre, Linker, ResourceTable};
use wasmtime::{AsContext, Config, Engine, Store};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::p3;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks, WasiHttpView,
};

use crate::spin::{self, Spin};
use crate::wasi;

/// A request that is to be counted, and what belongs to it.
pub struct Case {
    /// The request.
    pub request: Request<Bytes>,
    /// What Redis replies.
    pub reply: Vec<Value>,
    /// What it replies to a second command.
    pub second_reply: Option<Vec<Value>>,
    /// The answer's body.
    pub answer: &'static str,
}

/// What one request costs in the component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Wasm instructions, as the engine counts them.
    pub fuel: u64,
    /// Calls of Spin's interfaces.
    pub calls: u64,
}

/// A build of the component, compiled.
pub struct Guest {
    component: InstancePre<State>,
    variables: Arc<BTreeMap<String, String>>,
}

impl Guest {
    /// Compiles a file.
    pub fn load(file: &Path, variables: BTreeMap<String, String>) -> wasmtime::Result<Self> {
        let mut config = Config::new();
        config.wasm_component_model_async(true);
        config.consume_fuel(true);
        let engine = Engine::new(&config)?;
        let component = Component::from_file(&engine, file)?;
        let mut linker = Linker::<State>::new(&engine);
        wasi::add_to_linker(&mut linker)?;
        spin::add_to_linker(&mut linker, |state: &mut State| &mut state.spin)?;
        let component = linker.instantiate_pre(&component)?;
        Ok(Self { component, variables: Arc::new(variables) })
    }

    fn store(&self, case: &Case) -> wasmtime::Result<Store<State>> {
        let spin = Spin {
            variables: Arc::clone(&self.variables),
            reply: case.reply.clone().into(),
            calls: 0,
        };
        let mut store = Store::new(self.component.engine(), State::new(spin));
        store.set_fuel(u64::MAX)?;
        Ok(store)
    }

    /// What a request costs the WASI 0.2 build: all that an instance does, since it serves no other.
    pub async fn wasip2(&self, case: &Case) -> wasmtime::Result<Cost> {
        let mut store = self.store(case)?;
        let before = cost(&store)?;
        let proxy = ProxyPre::new(self.component.clone())?.instantiate_async(&mut store).await?;
        let (sender, receiver) = oneshot::channel();
        let mut http = store.data_mut().http();
        let request = http.new_incoming_request(Scheme::Http, wasi_request(case))?;
        let out = http.new_response_outparam(sender)?;
        let answered = async {
            let response = receiver.await.expect("the component answers").expect("with success");
            check(case, response).await;
        };
        let handler = proxy.wasi_http_incoming_handler();
        let (handled, ()) = tokio::join!(handler.call_handle(&mut store, request, out), answered);
        handled?;
        Ok(cost(&store)?.since(before))
    }

    /// What a request costs the WASI 0.3 build, in an instance that has served some.
    pub async fn wasip3(&self, case: &Case) -> wasmtime::Result<Cost> {
        const FIRST: u64 = 4;
        const COUNTED: u64 = 16;
        let mut store = self.store(case)?;
        let service =
            ServicePre::new(self.component.clone())?.instantiate_async(&mut store).await?;
        store
            .run_concurrent(async |accessor| {
                let mut before = None;
                for nth in 0..FIRST + COUNTED {
                    if nth == FIRST {
                        before = Some(accessor.with(|access| cost(access.as_context()))?);
                    }
                    let (request, sent) = p3::Request::from_http(&mut Hooks, wasi_request(case));
                    let response = service.handle(accessor, request).await??;
                    let response =
                        accessor.with(|access| response.into_http(access, async { Ok(()) }))?;
                    check(case, response).await;
                    drop(sent);
                }
                let after = accessor.with(|access| cost(access.as_context()))?;
                let Cost { fuel, calls } = after.since(before.expect("some were counted"));
                Ok(Cost { fuel: fuel / COUNTED, calls: calls / COUNTED })
            })
            .await?
    }
}

impl Cost {
    fn since(self, before: Self) -> Self {
        Self { fuel: self.fuel - before.fuel, calls: self.calls - before.calls }
    }
}

/// What a store has cost until now.
fn cost(store: impl AsContext<Data = State>) -> wasmtime::Result<Cost> {
    let store = store.as_context();
    Ok(Cost { fuel: u64::MAX - store.get_fuel()?, calls: store.data().spin.calls })
}

fn wasi_request(case: &Case) -> Request<WasiBody> {
    case.request.clone().map(|body| Full::new(body).map_err(|never| match never {}).boxed_unsync())
}

/// Reads an answer, and makes sure that it is the one that is to be counted.
async fn check(case: &Case, response: Response<WasiBody>) {
    let status = response.status();
    let body = response.into_body().collect().await.expect("the body is whole").to_bytes();
    assert_eq!(body, case.answer, "{status}");
}

/// The data of a store.
struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    hooks: Hooks,
    spin: Spin,
}

impl State {
    fn new(spin: Spin) -> Self {
        let random = || Deterministic::new((0..=255).collect());
        let wasi = WasiCtx::builder()
            .wall_clock(Noon)
            .monotonic_clock(Noon)
            .secure_random(random())
            .insecure_random(random())
            .insecure_random_seed(0)
            .inherit_stderr()
            .build();
        let (http, table) = (WasiHttpCtx::new(), ResourceTable::new());
        Self { wasi, http, table, hooks: Hooks, spin }
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks: &mut self.hooks }
    }
}

/// What the component would need to send requests.
struct Hooks;

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        _: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Io,
    ) -> Box<dyn Future<Output = Result<(Response<WasiBody>, Io), Error>> + Send> {
        Box::new(async { Err(Error::HttpRequestDenied) })
    }
}

type Io = Box<dyn Future<Output = Result<(), Error>> + Send>;

/// A clock that stands still.
struct Noon;

impl HostWallClock for Noon {
    fn resolution(&self) -> Duration {
        Duration::from_nanos(1)
    }

    fn now(&self) -> Duration {
        Duration::from_secs(1_795_412_641)
    }
}

impl HostMonotonicClock for Noon {
    fn resolution(&self) -> u64 {
        1
    }

    fn now(&self) -> u64 {
        0
    }
}
