//! The steps of a container's rollback, forward. Each begins with a look at whether it holds already.

use std::collections::BTreeMap;

use serde_json::json;

use crate::docker::id::short;
use crate::docker::labels::{DEPENDENT, REPLACES, RESTART, ROLLBACK, SERVICE, VERSION};
use crate::docker::{Class, EngineError, Inspect};
use crate::model::step::Fault;

use super::container::Swap;
use super::successor::Blueprint;
use super::{Done, beside, foreign, pin, refused, transient};

pub(super) mod back;
pub(super) mod dependents;

/// The target can be created, and nobody else is deploying. What an older rollback left unfinished is removed.
pub(super) async fn prepare(swap: &Swap<'_>, good: &Inspect) -> Result<Done, Fault> {
    let ours = format!("{}.golive-", swap.on.name);
    let (obstacles, found, left) = tokio::try_join!(
        pin::hard_obstacles(swap.on, good),
        swap.engine().named(&swap.on.name),
        swap.engine().name_begins(&ours),
    )?;
    if let Some(obstacle) = obstacles.first() {
        return Err(refused(format!("go back to {}: {obstacle}", swap.plan.to_version)));
    }
    if let Some(found) = found {
        let ours = found.made_by(&swap.plan.rollback) || swap.is_bad(&found);
        if !ours && (found.up() || !instead(swap, found.label(REPLACES))) {
            return Err(taken(swap, &found));
        }
        if !ours {
            swap.engine().remove(found.id()).await?;
        }
    }
    for left in left {
        let rollback = left["Labels"][ROLLBACK].as_str();
        let id = left["Id"].as_str().filter(|id| swap.plan.bad.as_deref() != Some(*id));
        let Some(id) = id.filter(|_| rollback.is_some_and(|rollback| rollback != swap.plan.rollback)) else {
            continue;
        };
        if left["State"] != "running" {
            swap.engine().remove(id).await?;
        } else if instead(swap, left["Labels"][REPLACES].as_str())
            && let Some(left) = swap.engine().inspect(id).await?
        {
            back::discard(swap, &left).await?;
        }
    }
    Ok(Done::default())
}

/// Whether a container was made by an earlier rollback of the same bad one, which did not get through.
fn instead(swap: &Swap<'_>, replaces: Option<&str>) -> bool {
    replaces.is_some_and(|replaces| swap.plan.bad.as_deref() == Some(replaces))
}

/// The successor exists, under its temporary name or already under the service's, and is in all its networks. Where it
/// is to start first, it runs well.
pub(super) async fn create(swap: &Swap<'_>, good: &Inspect) -> Result<Done, Fault> {
    let (bad, successor) = tokio::try_join!(swap.bad_now(), swap.successor())?;
    let mut blueprint = Blueprint::of(swap.engine(), good, &labels(swap, bad.as_ref())).await?;
    let id = match successor {
        Some(found) if found.up() => return beside::well(&found),
        Some(found) if found.image() == good.image() => found.id().to_owned(),
        other => {
            if let Some(other) = other {
                // What the image is known by has come to mean another one in that moment.
                swap.engine().remove(other.id()).await?;
                blueprint = blueprint.by_id(good);
            }
            made(swap, good, &blueprint).await?
        }
    };
    blueprint.complete(swap.engine(), &id).await?;
    if !swap.starts_first(good, bad.as_ref()) {
        return Ok(Done::by(&id));
    }
    swap.engine().start(&id).await?;
    match swap.engine().inspect(&id).await? {
        Some(found) => beside::well(&found),
        None => Err(lost(swap)),
    }
}

/// A successor of the good image.
async fn made(swap: &Swap<'_>, good: &Inspect, blueprint: &Blueprint) -> Result<String, Fault> {
    let id = match blueprint.create(swap.engine(), &swap.temporary()).await {
        Err(error) if error.class() == Class::Conflict => return Err(conflict(swap, &error).await?),
        result => result?,
    };
    match swap.engine().inspect(&id).await? {
        Some(made) if made.image() == good.image() => Ok(id),
        _ => Err(transient(format!("create {}: its image's name means another one now", swap.temporary()))),
    }
}

/// The successor's name is taken, though there was no successor a moment ago. An engine that is still at the creation
/// that a cut call began has given the name away and shows nothing yet.
async fn conflict(swap: &Swap<'_>, error: &EngineError) -> Result<Fault, Fault> {
    let found = swap.engine().named(&swap.temporary()).await?;
    let theirs = found.is_some_and(|found| !found.made_by(&swap.plan.rollback));
    Ok(if theirs { refused(error.to_string()) } else { transient(error.to_string()) })
}

