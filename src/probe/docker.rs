//! What the engine says of a container: whether it runs, keeps restarting, ran out of memory or is unhealthy.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use bollard::models::{
    ContainerInspectResponse, ContainerState, ContainerStateStatusEnum, Health, HealthStatusEnum,
};
use bollard::query_parameters::InspectContainerOptions;
use bollard::{API_DEFAULT_VERSION, Docker};
use serde_json::Value;

use super::seen::quote;
use crate::clock::Clock;
use crate::config::Runtime;
use crate::model::sample::Outcome;

mod set;
mod tasks;

pub(super) use set::Set;
pub(super) use tasks::Tasks;

/// Seconds that the client waits for an answer's head. The check's own deadline is shorter.
const CLIENT_TIMEOUT: u64 = 120;

/// The labels of so many images are remembered; then all are forgotten.
const REMEMBERED: usize = 256;

/// The engine's client, made at the first look: the engine may come up after golive.
#[derive(Debug)]
pub(super) struct Engine {
    socket: PathBuf,
    client: Mutex<Option<Docker>>,
    /// The labels of images that were looked at, by their ids.
    images: Mutex<BTreeMap<String, Value>>,
    /// What was asked of a Swarm last, for all sets.
    listed: tokio::sync::Mutex<Option<tasks::Listed>>,
    /// What of it runs on this node.
    here: tokio::sync::Mutex<tasks::Here>,
}

impl Engine {
    pub(super) fn new(socket: PathBuf) -> Self {
        Self {
            socket,
            client: Mutex::new(None),
            images: Mutex::default(),
            listed: tokio::sync::Mutex::default(),
            here: tokio::sync::Mutex::default(),
        }
    }

    fn client(&self) -> Result<Docker, bollard::errors::Error> {
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*client {
            return Ok(client.clone());
        }
        let socket = self.socket.to_string_lossy();
        let connected = Docker::connect_with_unix(&socket, CLIENT_TIMEOUT, API_DEFAULT_VERSION)?;
        Ok(client.insert(connected).clone())
    }

    /// The labels that an image brings along; an id always means the same ones.
    async fn image_labels(&self, id: &str) -> Result<Value, bollard::errors::Error> {
        let known = || self.images.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(labels) = known().get(id) {
            return Ok(labels.clone());
        }
        let found = match self.client()?.inspect_image(id).await {
            Ok(found) => found,
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                return Ok(Value::Null);
            }
            Err(error) => return Err(error),
        };
        let labels = found.config.and_then(|config| config.labels);
        let labels = serde_json::to_value(labels).unwrap_or_default();
        if known().len() >= REMEMBERED {
            known().clear();
        }
        known().insert(id.to_owned(), labels.clone());
        Ok(labels)
    }

    /// The main processes of a service's containers that run.
    pub(super) async fn processes(&self, runtime: &Runtime, clock: &Clock) -> Vec<Process> {
        match runtime {
            Runtime::Container { name } => self.process(name).await.into_iter().collect(),
            Runtime::Compose(of) => {
                let found = set::members(self, of).await.unwrap_or_default();
                found.into_iter().filter_map(Process::of).collect()
            }
            Runtime::Swarm(set) => tasks::here(self, set, clock).await.unwrap_or_default(),
            Runtime::Command(_) => Vec::new(),
        }
    }

    async fn process(&self, name: &str) -> Option<Process> {
        let found =
            self.client().ok()?.inspect_container(name, None::<InspectContainerOptions>).await.ok()?;
        if called(&found, name) { Process::of(found) } else { None }
    }
}

/// A container's main process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Process {
    /// The container's id.
    pub(super) id: String,
    /// As the host numbers it.
    pub(super) pid: i64,
}

impl Process {
    fn of(found: ContainerInspectResponse) -> Option<Self> {
        let pid = found.state.as_ref()?.pid.filter(|pid| *pid > 0)?;
        Some(Self { id: found.id?, pid })
    }
}

#[derive(Debug)]
pub(super) struct Container {
    engine: Arc<Engine>,
    name: String,
    /// What there was at the last look.
    before: Mutex<Option<Past>>,
}

