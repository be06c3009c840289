//! What the engine says of a set of a Compose project's containers: each of them has to be well.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::{Docker, Past, blind, told};
use crate::config::Compose;
use crate::docker::compose::Place;
use crate::docker::labels::compose::SERVICE;
use crate::docker::{Engine, EngineError, Inspect};
use crate::model::sample::Outcome;

#[cfg(test)]
mod tests;

#[derive(Debug)]
pub(in crate::probe) struct Set {
    docker: Arc<Docker>,
    of: Compose,
    /// What there was at the last look, by name.
    before: Mutex<BTreeMap<String, Past>>,
}

impl Set {
    pub(in crate::probe) fn new(docker: Arc<Docker>, of: &Compose) -> Self {
        Self { docker, of: of.clone(), before: Mutex::default() }
    }

    pub(in crate::probe) async fn look(&self) -> Outcome {
        let found = match members(&self.docker.engine, &self.of).await {
            Ok(found) => found,
            Err(error) => return blind(&error),
        };
        let now = found.iter().map(|one| (one.name().to_owned(), Past::of(one))).collect();
        let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
        let past = std::mem::replace(&mut *before, now);
        together(&self.of, &found, &past)
    }
}

/// The set's containers; those that are left alone, where there are no others.
pub(super) async fn members(engine: &Engine, of: &Compose) -> Result<Vec<Inspect>, EngineError> {
    let (mut members, mut left) = (Vec::new(), Vec::new());
    for (place, listed) in engine.project(of).await? {
        let id = listed["Id"].as_str().unwrap_or_default().to_owned();
        match place {
            Place::Member => members.push(id),
            Place::Left => left.push(id),
            Place::Passing | Place::Apart => {}
        }
    }
    let mut found = Vec::new();
    for id in if members.is_empty() { left } else { members } {
        // One may be gone since it was listed.
        found.extend(engine.inspect(&id).await?);
    }
    Ok(found)
}

/// The first that is not well, and which it is.
fn together(of: &Compose, found: &[Inspect], past: &BTreeMap<String, Past>) -> Outcome {
    let missing =
        of.services.iter().find(|service| !found.iter().any(|one| one.label(SERVICE) == Some(service)));
    if let Some(service) = missing {
        return Outcome::Failed(format!("there is no container of {service} in project {}", of.project));
    }
    if found.is_empty() {
        return Outcome::Failed(format!("there is no container of project {}", of.project));
    }
    let mut unknown = Outcome::Ok;
    for one in found.iter().filter(|one| !one.has_ended()) {
        let name = one.name();
        match told(one, past.get(name)) {
            Outcome::Failed(seen) => return Outcome::Failed(format!("{name}: {seen}")),
            Outcome::Blind(why) => unknown = Outcome::Blind(format!("{name}: {why}")),
            Outcome::Ok => {}
        }
    }
    unknown
}
