//! Services of a Docker Swarm, as one set: the Swarm does the work, golive says what is to run and looks that it does.
//!
//! What golive has to know of the set is kept in the Swarm itself (`shelf`), so that the golive of any manager can go
//! on with it. `standing` says which one acts.

use std::sync::{Arc, Mutex};

use crate::config::{self, SwarmSet};
use crate::docker::{Engine, EngineError, Remembered};
use crate::model::plan::Plan;
use crate::model::running::{Identity, Running};
use crate::model::step::{Fault, FaultKind, Step};

use super::hook::Hooks;
use super::{Done, Record, refused};

mod clocks;
mod converge;
mod forensics;
mod halted;
mod hold;
mod images;
mod lease;
mod names;
mod news;
pub mod overview;
mod ready;
mod record;
mod running;
mod set;
mod shelf;
mod standby;
mod standing;
mod steps;
mod task;
pub mod watch;

use record::Specs;

/// Services of a Swarm that are released and taken back together.
#[derive(Debug, Clone)]
pub struct Swarm {
    engine: Engine,
    service: String,
    set: SwarmSet,
    hooks: Hooks,
    /// What ids that the set uses stand for, as far as it was asked for.
    names: Arc<Mutex<names::Known>>,
    /// Tasks that ended for nothing that the release had done.
    excused: Remembered,
}

impl Swarm {
    pub(super) fn new(engine: Engine, service: &str, set: &SwarmSet, config: &config::Service) -> Self {
        let hooks = Hooks::new(service, config);
        let names = Arc::default();
        let excused = Remembered::default();
        Self { engine, service: service.to_owned(), set: set.clone(), hooks, names, excused }
    }

    pub(super) async fn seen(&self) -> Result<Option<Running>, Fault> {
        if let Err(why) = standing::manager(&self.engine).await.map_err(fault)? {
            return Err(refused(format!("look at {}: {why}", self.name())));
        }
        let set = set::read(self).await.map_err(fault)?;
        let tasks = task::of(self, &set).await.map_err(fault)?;
        let nodes = halted::nodes(self, &set).await.map_err(fault)?;
        Ok(set.running(&tasks, &nodes, &self.excused))
    }

    /// Only the one that acts may.
    pub(super) async fn go_on(&self) -> Result<(), Fault> {
        self.acting("go on with an update").await?;
        halted::go_on(self).await
    }

    pub(super) async fn keep(&self, release: &str, instance: &str) -> Result<Record, Fault> {
        let set = set::read(self).await.map_err(fault)?;
        if set.instance() != instance {
            return Err(refused(format!("record the release: {} has changed meanwhile", self.name())));
        }
        let tasks = task::of(self, &set).await.map_err(fault)?;
        let specs = Specs::of(self, &set).await.map_err(fault)?.at_its_best(&set, &tasks);
        let record =
            Record { release: release.to_owned(), image: set.identity().image, inspect: specs.text() };
        shelf::put(self, &record).await?;
        ready::pin(self, release, &specs).await?;
        Ok(record)
    }

    /// The set goes by what it is, so there is no instance to ask for besides.
    pub(super) fn tells_of(&self, record: &Record, identity: &Identity) -> bool {
        let single = matches!(self.set, SwarmSet::Service(_));
        Specs::read(record).is_ok_and(|specs| set::identity(specs.services.values(), single) == *identity)
    }

    pub(super) async fn prove(&self, record: &Record) -> Result<Vec<String>, Fault> {
        ready::prove(self, record).await
    }

    pub(super) async fn forget(&self, release: &str) -> Result<(), Fault> {
        ready::unpin(self, release).await?;
        shelf::drop(self, release).await
    }

    /// The record of a release that the golive of another manager has kept.
    pub(super) async fn record(&self, release: &str) -> Result<Option<Record>, Fault> {
        shelf::take(self, release).await
    }

    /// Writes down what is known, where every manager's golive can read it. Only the one that acts may.
    pub(super) async fn share(&self, facts: &str) -> Result<(), Fault> {
        let node = self.acting("write down what is known").await?;
        shelf::write_facts(self, &node, facts).await
    }

    pub(super) async fn perform(
        &self,
        plan: &Plan,
        good: Option<&Record>,
        bad: Option<&Record>,
        step: Step,
    ) -> Result<Done, Fault> {
        self.acting(&format!("go back to {}", plan.to_version)).await?;
        // What forensics left in the Swarm is there for every manager's golive.
        let bad = || async {
            let left = shelf::take(self, &plan.rollback).await?;
            left.as_ref().or(bad).map(Specs::read).transpose()
        };
        match step {
            Step::Prepare => ready::prepare(self, plan, &target(good)?).await,
            Step::Forensics => forensics::save(self, plan).await,
            Step::Before => self.hooks.before(plan).await,
            Step::Update => steps::update(self, plan, &target(good)?, bad().await?.as_ref()).await,
            Step::Converge => converge::wait(self, plan, &target(good)?).await,
            Step::CleanUp => steps::clean_up(self, plan, &target(good)?).await,
            Step::After => self.hooks.after(plan).await,
            Step::Undo => steps::undo(self, plan, bad().await?.as_ref(), &target(good)?).await,
            // There is no container to create, to stop or to name, and nothing of golive's to remove.
            Step::Create
            | Step::DisableRestart
            | Step::Stop
            | Step::RenameOld
            | Step::RenameNew
            | Step::Start
            | Step::RecreateDependents
            | Step::Command
            | Step::Verify
            | Step::Yield => Ok(Done::default()),
        }
    }

    /// This node's id, while its golive holds the lease: nobody else may change what runs.
    async fn acting(&self, doing: &str) -> Result<String, Fault> {
        let not = |why: String| Fault { kind: FaultKind::Unreachable, text: format!("{doing}: {why}") };
        let node = standing::manager(&self.engine).await.map_err(fault)?.map_err(not)?;
        match lease::read(&self.engine).await.map_err(fault)? {
            Some(lease) if lease.holder() == node.id => Ok(node.id),
            Some(lease) => Err(not(format!("golive on {} acts for it", lease.host()))),
            None => Err(not("nobody acts in the Swarm".to_owned())),
        }
    }

    /// The set, as a person would name it.
    fn name(&self) -> String {
        match &self.set {
            SwarmSet::Service(name) => format!("the service {name}"),
            SwarmSet::Stack(name) => format!("the stack {name}"),
        }
    }
}

fn target(good: Option<&Record>) -> Result<Specs, Fault> {
    Specs::read(good.ok_or_else(|| refused("go back: there is no record of the release to go back to"))?)
}

/// A failed call: a Swarm without a leader is waited for, as an engine that does not answer is.
fn fault(error: EngineError) -> Fault {
    let leaderless = error.is_leaderless();
    let mut fault = Fault::from(error);
    if leaderless {
        fault.kind = FaultKind::Unreachable;
    }
    fault
}

fn pending(text: impl Into<String>) -> Fault {
    Fault { kind: FaultKind::Pending, text: text.into() }
}
