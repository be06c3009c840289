//! What a rollback does to the services of a set. Each step begins with a look at whether it holds already.

use serde_json::{Value, json};

use crate::docker::labels::{ROLLBACK, WAY_BACK};
use crate::docker::swarm::Kind;
use crate::docker::swarm::service::{self, Service, Update};
use crate::docker::{Class, SLOW};
use crate::model::plan::Plan;
use crate::model::step::Fault;
use crate::runtime::{Done, foreign, refused, transient};

use super::record::Specs;
use super::set;
use super::{Swarm, fault, names, pending, shelf};

/// The Swarm's own doings move a service's version, too: it is read again so often.
const TRIES: u32 = 10;

/// How the Swarm replaces tasks.
const UPDATE: &str = "UpdateConfig";

/// Every service has the specification of the good record, those that it does not know are gone.
pub(super) async fn update(
    on: &Swarm,
    plan: &Plan,
    good: &Specs,
    bad: Option<&Specs>,
) -> Result<Done, Fault> {
    let set = set::read(on).await.map_err(fault)?;
    // Before anything is touched.
    for member in set.members.values() {
        known(plan, member, &[Some(good), bad], bad.is_none())?;
    }
    for (name, spec) in &good.services {
        put(on, plan, (name, spec), &[Some(good), bad], bad.is_none()).await?;
    }
    remove_unless_in(on, good, set.members.values()).await?;
    let set = set::read(on).await.map_err(fault)?;
    Ok(Done::by(&set.instance()))
}

/// Every service has the specification of the bad release again. What somebody else has changed stays as it is.
pub(super) async fn undo(on: &Swarm, plan: &Plan, bad: Option<&Specs>, good: &Specs) -> Result<Done, Fault> {
    let bad =
        bad.ok_or_else(|| refused(format!("put {} back: there is no record of it", plan.from_version)))?;
    let set = set::read(on).await.map_err(fault)?;
    for (name, spec) in &bad.services {
        let theirs = set
            .members
            .get(name)
            .is_some_and(|now| known(plan, now, &[Some(good), Some(bad)], false).is_err());
        if !theirs {
            put(on, plan, (name, spec), &[Some(good), Some(bad)], false).await?;
        }
    }
    let came = |member: &&Service| good.services.contains_key(member.name());
    remove_unless_in(on, bad, set.members.values().filter(came)).await?;
    let set = set::read(on).await.map_err(fault)?;
    Ok(Done::by(&set.instance()))
}

/// What runs is the target; then the services are updated in their own way again, and what was kept for the way back out
/// is removed.
pub(super) async fn clean_up(on: &Swarm, plan: &Plan, good: &Specs) -> Result<Done, Fault> {
    let set = set::read(on).await.map_err(fault)?;
    for (name, spec) in &good.services {
        if !set.members.get(name).is_some_and(|now| holds(now, spec)) {
            return Err(refused(format!("restore {}: {name} is not specified so any more", plan.to_version)));
        }
    }
    for (name, spec) in &good.services {
        own_way(on, name, spec).await?;
    }
    shelf::drop(on, &plan.rollback).await?;
    Ok(Done::by(&set.instance()))
}

/// Whether a service is specified so. One that has been scaled up is not scaled down.
pub(super) fn holds(now: &Service, spec: &Value) -> bool {
    service::hash(now.named()) == service::hash(spec) && now.replicas() >= service::replicas(spec)
}

/// Fails when somebody else has changed the service: it is neither as it was good nor as it was bad.
fn known(plan: &Plan, now: &Service, records: &[Option<&Specs>], all: bool) -> Result<(), Fault> {
    let hash = service::hash(now.named());
    let recorded =
        |specs: &&Specs| specs.services.get(now.name()).is_some_and(|spec| service::hash(spec) == hash);
    let ours = now.spec()["Labels"][ROLLBACK] == plan.rollback.as_str();
    // What the Swarm itself has gone back to is nobody's release.
    if all || ours || now.given_up().is_some() || records.iter().flatten().any(recorded) {
        return Ok(());
    }
    Err(foreign(format!(
        "go back to {}: somebody else has changed the service {}",
        plan.to_version,
        now.name()
    )))
}

/// The service is specified so. A rollback of the Swarm's own that goes there is joined, any other waited for.
async fn put(
    on: &Swarm,
    plan: &Plan,
    (name, spec): (&str, &Value),
    records: &[Option<&Specs>],
    all: bool,
) -> Result<(), Fault> {
    let mut last = None;
    for _ in 0..TRIES {
        let set = set::read(on).await.map_err(fault)?;
        let result = match set.members.get(name) {
            Some(now) if holds(now, spec) => return Ok(()),
            Some(now) if now.update() == Update::TakenBack => {
                return Err(pending(format!("update {name}: the Swarm is taking its update back by itself")));
            }
            Some(now) => {
                known(plan, now, records, all)?;
                let (doing, of) = (format!("update the service {name}"), (now.id(), now.version()));
                let spec = names::resolved(on, &merged(now.spec(), spec, &plan.rollback)).await?;
                on.engine.update_object(&doing, Kind::Services, of, &spec, SLOW).await
            }
            None => {
                let spec = names::resolved(on, &merged(&Value::Null, spec, &plan.rollback)).await?;
                on.engine
                    .create_object(&format!("create the service {name}"), Kind::Services, &spec, SLOW)
                    .await
            }
        };
        match result {
            Err(error) if error.is_out_of_sequence() || error.class() == Class::Conflict => {
                last = Some(error)
            }
            result => return result.map_err(fault),
        }
    }
    Err(last.map_or_else(|| transient(format!("update {name}")), |error| transient(error.to_string())))
}

