//! What a project has now, and what it is as one thing that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::Value;

use crate::config::Compose;
use crate::docker::compose::{Place, volumes};
use crate::docker::labels::compose::{NUMBER, SERVICE};
use crate::docker::{Engine, EngineError, Inspect, digest, spec};
use crate::model::running::{Identity, Left, Running};
use crate::runtime::copied;

#[cfg(test)]
mod tests;

/// Which of a project's containers: its service, and which of the service's replicas.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) service: String,
    pub(super) number: u32,
}

/// One container of the set.
#[derive(Debug, Clone)]
pub(super) struct Member {
    pub(super) key: Key,
    pub(super) found: Inspect,
}

/// So many services of different versions are named in one line.
const NAMED: usize = 3;

/// One container of the project that is left alone.
#[derive(Debug, Clone)]
pub(super) struct Bystander {
    pub(super) it: Member,
    /// Where it keeps data.
    pub(super) keeps: String,
}

/// What a project has.
#[derive(Debug, Default)]
pub(in crate::runtime) struct Found {
    /// The set, by service and number.
    pub(super) members: Vec<Member>,
    /// Containers that keep data and are left alone.
    pub(super) left: Vec<Bystander>,
    /// What is out of the way for a moment, as the engine lists it.
    pub(super) passing: Vec<Value>,
}

impl Found {
    /// Looks at every container of the project.
    pub(in crate::runtime) async fn look(engine: &Engine, of: &Compose) -> Result<Self, EngineError> {
        let mut found = Self::default();
        for (place, listed) in engine.project(of).await? {
            match place {
                Place::Member => {
                    // One that is gone by now is said to be so by an event.
                    if let Some(inspect) = engine.inspect(listed["Id"].as_str().unwrap_or_default()).await? {
                        found.members.push(Member::new(copied::marked(engine, inspect).await?));
                    }
                }
                Place::Left => {
                    let keeps = volumes(&listed).join(", ");
                    let inspect = engine.inspect(listed["Id"].as_str().unwrap_or_default()).await?;
                    let bystander = |found| Bystander { it: Member::new(found), keeps };
                    found.left.extend(inspect.map(bystander));
                }
                Place::Passing => found.passing.push(listed),
                Place::Apart => {}
            }
        }
        let order = |a: &Member, b: &Member| (&a.key, a.found.id()).cmp(&(&b.key, b.found.id()));
        found.members.sort_by(order);
        found.left.sort_by(|a, b| order(&a.it, &b.it));
        Ok(found)
    }

    /// The set as one thing that runs; `None` when there is nothing of it.
    pub(in crate::runtime) fn running(&self, of: &Compose) -> Option<Running> {
        let each: Vec<Running> = self.members.iter().map(|member| member.found.running()).collect();
        let absent = self.absent(of);
        (!each.is_empty()).then(|| Running {
            instance: ids(&self.members),
            identity: identity(&self.members),
            version: version(&self.members),
            alive: absent.is_empty() && self.members.iter().all(|member| member.found.well()),
            started: each.iter().filter_map(|one| one.started).max(),
            restarts: each.iter().map(|one| one.restarts).sum(),
            irreversible: each.iter().find_map(|one| one.irreversible.clone()),
            given_up: None,
            rolling_out: false,
            stuck: None,
            halted: None,
            about: Some(self.about(of)),
            members: self.members.iter().map(|member| member.found.member()).collect(),
            settling: false,
            absent,
            left: self.left.iter().map(Bystander::left).collect(),
        })
    }

    /// Services that belong to it by the configuration and have no container.
    fn absent(&self, of: &Compose) -> Vec<String> {
        let there = self.services();
        of.services.iter().filter(|service| !there.contains(service.as_str())).cloned().collect()
    }

    /// The services that are left alone, each with where it keeps its data.
    pub(super) fn left_alone(&self) -> BTreeMap<&str, &str> {
        self.left.iter().map(|left| (left.it.key.service.as_str(), left.keeps.as_str())).collect()
    }

    /// The names of the services that are left alone.
    pub(in crate::runtime) fn left_names(&self) -> Vec<String> {
        self.left_alone().into_keys().map(str::to_owned).collect()
    }

