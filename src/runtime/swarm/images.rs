//! Images that no registry can give again are held on this node, by containers that never run.
//!
//! Each node has images of its own, so each manager's golive holds those on its own node, whichever one acts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::docker::id::short;
use crate::docker::labels::{PIN_OF, RELEASE};
use crate::docker::swarm::service::image;
use crate::docker::swarm::text;
use crate::docker::{Class, digest};
use crate::model::step::{Fault, FaultKind};
use crate::runtime::container::token;
use crate::runtime::refused;

use super::record::Specs;
use super::{Swarm, fault};

/// What one is said to run: nothing that is in any image.
const RUNS: &str = "/golive-pause";

/// So many of a release's images are told to be missing.
const NAMED: usize = 5;

/// What a release needs of each node.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Needs {
    /// The ids of images that are named without a digest.
    images: BTreeMap<String, String>,
    /// Which of them each service runs.
    services: BTreeMap<String, String>,
}

impl Needs {
    pub(super) fn of(good: &Specs) -> Self {
        let services = good.services.iter().map(|(name, spec)| (name.clone(), image(spec).to_owned()));
        let services = services.filter(|(_, image)| good.images.contains_key(image)).collect();
        Self { images: good.images.clone(), services }
    }

    /// The service that runs it, if it is one of those.
    fn run_by<'a>(&'a self, image: &str, services: &BTreeSet<String>) -> Option<&'a str> {
        let runs = |(name, of): &(&String, &String)| *of == image && services.contains(*name);
        self.services.iter().find(runs).map(|(name, _)| name.as_str())
    }
}

/// Those of a release are held, where this node has them.
pub(super) async fn hold(on: &Swarm, release: &str, needs: &Needs) -> Result<(), Fault> {
    for (image, id) in &needs.images {
        hold_one(on, release, (image, id)).await?;
    }
    Ok(())
}

/// Holds what this node has of a release, and says what stands in the way of going back to it here, where tasks of these
/// services run.
pub(super) async fn held(
    on: &Swarm,
    release: &str,
    needs: &Needs,
    here: &BTreeSet<String>,
) -> Result<Vec<String>, Fault> {
    let mut problems = Vec::new();
    for (image, id) in &needs.images {
        let named = on.engine.image(image).await.map_err(fault)?;
        let there = named.as_ref() == Some(id) || on.engine.image(id).await.map_err(fault)?.is_some();
        if there {
            match hold_one(on, release, (image, id)).await {
                Err(fault) if fault.kind == FaultKind::Refused => {
                    problems.push(format!("its image cannot be held: failed to {}", fault.text));
                }
                result => result?,
            }
        }
        let service = needs.run_by(image, here);
        problems.extend(lacking((image, id), named.as_deref(), there, service));
    }
    let more = problems.len().saturating_sub(NAMED);
    problems.truncate(NAMED);
    problems.extend((more > 0).then(|| format!("and so it is with {more} more of its images")));
    Ok(problems)
}

/// Why a task of that image would not come up here as it was: which image goes by its name here, and whether the right
/// one is here at all. Where none of its services runs, the Swarm may never place a task.
fn lacking(
    (image, id): (&str, &str),
    now: Option<&str>,
    there: bool,
    service: Option<&str>,
) -> Option<String> {
    match (now, service) {
        (Some(now), _) if now != id => {
            let (now, then) = (short(now), short(id));
            Some(format!("{image} is image {now} on this node, and was {then} where it was accepted"))
        }
        (None, Some(_)) if there => {
            let id = short(id);
            Some(format!("its image {id} has lost its name here; `docker tag {id} {image}` gives it back"))
        }
        (None, Some(service)) => Some(format!(
            "its image {image} is not on this node, where {service} runs, and is named without a digest, so that nobody \
             knows whether it can be had"
        )),
        (Some(_) | None, _) => None,
    }
}

/// Those of that release are let go.
pub(super) async fn let_go(on: &Swarm, release: &str) -> Result<(), Fault> {
    remove(on, |of| of == release).await
}

