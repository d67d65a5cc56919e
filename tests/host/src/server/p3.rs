//! WASI 0.3: an instance serves many requests, several at a time.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;
use wasmtime::component::GuestTaskId;
use wasmtime::{Store, StoreContextMut};
use wasmtime_wasi_http::WasiHttpView;
use wasmtime_wasi_http::handler::{
    HandlerState, Instance, Proxy, ProxyHandler, ShouldAccept, WorkerExpiration, WorkerState,
    WorkerStatus,
};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::engine::Application;
use crate::reuse::Reuse;
use crate::state::State;

/// Handles requests with `wasi:http/handler`.
pub type Handler = ProxyHandler<Instances>;

/// A handler that instantiates `service` as often as `reuse` demands.
pub fn handler(application: Application, service: ServicePre<State>, reuse: Reuse) -> Handler {
    ProxyHandler::new(Instances { application, service, reuse })
}

/// Where instances come from.
pub struct Instances {
    application: Application,
    service: ServicePre<State>,
    reuse: Reuse,
}

impl HandlerState for Instances {
    type StoreData = State;
    type WorkerExpiration = Expiration;
    type WorkerState = Limits;

    async fn instantiate(&self) -> wasmtime::Result<Instance<State, Expiration, Limits>> {
        let mut store = self.application.store();
        let service = self.service.instantiate_async(&mut store).await?;
        Ok(Instance {
            store,
            proxy: Proxy::P3(service),
            view: WasiHttpView::http,
            expiration: Expiration {
                idle: self.reuse.idle_instance_timeout.pick(),
                sleep: Box::pin(tokio::time::sleep(Duration::MAX)),
            },
            state: Limits {
                requests: self.reuse.max_instance_reuse_count.pick(),
                concurrent: self.reuse.max_instance_concurrent_reuse_count.pick(),
            },
        })
    }
}

/// When an instance that has nothing to do ends.
pub struct Expiration {
    idle: Duration,
    sleep: Pin<Box<Sleep>>,
}

impl WorkerExpiration for Expiration {
    fn poll(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        status: WorkerStatus,
        start: Instant,
    ) -> Poll<()> {
        if status != WorkerStatus::Idle {
            return Poll::Pending;
        }
        let Some(end) = start.checked_add(self.idle) else {
            return Poll::Pending;
        };
        if self.sleep.deadline() != end.into() {
            self.sleep.as_mut().reset(end.into());
        }
        self.sleep.as_mut().poll(context)
    }
}

/// How many requests an instance takes.
pub struct Limits {
    requests: usize,
    concurrent: usize,
}

impl WorkerState for Limits {
    type StoreData = State;
    type RequestData = ();

    fn should_accept_request(&self, concurrent_count: usize, total_count: usize) -> ShouldAccept {
        if total_count >= self.requests {
            ShouldAccept::Never
        } else if concurrent_count >= self.concurrent {
            ShouldAccept::No
        } else {
            ShouldAccept::Yes
        }
    }

    fn on_request_start(
        &self,
        _store: StoreContextMut<'_, State>,
        (): (),
        _task: GuestTaskId,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + Sync>> {
        Box::pin(std::future::pending())
    }

    fn drop(&self, store: Store<State>, result: wasmtime::Result<()>) {
        if let Err(error) = result {
            eprintln!("worker failed: {error:#}");
        }
        drop(store);
    }
}
