//! Which servers are measured, and on which host.

use std::process::Command;

use anyhow::Result;

use crate::Plan;
use crate::commands::{self, Given};
use crate::servers::{Dialect, Server};
use crate::spin;
use crate::store::Store;
use crate::workload::Workload;

/// The names in the report.
pub mod names {
    pub const DEFAULT: &str = "default build, dev host";
    pub const FAST: &str = "fast build, dev host";
    pub const SPIN_DEFAULT: &str = "default build, Spin";
    pub const SPIN_FAST: &str = "fast build, Spin";
    pub const SPIN_FAST_RC: &str = "fast build for Spin 3.6, Spin";
    pub const NATIVE: &str = "the core on a native server";
    pub const OPEN_CALL: &str = "WASI 0.2: connect, one call";
    pub const KEPT_CALL: &str = "WASI 0.3: one call";
    pub const EMPTY_2: &str = "WASI 0.2: empty";
    pub const EMPTY_3: &str = "WASI 0.3: empty";
    pub const SPIN_OPEN_CALL: &str = "WASI 0.2: connect and one call, Spin";
    pub const SPIN_KEPT_CALL: &str = "WASI 0.3: one call, Spin";
    pub const SPIN_EMPTY_2: &str = "WASI 0.2: an empty component, Spin";
    pub const SPIN_EMPTY_3: &str = "WASI 0.3: an empty component, Spin";
    pub const GUNICORN: &str = "Flask, gunicorn, 2 workers";
    pub const FLASK: &str = "Flask, development server";
    pub const WEBDIS: &str = "Webdis";
}

/// What serves a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host {
    DevHost,
    Spin,
}

/// A component that hosts serve.
#[derive(Debug)]
struct Component {
    manifest: &'static str,
    dialect: Dialect,
    /// The build that has the same interfaces: a Spin that serves that serves this.
    like: &'static str,
    /// Its name in the report on the dev host, if that serves it.
    on_dev_host: Option<&'static str>,
    /// Its name on Spin.
    on_spin: &'static str,
}

/// The builds.
const BUILDS: [Component; 3] = [
    Component {
        manifest: "spin.toml",
        dialect: Dialect::Records,
        like: "wasip2",
        on_dev_host: Some(names::DEFAULT),
        on_spin: names::SPIN_DEFAULT,
    },
    Component {
        manifest: "runtime-manifests/wasip3/spin.toml",
        dialect: Dialect::Records,
        like: "wasip3",
        on_dev_host: Some(names::FAST),
        on_spin: names::SPIN_FAST,
    },
    Component {
        manifest: "runtime-manifests/wasip3-rc/spin.toml",
        dialect: Dialect::Records,
        like: "wasip3-rc",
        on_dev_host: None,
        on_spin: names::SPIN_FAST_RC,
    },
];

/// What no component can be faster than on its host that does as much.
const CEILINGS: [Component; 4] = [
    Component {
        manifest: "tests/bench/components/open-call-wasip2/spin.toml",
        dialect: Dialect::Ceiling,
        like: "wasip2",
        on_dev_host: Some(names::OPEN_CALL),
        on_spin: names::SPIN_OPEN_CALL,
    },
    Component {
        manifest: "tests/bench/components/call-wasip3/spin.toml",
        dialect: Dialect::Ceiling,
        like: "wasip3",
        on_dev_host: Some(names::KEPT_CALL),
        on_spin: names::SPIN_KEPT_CALL,
    },
    Component {
        manifest: "tests/bench/components/empty-wasip2/spin.toml",
        dialect: Dialect::Empty,
        like: "wasip2",
        on_dev_host: Some(names::EMPTY_2),
        on_spin: names::SPIN_EMPTY_2,
    },
    Component {
        manifest: "tests/bench/components/empty-wasip3/spin.toml",
        dialect: Dialect::Empty,
        like: "wasip3",
        on_dev_host: Some(names::EMPTY_3),
        on_spin: names::SPIN_EMPTY_3,
    },
];

impl Component {
    /// Its name in the report on a host; `None` if that doesn't serve it. `served` are the builds that Spin
    /// serves.
    fn name(&self, host: Host, served: &[String]) -> Option<&'static str> {
        match host {
            Host::DevHost => self.on_dev_host,
            Host::Spin => served.iter().any(|build| build == self.like).then_some(self.on_spin),
        }
    }

    /// How a host is started that serves it. It is told where Redis is only if the manifest asks for that.
    fn command(&self, host: Host, given: Given) -> Command {
        let command = match host {
            Host::DevHost => commands::dev_host(self.manifest, given),
            Host::Spin => commands::spin(self.manifest, given),
        };
        match self.dialect {
            Dialect::Empty => command,
            Dialect::Records => {
                commands::with_database(commands::with_redis(command, given), given)
            }
            _ => commands::with_redis(command, given),
        }
    }
}

