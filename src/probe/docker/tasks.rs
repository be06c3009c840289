//! What a Swarm's managers say of a set's tasks: whether they run, wherever they do, and which have failed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use bollard::errors::Error;
use bollard::models::{Task, TaskState};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, ListTasksOptionsBuilder,
};

use super::{Engine, Process, quote};
use crate::config::SwarmSet;
use crate::decide::event::Outcome;

#[cfg(test)]
mod tests;

/// The tasks of a set.
#[derive(Debug)]
pub(in crate::probe) struct Tasks {
    engine: Arc<Engine>,
    set: SwarmSet,
    /// Those that had failed at the last look.
    before: Mutex<Option<BTreeSet<String>>>,
}

impl Tasks {
    pub(in crate::probe) fn new(engine: Arc<Engine>, set: &SwarmSet) -> Self {
        Self { engine, set: set.clone(), before: Mutex::new(None) }
    }

    pub(in crate::probe) async fn look(&self) -> Outcome {
        let found = match self.list().await {
            Ok(found) => found,
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Vec::new(),
            Err(error) => return Outcome::Blind(format!("Docker: {}", quote(&error.to_string()))),
        };
        let failed =
            found.iter().filter(|task| has_failed(task)).filter_map(|task| task.id.clone()).collect();
        let before = self.before.lock().unwrap_or_else(PoisonError::into_inner).replace(failed);
        let outcome = told(&found, before.as_ref());
        match fresh(&found, before.as_ref()).last() {
            Some(task) if self.ran_out_of_memory(task).await => match outcome {
                Outcome::Failed(seen) => Outcome::Failed(format!("{seen}, out of memory")),
                Outcome::Ok | Outcome::Blind(_) => outcome,
            },
            Some(_) | None => outcome,
        }
    }

    async fn list(&self) -> Result<Vec<Task>, Error> {
        let (key, value) = match &self.set {
            SwarmSet::Service(name) => ("service", name.clone()),
            SwarmSet::Stack(name) => ("label", format!("com.docker.stack.namespace={name}")),
        };
        let filters = HashMap::from([(key.to_owned(), vec![value])]);
        let options = ListTasksOptionsBuilder::new().filters(&filters).build();
        self.engine.client()?.list_tasks(Some(options)).await
    }

    /// Only the node that a task ran on can tell.
    async fn ran_out_of_memory(&self, task: &Task) -> bool {
        let container = task.status.as_ref().and_then(|status| status.container_status.as_ref());
        let id = container.and_then(|container| container.container_id.as_ref()).filter(|id| !id.is_empty());
        let (Some(id), Ok(docker)) = (id, self.engine.client()) else { return false };
        let found = docker.inspect_container(id, None::<InspectContainerOptions>).await;
        found.is_ok_and(|found| found.state.and_then(|state| state.oom_killed).unwrap_or_default())
    }
}

/// The main processes of those of a set's tasks that run on this node.
pub(super) async fn here(engine: &Engine, set: &SwarmSet) -> Result<Vec<Process>, Error> {
    let label = match set {
        SwarmSet::Service(name) => format!("com.docker.swarm.service.name={name}"),
        SwarmSet::Stack(name) => format!("com.docker.stack.namespace={name}"),
    };
    let docker = engine.client()?;
    let filters = HashMap::from([("label".to_owned(), vec![label])]);
    let options = ListContainersOptionsBuilder::new().filters(&filters).build();
    let mut processes = Vec::new();
    for id in docker.list_containers(Some(options)).await?.into_iter().filter_map(|listed| listed.id) {
        match docker.inspect_container(&id, None::<InspectContainerOptions>).await {
            Ok(found) => processes.extend(Process::of(found)),
            // Gone since it was listed.
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(processes)
}

/// What was seen, in the managers' own terms.
fn told(found: &[Task], before: Option<&BTreeSet<String>>) -> Outcome {
    let failed: Vec<&Task> = fresh(found, before).collect();
    if let Some(last) = failed.last() {
        let why = error(last).unwrap_or_else(|| "it does not say why".to_owned());
        let tasks = if failed.len() == 1 { "a task".to_owned() } else { format!("{} tasks", failed.len()) };
        return Outcome::Failed(format!("{tasks} failed since the last look: {why}"));
    }
    let mut services: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for task in found.iter().filter(|task| task.desired_state == Some(TaskState::RUNNING)) {
        services.entry(task.service_id.as_deref().unwrap_or_default()).or_default().push(task);
    }
    if services.is_empty() {
        return Outcome::Failed("no task is there, nor is one wanted".to_owned());
    }
    let mut outcome = Outcome::Ok;
    for tasks in services.values() {
        let runs = |task: &&&Task| state(task) == Some(TaskState::RUNNING);
        let running = tasks.iter().filter(runs).count();
        let waiting = tasks.iter().filter(|task| !runs(task)).find_map(|task| error(task));
        if let Some(why) = waiting {
            return Outcome::Failed(format!("{running} of {} tasks run: {why}", tasks.len()));
        }
        if running == 0 {
            outcome = Outcome::Blind("its tasks are still starting".to_owned());
        }
    }
    outcome
}

/// Those that failed since the last look; at the first look, none.
fn fresh<'a>(found: &'a [Task], before: Option<&'a BTreeSet<String>>) -> impl Iterator<Item = &'a Task> {
    let known = move |task: &&Task| {
        before.is_none_or(|before| task.id.as_ref().is_some_and(|id| before.contains(id)))
    };
    found.iter().filter(|task| has_failed(task)).filter(move |task| !known(task))
}

fn has_failed(task: &Task) -> bool {
    matches!(state(task), Some(TaskState::FAILED | TaskState::REJECTED))
}

fn state(task: &Task) -> Option<TaskState> {
    task.status.as_ref()?.state
}

fn error(task: &Task) -> Option<String> {
    let error = task.status.as_ref()?.err.as_deref()?;
    Some(quote(error)).filter(|error| !error.is_empty())
}
