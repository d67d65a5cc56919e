//! Makes what the component embeds small: the scripts without their comments, since Redis reads and
//! hashes them with every request, and the `OpenAPI` document without its white space.

use std::{env, error::Error, fs, path::Path};

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
    for directory in [SCRIPTS, SHARED] {
        embed_scripts(directory, out)?;
    }
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document: serde_json::Value = serde_json::from_str(&fs::read_to_string(DOCUMENT)?)?;
    fs::write(out.join("openapi.json"), document.to_string())?;
    Ok(())
}

/// Writes the scripts of a directory below `out` as they are below [`SCRIPTS`].
fn embed_scripts(directory: &str, out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={directory}");
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        if path.is_file() {
            let target = out.join(path.strip_prefix(SCRIPTS)?);
            fs::create_dir_all(target.parent().ok_or("a script without a directory")?)?;
            fs::write(target, without_comments(&fs::read_to_string(&path)?))?;
        }
    }
    Ok(())
}

/// The lines of a script that are more than a comment, without indentation. No string of a script
/// goes over several lines, and no comment stands behind code.
fn without_comments(script: &str) -> String {
    let lines = script.lines().map(str::trim);
    let code = lines.filter(|line| !line.is_empty() && !line.starts_with("--"));
    code.flat_map(|line| [line, "\n"]).collect()
}
