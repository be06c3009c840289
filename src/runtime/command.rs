//! A service that the operator's own commands carry: one prints the version, one goes to another.
//!
//! One task, [`watch`]: it waits for its interval and asks for the version. It may be dropped at any time; a version
//! command under way is killed with it.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::MissedTickBehavior;

use crate::config;
use crate::decide::action::Plan;
use crate::decide::event::{Event, Fault, Happening, Identity, Running, Step};

use super::hook::{self, Hooks};
use super::program;
use super::{Done, Record, find_program, refused, transient};

#[cfg(test)]
mod tests;

const ASK: Duration = Duration::from_secs(10);
const ROLL_BACK: Duration = Duration::from_mins(10);

/// A service that the operator's own commands carry.
#[derive(Debug, Clone)]
pub struct Command {
    service: String,
    version: Vec<String>,
    rollback: Vec<String>,
    hooks: Hooks,
}

/// Asks for the version at once and at every interval, and sends what it was when it is another than before.
pub async fn watch(command: Command, interval: Duration, events: mpsc::Sender<Event>) {
    let mut ticks = tokio::time::interval(interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let (mut last, mut told) = (None, String::new());
    loop {
        ticks.tick().await;
        let seen = match command.seen().await {
            Ok(seen) => seen,
            Err(fault) => {
                // Once, and not at every interval until it works again.
                if told != fault.text {
                    tracing::warn!(service = command.service, "failed to {}", fault.text);
                    told = fault.text;
                }
                continue;
            }
        };
        told.clear();
        if last.as_ref() == Some(&seen) {
            continue;
        }
        last = Some(seen.clone());
        let event = Event::Service { service: command.service.clone(), what: Happening::Seen(seen) };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

impl Command {
    pub(super) fn new(
        service: &str,
        version: &[String],
        rollback: &[String],
        config: &config::Service,
    ) -> Self {
        let (version, rollback) = (version.to_vec(), rollback.to_vec());
        Self { service: service.to_owned(), version, rollback, hooks: Hooks::new(service, config) }
    }

    pub(super) async fn seen(&self) -> Result<Option<Running>, Fault> {
        let ended = program::run(&self.version, &[("GOLIVE_SERVICE", self.service.clone())], ASK).await;
        let ended = ended.map_err(|error| transient(format!("ask for the version: {error}")))?;
        if ended.code != Some(0) {
            return Err(transient(hook::told("ask for the version", &ended)));
        }
        Ok(Some(ended.line).filter(|line| !line.is_empty()).map(|version| Running {
            instance: version.clone(),
            identity: Identity { image: version.clone(), spec: String::new() },
            version,
            alive: true,
            started: None,
            restarts: 0,
            irreversible: None,
        }))
    }

    pub(super) async fn keep(&self, release: &str) -> Result<Record, Fault> {
        let seen = self.seen().await?;
        let seen =
            seen.ok_or_else(|| refused("record the release: the version command says that nothing runs"))?;
        Ok(Record { release: release.to_owned(), image: seen.version, inspect: String::new() })
    }

    pub(super) async fn prove(&self) -> Result<Vec<String>, Fault> {
        let mut problems = Vec::new();
        if let Err(fault) = self.seen().await {
            problems.push(format!("the version command does not work: failed to {}", fault.text));
        }
        let program = self.rollback.first().map(String::as_str).unwrap_or_default();
        if find_program(program).is_none() {
            problems.push(format!("the rollback command {program} is not there or cannot be executed"));
        }
        Ok(problems)
    }

    pub(super) async fn perform(&self, plan: &Plan, step: Step) -> Result<Done, Fault> {
        match step {
            Step::Prepare => match self.prove().await?.into_iter().next() {
                Some(problem) => Err(refused(format!("go back to {}: {problem}", plan.to_version))),
                None => Ok(Done::default()),
            },
            Step::Before => self.hooks.before(plan).await,
            Step::Command => self.roll_back(plan).await,
            Step::CleanUp => self.runs(plan).await?.map_err(refused),
            Step::After => self.hooks.after(plan).await,
            Step::Undo => self.undo(plan).await,
            // There is no container to save, to stop, to name or to give way with.
            Step::Forensics
            | Step::Create
            | Step::Disarm
            | Step::Stop
            | Step::SetAside
            | Step::TakeName
            | Step::Start
            | Step::Dependents
            | Step::StandAside => Ok(Done::default()),
        }
    }

    async fn roll_back(&self, plan: &Plan) -> Result<Done, Fault> {
        // A version command that fails is no reason not to try: it may be the bad release that breaks it.
        if let Ok(Ok(done)) = self.runs(plan).await {
            return Ok(done);
        }
        let fill = |arg: &String| arg.replace("{to}", &plan.to_version).replace("{from}", &plan.from_version);
        let argv: Vec<String> = self.rollback.iter().map(fill).collect();
        let ended = program::run(&argv, &hook::environment(&self.service, plan), ROLL_BACK).await;
        let ended = ended.map_err(|error| refused(format!("run the rollback command: {error}")))?;
        if ended.code != Some(0) {
            return Err(refused(hook::told("run the rollback command", &ended)));
        }
        // Some deployments go on after their command has ended: the next attempt begins with the question.
        self.runs(plan)
            .await?
            .map_err(|why| transient(format!("{why}, though the rollback command succeeded")))
    }

    /// Whether the target runs; what runs instead, when it does not.
    async fn runs(&self, plan: &Plan) -> Result<Result<Done, String>, Fault> {
        let version = self.seen().await?.map(|seen| seen.version);
        if version.as_ref() == Some(&plan.to_version) {
            return Ok(Ok(Done::by(&plan.to_version)));
        }
        let runs = version.unwrap_or_else(|| "nothing".to_owned());
        Ok(Err(format!("restore {}: the version command says that {runs} runs", plan.to_version)))
    }

    /// Nothing is to be undone while the old version still runs; what a command has half done, only a person knows.
    async fn undo(&self, plan: &Plan) -> Result<Done, Fault> {
        let version = self.seen().await?.map(|seen| seen.version);
        if version.as_ref() == Some(&plan.from_version) {
            return Ok(Done::by(&plan.from_version));
        }
        let runs = version.unwrap_or_else(|| "nothing".to_owned());
        Err(refused(format!("put {} back: the version command says that {runs} runs", plan.from_version)))
    }
}
