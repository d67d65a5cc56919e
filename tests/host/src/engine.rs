//! The engine, the component in it, and what the component is linked with.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use wasmtime::component::{Component, InstancePre, Linker};
use wasmtime::{
    Cache, CacheConfig, Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store,
};

use crate::bindings::{fermyon, spin};
use crate::manifest::Manifest;
use crate::spin_redis::{Allowed, HasRedis};
use crate::spin_variables::{ComponentVariables, HasVariables};
use crate::state::State;
use crate::wasi;

/// The compiled component, ready to be instantiated.
pub struct Application {
    /// The component with its imports.
    pub component: InstancePre<State>,
    allowed: Allowed,
    variables: ComponentVariables,
    max_memory: Option<usize>,
}

impl Application {
    /// Compiles and links the component of `manifest`.
    pub fn load(
        manifest: &Manifest,
        allowed: Allowed,
        variables: ComponentVariables,
        max_memory: Option<usize>,
        max_instances: u32,
        compile_cache: Option<&Path>,
    ) -> Result<Self> {
        let id = &manifest.component_id;
        let bytes = std::fs::read(&manifest.source).with_context(|| {
            format!(
                "can't read {}, the source of the component {id:?}; is it built?",
                manifest.source.display()
            )
        })?;
        let engine = engine(max_instances, compile_cache)?;
        let component = Component::new(&engine, bytes)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("can't compile the component {id:?}"))?;
        let component = linker(&engine)?
            .instantiate_pre(&component)
            .map_err(anyhow::Error::from)
            .with_context(|| format!("can't link the component {id:?}"))?;
        Ok(Self { component, allowed, variables, max_memory })
    }

    /// A store for a new instance.
    pub fn store(&self) -> Store<State> {
        let state = State::new(self.allowed.clone(), self.variables.clone(), self.max_memory);
        let mut store = Store::new(self.component.engine(), state);
        store.limiter(|state| &mut state.limits);
        // Nothing advances the epoch: the instance may run as long as it likes.
        store.set_epoch_deadline(1);
        store
    }
}

/// An engine with the settings that Spin gives its own, since they decide what
/// an instance costs.
fn engine(max_instances: u32, compile_cache: Option<&Path>) -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    if let Some(directory) = compile_cache {
        config.cache(Some(cache(directory)?));
    }

    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(max_instances)));
    if let Ok(engine) = Engine::new(&config) {
        return Ok(engine);
    }
    // The pool takes more address space than some machines give.
    config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Ok(Engine::new(&config)?)
}

fn pool(max_instances: u32) -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(max_instances)
        .total_core_instances(4 * max_instances)
        .total_memories(max_instances)
        .total_tables(2 * max_instances)
        .total_stacks(max_instances)
        .max_component_instance_size(10 << 20)
        .max_core_instance_size(10 << 20)
        .table_elements(100_000)
        .linear_memory_keep_resident(2 << 20)
        .table_keep_resident(512 << 10);
    pool
}

fn cache(directory: &Path) -> Result<Cache> {
    let directory: PathBuf = std::path::absolute(directory)?;
    let mut config = CacheConfig::new();
    config.with_directory(&directory);
    Cache::new(config)
        .map_err(anyhow::Error::from)
        .with_context(|| format!("can't keep compiled code in {}", directory.display()))
}

fn linker(engine: &Engine) -> Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasi::add_to_linker(&mut linker)?;

    fermyon::spin::redis::add_to_linker::<_, HasRedis>(&mut linker, |state| &mut state.redis)?;
    spin::redis::redis::add_to_linker::<_, HasRedis>(&mut linker, |state| &mut state.redis)?;
    fermyon::spin::variables::add_to_linker::<_, HasVariables>(&mut linker, |state| {
        &mut state.variables
    })?;
    spin::variables::variables::add_to_linker::<_, HasVariables>(&mut linker, |state| {
        &mut state.variables
    })?;
    Ok(linker)
}
