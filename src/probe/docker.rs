//! What the engine says of a container: whether it runs, keeps restarting, ran out of memory or is unhealthy.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use bollard::models::{ContainerInspectResponse, ContainerState, HealthStatusEnum};
use bollard::query_parameters::InspectContainerOptions;
use bollard::{API_DEFAULT_VERSION, Docker};

use super::quote;
use crate::decide::event::Outcome;

#[derive(Debug)]
pub(super) struct Container {
    socket: PathBuf,
    /// Connected at the first look: the engine may come up after golive.
    docker: Mutex<Option<Docker>>,
    name: String,
    /// The container and its restarts at the last look.
    before: Mutex<Option<(String, i64)>>,
}

impl Container {
    pub(super) fn new(socket: &Path, name: &str) -> Self {
        let (docker, before) = (Mutex::new(None), Mutex::new(None));
        Self { socket: socket.to_owned(), docker, name: name.to_owned(), before }
    }

    pub(super) async fn look(&self) -> Outcome {
        let docker = match self.docker() {
            Ok(docker) => docker,
            Err(error) => return Outcome::Blind(format!("Docker: {}", quote(&error.to_string()))),
        };
        match docker.inspect_container(&self.name, None::<InspectContainerOptions>).await {
            Ok(found) => {
                let now = (found.id.clone().unwrap_or_default(), found.restart_count.unwrap_or_default());
                let mut before = self.before.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                let before = before.replace(now);
                judge_not(&found, before.as_ref())
            }
            Err(bollard::errors::Error::DockerResponseServerError { status_code: 404, .. }) => {
                Outcome::Failed(format!("there is no container {}", self.name))
            }
            Err(error) => Outcome::Blind(format!("Docker: {}", quote(&error.to_string()))),
        }
    }
}

impl Container {
    fn docker(&self) -> Result<Docker, bollard::errors::Error> {
        let mut docker = self.docker.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(docker) = &*docker {
            return Ok(docker.clone());
        }
        let socket = self.socket.to_string_lossy();
        // The check's own deadline is shorter than this one.
        let connected = Docker::connect_with_unix(&socket, 120, API_DEFAULT_VERSION)?;
        Ok(docker.insert(connected).clone())
    }
}

/// What was seen, in the engine's own terms.
fn judge_not(found: &ContainerInspectResponse, before: Option<&(String, i64)>) -> Outcome {
    let empty = ContainerState::default();
    let state = found.state.as_ref().unwrap_or(&empty);
    let restarts = found.restart_count.unwrap_or_default();
    let exit = state.exit_code.unwrap_or_default();
    let memory = if state.oom_killed == Some(true) { ", out of memory" } else { "" };
    if state.restarting == Some(true) {
        return Outcome::Failed(format!("restarting, {restarts} times so far, last exit {exit}{memory}"));
    }
    if state.paused == Some(true) {
        return Outcome::Failed("paused".to_owned());
    }
    if state.running != Some(true) {
        return Outcome::Failed(format!("exited {exit}{memory}"));
    }
    if let Some((id, then)) = before
        && Some(id) == found.id.as_ref()
        && restarts > *then
    {
        return Outcome::Failed(format!("restarted {} times since the last look{memory}", restarts - then));
    }
    let health = state.health.as_ref();
    match health.and_then(|health| health.status) {
        Some(HealthStatusEnum::UNHEALTHY) => {
            let log = health.and_then(|health| health.log.as_ref()).and_then(|log| log.last());
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
