//! Spin's variables interfaces: what a component may ask its host for.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::{Accessor, HasData};

use crate::bindings::fermyon::spin::variables as v2;
use crate::bindings::spin::variables::variables as v3;
use crate::variables::check_name;

/// The variables of a component, resolved.
#[derive(Clone)]
pub struct ComponentVariables {
    component_id: Arc<str>,
    values: Arc<BTreeMap<String, String>>,
}

/// How the interfaces find [`ComponentVariables`] in a store.
pub struct HasVariables;

impl HasData for HasVariables {
    type Data<'a> = &'a mut ComponentVariables;
}

enum Failure {
    InvalidName(String),
    Undefined(String),
}

impl ComponentVariables {
    /// The variables of the component `component_id`.
    pub fn new(component_id: &str, values: BTreeMap<String, String>) -> Self {
        Self { component_id: component_id.into(), values: values.into() }
    }

    fn value(&self, name: &str) -> Result<String, Failure> {
        check_name(name).map_err(Failure::InvalidName)?;
        self.values.get(name).cloned().ok_or_else(|| {
            Failure::Undefined(format!("no variable for {:?}.{name:?}", self.component_id))
        })
    }
}

impl v2::Host for ComponentVariables {
    fn get(&mut self, name: String) -> Result<String, v2::Error> {
        self.value(&name).map_err(|failure| match failure {
            Failure::InvalidName(text) => v2::Error::InvalidName(text),
            Failure::Undefined(text) => v2::Error::Undefined(text),
        })
    }
}

impl v3::Host for ComponentVariables {}

impl<T: Send> v3::HostWithStore<T> for HasVariables {
    async fn get(accessor: &Accessor<T, Self>, name: String) -> Result<String, v3::Error> {
        accessor.with(|mut access| access.get().value(&name)).map_err(|failure| match failure {
            Failure::InvalidName(text) => v3::Error::InvalidName(text),
            Failure::Undefined(text) => v3::Error::Undefined(text),
        })
    }
}
