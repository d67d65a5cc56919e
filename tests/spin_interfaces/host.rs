//! What a host offers, and what it looks for: the lists beside this file.

use harness::workspace;

use crate::interfaces::Interfaces;

/// A host, as far as a component sees it.
#[derive(Debug, Default)]
pub struct Host {
    /// What a component may import.
    pub offers: Interfaces,
    /// Of which its HTTP trigger wants a component to export one.
    pub looks_for: Interfaces,
}

impl Host {
    /// Reads the list of a host.
    pub fn read(name: &str) -> Self {
        let file = workspace().join("tests/spin_interfaces").join(format!("{name}.txt"));
        let text = std::fs::read_to_string(&file)
            .unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        parse(&text)
    }
}

/// A line for each interface, and under it, further to the right, one for each thing it holds; those
/// that the host looks for after a line that says so.
fn parse(text: &str) -> Host {
    let mut host = Host::default();
    let mut side = None;
    let mut interface = None;
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        match (line, line.strip_prefix("    ")) {
            ("offers:", _) => side = Some(&mut host.offers),
            ("looks for one of:", _) => side = Some(&mut host.looks_for),
            (_, Some(item)) => {
                let name: &String = interface.as_ref().expect("an interface above");
                let side = side.as_mut().expect("a side above");
                side.0.entry(name.clone()).or_default().insert(item.to_owned());
            }
            (name, None) => {
                let side = side.as_mut().expect("a side above");
                assert!(side.0.insert(name.to_owned(), [].into()).is_none(), "{name} twice");
                interface = Some(name.to_owned());
            }
        }
    }
    host
}
