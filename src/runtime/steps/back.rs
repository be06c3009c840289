//! The steps of a container's rollback, backward: from any half-done state to something that runs.

use serde_json::Value;

use crate::docker::id::short;
use crate::docker::labels::RESTART;
use crate::docker::{Class, Inspect};
use crate::model::step::Fault;

use super::taken;
use crate::runtime::container::Swap;
use crate::runtime::{Done, refused};

/// The bad release runs again as it did. When its container is gone, the successor is left running instead:
/// something rather than nothing, and that is told.
pub(in super::super) async fn undo(swap: &Swap<'_>) -> Result<Done, Fault> {
    if let Some(found) = swap.engine().named(&swap.on.name).await?
        && !swap.is_bad(&found)
        && !found.made_by(&swap.plan.rollback)
    {
        return Err(taken(swap, &found));
    }
    let successor = swap.successor().await?;
    let Some(bad) = swap.bad_now().await?.filter(|bad| !bad.going()) else {
        return Err(without_bad(swap, successor.as_ref()).await?);
    };
    // While the successor, which may be the only one to know the policy, is still there.
    rearm(swap, &bad, successor.as_ref()).await?;
    if let Some(successor) = &successor {
        discard(swap, successor).await?;
    }
    put_back(swap, &bad).await
}

/// The bad container has the restart policy that it had.
pub(in super::super) async fn rearm(
    swap: &Swap<'_>,
    bad: &Inspect,
    successor: Option<&Inspect>,
) -> Result<(), Fault> {
    let Some(policy) = policy(swap, successor) else { return Ok(()) };
    match swap.engine().set_restart(bad.id(), &policy).await {
        Err(error) if super::cannot_restart(&error) => Ok(()),
        result => Ok(result?),
    }
}

/// The bad container has the service's name, and runs.
pub(in super::super) async fn put_back(swap: &Swap<'_>, bad: &Inspect) -> Result<Done, Fault> {
    if bad.name() != swap.on.name {
        swap.engine().rename(bad.id(), &swap.on.name).await?;
    }
    swap.engine().start(bad.id()).await?;
    Ok(Done::by(bad.id()))
}

/// The restart policy that the bad container had, by its record, or by what the successor was made with.
fn policy(swap: &Swap<'_>, successor: Option<&Inspect>) -> Option<Value> {
    match &swap.bad {
        Some(bad) => Some(bad.at("/HostConfig/RestartPolicy").clone()).filter(Value::is_object),
        None => serde_json::from_str(successor?.label(RESTART)?).ok(),
    }
}

/// What is told when there is no bad container to put back; the successor runs where that can be had.
async fn without_bad(swap: &Swap<'_>, successor: Option<&Inspect>) -> Result<Fault, Fault> {
    let (name, from) = (&swap.on.name, &swap.plan.from_version);
    let Some(successor) = successor else {
        return Ok(refused(format!(
            "put {from} back: its container is gone, and nothing runs as {name}; start it by hand"
        )));
    };
    if successor.name() != name {
        swap.engine().rename(successor.id(), name).await?;
    }
    swap.engine().start(successor.id()).await?;
    let (id, to) = (short(successor.id()), &swap.plan.to_version);
    Ok(refused(format!(
        "put {from} back: its container is gone; {id}, made from {to}, runs as {name} instead"
    )))
}

/// Only what golive made for this rollback is removed: somebody else has deployed, and what they did stands.
pub(in super::super) async fn give_way(swap: &Swap<'_>) -> Result<Done, Fault> {
    let at_name = swap.engine().named(&swap.on.name).await?;
    if let Some(successor) = swap.successor().await? {
        if successor.name() == swap.on.name {
            // Nobody else has the name: what serves is not taken away.
            return Ok(Done::by(successor.id()));
        }
        discard(swap, &successor).await?;
    }
    if at_name.is_some()
        && let Some(bad) = swap.bad_now().await?
        && bad.name() == swap.aside()
        && !bad.up()
    {
        swap.engine().remove(bad.id()).await?;
    }
    Ok(Done::default())
}

/// Stops and removes the successor; its volumes stay.
pub(in super::super) async fn discard(swap: &Swap<'_>, successor: &Inspect) -> Result<(), Fault> {
    if successor.up() {
        match swap.engine().stop(successor.id(), swap.grace(Some(successor))).await {
            Err(error) if error.class() == Class::NotThere => return Ok(()),
            result => result?,
        }
    }
    Ok(swap.engine().remove(successor.id()).await?)
}