    /// Who belongs to it and who does not, in words.
    fn about(&self, of: &Compose) -> String {
        let mut about = Vec::new();
        for service in self.services() {
            let of_it = self.members.iter().filter(|member| member.key.service == service);
            let each: Vec<String> = of_it.map(Member::told).collect();
            about.push(each.join(", "));
        }
        about.extend(self.absent(of).into_iter().map(|service| format!("{service} has no container")));
        let mut about = about.join(", ");
        for (service, paths) in self.left_alone() {
            write!(about, "; {service} is left alone: it keeps data in {paths}")
                .expect("writing to a string cannot fail");
        }
        about
    }

    fn services(&self) -> BTreeSet<&str> {
        self.members.iter().map(|member| member.key.service.as_str()).collect()
    }
}

impl Member {
    pub(super) fn new(found: Inspect) -> Self {
        let service = found.label(SERVICE).unwrap_or_default().to_owned();
        let number = found.label(NUMBER).and_then(|number| number.parse().ok()).unwrap_or(1);
        Self { key: Key { service, number }, found }
    }

    /// Its name, version and state.
    pub(super) fn told(&self) -> String {
        let (name, version) = (self.found.name(), spec::version(&self.found));
        match (self.found.well(), self.found.has_ended()) {
            (true, false) => format!("{name} runs {version}"),
            (true, true) => format!("{name} of {version} has ended as it should"),
            (false, _) => format!("{name} of {version} does not run"),
        }
    }
}

impl Bystander {
    fn left(&self) -> Left {
        let Key { service, .. } = &self.it.key;
        let found = &self.it.found;
        Left { service: service.clone(), identity: found.identity(), version: spec::version(found) }
    }
}

impl Inspect {
    fn well(&self) -> bool {
        self.has_ended() || (self.flag("/State/Running") && !self.flag("/State/Restarting"))
    }
}

/// Two members that are the same replica of the same service, by their names: nobody can say which of them a rollback
/// should swap.
pub(super) fn twins(members: &[Member]) -> Option<String> {
    let pair = members.windows(2).find(|pair| pair[0].key == pair[1].key)?;
    let Key { service, number } = &pair[0].key;
    let mut names = [pair[0].found.name(), pair[1].found.name()];
    names.sort_unstable();
    Some(format!("{} are both {service} {number}", names.join(" and ")))
}

/// All ids, in the order of their services.
pub(super) fn ids(members: &[Member]) -> String {
    let ids: Vec<&str> = members.iter().map(|member| member.found.id()).collect();
    ids.join(",")
}

/// What makes them this release and no other.
pub(super) fn identity(members: &[Member]) -> Identity {
    Identity { image: image(members), spec: spec(members) }
}

/// The image of all of them; of each, where they have different ones.
pub(super) fn image(members: &[Member]) -> String {
    let images: BTreeSet<&str> = members.iter().map(|member| member.found.image()).collect();
    match images.first() {
        Some(image) if images.len() == 1 => (*image).to_owned(),
        _ => each(members, "=", |member| member.found.image().to_owned()).join(", "),
    }
}

/// The version of all of them; of each, where they have different ones.
fn version(members: &[Member]) -> String {
    let versions: BTreeSet<String> = members.iter().map(|member| spec::version(&member.found)).collect();
    match versions.first() {
        Some(version) if versions.len() == 1 => version.clone(),
        _ => short(&each(members, " ", |member| spec::version(&member.found))),
    }
}

/// Of a set of many services the first, and how many others there are.
fn short(parts: &[String]) -> String {
    let more = parts.len().saturating_sub(NAMED - 1);
    if parts.len() > NAMED {
        format!("{} and {more} more", parts[..NAMED - 1].join(", "))
    } else {
        parts.join(", ")
    }
}

/// Something of each service. Replicas that are alike are said once.
fn each(members: &[Member], between: &str, what: impl Fn(&Member) -> String) -> Vec<String> {
    let each: BTreeSet<String> =
        members.iter().map(|member| format!("{}{between}{}", member.key.service, what(member))).collect();
    each.into_iter().collect()
}

/// What all of them are configured to be. How many replicas there are is no other release.
fn spec(members: &[Member]) -> String {
    let each: BTreeSet<(&str, &str, String)> = members
        .iter()
        .map(|member| (member.key.service.as_str(), member.found.image(), spec::hash(&member.found)))
        .collect();
    digest::sha256(&format!("{each:?}"))
}
