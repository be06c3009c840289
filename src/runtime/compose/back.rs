//! The way back out of a set's rollback: all of the bad release runs again, or it is said which member does not.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::json;

use super::found::{Found, Member, ids};
use super::pairs::{Pair, Pairs};
use super::wiring;
use crate::docker::labels::compose::PROJECT;
use crate::docker::labels::{SERVICE, UNDONE};
use crate::docker::{Class, Inspect};
use crate::model::step::{Fault, FaultKind};
use crate::runtime::container::{Container, Swap};
use crate::runtime::steps::back;
use crate::runtime::successor::Blueprint;
use crate::runtime::{Done, answered_first, transient};

/// Whoever deploys is done when the project has been quiet for so long; longer than this is not waited for.
const QUIET: Duration = Duration::from_secs(3);
const AT_MOST: Duration = Duration::from_secs(20);

/// All of the bad release runs again as it did. What fails for one member is tried for the others all the same.
pub(super) async fn undo(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    if let Some(theirs) = pairs.deployed().await? {
        return Err(theirs);
    }
    let mut failed = Vec::new();
    let mut out = |pair: &Pair, done: Result<(), Fault>| {
        if let Err(fault) = done {
            failed.push(pair.failed(fault));
        }
    };
    // Successors may be the only ones to know the restart policies, and hold ports that another member had.
    for pair in &pairs.each {
        out(pair, rearm(pair).await);
    }
    for pair in pairs.each.iter().rev() {
        out(pair, discard(pair).await);
    }
    for pair in &pairs.each {
        out(pair, put_back(pairs, pair).await);
    }
    let now = Found::look(&pairs.set.engine, &pairs.set.of).await?;
    if failed.is_empty() {
        Ok(Done { instance: Some(ids(&now.members)), ..Done::default() })
    } else {
        Err(half(pairs, &now, failed))
    }
}

/// Not all of it: which member runs what.
fn half(pairs: &Pairs<'_>, now: &Found, failed: Vec<Fault>) -> Fault {
    let why: Vec<String> = failed.iter().map(|fault| fault.text.clone()).collect();
    let kind = answered_first(failed).map(|fault| fault.kind).filter(|kind| *kind != FaultKind::Foreign);
    let mut each: Vec<String> = now.members.iter().map(Member::told).collect();
    let gone = pairs.bad.iter().map(|member| member.found.name());
    let gone = gone.filter(|name| !now.members.iter().any(|member| member.found.name() == *name));
    each.extend(gone.map(|name| format!("there is no {name}")));
    let text = format!(
        "put all of {} back: {}. Project {} is half of each now: {}",
        pairs.plan.from_version,
        why.join("; "),
        pairs.set.of.project,
        each.join(", ")
    );
    Fault { kind: kind.unwrap_or(FaultKind::Refused), text }
}

async fn rearm(pair: &Pair) -> Result<(), Fault> {
    let swap = pair.swap();
    match swap.bad_now().await?.filter(|bad| !bad.going()) {
        Some(bad) => back::rearm(&swap, &bad, swap.successor().await?.as_ref()).await,
        None => Ok(()),
    }
}

async fn discard(pair: &Pair) -> Result<(), Fault> {
    let swap = pair.swap();
    match swap.successor().await? {
        Some(successor) => back::discard(&swap, &successor).await,
        None => Ok(()),
    }
}

/// The bad member runs under its own name; made anew from its record, where its container is gone.
async fn put_back(pairs: &Pairs<'_>, pair: &Pair) -> Result<(), Fault> {
    let Some(was) = &pair.bad else { return Ok(()) };
    let home = pairs.set.member(was.name());
    let swap = Swap { on: &home, ..pair.swap() };
    match swap.bad_now().await?.filter(|bad| !bad.going()) {
        Some(bad) if bad.name() != home.name && was.has_ended() => {
            Ok(swap.engine().rename(bad.id(), &home.name).await?)
        }
        Some(_) if was.has_ended() => Ok(()),
        Some(bad) => back::put_back(&swap, &bad).await.map(drop),
        None => remake(pairs, &home, was).await,
    }
}

