//! Services of a Compose project as one set: found by Compose's labels, dealt with by id, swapped all or none.
//!
//! Each member is swapped by the steps of a single container. Here is what makes a set of them: who belongs to it, in
//! which order they go, which of them a rollback has to touch, and what is to be done when one of them fails.

use std::time::Duration;

use crate::config::{self, Order, Pin};
use crate::docker::Engine;
use crate::docker::compose::{is_passing, renamed};
use crate::model::plan::Plan;
use crate::model::running::{Identity, Running, parts};
use crate::model::step::{Fault, Step};

use super::container::Container;
use super::hook::Hooks;
use super::{Done, Record, pin, refused};
use crate::runtime::ON_PODMAN;

mod back;
mod found;
mod order;
mod pairs;
mod past;
mod reach;
mod replicas;
mod retag;
mod stand_in;
mod steps;
mod wiring;

pub(super) use found::Found;
use pairs::Pairs;
use past::Past;
use reach::Looked;

/// Services of a Compose project.
#[derive(Debug, Clone)]
pub struct Compose {
    pub(super) engine: Engine,
    pub(super) service: String,
    pub(super) of: config::Compose,
    pub(super) stop_timeout: Duration,
    pub(super) pin: Pin,
    pub(super) hooks: Hooks,
    drill_starts: bool,
    looked_at: Vec<Looked>,
}

impl Compose {
    pub(super) fn new(engine: Engine, service: &str, of: &config::Compose, config: &config::Service) -> Self {
        let hooks = Hooks::new(service, config);
        let (service, of) = (service.to_owned(), of.clone());
        let looked_at = reach::looked_at(config);
        let (stop_timeout, pin, drill_starts) = (config.stop_timeout, config.pin, config.drill_starts);
        Self { engine, service, of, stop_timeout, pin, hooks, drill_starts, looked_at }
    }

    /// One member of the set, by its name.
    fn member(&self, name: &str) -> Container {
        let Self { engine, service, of, stop_timeout, pin, hooks, drill_starts, .. } = self.clone();
        let (name, order) = (name.to_owned(), Order::StopFirst);
        Container { engine, service, name, stop_timeout, pin, order, drill_starts, set: Some(of), hooks }
    }

    pub(super) async fn seen(&self) -> Result<Option<Running>, Fault> {
        Ok(Found::look(&self.engine, &self.of).await?.running(&self.of))
    }

    /// Health checks that look at what a rollback would leave alone, a sentence each.
    pub(super) async fn beyond(&self) -> Result<Vec<String>, Fault> {
        Ok(reach::beyond(&self.looked_at, &Found::look(&self.engine, &self.of).await?))
    }

    /// Records every member, and what else the project has.
    pub(super) async fn keep(&self, release: &str, instance: &str) -> Result<Record, Fault> {
        let mut inspects = Vec::new();
        for id in parts(instance) {
            let found = self.engine.inspect(id).await?;
            let container = self.member(found.as_ref().map_or(id, |found| found.name()));
            lasting(&container.name)?;
            let kept = super::container::read(&pin::keep(&container, release, id).await?)?;
            // It may have been given another one meanwhile.
            lasting(kept.name())?;
            inspects.push(kept);
        }
        let found = Found::look(&self.engine, &self.of).await?;
        let past = Past::new(inspects, &found);
        let image = found::image(&past.members());
        Ok(Record { release: release.to_owned(), image, inspect: past.written() })
    }

    pub(super) fn tells_of(record: &Record, instance: &str, identity: &Identity) -> bool {
        Past::read(record).is_ok_and(|past| {
            let members = past.members();
            found::ids(&members) == instance && found::identity(&members) == *identity
        })
    }

    /// What stands in the way, member by member. Those that live in each other's network are made anew together.
    pub(super) async fn prove(&self, record: &Record) -> Result<Vec<String>, Fault> {
        self.each_proved(record, false).await
    }

    /// The same, and whether each can be made anew beside the one that runs.
    pub(super) async fn rehearse(&self, record: &Record) -> Result<Vec<String>, Fault> {
        self.each_proved(record, true).await
    }

    async fn each_proved(&self, record: &Record, beside: bool) -> Result<Vec<String>, Fault> {
        let past = match Past::read(record) {
            Ok(past) => past,
            Err(fault) => return Ok(vec![format!("failed to {}", fault.text)]),
        };
        if self.engine.is_podman().await? {
            return Ok(vec![ON_PODMAN.to_owned()]);
        }
        let now = Found::look(&self.engine, &self.of).await?;
        let mut problems: Vec<String> = found::twins(&now.members).into_iter().collect();
        problems.extend(reach::beyond(&self.looked_at, &now));
        let members = past.members();
        for member in &members {
            let container = self.member(member.found.name());
            let alone = wiring::alone(&member.found, &members);
            let alone = wiring::moved(&alone, &past.hosts(), &now.left);
            let alone = stand_in::needed(&self.engine, alone).await?;
            let record = Record {
                release: record.release.clone(),
                image: alone.image().to_owned(),
                inspect: alone.raw().to_owned(),
            };
            let told = if beside {
                pin::rehearse(&container, &record).await?
            } else {
                pin::prove(&container, &record).await?
            };
            problems.extend(told.into_iter().map(|problem| format!("{}: {problem}", container.name)));
        }
        Ok(problems)
    }

    pub(super) async fn forget(&self, release: &str, record: Option<&Record>) -> Result<(), Fault> {
        let Some(record) = record else {
            return Err(refused(format!("drop the pins of release {release}: its record is gone")));
        };
        for member in Past::read(record)?.members() {
            pin::forget_member(&self.member(member.found.name()), release, &member.found).await?;
        }
        Ok(())
    }

    pub(super) async fn perform(
        &self,
        plan: &Plan,
        record: Option<&Record>,
        bad: Option<&Record>,
        step: Step,
    ) -> Result<Done, Fault> {
        match step {
            Step::Before => self.hooks.before(plan).await,
            Step::After => self.hooks.after(plan).await,
            Step::Command | Step::Update | Step::Converge | Step::Verify => {
                Err(refused("run the rollback command: the service is a Compose project and has none"))
            }
            Step::Prepare
            | Step::Forensics
            | Step::Create
            | Step::DisableRestart
            | Step::Stop
            | Step::RenameOld
            | Step::RenameNew
            | Step::Start
            | Step::RecreateDependents
            | Step::CleanUp
            | Step::Undo
            | Step::Yield => {
                let pairs = Pairs::new(self, plan, record, bad).await?;
                match steps::perform(&pairs, step).await {
                    Ok(done) => Ok(done),
                    // What went wrong may be somebody's deployment, which has removed or renamed what the step needs.
                    Err(fault) => Err(pairs.deployed().await?.unwrap_or(fault)),
                }
            }
        }
    }
}

/// A name that a container has for a moment is none to bring it back under.
fn lasting(name: &str) -> Result<(), Fault> {
    match renamed(name) {
        Some((_, own)) => Err(refused(format!(
            "record the release: {name} is being replaced; if it stays so, `docker compose up -d --force-recreate` gives it its own name, {own}"
        ))),
        None if is_passing(name) => Err(refused(format!("record the release: {name} is being replaced"))),
        None => Ok(()),
    }
}
