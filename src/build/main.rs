//! Makes what the component embeds small: the scripts, the `OpenAPI` document without its white space and in LZ4,
//! and the console without its indents and comments.

mod lua;
mod scripts;

use std::{env, error::Error, fs, path::Path};

const DOCUMENT: &str = "src/endpoints/openapi.json";
const CONSOLE: &str = "src/console";

/// The component's stack, in bytes. The linker's megabyte would be cleared after every instance, which
/// is every request of the default build. The deepest and widest records are patched with half of this.
const STACK: u32 = 128 << 10;

fn main() -> Result<(), Box<dyn Error>> {
    let out = env::var("OUT_DIR")?;
    let out = Path::new(&out);
    if env::var("CARGO_CFG_TARGET_FAMILY")? == "wasm" {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size={STACK}");
    }
    scripts::embed(out)?;
    embed_console(&out.join("console"))?;
    println!("cargo::rerun-if-changed={DOCUMENT}");
    let document = without_white_space(&fs::read_to_string(DOCUMENT)?);
    fs::write(out.join("openapi.json.lz4"), lz4_flex::compress_prepend_size(document.as_bytes()))?;
    Ok(())
}

/// The same JSON without the white space between its tokens.
fn without_white_space(json: &str) -> String {
    let mut in_string = false;
    let mut escaped = false;
    let is_content = |&character: &char| {
        let content = in_string || !character.is_ascii_whitespace();
        in_string ^= character == '"' && !escaped;
        escaped = character == '\\' && !escaped;
        content
    };
    json.chars().filter(is_content).collect()
}

/// Writes the console's files below `out`, all but what only their readers need.
fn embed_console(out: &Path) -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={CONSOLE}");
    fs::create_dir_all(out)?;
    for entry in fs::read_dir(CONSOLE)? {
        let path = entry?.path();
        let name = path.file_name().ok_or("a file has a name")?;
        let text = fs::read_to_string(&path)?;
        let mut in_comment = false;
        let lines = text.lines().map(str::trim_start).filter(|line| {
            in_comment |= line.starts_with("/**");
            let is_comment = in_comment || line.starts_with("//");
            in_comment &= !line.contains("*/");
            !line.is_empty() && !is_comment
        });
        fs::write(out.join(name), lines.flat_map(|line| [line, "\n"]).collect::<String>())?;
    }
    Ok(())
}
