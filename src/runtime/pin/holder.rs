//! The container that holds a release's image: created and never run, or running and idle.
//!
//! Created, it survives `docker image prune -a`; running, `docker system prune -a` too.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{program, together};
use crate::config::Pin;
use crate::docker::id::short;
use crate::docker::labels::compose::PREFIX;
use crate::docker::labels::{PIN, PIN_OF, RELEASE};
use crate::docker::{Class, EngineError, Inspect, spec};
use crate::model::step::Fault;
use crate::runtime::container::{Container, token};
use crate::runtime::{paths, refused};

/// A container that is being made elsewhere is looked for so often, for two seconds in all.
const LOOKS: u32 = 40;
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// It is there, and runs where it should.
pub(super) async fn hold(on: &Container, release: &str, good: &Inspect) -> Result<(), Fault> {
    let name = name(on, release, good);
    let id = match found(on, &name, good).await? {
        Some(found) => {
            on.engine.pins.insert(found.id());
            if found.up() || on.pin == Pin::Created {
                return Ok(());
            }
            found.id().to_owned()
        }
        None => match on.engine.create(&name, &body(on, release, good).await?).await {
            Err(error) if error.class() == Class::Conflict => until_found(on, &name, good, error).await?,
            result => result?,
        },
    };
    on.engine.pins.insert(&id);
    match on.pin {
        Pin::Created => Ok(()),
        Pin::Running => {
            let none = || refused("keep a running holder: golive has no program for this kind of machine");
            on.engine.put(&id, "/", program::archive().ok_or_else(none)?).await?;
            Ok(on.engine.start(&id).await?)
        }
    }
}

/// It is gone.
pub(super) async fn release(on: &Container, release: &str) -> Result<(), Fault> {
    match on.engine.named(&own_name(on, release)).await? {
        Some(holder) if holder.label(RELEASE) == Some(release) => remove(on, &holder).await,
        Some(_) | None => Ok(()),
    }
}

/// The holder of that name is gone.
pub(super) async fn remove_named(on: &Container, name: &str) -> Result<(), Fault> {
    match on.engine.named(name).await? {
        Some(holder) if holder.label(PIN_OF) == Some(&on.service) => remove(on, &holder).await,
        Some(_) | None => Ok(()),
    }
}

/// The holder of that image, in the way that it is wanted. Another one is removed.
async fn found(on: &Container, name: &str, good: &Inspect) -> Result<Option<Inspect>, Fault> {
    let Some(found) = on.engine.named(name).await? else { return Ok(None) };
    if found.label(PIN_OF).is_none() {
        let image = short(good.image());
        return Err(refused(format!("pin image {image}: somebody else's container is named {name}")));
    }
    if found.image() == good.image() && found.label(PIN).unwrap_or(word(Pin::Created)) == word(on.pin) {
        return Ok(Some(found));
    }
    remove(on, &found).await?;
    Ok(None)
}

/// The name was taken in the same moment. The engine gives a name away before it shows whose it is.
async fn until_found(
    on: &Container,
    name: &str,
    good: &Inspect,
    error: EngineError,
) -> Result<String, Fault> {
    for _ in 0..LOOKS {
        if let Some(found) = found(on, name, good).await? {
            return Ok(found.id().to_owned());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(error.into())
}

async fn remove(on: &Container, holder: &Inspect) -> Result<(), Fault> {
    on.engine.pins.remove(holder.id());
    if holder.up() {
        on.engine.stop(holder.id(), Duration::ZERO).await?;
    }
    Ok(on.engine.remove(holder.id()).await?)
}

async fn body(on: &Container, release: &str, good: &Inspect) -> Result<Value, EngineError> {
    let volumes = volumes(on, good).await?;
    // One that several releases need is no release's own.
    let release = if together::name(on, good).is_some() { "" } else { release };
    let mut labels = json!({ PIN_OF: on.service, RELEASE: release, PIN: word(on.pin) });
    apart_from_projects(&mut labels, good);
    // Every volume of the image that is not given here would become an anonymous one of the holder's.
    let others = good
        .entries("/Config/Volumes")
        .filter(|(path, _)| !volumes.iter().any(|(_, held)| *held == paths::clean(path)));
    let tmpfs: Map<String, Value> = others.map(|(path, _)| (path.clone(), Value::from(""))).collect();
    // Without `nocopy` the engine would fill a volume that the release has emptied.
    let binds: Vec<String> = volumes.iter().map(|(name, path)| format!("{name}:{path}:nocopy")).collect();
    // One that runs comes back with the engine, and has nothing to end in an orderly way.
    let restart = if on.pin == Pin::Running { "always" } else { "no" };
    Ok(json!({
        "Image": good.image(),
        "Entrypoint": [program::PATH],
        "Cmd": [],
        "User": "65534:65534",
        "WorkingDir": "/",
        "StopSignal": "SIGKILL",
        "Labels": labels,
        "Healthcheck": { "Test": ["NONE"] },
        "HostConfig": {
            "NetworkMode": "none",
            "RestartPolicy": { "Name": restart },
            "CapDrop": ["ALL"],
            "SecurityOpt": ["no-new-privileges"],
            "LogConfig": { "Type": "none" },
            "Binds": binds,
            "Tmpfs": tmpfs,
        },
    }))
}

/// Labels that the image brings along cannot be left out, but what Compose goes by can be emptied.
pub(super) fn apart_from_projects(labels: &mut Value, good: &Inspect) {
    for (label, _) in good.entries("/Config/Labels").filter(|(label, _)| label.starts_with(PREFIX)) {
        labels[label] = Value::from("");
    }
}

/// The release's anonymous volumes, and where they are.
async fn volumes(on: &Container, good: &Inspect) -> Result<Vec<(String, String)>, EngineError> {
    let mut volumes = Vec::new();
    for mount in good.items("/Mounts").filter(|mount| mount["Type"] == "volume") {
        if let (Some(name), Some(path)) = (mount["Name"].as_str(), mount["Destination"].as_str())
            && spec::is_anonymous(name)
            // Named by the holder, one that is gone would come back empty, and nobody would miss it.
            && on.engine.exists("volumes", name).await?
        {
            volumes.push((name.to_owned(), path.to_owned()));
        }
    }
    Ok(volumes)
}

pub(super) fn name(on: &Container, release: &str, good: &Inspect) -> String {
    together::name(on, good).unwrap_or_else(|| own_name(on, release))
}

fn own_name(on: &Container, release: &str) -> String {
    format!("golive-pin-{}-{}", token(&on.name), token(release))
}

fn word(pin: Pin) -> &'static str {
    match pin {
        Pin::Created => "created",
        Pin::Running => "running",
    }
}
