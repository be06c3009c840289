//! Keeping a release ready to go back to: its image pinned, its surroundings proved.
//!
//! A tag alone does not survive `docker image prune -a`; a container does. It also holds the release's anonymous volumes,
//! which `docker rm -v` and `docker volume prune` would take.

use serde_json::Value;

use crate::config::Compose;
use crate::docker::bonds::{joins, references};
use crate::docker::compose::{Place, volumes};
use crate::docker::id::short;
use crate::docker::{EngineError, Inspect, KEPT, compose};
use crate::model::step::{Fault, FaultKind};

use crate::untrusted::named;

use super::container::{Container, read, token};
use super::{Record, copied, refused, sources};
use crate::runtime::ON_PODMAN;

mod drill;
mod holder;
mod program;
mod rehearsal;
mod room;
mod together;

/// Where a record has the names that its registries gave the image.
const DIGESTS: &str = "RepoDigests";

/// Records the release that this container runs, and pins its image.
pub(super) async fn keep(on: &Container, release: &str, instance: &str) -> Result<Record, Fault> {
    let found = on.engine.inspect(instance).await?;
    let found =
        found.ok_or_else(|| refused(format!("record the release: container {} is gone", short(instance))))?;
    pin(on, release, &found).await?;
    let plain = holder::name(on, release, &found);
    let found = copied::marked(&on.engine, found).await?;
    let found = copied::with_files(&on.engine, found, Some(&plain)).await?;
    let image = found.image().to_owned();
    // A registry may be asked by it for what is gone here, and a tag may not.
    let known_as = on.engine.digests(&image).await?;
    let inspect = found.with(DIGESTS, known_as.into()).raw().to_owned();
    Ok(Record { release: release.to_owned(), image, inspect })
}

/// What stands in the way of going back to that release. A pin that somebody took away is put back.
pub(super) async fn prove(on: &Container, record: &Record) -> Result<Vec<String>, Fault> {
    let good = match read(record) {
        Ok(good) => good,
        Err(fault) => return Ok(vec![format!("failed to {}", fault.text)]),
    };
    let mut problems = hard_obstacles(on, &good).await?;
    problems.extend(losses(on, &good).await?);
    // With something missing it would fail for that, or have the engine put something empty in its place.
    if problems.is_empty() {
        problems.extend(rehearsal::problems(on, &good).await?);
    }
    problems.extend(copied::lost(&good));
    problems.extend(dependents(on).await?);
    problems.extend(room::lacking(&on.engine).await?);
    if on.engine.exists("images", good.image()).await? {
        match pin(on, &record.release, &good).await {
            Err(fault) if fault.kind == FaultKind::Refused => {
                problems.push(format!("its image cannot be pinned: failed to {}", fault.text));
            }
            result => result?,
        }
    }
    Ok(problems)
}

/// The same, and whether it can be made anew beside the one that runs.
pub(super) async fn rehearse(on: &Container, record: &Record) -> Result<Vec<String>, Fault> {
    let problems = prove(on, record).await?;
    if problems.is_empty() { drill::problems(on, &read(record)?).await } else { Ok(problems) }
}

/// Drops the pin of that release. The image goes too, where only the pin has held it.
pub(super) async fn forget(on: &Container, release: &str) -> Result<(), Fault> {
    holder::release(on, release).await?;
    Ok(together::untag(on, &format!("{KEPT}:{}", tag(on, release))).await?)
}

/// The same for a member of a set, as it was in that release.
pub(super) async fn forget_member(on: &Container, release: &str, good: &Inspect) -> Result<(), Fault> {
    let Some(name) = together::name(on, good) else { return forget(on, release).await };
    let own = format!("{KEPT}:{}", together::tag(on, release, good));
    // The holder goes with the last release that needs it.
    if together::is_last(on, &own, good).await? {
        holder::remove_named(on, &name).await?;
    }
    Ok(together::untag(on, &own).await?)
}