/// The service is updated in its own way again, as it is recorded. No task is replaced for that.
async fn own_way(on: &Swarm, name: &str, recorded: &Value) -> Result<(), Fault> {
    let mut last = None;
    for _ in 0..TRIES {
        let set = set::read(on).await.map_err(fault)?;
        let Some(now) = set.members.get(name).filter(|now| holds(now, recorded)) else { return Ok(()) };
        let mut spec = now.spec().clone();
        // Where the Swarm itself went back, nothing of golive's is there to be put right.
        if spec["Labels"].as_object_mut().and_then(|labels| labels.remove(WAY_BACK)).is_none() {
            return Ok(());
        }
        spec[UPDATE] = recorded[UPDATE].clone();
        let (doing, of) = (format!("update the service {name}"), (now.id(), now.version()));
        match on.engine.update_object(&doing, Kind::Services, of, &spec, SLOW).await {
            Err(error) if error.is_out_of_sequence() => last = Some(error),
            result => return result.map_err(fault),
        }
    }
    Err(last.map_or_else(|| transient(format!("update {name}")), |error| transient(error.to_string())))
}

/// How golive's own update goes: as the service wants to be rolled back, where it says so, and on past a task that fails.
/// The Swarm would pause it there, and leave both versions running; whether the old one runs, golive looks itself.
fn way_back(recorded: &Value) -> Value {
    let way = [&recorded["RollbackConfig"], &recorded[UPDATE]].into_iter().find(|way| way.is_object());
    let mut way = way.cloned().unwrap_or_else(|| json!({ "Parallelism": 1 }));
    way["FailureAction"] = Value::from("continue");
    way
}

/// A recorded specification as it is given to the service that there is now: marked with the rollback, never with fewer
/// tasks than now, and without restarting what runs already.
fn merged(now: &Value, recorded: &Value, rollback: &str) -> Value {
    let mut spec = recorded.clone();
    if !spec["Labels"].is_object() {
        spec["Labels"] = json!({});
    }
    spec["Labels"][ROLLBACK] = Value::from(rollback);
    if let (Some(now), Some(recorded)) = (service::replicas(now), service::replicas(&spec)) {
        spec["Mode"]["Replicated"]["Replicas"] = Value::from(now.max(recorded));
    }
    spec[UPDATE] = way_back(recorded);
    spec["Labels"][WAY_BACK] = Value::from("golive's");
    if let Some(forced) = now.pointer("/TaskTemplate/ForceUpdate") {
        spec["TaskTemplate"]["ForceUpdate"] = forced.clone();
    }
    spec
}

/// Services of the set that a record does not know came with the other release, and go with it.
async fn remove_unless_in(
    on: &Swarm,
    record: &Specs,
    members: impl Iterator<Item = &Service>,
) -> Result<(), Fault> {
    for other in members.filter(|member| !record.services.contains_key(member.name())) {
        let doing = format!("remove the service {}", other.name());
        on.engine.remove_object(&doing, Kind::Services, other.id(), SLOW).await.map_err(fault)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_specification_is_merged_with_what_is_there() {
        let recorded = json!({
            "Name": "shop_api",
            "Mode": { "Replicated": { "Replicas": 2 } },
            "TaskTemplate": { "ForceUpdate": 0 },
        });
        let now = json!({
            "Mode": { "Replicated": { "Replicas": 5 } },
            "TaskTemplate": { "ForceUpdate": 3 },
        });
        let merged = merged(&now, &recorded, "rb-1");
        assert_eq!(merged["Labels"]["golive.rollback"], "rb-1");
        assert_eq!(merged["Mode"]["Replicated"]["Replicas"], 5);
        assert_eq!(merged["TaskTemplate"]["ForceUpdate"], 3);
        let fewer = json!({ "Mode": { "Replicated": { "Replicas": 0 } } });
        assert_eq!(super::merged(&fewer, &recorded, "rb-1")["Mode"]["Replicated"]["Replicas"], 2);
    }

    #[test]
    fn it_goes_back_as_the_service_wants_to_and_past_tasks_that_fail() {
        let update = json!({ "Parallelism": 1, "Delay": 10_000_000_000_u64, "FailureAction": "pause" });
        let back = json!({ "Parallelism": 0, "Order": "start-first", "FailureAction": "pause" });
        let mut recorded = json!({ "Name": "shop_api", "UpdateConfig": update });
        let way = |recorded: &Value| merged(&Value::Null, recorded, "rb-1")["UpdateConfig"].clone();
        let slow = json!({ "Parallelism": 1, "Delay": 10_000_000_000_u64, "FailureAction": "continue" });
        assert_eq!(way(&recorded), slow);
        recorded["RollbackConfig"] = back;
        let own = json!({ "Parallelism": 0, "Order": "start-first", "FailureAction": "continue" });
        assert_eq!(way(&recorded), own);
        let unsaid = json!({ "Parallelism": 1, "FailureAction": "continue" });
        assert_eq!(way(&json!({ "Name": "shop_api" })), unsaid);
    }
}
