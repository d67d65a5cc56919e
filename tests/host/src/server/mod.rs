//! The HTTP server: connections in, requests to the component's door.

mod p2;
mod p3;
mod request;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Result, bail};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Body, Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::{TcpListener, TcpStream};
use wasmtime_wasi_http::p2::bindings::ProxyPre;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{Error, WasiBody};

use crate::engine::Application;
use crate::reuse::Reuse;

/// How long to wait when no connection can be accepted, which passes.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The version of WASI whose HTTP handler the component exports.
pub enum Door {
    /// `wasi:http/incoming-handler@0.2`
    P2(p2::Handler),
    /// `wasi:http/handler@0.3`
    P3(p3::Handler),
}

impl Door {
    /// Finds the door of the application's component.
    pub fn find(application: Application, reuse: Reuse) -> Result<Self> {
        let p2 = ProxyPre::new(application.component.clone());
        let p3 = ServicePre::new(application.component.clone());
        match (p2, p3) {
            (Ok(proxy), Err(_)) => Ok(Self::P2(p2::Handler::new(application, proxy))),
            (Err(_), Ok(service)) => Ok(Self::P3(p3::handler(application, service, reuse))),
            (Ok(_), Ok(_)) => bail!("the component exports more than one HTTP handler"),
            (Err(_), Err(_)) => bail!(
                "expected the component to export `wasi:http/incoming-handler@0.2.*` or \
                 `wasi:http/handler@0.3.*`, but it exports neither"
            ),
        }
    }

    async fn handle(&self, request: Request<WasiBody>) -> Result<Response<WasiBody>> {
        match self {
            Self::P2(handler) => handler.handle(request).await,
            Self::P3(handler) => Ok(handler.handle((), request).await?),
        }
    }
}

/// Serves until `stop` is ready. Requests under way then end without an answer, as with Spin, however
/// long they would have waited.
pub async fn serve(listener: TcpListener, door: Door, stop: impl Future<Output = ()>) {
    let door = Arc::new(door);
    let mut stop = std::pin::pin!(stop);
    loop {
        tokio::select! {
            () = &mut stop => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, client)) => connect(stream, client, &door),
                Err(error) => {
                    eprintln!("Can't accept a connection: {error}");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
}

fn connect(stream: TcpStream, client: SocketAddr, door: &Arc<Door>) {
    let door = door.clone();
    let service = service_fn(move |request| {
        let door = door.clone();
        async move { answer(&door, request, client).await }
    });
    let builder = Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
    tokio::spawn(async move {
        // An error says that the client went away, which it may, or that `answer`
        // refused, which it has said.
        let _ = connection.await;
    });
}

/// Answers one request; an error closes the connection.
async fn answer(
    door: &Door,
    mut request: Request<Incoming>,
    client: SocketAddr,
) -> Result<Response<WasiBody>> {
    request::strip_headers(&mut request);
    if let Some(page) = request.uri().path().strip_prefix(request::WELL_KNOWN_PREFIX) {
        return Ok(match page {
            "health" => Response::new(body(Full::new(Bytes::from_static(b"OK")))),
            _ => empty(StatusCode::NOT_FOUND),
        });
    }
    request::set_authority(&mut request)
        .inspect_err(|error| eprintln!("Error processing request: {error:#}"))?;

    let response = async {
        request::add_headers(&mut request, client)?;
        let request = request.map(|body| body.map_err(Error::from).boxed_unsync());
        door.handle(request).await
    };
    Ok(response.await.unwrap_or_else(|error| {
        eprintln!("Error processing request: {error:#}");
        empty(StatusCode::INTERNAL_SERVER_ERROR)
    }))
}

fn empty(status: StatusCode) -> Response<WasiBody> {
    let mut response = Response::new(body(Empty::new()));
    *response.status_mut() = status;
    response
}

fn body<B>(body: B) -> WasiBody
where
    B: Body<Data = Bytes, Error = Infallible> + Send + 'static,
{
    body.map_err(|never| match never {}).boxed_unsync()
}
