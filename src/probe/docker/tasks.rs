//! What a Swarm's managers say of a set's tasks: whether they run, wherever they do, and which have failed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Docker, Process, blind, quote};
use crate::clock::Clock;
use crate::config::SwarmSet;
use crate::docker::EngineError;
use crate::docker::labels::swarm::{SERVICE_NAME, STACK};
use crate::docker::swarm::{Kind, Task, belongs, text};
use crate::model::sample::Outcome;

#[cfg(test)]
mod tests;

/// The tasks of a set.
#[derive(Debug)]
pub(in crate::probe) struct Tasks {
    docker: Arc<Docker>,
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
    services: Arc<Vec<Value>>,
    tasks: Arc<Vec<Task>>,
}

/// What another set has asked for is taken when it is no older than this, nor than half of the time since the last look of
/// one's own: so each look sees something new.
const AS_GOOD: Duration = Duration::from_secs(4);

impl Tasks {
    pub(in crate::probe) fn new(docker: Arc<Docker>, set: &SwarmSet) -> Self {
        Self { docker, set: set.clone(), before: Mutex::new(None), looked: Mutex::new(None) }
    }

    pub(in crate::probe) async fn look(&self, clock: &Clock) -> Outcome {
        let found = match self.list(clock).await {
            Ok(found) => found,
            Err(error) => return blind(&error),
        };
        let failed = found.iter().filter(|task| task.has_failed()).map(|task| task.id().to_owned()).collect();
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
    pub(super) async fn list(&self, clock: &Clock) -> Result<Vec<Task>, EngineError> {
        let now = clock.now();
        let before = self.looked.lock().unwrap_or_else(PoisonError::into_inner).replace(now);
        let half = before.map(|before| now.duration_since(before).unsigned_abs() / 2);
        let listed = self.docker.listed(clock, half.unwrap_or_default().min(AS_GOOD)).await?;
        let own = listed.services.iter().filter(|service| belongs(&self.set, &service["Spec"]));
        let own: BTreeSet<&str> = own.map(|service| text(service, "/ID")).collect();
        Ok(listed.tasks.iter().filter(|task| own.contains(task.service())).cloned().collect())
    }

    /// Only the node that a task ran on can tell.
    async fn ran_out_of_memory(&self, task: &Task) -> bool {
        let id = task.container();
        if id.is_empty() {
            return false;
        }
        let found = self.docker.engine.inspect(id).await;
        found.is_ok_and(|found| found.is_some_and(|found| found.out_of_memory()))
    }
}

impl Docker {
    /// All services and tasks, as they were no longer ago than that.
    async fn listed(&self, clock: &Clock, at_most: Duration) -> Result<Listed, EngineError> {
        // Whoever comes meanwhile waits for the same answer.
        let mut known = self.listed.lock().await;
        if let Some(listed) = known.as_ref().filter(|listed| is_new(listed.at, clock, at_most)) {
            return Ok(listed.clone());
        }
        let (at, every) = (clock.now(), json!({}));
        let services = self.engine.objects("list the services", Kind::Services, &every).await?;
        let tasks = self.engine.objects("list the tasks", Kind::Tasks, &every).await?;
        let tasks = tasks.into_iter().map(|json| Task { json }).collect();
        Ok(known.insert(Listed { at, services: Arc::new(services), tasks: Arc::new(tasks) }).clone())
    }
}

fn is_new(at: Timestamp, clock: &Clock, at_most: Duration) -> bool {
    clock.now().duration_since(at).unsigned_abs() <= at_most
}

/// The containers of a Swarm's tasks on this node: what each set's own are is found in one list.
#[derive(Debug, Default)]
pub(super) struct Here {
    listed: Option<(Timestamp, Vec<Value>)>,
    /// What was inspected, by its id: a task's container is never started a second time.
    known: BTreeMap<String, Process>,
}

/// The list of them is asked for again after this.
const LISTED_FOR: Duration = Duration::from_secs(10);

/// The main processes of those of a set's tasks that run on this node.
pub(super) async fn here(
    docker: &Docker,
    set: &SwarmSet,
    clock: &Clock,
) -> Result<Vec<Process>, EngineError> {
    let (label, value) = match set {
        SwarmSet::Service(name) => (SERVICE_NAME, name),
        SwarmSet::Stack(name) => (STACK, name),
    };
    let mut here = docker.here.lock().await;
    let Here { listed, known } = &mut *here;
    let fresh = listed.take().filter(|(at, _)| is_new(*at, clock, LISTED_FOR));
    let (_, containers) = listed.insert(match fresh {
        Some(fresh) => fresh,
        None => (clock.now(), docker.engine.running(SERVICE_NAME).await?),
    });
    let id = |listed: &Value| listed["Id"].as_str().unwrap_or_default().to_owned();
    known.retain(|known, _| containers.iter().any(|listed| id(listed) == *known));
    let own = containers.iter().filter(|listed| listed["Labels"][label] == value.as_str());
    let mut processes = Vec::new();
    for id in own.map(id) {
        if let Some(process) = known.get(&id) {
            processes.push(process.clone());
        } else if let Some(found) = docker.engine.inspect(&id).await? {
            // Else it is gone since it was listed.
            let process = Process::of(&found);
            known.extend(process.clone().map(|process| (id, process)));
            processes.extend(process);
        }
    }
    Ok(processes)
}

/// What was seen, in the managers' own terms.
fn told(found: &[Task], before: Option<&BTreeSet<String>>) -> Outcome {
    let failed: Vec<&Task> = fresh(found, before).collect();
    if let Some(last) = failed.last() {
        let why = why(last).unwrap_or_else(|| "it does not say why".to_owned());
        let tasks = if failed.len() == 1 { "a task".to_owned() } else { format!("{} tasks", failed.len()) };
        return Outcome::Failed(format!("{tasks} failed since the last look: {why}"));
    }
    let mut services: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for task in found.iter().filter(|task| task.is_wanted()) {
        services.entry(task.service()).or_default().push(task);
    }
    if services.is_empty() {
        return Outcome::Failed("no task is there, nor is one wanted".to_owned());
    }
    let mut outcome = Outcome::Ok;
    for tasks in services.values() {
        let running = tasks.iter().filter(|task| task.runs()).count();
        let waiting = tasks.iter().filter(|task| !task.runs()).find_map(|task| why(task));
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
    let known = move |task: &&Task| before.is_none_or(|before| before.contains(task.id()));
    found.iter().filter(|task| task.has_failed()).filter(move |task| !known(task))
}

/// What went wrong with it.
fn why(task: &Task) -> Option<String> {
    task.error().map(|error| quote(&error)).filter(|error| !error.is_empty())
}
