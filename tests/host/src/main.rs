//! A stand-in for `spin up`: runs the component of a `spin.toml` in the engine
//! that Spin uses, with Spin's Redis and variables interfaces. Whoever has Spin
//! uses `spin up`.

mod allowed_hosts;
mod bindings;
mod engine;
mod manifest;
mod reuse;
mod server;
mod spin_redis;
mod spin_variables;
mod state;
mod variables;
mod wasi;

use std::io::{ErrorKind, Write};
use std::mem::ManuallyDrop;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, anyhow};
use clap::Parser;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::signal::unix::{SignalKind, signal};

use allowed_hosts::AllowedHosts;
use engine::Application;
use manifest::Manifest;
use reuse::Reuse;
use server::Door;
use variables::{VariableSource, Variables};

/// Runs the component of a spin.toml; a stand-in for `spin up`
#[derive(Parser)]
#[command(name = "dev-host")]
struct Options {
    /// The application's manifest
    #[arg(short, long, value_name = "FILE", default_value = "spin.toml")]
    from: PathBuf,

    /// The address to listen on; port 0 takes a free one
    #[arg(
        long,
        value_name = "HOST:PORT",
        env = "SPIN_HTTP_LISTEN_ADDR",
        default_value = "127.0.0.1:3000"
    )]
    listen: String,

    /// A variable's value. It may also come from a file, and comes before
    /// `SPIN_VARIABLE_NAME` of the environment
    #[arg(long, value_name = "NAME=VALUE | NAME=@FILE | @FILE.toml")]
    variable: Vec<VariableSource>,

    /// Keep compiled code in this directory, to start faster the next time
    #[arg(long, value_name = "DIRECTORY")]
    compile_cache: Option<PathBuf>,

    /// How large the memory of an instance may become; without this, 4 GiB
    #[arg(long, value_name = "BYTES", env = "SPIN_MAX_INSTANCE_MEMORY")]
    max_instance_memory: Option<usize>,

    /// How many instances there may be at a time. A request that needs one more is
    /// answered with 500 at once
    #[arg(long, value_name = "N", env = "SPIN_MAX_INSTANCE_COUNT", default_value = "1000")]
    max_instance_count: u32,

    #[command(flatten)]
    reuse: Reuse,
}

fn main() -> ExitCode {
    match start(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn start(options: &Options) -> Result<()> {
    // Never dropped: what an instance still does after its last answer ends with
    // the process.
    let runtime = ManuallyDrop::new(Runtime::new()?);
    runtime.block_on(run(options))
}

async fn run(options: &Options) -> Result<()> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let stop = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };

    // First, since it is quick to fail; who connects now waits for the component.
    let listener = listen(&options.listen).await?;
    let door = Door::find(load(options)?, options.reuse.clone())?;
    let mut output = std::io::stdout();
    writeln!(output, "Serving http://{}", listener.local_addr()?)?;
    output.flush()?;

    server::serve(listener, door, stop).await;
    Ok(())
}

fn load(options: &Options) -> Result<Application> {
    let manifest = Manifest::load(&options.from)?;
    let given = variables::given(&options.variable)?;
    for name in given.keys() {
        if !manifest.variables.contains_key(name) {
            eprintln!("Warning: the manifest declares no variable {name:?}; its value isn't used.");
        }
    }
    let variables = Variables::resolve(&manifest.variables, &given, variables::from_environment)?;
    let hosts = manifest
        .allowed_outbound_hosts
        .iter()
        .map(|template| variables.expand(template))
        .collect::<Result<Vec<_>>>()?;
    let allowed = AllowedHosts::parse(hosts.iter().map(String::as_str));
    let values = variables.expand_all(&manifest.component_variables)?;

    // TLS for Redis; Err means that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Application::load(
        &manifest,
        Arc::new(allowed.map_err(|error| error.to_string())),
        spin_variables::ComponentVariables::new(&manifest.component_id, values),
        options.max_instance_memory,
        options.max_instance_count,
        options.compile_cache.as_deref(),
    )
}

async fn listen(address: &str) -> Result<TcpListener> {
    let resolved: Vec<SocketAddr> = tokio::net::lookup_host(address)
        .await
        .with_context(|| format!("can't listen on {address}"))?
        .collect();
    // Of the addresses of `localhost`, most clients try this one first.
    let resolved = resolved
        .iter()
        .find(|address| address.is_ipv4())
        .or(resolved.first())
        .with_context(|| format!("can't listen on {address}: it has no address"))?;
    TcpListener::bind(resolved).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => anyhow!("{resolved} is already in use"),
        _ => anyhow!("can't listen on {resolved}: {error}"),
    })
}
