//! The Swarm refuses to remove a config or a secret that a service names. One that never runs names those of a release,
//! so that they are there when it is gone back to, whatever runs meanwhile.
//!
//! Its name says what it names, so that every manager's golive finds the same one, and of two that make it one does.

use serde_json::{Value, json};

use crate::docker::labels::{RELEASE, SET};
use crate::docker::swarm::{Kind, service, text};
use crate::docker::{Class, EngineError, SLOW, digest};
use crate::model::step::Fault;
use crate::runtime::container::token;

use super::record::Specs;
use super::shelf;
use super::{Swarm, fault, names};

/// What the names of such services begin with.
pub(super) const BEGINS: &str = "golive-pin-";

/// What one would run, were it scaled up: nothing that is in any image.
const RUNS: &str = "/golive-pause";

/// What a release uses cannot be removed from now on. A release that uses nothing needs no such service.
pub(super) async fn hold(on: &Swarm, release: &str, good: &Specs) -> Result<(), Fault> {
    let (configs, secrets) = names::references(on, good.services.values()).await?;
    let wanted = name(on, release, &[&configs, &secrets]);
    let there = holders(on, Some(release)).await.map_err(fault)?;
    let is_wanted = |holder: &&Value| text(holder, "/Spec/Name") == wanted;
    let uses = !configs.is_empty() || !secrets.is_empty();
    if uses && !there.iter().any(|holder| is_wanted(&holder)) {
        let image = good.services.values().map(service::image).find(|image| !image.is_empty());
        let body = json!({
            "Name": wanted,
            "Labels": { SET: shelf::label(on), RELEASE: release },
            "TaskTemplate": {
                "ContainerSpec": {
                    "Image": image.unwrap_or_default(),
                    "Command": [RUNS],
                    "Configs": configs,
                    "Secrets": secrets,
                },
                "RestartPolicy": { "Condition": "none" },
            },
            "Mode": { "Replicated": { "Replicas": 0 } },
        });
        let doing = format!("keep the configs and secrets of {release} from being removed");
        match on.engine.create_object(&doing, Kind::Services, &body, SLOW).await {
            // By that name it names the same.
            Err(error) if error.class() == Class::Conflict => {}
            result => result.map_err(fault)?,
        }
    }
    remove(on, there.iter().filter(|holder| !(uses && is_wanted(holder)))).await
}

/// What that release uses may be removed, as far as nothing else names it.
pub(super) async fn let_go(on: &Swarm, release: &str) -> Result<(), Fault> {
    remove(on, holders(on, Some(release)).await.map_err(fault)?.iter()).await
}

/// The same of every release of the set.
pub(super) async fn let_go_of_all(on: &Swarm) -> Result<(), Fault> {
    remove(on, holders(on, None).await.map_err(fault)?.iter()).await
}

/// The set's own such services, of one release or of all.
async fn holders(on: &Swarm, release: Option<&str>) -> Result<Vec<Value>, EngineError> {
    let set = format!("{SET}={}", shelf::label(on));
    let of = release.map(|release| format!("{RELEASE}={release}"));
    let labels: Vec<String> = [set].into_iter().chain(of).collect();
    let found = on.engine.objects("list the services", Kind::Services, &json!({ "label": labels })).await?;
    Ok(found.into_iter().filter(|holder| text(holder, "/Spec/Name").starts_with(BEGINS)).collect())
}

async fn remove(on: &Swarm, holders: impl Iterator<Item = &Value>) -> Result<(), Fault> {
    for holder in holders {
        let (doing, id) = ("let go of configs and secrets", text(holder, "/ID"));
        on.engine.remove_object(doing, Kind::Services, id, SLOW).await.map_err(fault)?;
    }
    Ok(())
}

/// A service's name may have 63 characters and no dots.
fn name(on: &Swarm, release: &str, used: &[&[Value]; 2]) -> String {
    let set = token(on.set.name()).replace(['.', '_'], "-");
    let set: String = set.chars().take(30).collect();
    let digest = digest::of(json!([shelf::label(on), release, used]));
    format!("{BEGINS}{set}-{}", &digest[..16])
}

#[cfg(test)]
mod tests;
