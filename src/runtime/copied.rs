//! Files that were put into a container before it was started: by Compose v2 (`configs` with `content` or
//! `environment`, `secrets` with `environment`), by `docker cp`, by whoever else uses the engine for it.
//!
//! No configuration tells of them. They are in the container's own layer, among what its program has written there
//! since, and are told apart by the time of their last change. Whatever comes through the engine comes in a tar
//! archive, in which times are whole seconds; a program writes at fractions of them. So a file was put there when it is
//! older than the container, or was changed at a whole second before the container was started last. One that the image
//! has too, with the same time and size, only got another owner or mode.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::docker::{Engine, EngineError, Inspect, Kind, Stat};

use super::paths;

mod mark;
#[cfg(test)]
mod tests;

pub(super) use mark::{marked, running};

/// Where a record has them.
const FILES: &str = "golive.files";
/// So many changed paths are looked at, those with the fewest others beside them first: what a program writes by the
/// thousand lies together.
const LOOKS: usize = 256;
/// So much is kept of one container, the smallest first; the rest is told as what would be lost.
const LARGEST: usize = 1 << 20;
/// Enough for the header of a directory.
const HEADER: usize = 16 << 10;
/// What is written into an archive is rounded to the next second.
const ROUNDED: SignedDuration = SignedDuration::from_secs(1);
/// What the engine itself puts there.
const ENGINES: [&str; 8] = [
    "/proc",
    "/sys",
    "/dev",
    "/.dockerenv",
    "/etc/hosts",
    "/etc/hostname",
    "/etc/resolv.conf",
    "/run/.containerenv",
];

/// Its inspect, with the files that were put into it. `plain` is a container of the same image that was never started.
pub(super) async fn with_files(
    engine: &Engine,
    found: Inspect,
    plain: Option<&str>,
) -> Result<Inspect, EngineError> {
    match gathered(engine, &found, plain).await {
        Ok(Some(files)) => Ok(found.with(FILES, files)),
        Ok(None) => Ok(found),
        // The engine lives, and cannot say it of this one.
        Err(error) if error.message().is_some() => {
            tracing::warn!(container = found.name(), "failed to {error}");
            Ok(found)
        }
        Err(error) => Err(error),
    }
}

/// The files of a record, as an archive of the whole file system.
pub(super) fn archive(good: &Inspect) -> Option<Vec<u8>> {
    let packed = STANDARD.decode(good.at("")[FILES]["archive"].as_str()?).ok()?;
    miniz_oxide::inflate::decompress_to_vec_zlib(&packed).ok()
}

/// What of them is not in the record, in a sentence.
pub(super) fn lost(good: &Inspect) -> Option<String> {
    let left: Vec<&str> =
        good.at("")[FILES]["left"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let first = left.iter().take(3).copied().collect::<Vec<_>>().join(", ");
    let more = left.len().saturating_sub(3);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    let kept = LARGEST >> 10;
    (!left.is_empty()).then(|| {
        format!(
            "{first}{more} would be lost: put into the container before its start, and more than the {kept} KiB that \
             golive keeps"
        )
    })
}

async fn gathered(
    engine: &Engine,
    found: &Inspect,
    plain: Option<&str>,
) -> Result<Option<Value>, EngineError> {
    if found.flag("/HostConfig/ReadonlyRootfs") {
        return Ok(None);
    }
    let changes: BTreeMap<String, bool> = engine.changes(found.id()).await?.into_iter().collect();
    let mut put = Vec::new();
    for path in worth_a_look(found, &changes) {
        let Some(stat) = engine.stat(found.id(), path).await? else { continue };
        if !was_there(found, &stat) || stat.kind() == Kind::Special {
            continue;
        }
        if changes[path] {
            let Some(plain) = plain else { continue };
            let of_image = engine.stat(plain, path).await?;
            let same = |of_image: &Stat| (of_image.size, of_image.modified) == (stat.size, stat.modified);
            if of_image.is_some_and(|of_image| same(&of_image)) {
                continue;
            }
        }
        put.push((path.to_owned(), stat));
    }
    put.sort_by_key(|(_, stat)| stat.size);
    let mut room = LARGEST as u64;
    let (kept, left): (Vec<_>, Vec<_>) = put.into_iter().partition(|(_, stat)| {
        let fits = stat.size <= room;
        room = room.saturating_sub(stat.size);
        fits
    });
    if kept.is_empty() && left.is_empty() {
        return Ok(None);
    }
    let packed = packed(engine, found, &changes, &kept).await?;
    let left: BTreeSet<&String> = left.iter().map(|(path, _)| path).collect();
    Ok(Some(json!({ "archive": STANDARD.encode(packed), "left": left })))
}

/// Changed paths that may be files which were put there. A path above others is a directory.
fn worth_a_look<'a>(found: &Inspect, changes: &'a BTreeMap<String, bool>) -> Vec<&'a String> {
    let above: BTreeSet<&str> = changes.keys().flat_map(|path| ancestors(path)).collect();
    let mounted: BTreeSet<String> = mounted(found);
    let hidden = |path: &str| mounted.contains(path) || ancestors(path).any(|dir| mounted.contains(dir));
    let mut beside: BTreeMap<&str, usize> = BTreeMap::new();
    let dir = |path: &'a String| path.rsplit_once('/').map_or("", |(dir, _)| dir);
    for path in changes.keys() {
        *beside.entry(dir(path)).or_default() += 1;
    }
    let mut paths: Vec<_> =
        changes.keys().filter(|path| !above.contains(path.as_str()) && !hidden(path)).collect();
    paths.sort_by_key(|path| beside[dir(path)]);
    paths.truncate(LOOKS);
    paths
}

