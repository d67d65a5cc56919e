//! Embeds the scripts: short, each with what it needs of the shared ones, and by which digest Redis knows it.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use sha1_smol::Sha1;

use crate::lua::Names;

const SCRIPTS: &str = "src/store/scripts";
const SHARED: &str = "shared";

/// How the line of a script's head comment begins that names the shared scripts whose names it uses.
const NEEDS: &str = "-- Needs: ";

/// The scripts as they are written, by their paths without `.lua`.
struct Sources(BTreeMap<String, String>);

/// Writes what src/store/script.rs includes: for each script `NAME.lua` below [`SCRIPTS`] its short form below
/// `out`, and for those that aren't shared `NAME.rs`, an expression of the type `Script`.
pub fn embed(out: &Path) -> Result<(), Box<dyn Error>> {
    let sources = Sources::read()?;
    let names = Names::of(sources.0.values().map(String::as_str));
    let short: BTreeMap<&str, String> =
        sources.0.iter().map(|(name, text)| (name.as_str(), names.shorten(text))).collect();
    fs::create_dir_all(out.join(SHARED))?;
    for (name, text) in &short {
        fs::write(out.join(name).with_extension("lua"), text)?;
        if name.starts_with(SHARED) {
            continue;
        }
        let mut parts = Vec::new();
        sources.put_together(name, &mut parts)?;
        let (mut whole, mut files) = (Sha1::new(), String::new());
        for part in parts {
            let text = short.get(part).ok_or("every part is a script")?;
            whole.update(text.as_bytes());
            write!(files, "include_str!(\"{part}.lua\"), ")?;
        }
        let digest = whole.digest();
        let script = format!("Script {{ digest: \"{digest}\", parts: &[{files}] }}");
        fs::write(out.join(name).with_extension("rs"), script)?;
    }
    Ok(())
}

impl Sources {
    fn read() -> Result<Self, Box<dyn Error>> {
        let mut sources = BTreeMap::new();
        for directory in [PathBuf::from(SCRIPTS), Path::new(SCRIPTS).join(SHARED)] {
            println!("cargo::rerun-if-changed={}", directory.display());
            for entry in fs::read_dir(directory)? {
                let path = entry?.path();
                if path.is_file() {
                    let name = path.strip_prefix(SCRIPTS)?.with_extension("");
                    let name = name.to_str().ok_or("a script has a plain name")?;
                    sources.insert(name.to_owned(), fs::read_to_string(&path)?);
                }
            }
        }
        Ok(Self(sources))
    }

    /// Adds a script to `parts`, behind all that it needs; each is there once.
    fn put_together<'a>(
        &'a self,
        name: &str,
        parts: &mut Vec<&'a str>,
    ) -> Result<(), Box<dyn Error>> {
        if parts.contains(&name) {
            return Ok(());
        }
        let (name, text) =
            self.0.get_key_value(name).ok_or_else(|| format!("there is no script {name}"))?;
        let head = text.lines().take_while(|line| line.starts_with("--"));
        for needs in head.filter_map(|line| line.strip_prefix(NEEDS)) {
            for need in needs.trim_end_matches('.').split(", ") {
                self.put_together(&format!("{SHARED}/{need}"), parts)?;
            }
        }
        parts.push(name);
        Ok(())
    }
}
