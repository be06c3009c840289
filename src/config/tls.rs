//! Whose certificates are taken.

use std::path::PathBuf;

use super::table::Section;

/// `ca-file`
pub(super) fn ca_file(section: &mut Section<'_>) -> Option<PathBuf> {
    file(section, "ca-file")
}

/// A PEM file that is no secret.
pub(super) fn file(section: &mut Section<'_>, key: &'static str) -> Option<PathBuf> {
    let path = section.string(key)?;
    let path = section.beside(&path);
    match std::fs::metadata(&path) {
        Ok(metadata) if metadata.is_file() => {}
        Ok(_) => section.wrong(key, "is not a file", "write the path of a PEM file"),
        Err(error) => {
            section.wrong(key, format!("cannot be read: {error}"), "write the path of a PEM file");
        }
    }
    Some(path)
}
