//! A service that the operator's own commands carry: one prints the version, one goes to another; one
//! may say whether that would work, and one whether it has.
//!
//! One task, [`watch`]: it waits for its interval and asks for the version. It may be dropped at any time; a version
//! command under way is killed with it.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::clock::{Clock, Ticker};
use crate::config::{self, Commands, Program};
use crate::docker::digest;
use crate::model::event::{Event, ServiceEvent};
use crate::model::plan::Plan;
use crate::model::running::{Identity, Running};
use crate::model::step::{Fault, Step};
use crate::program::{self, Ended, Left, ProgramError};
use crate::untrusted::{clean, escaped};

use super::hook::{self, Hooks};
use super::{Done, Record, find_program, refused, transient};

#[cfg(test)]
mod tests;

/// A service that the operator's own commands carry.
#[derive(Debug, Clone)]
pub struct Command {
    service: String,
    commands: Commands,
    hooks: Hooks,
}

/// Asks for the version at every interval, and sends what it was when it is another than before.
pub async fn watch(command: Command, (clock, interval): (Clock, Duration), events: mpsc::Sender<Event>) {
    let mut turn = Ticker::new(clock, interval, &command.service).with_pause(interval);
    let (mut last, mut told) = (None, String::new());
    loop {
        turn.wait().await;
        let seen = command.seen().await;
        turn.done();
        let seen = match seen {
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
        let event = Event::Service { service: command.service.clone(), what: ServiceEvent::Seen(seen) };
        if events.send(event).await.is_err() {
            return;
        }
    }
}

impl Command {
    pub(super) fn new(service: &str, commands: &Commands, config: &config::Service) -> Self {
        let (service, hooks) = (service.to_owned(), Hooks::new(service, config));
        Self { service, commands: commands.clone(), hooks }
    }

    /// The version, as the operator's command prints it.
    async fn printed(&self) -> Result<Option<String>, Fault> {
        let Program { argv, limit } = &self.commands.version;
        let ended =
            program::run(argv, &[("GOLIVE_SERVICE", self.service.clone())], Some(*limit), Left::Running)
                .await;
        let ended = ended.map_err(|error| transient(format!("ask for the version: {error}")))?;
        if !ended.status.success() {
            return Err(transient(hook::told("ask for the version", &ended)));
        }
        Ok(Some(ended.line).filter(|line| !line.is_empty()))
    }

    pub(super) async fn seen(&self) -> Result<Option<Running>, Fault> {
        Ok(self.printed().await?.map(|line| (clean(&line), line)).map(|(version, line)| Running {
            instance: version.clone(),
            // What only looks alike is another release.
            identity: Identity {
                image: version.clone(),
                spec: if version == line { String::new() } else { digest::of(line.into()) },
            },
            version,
            alive: true,
            started: None,
            restarts: 0,
            irreversible: None,
            given_up: None,
            rolling_out: false,
            stuck: None,
            halted: None,
            about: None,
            members: Vec::new(),
            settling: false,
            absent: Vec::new(),
            left: Vec::new(),
        }))
    }

    pub(super) async fn keep(&self, release: &str) -> Result<Record, Fault> {
        let seen = self.seen().await?;
        let seen =
            seen.ok_or_else(|| refused("record the release: the version command says that nothing runs"))?;
        Ok(Record { release: release.to_owned(), image: seen.version, inspect: String::new() })
    }

    /// What stands in the way of going to that version.
    pub(super) async fn prove(&self, to: &str) -> Result<Vec<String>, Fault> {
        let mut problems = Vec::new();
        let from = match self.printed().await {
            Ok(line) => {
                let line = line.unwrap_or_default();
                let from = clean(&line);
                if from != line && from == to {
                    let line = escaped(&line, 100);
                    problems.push(format!(
                        "what the version command prints cannot be handed to a program: {line}"
                    ));
                }
                from
            }
            Err(fault) => {
                problems.push(format!("the version command does not work: failed to {}", fault.text));
                String::new()
            }
        };
        let rollback = self.commands.rollback.argv.first().map(String::as_str).unwrap_or_default();
        if find_program(rollback).is_none() {
            problems.push(format!("the rollback command {rollback} is not there or cannot be executed"));
        }
        if let Some(Program { argv, limit }) = &self.commands.ready {
            let env = [
                ("GOLIVE_SERVICE", self.service.clone()),
                ("GOLIVE_FROM", from.clone()),
                ("GOLIVE_TO", to.to_owned()),
            ];
            match program::run(&filled(argv, to, &from), &env, Some(*limit), Left::Running).await {
                Ok(ended) if ended.status.success() => {}
                Ok(ended) => problems.push(hook::told("the ready command says no", &ended)),
                Err(error) => problems.push(format!("the ready command does not work: {error}")),
            }
        }
        Ok(problems)
    }

    pub(super) async fn perform(&self, plan: &Plan, step: Step) -> Result<Done, Fault> {
        match step {
            Step::Prepare => match self.prove(&plan.to_version).await?.into_iter().next() {
                Some(problem) => Err(refused(format!("go back to {}: {problem}", plan.to_version))),
                None => Ok(Done::default()),
            },
            Step::Before => self.hooks.before(plan).await,
            Step::Command => self.roll_back(plan).await,
            Step::Verify => self.verify(plan).await,
            Step::CleanUp => self.runs(plan).await?.map_err(refused),
            Step::After => self.hooks.after(plan).await,
            Step::Undo => self.undo(plan).await,
            // There is no container to save, to stop, to name or to give way with.
            Step::Forensics
            | Step::Create
            | Step::DisableRestart
            | Step::Stop
            | Step::RenameOld
            | Step::RenameNew
            | Step::Start
            | Step::RecreateDependents
            | Step::Update
            | Step::Converge
            | Step::Yield => Ok(Done::default()),
        }
    }

    async fn roll_back(&self, plan: &Plan) -> Result<Done, Fault> {
        // A version command that fails is no reason not to try: it may be the bad release that breaks it.
        if let Ok(Ok(done)) = self.runs(plan).await {
            return Ok(done);
        }
        let ended = self.run(&self.commands.rollback, plan).await;
        let ended = ended.map_err(|error| refused(format!("run the rollback command: {error}")))?;
        if !ended.status.success() {
            return Err(refused(hook::told("run the rollback command", &ended)));
        }
        // Some deployments go on after their command has ended: the next attempt begins with the question.
        match self.runs(plan).await? {
            Ok(done) => Ok(Done { output: ended.printed(), ..done }),
            Err(why) => Err(transient(format!("{why}, though the rollback command succeeded"))),
        }
    }

    /// Asked again for a while: what was started a moment ago may need it.
    async fn verify(&self, plan: &Plan) -> Result<Done, Fault> {
        let Some(verify) = &self.commands.verify else { return Ok(Done::default()) };
        let ended = self.run(verify, plan).await;
        let ended = ended.map_err(|error| refused(format!("run the verify command: {error}")))?;
        if !ended.status.success() {
            return Err(transient(hook::told("run the verify command", &ended)));
        }
        Ok(Done { output: ended.printed(), ..Done::default() })
    }

    async fn run(&self, program: &Program, plan: &Plan) -> Result<Ended, ProgramError> {
        let argv = filled(&program.argv, &plan.to_version, &plan.from_version);
        program::run(&argv, &hook::environment(&self.service, plan), Some(program.limit), Left::Running).await
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

/// Arguments with versions in their places.
fn filled(argv: &[String], to: &str, from: &str) -> Vec<String> {
    let (to, from) = (clean(to), clean(from));
    argv.iter().map(|arg| arg.replace("{to}", &to).replace("{from}", &from)).collect()
}
