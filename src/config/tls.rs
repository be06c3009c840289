//! Whose certificates are taken.

use std::path::PathBuf;

use super::table::Section;

/// `ca-file`
pub(super) fn ca_file(section: &mut Section<'_>) -> Option<PathBuf> {
    let path = section.string("ca-file")?;
    let path = section.beside(&path);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => section.wrong("ca-file", "is not a file", "write the path of a PEM file"),
        Err(error) => {
            section.wrong("ca-file", format!("cannot be read: {error}"), "write the path of a PEM file");
        }
    }
    Some(path)
}