/// The bad member in a new container, as its record has it.
async fn remake(pairs: &Pairs<'_>, home: &Container, was: &Inspect) -> Result<(), Fault> {
    let engine = &home.engine;
    let now = Found::look(engine, &pairs.set.of).await?.members;
    let now: BTreeMap<_, _> = now.iter().map(|fellow| (&fellow.key, fellow.found.id())).collect();
    let joined = wiring::joined(was, &pairs.bad, |key| now.get(key).copied());
    let labels = [(SERVICE, home.service.clone()), (UNDONE, pairs.plan.rollback.clone())];
    let blueprint = Blueprint::of(engine, &joined, &BTreeMap::from(labels)).await?;
    let found = engine.named(&home.name).await?;
    let made = found.as_ref().filter(|found| found.label(UNDONE) == Some(&pairs.plan.rollback));
    let id = match made {
        Some(made) if made.up() => return Ok(()),
        Some(made) => made.id().to_owned(),
        None => match blueprint.create(engine, &home.name).await {
            // The engine gives a name away before it shows whose it is.
            Err(error) if found.is_none() && error.class() == Class::Conflict => {
                return Err(transient(error.to_string()));
            }
            result => result?,
        },
    };
    // Again, where it was made and golive never heard of it.
    blueprint.complete(engine, &id).await?;
    if was.has_ended() { Ok(()) } else { Ok(engine.start(&id).await?) }
}

/// Somebody else has deployed. What they did stands; what they left to golive is put back, so that nothing is half
/// done by golive.
pub(super) async fn give_way(pairs: &Pairs<'_>) -> Result<Done, Fault> {
    quiet(pairs).await;
    for pair in pairs.each.iter().rev() {
        let swap = pair.swap();
        let theirs = swap.engine().named(pair.name()).await?;
        let theirs = theirs.is_some_and(|found| !swap.is_bad(&found) && !found.made_by(&pair.plan.rollback));
        if theirs {
            back::give_way(&swap).await.map_err(|fault| pair.failed(fault))?;
        }
    }
    for pair in &pairs.each {
        give_back(pairs, pair).await.map_err(|fault| pair.failed(fault))?;
    }
    Ok(Done::default())
}

/// What nobody else has taken in hand: the successor where it has the name already, else the bad one as it was.
async fn give_back(pairs: &Pairs<'_>, pair: &Pair) -> Result<(), Fault> {
    let swap = pair.swap();
    let found = swap.engine().named(pair.name()).await?;
    match found {
        Some(found) if found.made_by(&pair.plan.rollback) => {
            if pair.good.as_ref().is_some_and(|good| !good.has_ended()) {
                swap.engine().start(found.id()).await?;
            }
            Ok(())
        }
        Some(found) if !swap.is_bad(&found) => Ok(()),
        // Gone by somebody's hand, and not to be brought back.
        None if swap.bad_now().await?.is_none() => discard(pair).await,
        Some(_) | None => {
            rearm(pair).await?;
            discard(pair).await?;
            put_back(pairs, pair).await
        }
    }
}

/// Waits until nothing has happened in the project for a while: whoever deploys would trip over a container that goes.
async fn quiet(pairs: &Pairs<'_>) {
    let filters = json!({
        "type": ["container"],
        "label": [format!("{PROJECT}={}", pairs.set.of.project)],
        "event": ["create", "start", "kill", "die", "stop", "destroy", "rename"],
    });
    // Without the stream nothing is waited for: giving way is safe at any time, only not as polite.
    let Ok(mut stream) = pairs.set.engine.events(&filters, None).await else { return };
    let until_quiet = async { while let Ok(Ok(_)) = tokio::time::timeout(QUIET, stream.next()).await {} };
    drop(tokio::time::timeout(AT_MOST, until_quiet).await);
}