/// What is compared from look to look.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Past {
    id: Option<String>,
    restarts: i64,
    out_of_memory: bool,
}

impl Container {
    pub(super) fn new(engine: Arc<Engine>, name: &str) -> Self {
        Self { engine, name: name.to_owned(), before: Mutex::new(None) }
    }

    pub(super) async fn look(&self) -> Outcome {
        let docker = match self.engine.client() {
            Ok(docker) => docker,
            Err(error) => return blind(&error),
        };
        match docker.inspect_container(&self.name, None::<InspectContainerOptions>).await {
            Ok(found) if called(&found, &self.name) => {
                let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
                let before = before.replace(Past::of(&found));
                told(&found, before.as_ref())
            }
            Ok(_) => self.missing(),
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => self.missing(),
            Err(error) => blind(&error),
        }
    }

    fn missing(&self) -> Outcome {
        Outcome::Failed(format!("there is no container {}", self.name))
    }
}

fn blind(error: &bollard::errors::Error) -> Outcome {
    Outcome::Blind(format!("Docker: {}", quote(&error.to_string())))
}

/// The engine also answers to the beginning of an id, so a container `cafe` that is gone may bring another one up.
fn called(found: &ContainerInspectResponse, name: &str) -> bool {
    found.name.as_deref().is_none_or(|found| found.trim_start_matches('/') == name)
}

impl Past {
    fn of(found: &ContainerInspectResponse) -> Self {
        let state = found.state.as_ref();
        Self {
            id: found.id.clone(),
            restarts: found.restart_count.unwrap_or_default(),
            out_of_memory: state.and_then(|state| state.oom_killed).unwrap_or_default(),
        }
    }
}

/// What was seen, in the engine's own terms.
fn told(found: &ContainerInspectResponse, before: Option<&Past>) -> Outcome {
    let empty = ContainerState::default();
    let state = found.state.as_ref().unwrap_or(&empty);
    let now = Past::of(found);
    let exit = state.exit_code.unwrap_or_default();
    let memory = if now.out_of_memory { ", out of memory" } else { "" };
    if state.restarting == Some(true) {
        return Outcome::Failed(format!(
            "restarting, {} so far, last exit {exit}{memory}",
            times(now.restarts)
        ));
    }
    if state.paused == Some(true) {
        return Outcome::Failed("paused".to_owned());
    }
    if state.running != Some(true) {
        return Outcome::Failed(match state.status {
            Some(ContainerStateStatusEnum::CREATED) => never_started(state),
            Some(ContainerStateStatusEnum::REMOVING) => "being removed".to_owned(),
            _ => format!("exited {exit}{memory}"),
        });
    }
    if let Some(before) = before.filter(|before| before.id == now.id) {
        let restarts = now.restarts - before.restarts;
        if restarts > 0 {
            return Outcome::Failed(format!("restarted {} since the last look{memory}", times(restarts)));
        }
        // The flag stays up until the next start, but a worker that was killed last week is no news.
        if now.out_of_memory && !before.out_of_memory {
            return Outcome::Failed("one of its processes was killed for lack of memory".to_owned());
        }
    }
    state.health.as_ref().map_or(Outcome::Ok, health)
}

/// What its HEALTHCHECK says.
fn health(health: &Health) -> Outcome {
    match health.status {
        Some(HealthStatusEnum::UNHEALTHY) => {
            let log = health.log.as_ref().and_then(|log| log.last());
            let said = log.and_then(|log| log.output.as_deref()).unwrap_or_default();
            let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no output");
            Outcome::Failed(format!("HEALTHCHECK says unhealthy: {}", quote(said)))
        }
        Some(HealthStatusEnum::STARTING) => Outcome::Blind("HEALTHCHECK is still starting".to_owned()),
        Some(HealthStatusEnum::EMPTY | HealthStatusEnum::NONE | HealthStatusEnum::HEALTHY) | None => {
            Outcome::Ok
        }
    }
}

fn never_started(state: &ContainerState) -> String {
    match state.error.as_deref().map(quote) {
        Some(why) if !why.is_empty() => format!("created, but not started: {why}"),
        Some(_) | None => "created, but never started".to_owned(),
    }
}

fn times(count: i64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests;
