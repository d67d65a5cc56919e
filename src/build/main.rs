//! Makes what the component embeds small: the scripts, since Redis reads and hashes them with every
//! request, and the `OpenAPI` document without its white space.

mod lua;

use std::{env, error::Error, fs, path::Path};

use lua::Names;

const SCRIPTS: &str = "src/store/scripts";
const SHARED: &str = "src/store/scripts/shared";
const DOCUMENT: &str = "src/endpoints/openapi.json";

/// The component's stack, in bytes. The linker's megabyte would be cleared after every instance, which
/// is every request of the default build. The deepest and widest records are patched with half of this.
const STACK: u32 = 128 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    if env::var("CARGO_CFG_TARGET_FAMILY")? == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
    embed_scripts(out)?;
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    fs::write(out.join("openapi.json"), document.to_string())?;
    Ok(())
}

/// Writes the scripts below `out` as they are below [`SCRIPTS`], but short.
fn embed_scripts(out: &Path) -> Result<(), Box<dyn Error>> {
    let mut scripts = Vec::new();
    for directory in [SCRIPTS, SHARED] {
        println!("cargo::rerun-if-changed={directory}");
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_file() {
                scripts.push((out.join(path.strip_prefix(SCRIPTS)?), fs::read_to_string(&path)?));
            }
        }
    }
    let names = Names::of(scripts.iter().map(|(_, script)| script.as_str()));
    fs::create_dir_all(out.join("shared"))?;
    for (target, script) in &scripts {
        fs::write(target, names.shorten(script))?;
    }
    Ok(())
}
