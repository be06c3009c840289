//! What a Swarm's managers say of a set's tasks: whether they run, wherever they do, and which have failed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::{ContainerSummary, Service, Task, TaskState};
use bollard::query_parameters::{
    InspectContainerOptions, ListContainersOptionsBuilder, ListServicesOptions, ListTasksOptions,
};

use jiff::Timestamp;

use super::{Engine, Process, quote};
use crate::clock::Clock;
use crate::config::SwarmSet;
use crate::model::sample::Outcome;

#[cfg(test)]
mod tests;

/// The tasks of a set.
#[derive(Debug)]
pub(in crate::probe) struct Tasks {
    engine: Arc<Engine>,
    set: SwarmSet,
    /// Those that had failed at the last look.
    before: Mutex<Option<BTreeSet<String>>>,
    /// When that was.
    looked: Mutex<Option<Timestamp>>,
}

/// What is asked for once for all sets, as long as that is new for each: all services and all tasks of the Swarm.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    at: Timestamp,
    services: Arc<Vec<Service>>,
    tasks: Arc<Vec<Task>>,
}

/// What another set has asked for is taken when it is no older than this, nor than half of the time since the last look of
/// one's own: so each look sees something new.
const AS_GOOD: Duration = Duration::from_secs(4);

impl Tasks {
    pub(in crate::probe) fn new(engine: Arc<Engine>, set: &SwarmSet) -> Self {
        Self { engine, set: set.clone(), before: Mutex::new(None), looked: Mutex::new(None) }
    }

    pub(in crate::probe) async fn look(&self, clock: &Clock) -> Outcome {
        let found = match self.list(clock).await {
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

    /// The set's own tasks.
    async fn list(&self, clock: &Clock) -> Result<Vec<Task>, Error> {
        let now = clock.now();
        let before = self.looked.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        let half = before.map(|before| now.duration_since(before).unsigned_abs() / 2);
        let listed = self.engine.listed(clock, half.unwrap_or_default().min(AS_GOOD)).await?;
        let own = |service: &&Service| belongs(service, &self.set);
        let own = listed.services.iter().filter(own).filter_map(|service| service.id.as_deref());
        let own: BTreeSet<&str> = own.collect();
        let of = |task: &&Task| task.service_id.as_deref().is_some_and(|id| own.contains(id));
        Ok(listed.tasks.iter().filter(of).cloned().collect())
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

impl Engine {
    /// All services and tasks, as they were no longer ago than that.
    async fn listed(&self, clock: &Clock, at_most: Duration) -> Result<Listed, Error> {
        // Whoever comes meanwhile waits for the same answer.
        let mut known = self.listed.lock().await;
        if let Some(listed) = known.as_ref().filter(|listed| is_new(listed.at, clock, at_most)) {
            return Ok(listed.clone());
        }
        let (docker, at) = (self.client()?, clock.now());
        let services = Arc::new(docker.list_services(None::<ListServicesOptions>).await?);
        let tasks = Arc::new(docker.list_tasks(None::<ListTasksOptions>).await?);
        Ok(known.insert(Listed { at, services, tasks }).clone())
    }
}

/// Whether it is one of the set.
fn belongs(service: &Service, set: &SwarmSet) -> bool {
    let Some(spec) = &service.spec else { return false };
    match set {
        SwarmSet::Service(name) => spec.name.as_ref() == Some(name),
        SwarmSet::Stack(name) => {
            let labels = spec.labels.as_ref();
            labels.and_then(|labels| labels.get("com.docker.stack.namespace")) == Some(name)
        }
    }
}

fn is_new(at: Timestamp, clock: &Clock, at_most: Duration) -> bool {
    clock.now().duration_since(at).unsigned_abs() <= at_most
}

/// The containers of a Swarm's tasks on this node: what each set's own are is found in one list.
#[derive(Debug, Default)]
pub(super) struct Here {
    listed: Option<(Timestamp, Vec<ContainerSummary>)>,
    /// What was inspected, by its id: a task's container is never started a second time.
    known: BTreeMap<String, Process>,
}

/// The list of them is asked for again after this.
const LISTED_FOR: Duration = Duration::from_secs(10);

/// The main processes of those of a set's tasks that run on this node.
pub(super) async fn here(engine: &Engine, set: &SwarmSet, clock: &Clock) -> Result<Vec<Process>, Error> {
    let (label, value) = match set {
        SwarmSet::Service(name) => ("com.docker.swarm.service.name", name),
        SwarmSet::Stack(name) => ("com.docker.stack.namespace", name),
    };
    let docker = engine.client()?;
    let mut here = engine.here.lock().await;
    let Here { listed, known } = &mut *here;
    let fresh = listed.take().filter(|(at, _)| is_new(*at, clock, LISTED_FOR));
    let (_, containers) = listed.insert(match fresh {
        Some(fresh) => fresh,
        None => {
            let filters =
                HashMap::from([("label".to_owned(), vec!["com.docker.swarm.service.name".to_owned()])]);
            let options = ListContainersOptionsBuilder::new().filters(&filters).build();
            (clock.now(), docker.list_containers(Some(options)).await?)
        }
    });
    let is = |id: &str| containers.iter().any(|listed| listed.id.as_deref() == Some(id));
    known.retain(|id, _| is(id));
    let own = |listed: &&ContainerSummary| {
        listed.labels.as_ref().and_then(|labels| labels.get(label)) == Some(value)
    };
    let mut processes = Vec::new();
    for id in containers.iter().filter(own).filter_map(|listed| listed.id.clone()) {
        if let Some(process) = known.get(&id) {
            processes.push(process.clone());
            continue;
        }
        match docker.inspect_container(&id, None::<InspectContainerOptions>).await {
            Ok(found) => {
                let process = Process::of(found);
                known.extend(process.clone().map(|process| (id, process)));
                processes.extend(process);
            }
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