/// The directories above a path, the root left out.
fn ancestors(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).filter(|dir| !dir.is_empty())
}

/// Where something lies over the container's own layer.
fn mounted(found: &Inspect) -> BTreeSet<String> {
    let mounts = found.items("/Mounts").filter_map(|mount| mount["Destination"].as_str());
    let targets = found.items("/HostConfig/Mounts").filter_map(|mount| mount["Target"].as_str());
    let tmpfs = found.entries("/HostConfig/Tmpfs").map(|(path, _)| path.as_str());
    mounts.chain(targets).chain(tmpfs).chain(ENGINES).map(paths::clean).collect()
}

/// Whether a file was in the container before it was started.
fn was_there(found: &Inspect, stat: &Stat) -> bool {
    let Some(started) = found.started() else { return true };
    let latest = started.checked_add(ROUNDED).unwrap_or(started);
    let older = found.created().is_some_and(|created| stat.modified < created);
    older || (stat.modified.subsec_nanosecond() == 0 && stat.modified <= latest)
}

/// The files in one archive, with the directories that the image has not.
async fn packed(
    engine: &Engine,
    found: &Inspect,
    changes: &BTreeMap<String, bool>,
    kept: &[(String, Stat)],
) -> Result<Vec<u8>, EngineError> {
    let files = kept.iter().map(|(path, stat)| (path.as_str(), stat.size));
    let own = |dir: &&str| changes.get(*dir) == Some(&false);
    let dirs = kept.iter().flat_map(|(path, _)| ancestors(path)).filter(own).map(|dir| (dir, 0));
    let all: BTreeMap<&str, u64> = files.chain(dirs).collect();
    let mut builder = tar::Builder::new(Vec::new());
    for (path, size) in all {
        let most = usize::try_from(size).unwrap_or(LARGEST).saturating_add(HEADER);
        let read = engine.archive(found.id(), path, most).await?;
        if let Err(error) = append(&mut builder, &read, path) {
            tracing::warn!(container = found.name(), path, "failed to take a file from its archive: {error}");
        }
    }
    let archive = builder.into_inner().unwrap_or_default();
    Ok(miniz_oxide::deflate::compress_to_vec_zlib(&archive, 6))
}

/// The first entry of an archive, under its whole path.
fn append(builder: &mut tar::Builder<Vec<u8>>, archive: &[u8], path: &str) -> std::io::Result<()> {
    let mut archive = tar::Archive::new(archive);
    let Some(entry) = archive.entries()?.next() else { return Ok(()) };
    let mut entry = entry?;
    let mut attributes = Vec::new();
    for extension in entry.pax_extensions()?.into_iter().flatten().flatten() {
        if let Ok(key) = extension.key()
            && key.starts_with("SCHILY.xattr.")
        {
            attributes.push((key.to_owned(), extension.value_bytes().to_vec()));
        }
    }
    builder.append_pax_extensions(attributes.iter().map(|(key, value)| (key.as_str(), value.as_slice())))?;
    let (mut header, path) = (entry.header().clone(), path.trim_start_matches('/'));
    match entry.link_name()? {
        Some(target) => builder.append_link(&mut header, path, target),
        None => builder.append_data(&mut header, path, entry),
    }
}