/// Those of all releases but these are let go.
pub(super) async fn let_go_of_others(on: &Swarm, releases: &[String]) -> Result<(), Fault> {
    remove(on, |of| !releases.iter().any(|release| release == of)).await
}

async fn hold_one(on: &Swarm, release: &str, (image, id): (&str, &str)) -> Result<(), Fault> {
    let name = name(on, release, image);
    if let Some(found) = on.engine.named(&name).await.map_err(fault)? {
        if found.label(PIN_OF) != Some(&on.service) {
            return Err(refused(format!("hold {image}: somebody else's container is named {name}")));
        }
        if found.image() == id {
            return Ok(());
        }
        on.engine.remove(found.id()).await.map_err(fault)?;
    }
    let body = json!({
        "Image": id,
        "Entrypoint": [RUNS],
        "Cmd": [],
        "Labels": { PIN_OF: on.service, RELEASE: release },
        "Healthcheck": { "Test": ["NONE"] },
        "HostConfig": { "NetworkMode": "none", "RestartPolicy": { "Name": "no" } },
    });
    match on.engine.create(&name, &body).await {
        Err(error) if error.class() == Class::Conflict => Ok(()),
        result => result.map(drop).map_err(fault),
    }
}

/// Removes the service's own holders of releases that are meant.
async fn remove(on: &Swarm, meant: impl Fn(&str) -> bool) -> Result<(), Fault> {
    let held = on.engine.labelled(&format!("{PIN_OF}={}", on.service)).await.map_err(fault)?;
    let own = |holder: &&Value| text(holder, "/Command") == RUNS;
    for holder in held.iter().filter(own) {
        if holder["Labels"][RELEASE].as_str().is_some_and(&meant) {
            on.engine.remove(text(holder, "/Id")).await.map_err(fault)?;
        }
    }
    Ok(())
}

fn name(on: &Swarm, release: &str, image: &str) -> String {
    let digest = digest::of(json!([release, image]));
    format!("golive-pin-{}-{}", token(&on.service), &digest[..12])
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "sha256:1111111111111111111111111111111111111111111111111111111111111111";
    const OTHER: &str = "sha256:2222222222222222222222222222222222222222222222222222222222222222";

    fn needs() -> Needs {
        let image = |name: &str| json!({ "TaskTemplate": { "ContainerSpec": { "Image": name } } });
        let services = [("api", image("app:1")), ("cron", image("app:1")), ("db", image("db@sha256:3333"))];
        let services = services.map(|(name, spec)| (name.to_owned(), spec)).into();
        let images = BTreeMap::from([("app:1".to_owned(), ID.to_owned())]);
        Needs::of(&Specs { services, images, ..Specs::default() })
    }

    #[test]
    fn an_image_matters_to_the_services_that_run_it() {
        let here = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(needs().run_by("app:1", &here(&["cron", "db"])), Some("cron"));
        assert_eq!(needs().run_by("app:1", &here(&["db"])), None);
        assert_eq!(needs().services.get("db"), None, "whoever has its digest can have it again");
    }

    #[test]
    fn what_a_node_lacks_is_said_where_it_matters() {
        let said = |now, there, service| lacking(("app:1", ID), now, there, service).unwrap_or_default();
        assert_eq!(said(Some(ID), true, Some("api")), "");
        assert_eq!(said(None, false, None), "", "no task of it is here");
        let gone = said(None, false, Some("api"));
        assert!(
            gone.starts_with("its image app:1 is not on this node, where api runs, and is named"),
            "{gone}"
        );
        let nameless =
            "its image 111111111111 has lost its name here; `docker tag 111111111111 app:1` gives it back";
        assert_eq!(said(None, true, Some("api")), nameless);
        // The Swarm would run that one wherever it places a task.
        let another = "app:1 is image 222222222222 on this node, and was 111111111111 where it was accepted";
        assert_eq!(said(Some(OTHER), true, None), another);
    }
}
