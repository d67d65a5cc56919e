//! The image's one layer, and tar files that are the same every time.

use std::collections::BTreeMap;
use std::io::Write;

use anyhow::Result;
use tar::{Builder, EntryType, Header};

/// The files as a tar archive, in the order of their names.
pub fn archive(files: &BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (name, content) in files {
        append(&mut archive, name, content)?;
    }
    Ok(archive.into_inner()?)
}

/// Adds a file that everybody may read, of the year 1970 and of root's.
pub fn append(archive: &mut Builder<impl Write>, name: &str, content: &[u8]) -> Result<()> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_mode(0o644);
    header.set_mtime(0);
    header.set_uid(0);
    header.set_gid(0);
    header.set_size(content.len().try_into()?);
    archive.append_data(&mut header, name, content)?;
    Ok(())
}
