//! Waiting until the Swarm runs what it was told to: its update has ended, and in every slot runs a task of the good
//! specification.

use std::time::Duration;

use crate::clock::Clock;
use crate::docker::swarm::service::{Service, Update};
use crate::model::plan::Plan;
use crate::model::step::Fault;
use crate::runtime::{Done, foreign, refused};

use super::news::News;
use super::record::Specs;
use super::{Swarm, fault, pending, set, steps, task};

/// One call waits no longer than this: shutting down waits for it, and the core asks again.
const LONGEST: Duration = Duration::from_secs(12);
/// When a node is lost in the middle, 20.10 may never call the update ended. Where every task was seen good and running
/// for so long, and so for longer than it is monitored, nothing is left to wait for.
const STEADY: Duration = Duration::from_secs(10);
/// Tasks on other nodes start without an event.
const LOOK: Duration = Duration::from_secs(1);

/// The Swarm runs the good release.
pub(super) async fn wait(on: &Swarm, plan: &Plan, good: &Specs) -> Result<Done, Fault> {
    let mut news = News::subscribe(&on.engine).await.map_err(fault)?;
    let (clock, mut whole_since) = (Clock::start(), None);
    let mut missing = "it has only begun".to_owned();
    let looks = async {
        loop {
            let Look { missing: still, whole, done } = look(on, plan, good).await?;
            let now = clock.now();
            whole_since = whole_since.filter(|_| whole).or(whole.then_some(now));
            let steady = whole_since.is_some_and(|since| now.duration_since(since).unsigned_abs() >= STEADY);
            if still.is_empty() || steady {
                return Ok(Some(done));
            }
            missing = still;
            if news.wait(LOOK, true).await.is_err() {
                return Ok(None);
            }
        }
    };
    match tokio::time::timeout(LONGEST, looks).await.unwrap_or(Ok(None)) {
        Ok(None) => Err(pending(format!("wait for {}: {missing}", plan.to_version))),
        Ok(Some(done)) => Ok(done),
        Err(fault) => Err(fault),
    }
}

struct Look {
    /// What is still missing; nothing when it has converged.
    missing: String,
    /// Whether every task is good and runs, whatever the Swarm says of its update, and is monitored for less than `STEADY`.
    whole: bool,
    done: Done,
}

async fn look(on: &Swarm, plan: &Plan, good: &Specs) -> Result<Look, Fault> {
    let set = set::read(on).await.map_err(fault)?;
    let tasks = task::of(on, &set).await.map_err(fault)?;
    let (mut missing, mut whole) = (Vec::new(), true);
    for (name, spec) in &good.services {
        let now = set.members.get(name).ok_or_else(|| changed(plan, name))?;
        if !steps::holds(now, spec) {
            return Err(now.given_up().map_or_else(|| changed(plan, name), |_| given_up(plan, now)));
        }
        let ran = good.running.get(name).copied();
        match now.update() {
            Update::Paused => return Err(given_up(plan, now)),
            Update::UnderWay | Update::TakenBack => {
                whole &= now.update() == Update::UnderWay && now.monitored() < STEADY;
                whole &= tasks.missing(now, ran).is_none();
                missing.push(format!("the update of {name} is under way"));
            }
            Update::Settled => missing.extend(tasks.missing(now, ran).inspect(|_| whole = false)),
        }
    }
    Ok(Look { missing: missing.join("; "), whole, done: Done::by(&set.instance()) })
}

fn given_up(plan: &Plan, now: &Service) -> Fault {
    let (name, says) = (now.name(), now.message());
    refused(format!("restore {}: the Swarm gave the update of {name} up: {says}", plan.to_version))
}

fn changed(plan: &Plan, name: &str) -> Fault {
    foreign(format!("restore {}: somebody else has changed the service {name}", plan.to_version))
}
