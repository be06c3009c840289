//! A container as what carries a service: what runs, can it be gone back to, and one step of a rollback at a time.

use super::{Container, Swap, read};
use crate::config::Order;
use crate::docker::Inspect;
use crate::model::plan::Plan;
use crate::model::running::{Identity, Running};
use crate::model::step::{Fault, Step};
use crate::runtime::{Done, Record, beside, copied, forensics, pin, refused, steps};

impl Container {
    pub(in crate::runtime) async fn seen(&self) -> Result<Option<Running>, Fault> {
        Ok(copied::running(&self.engine, &self.name).await?)
    }

    pub(in crate::runtime) async fn keep(&self, release: &str, instance: &str) -> Result<Record, Fault> {
        pin::keep(self, release, instance).await
    }

    pub(in crate::runtime) fn tells_of(record: &Record, instance: &str, identity: &Identity) -> bool {
        read(record).is_ok_and(|good| good.id() == instance && good.running().identity == *identity)
    }

    pub(in crate::runtime) async fn prove(&self, record: &Record) -> Result<Vec<String>, Fault> {
        pin::prove(self, record).await
    }

    pub(in crate::runtime) async fn rehearse(&self, record: &Record) -> Result<Vec<String>, Fault> {
        pin::rehearse(self, record).await
    }

    pub(in crate::runtime) async fn forget(&self, release: &str) -> Result<(), Fault> {
        pin::forget(self, release).await
    }

    pub(in crate::runtime) async fn perform(
        &self,
        plan: &Plan,
        record: Option<&Record>,
        bad: Option<&Record>,
        step: Step,
    ) -> Result<Done, Fault> {
        let swap = Swap { on: self, plan, bad: bad.map(read).transpose()?, dependent_of: None };
        match step {
            Step::Prepare => steps::prepare(&swap, &good(record)?).await,
            Step::Forensics => forensics::save(&self.engine, plan.bad.as_deref()).await,
            Step::Before => self.hooks.before(plan).await,
            Step::Create => steps::create(&swap, &good(record)?).await,
            Step::DisableRestart => steps::disable_restart(&swap).await,
            Step::Stop => steps::stop(&swap).await,
            Step::RenameOld => steps::rename_old(&swap).await,
            Step::RenameNew => steps::rename_new(&swap).await,
            Step::Start => steps::start(&swap).await,
            Step::RecreateDependents => steps::dependents::renew(&swap, &good(record)?).await,
            Step::Command | Step::Verify => {
                Err(refused("run a command of the service: it is a container and has none"))
            }
            Step::Update | Step::Converge => {
                Err(refused("update the services: the service is a container and not in a Swarm"))
            }
            Step::CleanUp => steps::clean_up(&swap, &good(record)?).await,
            Step::After => self.hooks.after(plan).await,
            Step::Undo => steps::back::undo(&swap).await,
            Step::Yield => steps::back::give_way(&swap).await,
        }
    }

    /// Why a rollback of what runs would stop it first, although it is to start the old version first.
    pub(in crate::runtime) async fn stops_first(&self) -> Option<String> {
        if self.order == Order::StopFirst {
            return None;
        }
        let running = self.engine.named(&self.name).await.ok().flatten()?;
        beside::obstacle(&running, &running)
    }
}

fn good(record: Option<&Record>) -> Result<Inspect, Fault> {
    read(record.ok_or_else(|| refused("go back: there is no record of the release to go back to"))?)
}
