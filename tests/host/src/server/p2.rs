//! WASI 0.2: a new instance for every request.

use anyhow::{Context, Result, bail};
use http::{Request, Response};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p2::bindings::http::types::Scheme;
use wasmtime_wasi_http::{WasiBody, WasiHttpView};

use crate::engine::Application;
use crate::state::State;

/// Handles requests with `wasi:http/incoming-handler`.
pub struct Handler {
    application: Application,
    proxy: ProxyPre<State>,
}

impl Handler {
    /// A handler that instantiates `proxy`.
    pub fn new(application: Application, proxy: ProxyPre<State>) -> Self {
        Self { application, proxy }
    }

    /// Answers a request as soon as the component has set the response. The
    /// instance goes on until its handler returns, whatever becomes of the client:
    /// of one that hangs up it never hears, and what it waits for it waits for.
    pub async fn handle(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>> {
        let mut store = self.application.store();
        let proxy = self.proxy.instantiate_async(&mut store).await?;

        let (sender, receiver) = oneshot::channel();
        let mut http = store.data_mut().http();
        let request = http.new_incoming_request(Scheme::Http, request)?;
        let response = http.new_response_outparam(sender)?;
        let guest = tokio::spawn(async move {
            proxy.wasi_http_incoming_handler().call_handle(&mut store, request, response).await
        });

        let Ok(response) = receiver.await else {
            finish(guest).await?;
            bail!("guest failed to produce a response prior to returning");
        };
        tokio::spawn(async {
            if let Err(error) = finish(guest).await {
                eprintln!("Component error after response started: {error:#}");
            }
        });
        response.context("guest failed to produce a response")
    }
}

async fn finish(guest: JoinHandle<wasmtime::Result<()>>) -> Result<()> {
    guest
        .await
        .context("guest invocation panicked")?
        .map_err(anyhow::Error::from)
        .context("guest invocation failed")
}
