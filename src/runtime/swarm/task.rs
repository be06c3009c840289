//! The tasks of a set: what of the specifications really runs.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::docker::EngineError;
use crate::docker::swarm::service::Service;
use crate::docker::swarm::{Kind, Task, text};

use super::Swarm;
use super::set::Set;

/// The tasks of a set, by service.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    by_service: BTreeMap<String, Vec<Task>>,
}

/// What the managers know of the set's tasks now.
pub(super) async fn of(on: &Swarm, set: &Set) -> Result<Tasks, EngineError> {
    let ids: Vec<&str> = set.members.values().map(Service::id).collect();
    if ids.is_empty() {
        return Ok(Tasks::default());
    }
    let found = on.engine.objects("list the tasks", Kind::Tasks, &json!({ "service": ids })).await?;
    Ok(Tasks::among(&found, set))
}

impl Tasks {
    /// The set's tasks among those that were listed.
    pub(super) fn among(listed: &[Value], set: &Set) -> Self {
        let ids: BTreeSet<&str> = set.members.values().map(Service::id).collect();
        let mut by_service: BTreeMap<String, Vec<Task>> = BTreeMap::new();
        for json in listed {
            let id = text(json, "/ServiceID");
            if ids.contains(id) {
                by_service.entry(id.to_owned()).or_default().push(Task { json: json.clone() });
            }
        }
        Self { by_service }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Task> {
        self.by_service.values().flatten()
    }

    /// Whether the service runs at all, or is wanted not to.
    pub(super) fn any_runs(&self, member: &Service) -> bool {
        member.replicas() == Some(0) || self.wanted(member).any(Task::runs)
    }

    /// How many run as the service is specified.
    pub(super) fn good(&self, member: &Service) -> u64 {
        self.wanted(member).filter(|task| task.runs() && task.is_of(member.spec())).count() as u64
    }

    /// What is still missing until the service runs as it is specified, in words; `None` when nothing is. Where `ran` did
    /// before, for want of places, so many are enough.
    pub(super) fn missing(&self, member: &Service, ran: Option<u64>) -> Option<String> {
        let wanted = member.replicas();
        let good = self.good(member);
        let all = self.wanted(member).count() as u64;
        let left = self.wanted(member).filter(|task| !task.is_of(member.spec())).count();
        let as_before = left == 0 && ran.is_some_and(|ran| good >= ran);
        let whole = good == all && wanted.map_or(good > 0, |wanted| good == wanted);
        if whole || as_before {
            return None;
        }
        let of = wanted.unwrap_or(all);
        let why = self.wanted(member).filter(|task| !task.runs()).find_map(Task::error);
        let why = why.map(|why| format!(" ({why})")).unwrap_or_default();
        Some(format!("{good} of {of} tasks of {} run{why}", member.name()))
    }

    /// Those that the managers want to run.
    fn wanted(&self, member: &Service) -> impl Iterator<Item = &Task> {
        let tasks = self.by_service.get(member.id()).into_iter().flatten();
        tasks.filter(|task| task.is_wanted())
    }
}
