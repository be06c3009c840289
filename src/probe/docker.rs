//! What the engine says of a container: whether it runs, keeps restarting, ran out of memory or is unhealthy.

use std::sync::{Arc, Mutex, PoisonError};

use super::seen::quote;
use crate::clock::Clock;
use crate::config::Runtime;
use crate::docker::{Engine, EngineError, Health, Inspect};
use crate::model::sample::Outcome;

mod logs;
mod networks;
mod set;
mod tasks;

pub(super) use logs::Logs;
pub(super) use set::Set;
pub(super) use tasks::Tasks;

/// The engine, and what of its Swarm is asked for once for all checks.
#[derive(Debug)]
pub(super) struct Docker {
    engine: Engine,
    /// What was asked of a Swarm last, for all sets.
    listed: tokio::sync::Mutex<Option<tasks::Listed>>,
    /// What of it runs on this node.
    here: tokio::sync::Mutex<tasks::Here>,
}

impl Docker {
    pub(super) fn new(engine: Engine) -> Self {
        Self { engine, listed: tokio::sync::Mutex::default(), here: tokio::sync::Mutex::default() }
    }

    /// The main processes of a service's containers that run.
    pub(super) async fn processes(&self, runtime: &Runtime, clock: &Clock) -> Vec<Process> {
        match runtime {
            Runtime::Container { name } => {
                let found = self.engine.named(name).await.ok().flatten();
                found.as_ref().and_then(Process::of).into_iter().collect()
            }
            Runtime::Compose(of) => {
                let found = set::members(&self.engine, of).await.unwrap_or_default();
                found.iter().filter_map(Process::of).collect()
            }
            Runtime::Swarm(set) => tasks::here(self, set, clock).await.unwrap_or_default(),
            Runtime::Command(_) => Vec::new(),
        }
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
    fn of(found: &Inspect) -> Option<Self> {
        Some(Self { id: found.id().to_owned(), pid: found.pid()? })
    }
}

#[derive(Debug)]
pub(super) struct Container {
    docker: Arc<Docker>,
    name: String,
    /// What there was at the last look.
    before: Mutex<Option<Past>>,
}

/// What is compared from look to look.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Past {
    id: String,
    restarts: u64,
    out_of_memory: bool,
}

impl Container {
    pub(super) fn new(docker: Arc<Docker>, name: &str) -> Self {
        Self { docker, name: name.to_owned(), before: Mutex::new(None) }
    }

    pub(super) async fn look(&self) -> Outcome {
        match self.docker.engine.named(&self.name).await {
            Ok(Some(found)) => {
                let mut before = self.before.lock().unwrap_or_else(PoisonError::into_inner);
                let before = before.replace(Past::of(&found));
                told(&found, before.as_ref())
            }
            Ok(None) => Outcome::Failed(format!("there is no container {}", self.name)),
            Err(error) => blind(&error),
        }
    }
}

fn blind(error: &EngineError) -> Outcome {
    Outcome::Blind(format!("Docker: {}", quote(&error.to_string())))
}

impl Past {
    fn of(found: &Inspect) -> Self {
        let (restarts, out_of_memory) = (found.restarts(), found.out_of_memory());
        Self { id: found.id().to_owned(), restarts, out_of_memory }
    }
}

/// What was seen, in the engine's own terms.
fn told(found: &Inspect, before: Option<&Past>) -> Outcome {
    let now = Past::of(found);
    let exit = found.exit_code().unwrap_or_default();
    let memory = if now.out_of_memory { ", out of memory" } else { "" };
    if found.restarting() {
        return Outcome::Failed(format!(
            "restarting, {} so far, last exit {exit}{memory}",
            times(now.restarts)
        ));
    }
    if found.paused() {
        return Outcome::Failed("paused".to_owned());
    }
    if !found.runs() {
        return Outcome::Failed(match found.status() {
            "created" => never_started(found),
            "removing" => "being removed".to_owned(),
            _ => format!("exited {exit}{memory}"),
        });
    }
    if let Some(before) = before.filter(|before| before.id == now.id) {
        let restarts = now.restarts.saturating_sub(before.restarts);
        if restarts > 0 {
            return Outcome::Failed(format!("restarted {} since the last look{memory}", times(restarts)));
        }
        // The flag stays up until the next start, but a worker that was killed last week is no news.
        if now.out_of_memory && !before.out_of_memory {
            return Outcome::Failed("one of its processes was killed for lack of memory".to_owned());
        }
    }
    match found.health() {
        Health::Well => Outcome::Ok,
        Health::Starting => Outcome::Blind("HEALTHCHECK is still starting".to_owned()),
        Health::Unhealthy { said } => {
            let said = said.lines().find(|line| !line.trim().is_empty()).unwrap_or("no output");
            Outcome::Failed(format!("HEALTHCHECK says unhealthy: {}", quote(said)))
        }
    }
}

fn never_started(found: &Inspect) -> String {
    match quote(found.start_error()) {
        why if !why.is_empty() => format!("created, but not started: {why}"),
        _ => "created, but never started".to_owned(),
    }
}

fn times(count: u64) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

#[cfg(test)]
mod tests;
