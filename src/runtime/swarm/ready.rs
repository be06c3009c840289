//! Whether a set could be gone back to, and what this node can do so that it stays so.

use crate::docker::EngineError;
use crate::docker::id::short;
use crate::docker::labels::ROLLBACK;
use crate::docker::labels::swarm::SERVICE_NAME;
use crate::docker::swarm::service;
use crate::model::plan::Plan;
use crate::model::step::Fault;
use crate::runtime::{Done, Record, foreign, refused, sources};

use super::images::{self, Needs};
use super::record::Specs;
use super::{Swarm, fault, hold, names, set, shelf, standing};

/// The target can be restored, and what runs is what is to be left.
pub(super) async fn prepare(on: &Swarm, plan: &Plan, good: &Specs) -> Result<Done, Fault> {
    if let Some(obstacle) = obstacles(on, good).await.map_err(fault)?.into_iter().next() {
        return Err(refused(format!("go back to {}: {obstacle}", plan.to_version)));
    }
    let set = set::read(on).await.map_err(fault)?;
    let instance = set.instance();
    let ours = set.members.values().any(|now| now.spec()["Labels"][ROLLBACK] == plan.rollback.as_str());
    let left = plan.bad.as_ref().is_none_or(|bad| *bad == instance);
    let by_swarm = set.members.values().any(|now| now.given_up().is_some());
    if left || ours || by_swarm {
        return Ok(Done::default());
    }
    Err(foreign(format!("go back to {}: {} has changed meanwhile", plan.to_version, on.name())))
}

/// What stands in the way of going back to that release, in sentences. A pin or a record that is gone is made anew.
pub(super) async fn prove(on: &Swarm, record: &Record) -> Result<Vec<String>, Fault> {
    if let Err(why) = standing::manager(&on.engine).await.map_err(fault)? {
        return Ok(vec![why]);
    }
    let good = match Specs::read(record) {
        Ok(good) => good,
        Err(fault) => return Ok(vec![format!("failed to {}", fault.text)]),
    };
    let mut problems = obstacles(on, &good).await.map_err(fault)?;
    problems.extend(doubts(on, &good).await.map_err(fault)?);
    problems.extend(sources_gone(on, &good).await.map_err(fault)?);
    if problems.is_empty() {
        pin(on, &record.release, &good).await?;
        shelf::put(on, record).await?;
    }
    Ok(problems)
}

/// What would make the update fail, or restore something else.
async fn obstacles(on: &Swarm, good: &Specs) -> Result<Vec<String>, EngineError> {
    let mut obstacles = Vec::new();
    for (name, spec) in &good.services {
        obstacles.extend(names::missing(on, name, spec).await?);
    }
    for (image, id) in &good.images {
        if let Some(now) = on.engine.image(image).await?
            && now != *id
        {
            let (now, then) = (short(&now).to_owned(), short(id));
            obstacles.push(format!("{image} is image {now} now, and was {then}"));
        }
    }
    Ok(obstacles)
}

/// What may make it fail, and cannot be told from here.
async fn doubts(on: &Swarm, good: &Specs) -> Result<Vec<String>, EngineError> {
    let mut doubts = Vec::new();
    for image in good.services.values().map(service::image).filter(|image| !image.contains('@')) {
        match on.engine.is_pulled(image).await? {
            Some(true) => doubts.push(format!(
                "its image {image} is named without the digest that its registry gave it, so that it may come back as \
                 another one; deploy it with `docker service` or `docker stack`, which add the digest"
            )),
            Some(false) => {}
            None => doubts.push(format!(
                "its image {image} is named without a digest and is not on this node, so that nobody knows whether it \
                 can be had"
            )),
        }
    }
    Ok(doubts)
}

/// What of this host its tasks here are bound to is gone. Of other nodes nobody knows.
async fn sources_gone(on: &Swarm, good: &Specs) -> Result<Vec<String>, EngineError> {
    let mut gone = Vec::new();
    for (name, spec) in &good.services {
        let bound = service::bound(spec);
        let here = format!("{SERVICE_NAME}={name}");
        if bound.is_empty() || on.engine.labelled(&here).await?.is_empty() {
            continue;
        }
        let missing = sources::gone_of(&on.engine, service::image(spec), &bound).await?;
        gone.extend(missing.into_iter().map(|what| format!("{name}: {what}")));
    }
    Ok(gone)
}

/// Images that no registry can give again are held on this node; configs and secrets in the Swarm, while the set is there: whoever has removed it as a whole may remove what it used, too.
pub(super) async fn pin(on: &Swarm, release: &str, good: &Specs) -> Result<(), Fault> {
    images::hold(on, release, &Needs::of(good)).await?;
    if set::read(on).await.map_err(fault)?.members.is_empty() {
        return hold::let_go_of_all(on).await;
    }
    hold::hold(on, release, good).await
}

/// Lets go of what a release needs.
pub(super) async fn unpin(on: &Swarm, release: &str) -> Result<(), Fault> {
    hold::let_go(on, release).await?;
    images::let_go(on, release).await
}
