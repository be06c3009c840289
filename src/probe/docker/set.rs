//! What the engine says of a set of a Compose project's containers: each of them has to be well.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bollard::errors::Error;
use bollard::models::ContainerInspectResponse;
use bollard::query_parameters::{InspectContainerOptions, ListContainersOptionsBuilder};

use super::{Engine, Past, blind, told};
use crate::config::Compose;
use crate::config::compose::{PROJECT, Place, SERVICE, has_ended};
use crate::model::sample::Outcome;

#[cfg(test)]
mod tests;

#[derive(Debug)]
pub(in crate::probe) struct Set {
    engine: Arc<Engine>,
    of: Compose,
    /// What there was at the last look, by name.
    before: Mutex<BTreeMap<String, Past>>,
}

impl Set {
    pub(in crate::probe) fn new(engine: Arc<Engine>, of: &Compose) -> Self {
        Self { engine, of: of.clone(), before: Mutex::default() }
    }

    pub(in crate::probe) async fn look(&self) -> Outcome {
        let found = match members(&self.engine, &self.of).await {
            Ok(found) => found,
            Err(error) => return blind(&error),
        };
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let past =
            std::mem::replace(&mut *before, found.iter().map(|one| (name(one), Past::of(one))).collect());
        together(&self.of, &found, &past)
    }
}

/// The set's containers; those that are left alone, where there are no others.
pub(super) async fn members(engine: &Engine, of: &Compose) -> Result<Vec<ContainerInspectResponse>, Error> {
    let docker = engine.client()?;
    let filters = HashMap::from([("label".to_owned(), vec![format!("{PROJECT}={}", of.project)])]);
    let options = ListContainersOptionsBuilder::new().all(true).filters(&filters).build();
    let (mut members, mut left) = (Vec::new(), Vec::new());
    for listed in docker.list_containers(Some(options)).await? {
        let image = engine.image_labels(listed.image_id.as_deref().unwrap_or_default()).await?;
        let place = serde_json::to_value(&listed).map_or(Place::Apart, |listed| of.listed(&listed, &image));
        match place {
            Place::Member => members.extend(listed.id),
            Place::Left => left.extend(listed.id),
            Place::Passing | Place::Apart => {}
        }
    }
    let mut found = Vec::new();
    for id in if members.is_empty() { left } else { members } {
        match docker.inspect_container(&id, None::<InspectContainerOptions>).await {
            Ok(one) => found.push(one),
            // Gone since it was listed.
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

/// The first that is not well, and which it is.
fn together(of: &Compose, found: &[ContainerInspectResponse], past: &BTreeMap<String, Past>) -> Outcome {
    let missing =
        of.services.iter().find(|service| !found.iter().any(|one| label(one, SERVICE) == Some(service)));
    if let Some(service) = missing {
        return Outcome::Failed(format!("there is no container of {service} in project {}", of.project));
    }
    if found.is_empty() {
        return Outcome::Failed(format!("there is no container of project {}", of.project));
    }
    let mut unknown = Outcome::Ok;
    for one in found {
        if serde_json::to_value(one).is_ok_and(|one| has_ended(&one)) {
            continue;
        }
        let name = name(one);
        match told(one, past.get(&name)) {
            Outcome::Failed(seen) => return Outcome::Failed(format!("{name}: {seen}")),
            Outcome::Blind(why) => unknown = Outcome::Blind(format!("{name}: {why}")),
            Outcome::Ok => {}
        }
    }
    unknown
}

fn name(found: &ContainerInspectResponse) -> String {
    found.name.as_deref().unwrap_or_default().trim_start_matches('/').to_owned()
}

fn label<'f>(found: &'f ContainerInspectResponse, label: &str) -> Option<&'f str> {
    found.config.as_ref()?.labels.as_ref()?.get(label).map(String::as_str)
}
