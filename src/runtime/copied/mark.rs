//! What tells containers apart that differ only in the files that were put into them as they were made.
//!
//! No configuration and no label tells of such files, so they are read once, when a container is first seen to have been
//! started. Those count that surely came with it: changed at a whole second, as what comes in an archive is, between its
//! creation and its start, or at no time at all. What `docker cp` brings with an older time cannot be told from what a
//! program unpacks when it starts, and no two starts would be the same release if that counted.

use std::io::Read as _;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{HEADER, LARGEST, ROUNDED, worth_a_look};
use crate::docker::labels::PUT;
use crate::docker::{Class, Engine, EngineError, Inspect, Kind, Stat};
use crate::model::running::Running;

/// Whoever makes a container has put its files into it by then; what comes later was written there by its program.
const MADE: SignedDuration = SignedDuration::from_mins(5);
/// An engine that takes longer to say what has changed in a container says nothing.
const PATIENCE: Duration = Duration::from_secs(20);

/// The container of that name, as what runs.
pub(in crate::runtime) async fn running(engine: &Engine, name: &str) -> Result<Option<Running>, EngineError> {
    Ok(match engine.named(name).await? {
        Some(found) => Some(marked(engine, found).await?.running()),
        None => None,
    })
}

/// The container, with what tells apart the files that were put into it.
pub(in crate::runtime) async fn marked(engine: &Engine, found: Inspect) -> Result<Inspect, EngineError> {
    // A successor has the files of what it stands for, and when they came says nothing any more.
    if let Some(mark) = found.label(PUT).map(str::to_owned) {
        return Ok(found.with(PUT, mark.into()));
    }
    if found.started().is_none() || found.flag("/HostConfig/ReadonlyRootfs") {
        return Ok(found);
    }
    let mark = match engine.known_mark(found.id()) {
        Some(mark) => mark,
        None => {
            let mark = read(engine, &found).await?;
            engine.remember_mark(found.id(), &mark);
            mark
        }
    };
    Ok(if mark.is_empty() { found } else { found.with(PUT, mark.into()) })
}

/// Empty, where there are no such files or the engine does not say.
async fn read(engine: &Engine, found: &Inspect) -> Result<String, EngineError> {
    match tokio::time::timeout(PATIENCE, digest(engine, found)).await {
        Ok(Ok(mark)) => Ok(mark),
        Ok(Err(error)) if error.message().is_none() && error.class() != Class::Lost => Err(error),
        Ok(Err(error)) => {
            tracing::warn!(container = found.name(), "failed to {error}");
            Ok(String::new())
        }
        Err(_) => {
            tracing::warn!(container = found.name(), "the engine takes too long to say what was put into it");
            Ok(String::new())
        }
    }
}

async fn digest(engine: &Engine, found: &Inspect) -> Result<String, EngineError> {
    let changes = engine.changes(found.id()).await?.into_iter().collect();
    let mut put = Vec::new();
    for path in worth_a_look(found, &changes) {
        if let Some(stat) = engine.stat(found.id(), path).await?
            && stat.kind() != Kind::Special
            && came_with_it(found, &stat)
        {
            put.push((path, stat.size));
        }
    }
    if put.is_empty() {
        return Ok(String::new());
    }
    put.sort_unstable();
    let (mut sum, mut room) = (Sha256::new(), LARGEST as u64);
    for (path, size) in put {
        sum.update(format!("{path}\0{size}\0"));
        if size <= room {
            room -= size;
            let most = usize::try_from(size).unwrap_or(LARGEST).saturating_add(HEADER);
            let archive = engine.archive(found.id(), path, most).await?;
            if let Err(error) = add(&mut sum, &archive) {
                tracing::warn!(
                    container = found.name(),
                    path,
                    "failed to take a file from its archive: {error}"
                );
            }
        }
    }
    Ok(hex::encode(sum.finalize()))
}

/// Whether it was put there by whoever made the container.
pub(super) fn came_with_it(found: &Inspect, stat: &Stat) -> bool {
    let (Some(created), Some(started)) = (found.created(), found.started()) else { return false };
    let first = created.checked_sub(ROUNDED).unwrap_or(created);
    let last = started.checked_add(ROUNDED).unwrap_or(started);
    let last = last.min(created.checked_add(MADE).unwrap_or(last));
    let modified = stat.modified;
    let then = (first..=last).contains(&modified) || modified == Timestamp::UNIX_EPOCH;
    then && modified.subsec_nanosecond() == 0
}

/// The first entry of an archive: what it is, whose, and what is in it.
fn add(sum: &mut Sha256, archive: &[u8]) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(archive);
    let Some(entry) = archive.entries()?.next() else { return Ok(()) };
    let mut entry = entry?;
    let header = entry.header();
    let about = (header.entry_type().as_byte(), header.mode()?, header.uid()?, header.gid()?);
    sum.update(format!("{about:?} {:?}\0", entry.link_name_bytes()));
    let mut content = Vec::new();
    entry.read_to_end(&mut content)?;
    sum.update(content);
    Ok(())
}
