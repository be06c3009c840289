//! Images for the demo, made on the spot: golive's own program and the shared objects that this very process has
//! mapped, so that they run wherever golive runs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// The loader goes by this name inside a program, whatever file it is.
const LOADERS: [&str; 2] = ["/lib64/ld-linux-x86-64.so.2", "/lib/ld-linux-aarch64.so.1"];

/// The image's files as a tar archive.
pub(super) fn tar() -> std::io::Result<Vec<u8>> {
    let mut tar = tar::Builder::new(Vec::new());
    tar.follow_symlinks(true);
    // Docker does not know that kind of entry.
    tar.sparse(false);
    tar.append_path_with_name(std::env::current_exe()?, "golive")?;
    let loaders = LOADERS.map(PathBuf::from).into_iter().filter(|loader| loader.exists());
    for object in shared_objects()?.into_iter().chain(loaders) {
        let inside = object.strip_prefix(Path::new("/")).unwrap_or(&object).to_owned();
        tar.append_path_with_name(&object, inside)?;
    }
    tar.into_inner()
}

/// Shared objects that are mapped into this process.
fn shared_objects() -> std::io::Result<BTreeSet<PathBuf>> {
    let maps = std::fs::read_to_string("/proc/self/maps")?;
    let paths = maps
        .lines()
        .filter(|line| line.contains(" r-xp "))
        .filter_map(|line| line.find('/').map(|at| &line[at..]));
    Ok(paths.filter(|path| path.contains(".so")).map(PathBuf::from).collect())
}