/// Those of the components that are measured, with their names and hosts.
fn hosted<'a>(
    components: &'a [Component],
    served: &[String],
) -> Vec<(&'static str, Host, &'a Component)> {
    let on = |host| {
        let named = move |of: &'a Component| Some((of.name(host, served)?, host, of));
        components.iter().filter_map(named)
    };
    on(Host::DevHost).chain(on(Host::Spin)).collect()
}

/// Starts all that are wanted and that this machine has, each with the Redis here, and again with the one
/// elsewhere if there is one; says what is missing.
pub fn start_all<'a>(
    plan: &Plan,
    here: &'a Store,
    elsewhere: Option<&'a Store>,
) -> Result<Vec<Server<'a>>> {
    let mut servers = Vec::new();
    let wanted = |name: &str| name.contains(&plan.servers);
    let many = plan.has(Workload::ListMany);
    let mut start = |name: &'static str, dialect, command: &dyn Fn(Given) -> Command| {
        if wanted(name) {
            servers.push(Server::start(name, dialect, here, many, elsewhere, command)?);
        }
        anyhow::Ok(())
    };
    let served = builds_on_spin()?;
    for (name, host, component) in hosted(&BUILDS, &served) {
        start(name, component.dialect, &|given| component.command(host, given))?;
    }
    start(names::NATIVE, Dialect::Records, &commands::native)?;
    for (name, host, component) in hosted(&CEILINGS, &served) {
        start(name, component.dialect, &|given| component.command(host, given))?;
    }
    if wanted(names::GUNICORN) || wanted(names::FLASK) {
        let python = commands::python()?;
        start(names::GUNICORN, Dialect::Flask, &|given| commands::gunicorn(&python, given))?;
        start(names::FLASK, Dialect::Flask, &|given| commands::flask(&python, given))?;
    }
    if commands::is_there("webdis") {
        start(names::WEBDIS, Dialect::Webdis, &commands::webdis)?;
    } else {
        println!("Webdis is missing and is not measured; Debian: apt-get install webdis.");
    }
    Ok(servers)
}

/// The builds that can be measured on Spin; says which.
fn builds_on_spin() -> Result<Vec<String>> {
    if !commands::is_there("spin") {
        println!("There is no spin on the PATH: the builds are measured on the dev host only.");
        return Ok(Vec::new());
    }
    let served = spin::served()?;
    if served.is_empty() {
        println!("The spin on the PATH is none that serves a build: there is only the dev host.");
    } else {
        println!("The spin on the PATH serves {}.", served.join(" and "));
    }
    Ok(served)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_with(served: &[&str]) -> Vec<&'static str> {
        let served: Vec<_> = served.iter().map(|&build| build.to_owned()).collect();
        let all = [hosted(&BUILDS, &served), hosted(&CEILINGS, &served)];
        all.into_iter().flatten().map(|(name, ..)| name).collect()
    }

    #[test]
    fn without_spin_all_is_on_the_dev_host() {
        assert_eq!(
            names_with(&[]),
            [
                names::DEFAULT,
                names::FAST,
                names::OPEN_CALL,
                names::KEPT_CALL,
                names::EMPTY_2,
                names::EMPTY_3,
            ]
        );
    }

    #[test]
    fn spin_has_what_it_serves_and_the_ceilings_of_the_same_interfaces() {
        let more_with = |served| {
            let mut names = names_with(served);
            names.retain(|name| name.contains("Spin"));
            names
        };
        assert_eq!(
            more_with(&["wasip2", "wasip3"]),
            [
                names::SPIN_DEFAULT,
                names::SPIN_FAST,
                names::SPIN_OPEN_CALL,
                names::SPIN_KEPT_CALL,
                names::SPIN_EMPTY_2,
                names::SPIN_EMPTY_3,
            ]
        );
        assert_eq!(
            more_with(&["wasip2", "wasip3-rc"]),
            [names::SPIN_DEFAULT, names::SPIN_FAST_RC, names::SPIN_OPEN_CALL, names::SPIN_EMPTY_2,]
        );
    }
}