/// What would make creating or starting that release fail, or give it something else than it had.
pub(super) async fn hard_obstacles(on: &Container, good: &Inspect) -> Result<Vec<String>, EngineError> {
    if on.engine.is_podman().await? {
        return Ok(vec![ON_PODMAN.to_owned()]);
    }
    let mut obstacles = Vec::new();
    if !on.engine.exists("images", good.image()).await? {
        let known_as: Vec<&str> = good.items(&format!("/{DIGESTS}")).filter_map(Value::as_str).collect();
        let known_as = if known_as.is_empty() {
            String::new()
        } else {
            format!("; `docker pull {}` may have it", known_as.join("` or `docker pull "))
        };
        obstacles.push(format!("its image {} is gone{known_as}", short(good.image())));
    }
    for (network, _) in good.entries("/NetworkSettings/Networks") {
        let builtin = matches!(network.as_str(), "bridge" | "host" | "none");
        if !builtin && !on.engine.exists("networks", network).await? {
            obstacles.push(format!("its network {network} is gone"));
        }
    }
    for (what, other) in references(good) {
        if on.engine.inspect(&other).await?.is_none() {
            obstacles.push(format!("the container {} whose {what} it uses is gone", short(&other)));
        }
    }
    obstacles.extend(sources::gone(&on.engine, good).await?);
    Ok(obstacles)
}

/// What would not come back as it was, although the release could be started.
async fn losses(on: &Container, good: &Inspect) -> Result<Vec<String>, EngineError> {
    let mut losses: Vec<String> = good
        .cut_labels()
        .map(|label| format!("its label {} is too long to be kept, and would not come back", named(label)))
        .collect();
    for mount in good.items("/Mounts") {
        let path = mount["Destination"].as_str().unwrap_or_default();
        match (mount["Type"].as_str(), mount["Name"].as_str()) {
            (Some("volume"), Some(volume)) if !on.engine.exists("volumes", volume).await? => {
                losses.push(format!("its volume {} is gone: {path} would come back empty", short(volume)));
            }
            _ => {}
        }
    }
    Ok(losses)
}

/// What would keep containers that live in the one that a rollback would remove from being made anew with it.
async fn dependents(on: &Container) -> Result<Vec<String>, EngineError> {
    let Some(current) = on.engine.named(&on.name).await? else { return Ok(Vec::new()) };
    let mut problems = Vec::new();
    // Fellow members of a set are made anew with it.
    let fellow = |other: &Inspect| {
        let keeps_data = || !volumes(other.at("")).is_empty();
        let place = |set: &Compose| compose::place(set, other.name(), |label| other.label(label), keeps_data);
        on.set.as_ref().is_some_and(|set| place(set) == Place::Member)
    };
    let all = on.engine.leaning(|leaning| leaning.on.contains(current.id())).await?;
    for other in all.iter().filter(|other| other.up() && joins(other, &[current.id()]) && !fellow(other)) {
        let name = other.name();
        for obstacle in hard_obstacles(on, other).await? {
            problems.push(format!(
                "the container {name}, which lives in it, could not follow a rollback: {obstacle}"
            ));
        }
    }
    Ok(problems)
}

/// The image carries golive's tag, and a container holds it.
async fn pin(on: &Container, release: &str, good: &Inspect) -> Result<(), Fault> {
    let together = together::name(on, good).map(|_| together::tag(on, release, good));
    on.engine.tag(good.image(), KEPT, &together.unwrap_or_else(|| tag(on, release))).await?;
    holder::hold(on, release, good).await
}

/// A tag holds 128 characters and begins with a letter, a digit or an underscore.
fn tag(on: &Container, release: &str) -> String {
    let tag = format!("{}-{}", token(&on.name), token(release));
    let tag = tag.trim_start_matches(['.', '-']);
    tag[tag.len().saturating_sub(128)..].to_owned()
}
