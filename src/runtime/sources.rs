//! What of the host a container is bound to: by `-v /path:…`, by a mount, by a volume that stands for a directory.
//!
//! The engine makes an empty directory in the place of a source that is gone, or refuses to start the container when
//! the bad one is stopped already. So it is asked before: a creation that cannot succeed is refused for its mounts
//! first. golive itself may not see what the engine sees, when systemd hides homes and temporary directories from it,
//! or when the engine is elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::docker::{Engine, EngineError, Inspect};

/// Where golive may have a view of its own.
const HIDDEN: [&str; 9] = ["/home", "/root", "/run", "/var/run", "/tmp", "/var/tmp", "/dev", "/proc", "/sys"];

/// What of it is gone, a sentence each.
pub(super) async fn gone(engine: &Engine, good: &Inspect) -> Result<Vec<String>, EngineError> {
    let needed = needed(engine, good).await?;
    gone_of(engine, good.image(), &needed).await
}

/// What of these paths of the host is gone, which a container of that image has where they are mapped to.
pub(super) async fn gone_of(
    engine: &Engine,
    image: &str,
    needed: &BTreeMap<String, String>,
) -> Result<Vec<String>, EngineError> {
    if needed.is_empty() {
        return Ok(Vec::new());
    }
    let sources: BTreeSet<&str> = needed.keys().map(String::as_str).collect();
    let missing = match engine.missing(image, &sources).await? {
        Some(missing) => missing,
        None => missing_here(&sources).await,
    };
    let sentence = |source: String| format!("{source} is gone, which it needs at {}", needed[&source]);
    Ok(missing.into_iter().map(sentence).collect())
}

/// Paths of the host, and where the container has them.
async fn needed(engine: &Engine, good: &Inspect) -> Result<BTreeMap<String, String>, EngineError> {
    let mut needed = BTreeMap::new();
    for mount in good.items("/Mounts") {
        let path = mount["Destination"].as_str().unwrap_or_default().to_owned();
        match (mount["Type"].as_str(), mount["Name"].as_str(), mount["Source"].as_str()) {
            (Some("bind"), _, Some(source)) => drop(needed.insert(source.to_owned(), path)),
            (Some("volume"), Some(volume), _) => {
                if let Some(device) = engine.directory_of(volume).await? {
                    needed.insert(device, format!("{path}, by its volume {volume}"));
                }
            }
            _ => {}
        }
    }
    Ok(needed)
}

/// The engine does not say: what is surely not there, as golive sees it.
async fn missing_here(sources: &BTreeSet<&str>) -> BTreeSet<String> {
    let mut missing = BTreeSet::new();
    for source in sources.iter().filter(|source| !HIDDEN.iter().any(|dir| Path::new(source).starts_with(dir)))
    {
        if matches!(tokio::fs::try_exists(source).await, Ok(false)) {
            missing.insert((*source).to_owned());
        }
    }
    missing
}
