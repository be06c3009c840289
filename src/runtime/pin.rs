//! Keeping a release ready to go back to: its image pinned, its surroundings proved.
//!
//! A tag alone does not survive `docker image prune -a`; a container that was created and never started does. It also
//! holds the release's anonymous volumes, which `docker rm -v` and `docker volume prune` would take.

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::decide::event::{Fault, FaultKind};

use super::container::{Container, read, token};
use super::engine::{EngineError, short};
use super::inspect::Inspect;
use super::steps::dependents::joins;
use super::{Record, refused, spec};

const KEEP: &str = "golive.keep";
const RELEASE: &str = "golive.release";
const REPO: &str = "golive/keep";

/// A container that is being made elsewhere is looked for so often, for two seconds in all.
const LOOKS: u32 = 40;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Records the release that this container runs, and pins its image.
pub(super) async fn keep(on: &Container, release: &str, instance: &str) -> Result<Record, Fault> {
    let found = on.engine.inspect(instance).await?;
    let found =
        found.ok_or_else(|| refused(format!("record the release: container {} is gone", short(instance))))?;
    pin(on, release, &found).await?;
    let (image, inspect) = (found.image().to_owned(), found.raw().to_owned());
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
    problems.extend(dependents(on).await?);
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

/// Drops the pin of that release. The image goes too, where only the pin has held it.
pub(super) async fn forget(on: &Container, release: &str) -> Result<(), Fault> {
    if let Some(holder) = on.engine.named(&holder_name(on, release)).await?
        && holder.label(RELEASE) == Some(release)
    {
        on.engine.remove(holder.id()).await?;
    }
    match on.engine.untag(&format!("{REPO}:{}", tag(on, release))).await {
        // In use under no other name: the tag stays with the image as long as somebody's container does.
        Err(error) if error.is(404) || error.is(409) => Ok(()),
        result => Ok(result?),
    }
}

/// What would make creating or starting that release fail.
pub(super) async fn hard_obstacles(on: &Container, good: &Inspect) -> Result<Vec<String>, EngineError> {
    let mut obstacles = Vec::new();
    if !on.engine.exists("images", good.image()).await? {
        obstacles.push(format!("its image {} is gone", short(good.image())));
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
    Ok(obstacles)
}

/// Other containers that this one cannot do without.
fn references(good: &Inspect) -> Vec<(&'static str, String)> {
    let mut references = Vec::new();
    for (what, field) in [("network", "NetworkMode"), ("processes", "PidMode"), ("memory", "IpcMode")] {
        let mode = good.text(&format!("/HostConfig/{field}"));
        references.extend(mode.strip_prefix("container:").map(|other| (what, other.to_owned())));
    }
    let from = good.items("/HostConfig/VolumesFrom").filter_map(Value::as_str);
    references.extend(from.map(|from| ("volumes", from.split(':').next().unwrap_or(from).to_owned())));
    let links = good.items("/HostConfig/Links").filter_map(Value::as_str);
    let target = |link: &str| link.split(':').next().unwrap_or(link).trim_start_matches('/').to_owned();
    references.extend(links.map(|link| ("address", target(link))));
    references
}

/// What would not come back as it was, although the release could be started.
async fn losses(on: &Container, good: &Inspect) -> Result<Vec<String>, EngineError> {
    let mut losses = Vec::new();
    for mount in good.items("/Mounts") {
        let path = mount["Destination"].as_str().unwrap_or_default();
        match (mount["Type"].as_str(), mount["Name"].as_str(), mount["Source"].as_str()) {
            (Some("volume"), Some(volume), _) if !on.engine.exists("volumes", volume).await? => {
                losses.push(format!("its volume {} is gone: {path} would come back empty", short(volume)));
            }
            (Some("bind"), _, Some(source)) if is_missing(source).await => {
                losses.push(format!("{source} is gone, which it needs at {path}"));
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
    let all = on.engine.containers().await?;
    for other in all.iter().filter(|other| other.up() && joins(other, &[current.id()])) {
        let name = other.name();
        for obstacle in hard_obstacles(on, other).await? {
            problems.push(format!(
                "the container {name}, which lives in it, could not follow a rollback: {obstacle}"
            ));
        }
    }
    Ok(problems)
}

/// Whether a path of the host is surely not there. Where golive may have a view of its own (systemd hides homes and
/// temporary directories), nothing can be said.
async fn is_missing(source: &str) -> bool {
    let hidden = ["/home", "/root", "/run", "/var/run", "/tmp", "/var/tmp", "/dev", "/proc", "/sys"];
    if hidden.iter().any(|dir| std::path::Path::new(source).starts_with(dir)) {
        return false;
    }
    matches!(tokio::fs::try_exists(source).await, Ok(false))
}

/// The image carries golive's tag, and a container that never runs is made from it.
async fn pin(on: &Container, release: &str, good: &Inspect) -> Result<(), Fault> {
    on.engine.tag(good.image(), REPO, &tag(on, release)).await?;
    let name = holder_name(on, release);
    if is_held(on, &name, good).await? {
        return Ok(());
    }
    let mut volumes = Vec::new();
    for mount in good.items("/Mounts").filter(|mount| mount["Type"] == "volume") {
        if let (Some(name), Some(path)) = (mount["Name"].as_str(), mount["Destination"].as_str())
            && spec::is_anonymous(name)
            // Named by the holder, one that is gone would come back empty, and nobody would miss it.
            && on.engine.exists("volumes", name).await?
        {
            volumes.push((name, path));
        }
    }
    match on.engine.create(&name, &holder(on, release, good, &volumes)).await {
        Err(error) if error.is(409) => until_held(on, &name, good, error).await,
        result => Ok(result.map(drop)?),
    }
}

/// Whether a holder of that image is there. One of another image is removed.
async fn is_held(on: &Container, name: &str, good: &Inspect) -> Result<bool, Fault> {
    let Some(found) = on.engine.named(name).await? else { return Ok(false) };
    if found.label(KEEP).is_none() {
        let image = short(good.image());
        return Err(refused(format!("pin image {image}: somebody else's container is named {name}")));
    }
    let held = found.image() == good.image();
    if !held {
        on.engine.remove(found.id()).await?;
    }
    Ok(held)
}

/// The name was taken in the same moment. The engine gives a name away before it shows whose it is.
async fn until_held(on: &Container, name: &str, good: &Inspect, error: EngineError) -> Result<(), Fault> {
    for _ in 0..LOOKS {
        if is_held(on, name, good).await? {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(error.into())
}

fn holder(on: &Container, release: &str, good: &Inspect, volumes: &[(&str, &str)]) -> Value {
    let mut labels = json!({ KEEP: on.service, RELEASE: release });
    // Labels that the image brings along cannot be left out, but what compose goes by can be emptied.
    for (label, _) in
        good.entries("/Config/Labels").filter(|(label, _)| label.starts_with("com.docker.compose."))
    {
        labels[label] = Value::from("");
    }
    // Every volume of the image that is not given here would become an anonymous one of the holder's.
    let others =
        good.entries("/Config/Volumes").filter(|(path, _)| !volumes.iter().any(|(_, held)| held == path));
    let tmpfs: Map<String, Value> = others.map(|(path, _)| (path.clone(), Value::from(""))).collect();
    // Without `nocopy` the engine would fill a volume that the release has emptied.
    let binds: Vec<String> = volumes.iter().map(|(name, path)| format!("{name}:{path}:nocopy")).collect();
    json!({
        "Image": good.image(),
        "Entrypoint": ["/golive-keeps-this-image"],
        "Cmd": [],
        "Labels": labels,
        "Healthcheck": { "Test": ["NONE"] },
        "HostConfig": {
            "NetworkMode": "none",
            "RestartPolicy": { "Name": "no" },
            "Binds": binds,
            "Tmpfs": tmpfs,
        },
    })
}

fn holder_name(on: &Container, release: &str) -> String {
    format!("golive-keep-{}-{}", token(&on.name), token(release))
}

/// A tag holds 128 characters and begins with a letter, a digit or an underscore.
fn tag(on: &Container, release: &str) -> String {
    let tag = format!("{}-{}", token(&on.name), token(release));
    let tag = tag.trim_start_matches(['.', '-']);
    tag[tag.len().saturating_sub(128)..].to_owned()
}
