//! Spin's interfaces, with one fixed reply of Redis to whatever it is asked but to end.

use std::collections::BTreeMap;
use std::sync::Arc;

use path_records::store::Value;
use wasmtime::component::{Accessor, HasData, Linker, Resource};

use bindings::fermyon::spin as v2;
use bindings::spin as v3;

#[allow(missing_docs, reason = "generated from the WIT files")]
mod bindings {
    wasmtime::component::bindgen!({
        path: "counts/wit",
        with: {
            "fermyon:spin/redis.connection": super::Connection,
            "spin:redis/redis.connection": super::Connection,
        },
    });
}

/// What a component gets from Spin.
#[derive(Clone)]
pub struct Spin {
    /// The values of its variables.
    pub variables: Arc<BTreeMap<String, String>>,
    /// What Redis replies.
    pub reply: Arc<[Value]>,
    /// How often it was asked for something.
    pub calls: u64,
}

/// A connection to no Redis. All are the same.
pub struct Connection;

/// How the interfaces find [`Spin`] in a store.
pub struct HasSpin;

impl HasData for HasSpin {
    type Data<'a> = &'a mut Spin;
}

/// Links both versions of the interfaces.
pub fn add_to_linker<T: Send>(
    linker: &mut Linker<T>,
    spin: fn(&mut T) -> &mut Spin,
) -> wasmtime::Result<()> {
    v2::redis::add_to_linker::<_, HasSpin>(linker, spin)?;
    v2::variables::add_to_linker::<_, HasSpin>(linker, spin)?;
    v3::redis::redis::add_to_linker::<_, HasSpin>(linker, spin)?;
    v3::variables::variables::add_to_linker::<_, HasSpin>(linker, spin)
}

impl Spin {
    fn variable(&mut self, name: &str) -> String {
        self.calls += 1;
        self.variables[name].clone()
    }

    fn open(&mut self) -> Resource<Connection> {
        self.calls += 1;
        Resource::new_own(0)
    }

    fn execute(&mut self, command: &str) -> Result<Arc<[Value]>, String> {
        self.calls += 1;
        match command {
            "QUIT" => Ok([Value::Status("OK".to_owned())].into()),
            // It comes behind that only.
            "PING" => Err("driver unexpectedly terminated".to_owned()),
            _ => Ok(Arc::clone(&self.reply)),
        }
    }
}

impl v2::variables::Host for Spin {
    fn get(&mut self, name: String) -> Result<String, v2::variables::Error> {
        Ok(self.variable(&name))
    }
}

impl v2::redis::Host for Spin {}

impl v2::redis::HostConnection for Spin {
    fn open(&mut self, _: String) -> Result<Resource<Connection>, v2::redis::Error> {
        Ok(self.open())
    }

    fn execute(
        &mut self,
        _: Resource<Connection>,
        command: String,
        _: Vec<v2::redis::RedisParameter>,
    ) -> Result<Vec<v2::redis::RedisResult>, v2::redis::Error> {
        let reply = self.execute(&command).map_err(v2::redis::Error::Other)?;
        Ok(reply.iter().cloned().map(Into::into).collect())
    }

    fn drop(&mut self, _: Resource<Connection>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl From<Value> for v2::redis::RedisResult {
    fn from(value: Value) -> Self {
        match value {
            Value::Nil => Self::Nil,
            Value::Status(text) => Self::Status(text),
            Value::Int(number) => Self::Int64(number),
            Value::Binary(bytes) => Self::Binary(bytes),
        }
    }
}

impl v3::variables::variables::Host for Spin {}

impl<T: Send> v3::variables::variables::HostWithStore<T> for HasSpin {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> Result<String, v3::variables::variables::Error> {
        Ok(accessor.with(|mut access| access.get().variable(&name)))
    }
}

impl v3::redis::redis::Host for Spin {}

impl v3::redis::redis::HostConnection for Spin {
    fn drop(&mut self, _: Resource<Connection>) -> wasmtime::Result<()> {
        Ok(())
    }
}

impl<T: Send> v3::redis::redis::HostConnectionWithStore<T> for HasSpin {
    async fn open(
        accessor: &Accessor<T, Self>,
        _: String,
    ) -> Result<Resource<Connection>, v3::redis::redis::Error> {
        Ok(accessor.with(|mut access| access.get().open()))
    }

    async fn execute(
        accessor: &Accessor<T, Self>,
        _: Resource<Connection>,
        command: String,
        _: Vec<v3::redis::redis::RedisParameter>,
    ) -> Result<Vec<v3::redis::redis::RedisResult>, v3::redis::redis::Error> {
        // A real Redis always lets its clients wait.
        tokio::task::yield_now().await;
        let reply = accessor.with(|mut access| access.get().execute(&command));
        let reply = reply.map_err(v3::redis::redis::Error::Other)?;
        Ok(reply.iter().cloned().map(Into::into).collect())
    }
}

impl From<Value> for v3::redis::redis::RedisResult {
    fn from(value: Value) -> Self {
        match value {
            Value::Nil => Self::Nil,
            Value::Status(text) => Self::Status(text),
            Value::Int(number) => Self::Int64(number),
            Value::Binary(bytes) => Self::Binary(bytes),
        }
    }
}
