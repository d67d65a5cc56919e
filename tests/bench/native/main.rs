//! The core without wasm: path-records on hyper and the `redis` crate. What the core itself could do,
//! were there no component model around it.
//!
//! `native PORT NAME=VALUE...` takes the variables from spin.toml and from its arguments.

mod connection;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::rc::Rc;

use anyhow::{Context, Result, anyhow};
use http_body_util::Full;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use path_records::config::Config;
use path_records::service;
use path_records_stub::Given;
use tokio::net::TcpStream;
use tokio::task::LocalSet;

use crate::connection::Connection;

fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port = arguments.next().context("the port is missing")?.parse()?;
    let variables = arguments.try_fold(Given::defaults(), |variables, argument| {
        let (name, value) = argument.split_once('=').context("NAME=VALUE is expected")?;
        anyhow::Ok(variables.but(name, value))
    })?;
    let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))?;
    listener.set_nonblocking(true)?;

    // The core's futures stay on their thread, so each processor has a runtime of its own.
    let processors = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..processors)
            .map(|_| scope.spawn(|| work(listener.try_clone()?, &variables)))
            .collect();
        workers
            .into_iter()
            .try_for_each(|worker| worker.join().map_err(|_| anyhow!("a worker panicked"))?)
    })
}

/// Serves connections as long as the process lives.
fn work(listener: TcpListener, variables: &Given) -> Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        let config = Config::load(variables).await.map_err(|error| anyhow!("{error}"))?;
        let redis = Connection::open(&config).await?;
        let shared = Rc::new((config, redis));
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            tokio::task::spawn_local(serve(stream, Rc::clone(&shared)));
        }
    })
}

async fn serve(stream: TcpStream, shared: Rc<(Config, Connection)>) {
    let answer = service_fn(|request| async {
        let (config, redis) = &*shared;
        let response = service::respond(request, Ok((config, redis))).await;
        Ok::<_, std::convert::Infallible>(response.map(Full::new))
    });
    let connection = hyper::server::conn::http1::Builder::new();
    // A client that goes away is no failure.
    let _ = connection.serve_connection(TokioIo::new(stream), answer).await;
}
