//! What a component imports and exports.

use harness::workspace;
use wit_parser::decoding::{DecodedWasm, decode};
use wit_parser::{Resolve, TypeDefKind, WorldItem, WorldKey};

use crate::interfaces::Interfaces;

/// A component, from outside.
#[derive(Debug)]
pub struct Component {
    pub imports: Interfaces,
    pub exports: Interfaces,
}

impl Component {
    /// Reads the component of a build.
    pub fn of(build: &str) -> Self {
        let target = if build == "wasip2" { "target" } else { &format!("target/{build}") };
        let file = workspace().join(target).join("wasm32-wasip2/release/path_records.wasm");
        let bytes = std::fs::read(&file)
            .unwrap_or_else(|error| panic!("{build} is not built: {}: {error}", file.display()));
        let decoded = decode(&bytes).expect("the file can be read");
        let DecodedWasm::Component(resolve, world) = decoded else {
            panic!("{} is no component", file.display());
        };
        let world = &resolve.worlds[world];
        Self {
            imports: interfaces(&resolve, world.imports.iter()),
            exports: interfaces(&resolve, world.exports.iter()),
        }
    }
}

fn interfaces<'a>(
    resolve: &Resolve,
    items: impl Iterator<Item = (&'a WorldKey, &'a WorldItem)>,
) -> Interfaces {
    let interface = |(key, item): (&WorldKey, &WorldItem)| {
        let name = resolve.name_world_key(key);
        let WorldItem::Interface { id, .. } = item else {
            panic!("{name} is no interface");
        };
        let interface = &resolve.interfaces[*id];
        let functions = interface.functions.values().map(|function| {
            let mark = if function.kind.is_async() { "async " } else { "" };
            format!("{mark}{}", function.name)
        });
        // The types that a function speaks of come with it; a resource can come by itself.
        let resources = interface.types.iter().filter_map(|(name, id)| {
            let kind = &resolve.types[*id].kind;
            matches!(kind, TypeDefKind::Resource).then(|| format!("resource {name}"))
        });
        (name, functions.chain(resources).collect())
    };
    Interfaces(items.map(interface).collect())
}
