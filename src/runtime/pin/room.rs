//! Whether there is room for another container beside the one that runs.
//!
//! Both images are there when a rollback begins, so what it needs is little: a layer, a log, what a program writes
//! when it starts. On a full disk it would fail in the middle.

use std::time::Duration;

use crate::docker::Engine;
use crate::model::step::Fault;

const BYTES: u64 = 64 << 20;
const INODES: u64 = 1000;

/// A file system that does not answer tells nothing.
const PATIENCE: Duration = Duration::from_secs(2);

/// Too little of what the engine keeps its data on; nothing where golive cannot see that place.
pub(super) async fn lacking(engine: &Engine) -> Result<Option<String>, Fault> {
    let Some(dir) = engine.root_dir().await? else { return Ok(None) };
    let shown = dir.clone();
    let looked = tokio::task::spawn_blocking(move || rustix::fs::statvfs(&dir));
    let Ok(Ok(Ok(space))) = tokio::time::timeout(PATIENCE, looked).await else { return Ok(None) };
    // Docker's daemon is root, and may use what is kept back for it.
    let free = space.f_bfree.saturating_mul(space.f_frsize);
    Ok(said(&shown, free, (space.f_files > 0).then_some(space.f_ffree)))
}

fn said(dir: &std::path::Path, free: u64, inodes: Option<u64>) -> Option<String> {
    let dir = dir.display();
    if free < BYTES {
        let (free, wanted) = (free >> 20, BYTES >> 20);
        return Some(format!(
            "only {free} MiB are free in {dir}, where Docker makes containers: {wanted} are needed"
        ));
    }
    let inodes = inodes.filter(|inodes| *inodes < INODES)?;
    Some(format!(
        "only {inodes} inodes are free in {dir}, where Docker makes containers: {INODES} are needed"
    ))
}