fn labels(swap: &Swap<'_>, bad: Option<&Inspect>) -> BTreeMap<&'static str, String> {
    let mut labels = BTreeMap::from([
        (ROLLBACK, swap.plan.rollback.clone()),
        (SERVICE, swap.on.service.clone()),
        (REPLACES, swap.plan.bad.clone().unwrap_or_default()),
        (VERSION, swap.plan.to_version.clone()),
    ]);
    labels.extend(swap.dependent_of.map(|rollback| (DEPENDENT, rollback.to_owned())));
    // Before the bad one is disarmed: its forensics, which tell the same, may have failed.
    labels.extend(bad.map(|bad| (RESTART, bad.at("/HostConfig/RestartPolicy").to_string())));
    labels
}

/// The engine will not start the bad container again: `always` would bring it back with the next start of dockerd.
pub(super) async fn disable_restart(swap: &Swap<'_>) -> Result<Done, Fault> {
    let Some(id) = &swap.plan.bad else { return Ok(Done::default()) };
    match swap.engine().set_restart(id, &json!({ "Name": "no" })).await {
        Err(error) if error.class() == Class::NotThere || cannot_restart(&error) => Ok(Done::default()),
        result => Ok(result.map(|()| Done::default())?),
    }
}

/// A container run with `--rm`, or on its way out, is refused a restart policy, and needs none.
fn cannot_restart(error: &EngineError) -> bool {
    let says = |text: &str| text.contains("AutoRemove") || text.contains("marked for removal");
    error.message().is_some_and(says)
}

/// The bad container does not run.
pub(super) async fn stop(swap: &Swap<'_>) -> Result<Done, Fault> {
    let Some(id) = &swap.plan.bad else { return Ok(Done::default()) };
    let live = if swap.bad.is_none() { swap.bad_now().await? } else { None };
    let known = swap.bad.as_ref().or(live.as_ref());
    match swap.engine().stop(id, swap.grace(known)).await {
        Err(error) if error.class() == Class::NotThere => return Ok(Done::default()),
        result => result?,
    }
    if known.is_some_and(|known| known.flag("/HostConfig/AutoRemove")) {
        // The engine removes it by itself, and its name is free only then.
        swap.engine().gone(id).await?;
    }
    Ok(Done::default())
}

/// The bad container does not have the service's name.
pub(super) async fn rename_old(swap: &Swap<'_>) -> Result<Done, Fault> {
    if let Some(bad) = swap.bad_now().await?
        && bad.name() == swap.on.name
    {
        match swap.engine().rename(bad.id(), &swap.aside()).await {
            Err(error) if error.class() == Class::NotThere => {}
            result => result?,
        }
    }
    Ok(Done::default())
}

/// The successor has the service's name.
pub(super) async fn rename_new(swap: &Swap<'_>) -> Result<Done, Fault> {
    let successor = swap.successor().await?.ok_or_else(|| lost(swap))?;
    if successor.name() == swap.on.name {
        return Ok(Done::by(successor.id()));
    }
    match swap.engine().rename(successor.id(), &swap.on.name).await {
        Err(error) if error.class() == Class::Conflict => {
            Err(match swap.engine().named(&swap.on.name).await? {
                Some(found) if found.going() => transient(format!("take the name {}: {error}", swap.on.name)),
                Some(found) => taken(swap, &found),
                None => transient(error.to_string()),
            })
        }
        result => Ok(result.map(|()| Done::by(successor.id()))?),
    }
}

/// The successor runs.
pub(super) async fn start(swap: &Swap<'_>) -> Result<Done, Fault> {
    let found = swap.engine().named(&swap.on.name).await?.ok_or_else(|| lost(swap))?;
    if !found.made_by(&swap.plan.rollback) {
        return Err(taken(swap, &found));
    }
    swap.engine().start(found.id()).await?;
    Ok(Done::by(found.id()))
}

/// What runs is the target; then the bad container is removed, with those that older rollbacks set aside. One that
/// somebody has started again is theirs.
pub(super) async fn clean_up(swap: &Swap<'_>, good: &Inspect) -> Result<Done, Fault> {
    let found = swap.engine().named(&swap.on.name).await?.ok_or_else(|| lost(swap))?;
    if found.image() != good.image() {
        return Err(if found.made_by(&swap.plan.rollback) {
            let (runs, wanted) = (short(found.image()), short(good.image()));
            refused(format!("restore {}: image {runs} runs where {wanted} should", swap.plan.to_version))
        } else {
            taken(swap, &found)
        });
    }
    for aside in swap.engine().name_begins(&format!("{}.golive-bad-", swap.on.name)).await? {
        let stopped = matches!(aside["State"].as_str(), Some("exited" | "created" | "dead"));
        if let Some(id) = aside["Id"].as_str().filter(|_| stopped) {
            swap.engine().remove(id).await?;
        }
    }
    Ok(Done::by(found.id()))
}

fn lost(swap: &Swap<'_>) -> Fault {
    refused(format!(
        "go on with rollback {}: the container that it made for {} is gone; somebody has removed or renamed it",
        swap.plan.rollback, swap.on.name
    ))
}

fn taken(swap: &Swap<'_>, found: &Inspect) -> Fault {
    let (name, id, image) = (&swap.on.name, short(found.id()), found.text("/Config/Image"));
    foreign(format!(
        "take the name {name}: container {id} of image {image} has it; somebody else has deployed"
    ))
}
