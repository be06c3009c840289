//! Waiting until the Swarm runs what it was told to: its update has ended, and in every slot runs a task of the good
//! specification.

use std::time::Duration;

use crate::decide::action::Plan;
use crate::decide::event::Fault;
use crate::runtime::{Done, foreign, refused};

use super::member::{Member, Update};
use super::news::News;
use super::record::Specs;
use super::{Swarm, fault, pending, set, steps, task};

/// One call waits no longer than this: shutting down waits for it, and the core asks again.
const LONGEST: Duration = Duration::from_secs(10);
/// Tasks on other nodes start without an event.
const LOOK: Duration = Duration::from_secs(1);

/// The Swarm runs the good release. When a node is lost in the middle, 20.10 may never call the update ended: where
/// every task was good and running for a whole call, and so for longer than it is monitored, nothing is left to wait for.
pub(super) async fn wait(on: &Swarm, plan: &Plan, good: &Specs) -> Result<Done, Fault> {
    let mut news = News::subscribe(&on.engine).await.map_err(fault)?;
    let mut last = Look { missing: "it has only begun".to_owned(), ..Look::default() };
    let mut whole = true;
    let looks = async {
        loop {
            last = look(on, plan, good).await?;
            whole &= last.whole;
            if last.missing.is_empty() || news.wait(LOOK).await.is_err() {
                return Ok::<(), Fault>(());
            }
        }
    };
    let timed_out = match tokio::time::timeout(LONGEST, looks).await {
        Ok(result) => result.map(|()| false)?,
        Err(_) => true,
    };
    if last.missing.is_empty() || (timed_out && whole) {
        return Ok(last.done);
    }
    Err(pending(format!("wait for {}: {}", plan.to_version, last.missing)))
}

#[derive(Default)]
struct Look {
    /// What is still missing; nothing when it has converged.
    missing: String,
    /// Whether every task is good and runs, whatever the Swarm says of its update, and is monitored no longer than a call.
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
        match now.update() {
            Update::Paused => return Err(given_up(plan, now)),
            Update::UnderWay | Update::TakenBack => {
                whole &= now.update() == Update::UnderWay && now.monitored() < LONGEST;
                whole &= tasks.missing(now).is_none();
                missing.push(format!("the update of {name} is under way"));
            }
            Update::Settled => missing.extend(tasks.missing(now).inspect(|_| whole = false)),
        }
    }
    Ok(Look { missing: missing.join("; "), whole, done: Done::by(&set.instance()) })
}

fn given_up(plan: &Plan, now: &Member) -> Fault {
    let (name, says) = (now.name(), now.message());
    refused(format!("restore {}: the Swarm gave the update of {name} up: {says}", plan.to_version))
}

fn changed(plan: &Plan, name: &str) -> Fault {
    foreign(format!("restore {}: somebody else has changed the service {name}", plan.to_version))
}
