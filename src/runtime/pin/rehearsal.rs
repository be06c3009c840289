//! Whether the engine would make a container anew as it was: one is created, compared and removed again, never started.
//!
//! Engines refuse, drop and change things that they have told of themselves; found out here, that is no surprise in a
//! rollback. Nothing is rehearsed twice: what came out once comes out again.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};

use super::holder::apart_from_projects;

use crate::docker::labels::REHEARSAL;
use crate::docker::{EngineError, Inspect, digest, spec};
use crate::model::step::{Fault, FaultKind};
use crate::runtime::container::{Container, token};
use crate::runtime::successor::Blueprint;

/// So many fields are named.
const NAMED: usize = 5;

/// What would not be as it was, a sentence each.
pub(super) async fn problems(on: &Container, good: &Inspect) -> Result<Vec<String>, Fault> {
    let blueprint = blueprint(on, good).await?;
    let hash = blueprint.hash();
    if on.engine.rehearsed.contains(&hash) {
        return Ok(Vec::new());
    }
    let made = match made(on, good, &blueprint).await {
        Err(fault) if fault.kind == FaultKind::Refused => {
            return Ok(vec![format!("the engine would not make it anew: failed to {}", fault.text)]);
        }
        result => result?,
    };
    let mut differ = Vec::new();
    differences(&told(good), &told(&made), String::new(), &mut differ);
    if differ.is_empty() {
        on.engine.rehearsed.insert(&hash);
        return Ok(Vec::new());
    }
    let more = differ.len().saturating_sub(NAMED);
    differ.truncate(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    Ok(vec![format!("the engine would not give it back as it was: {}{more} would differ", differ.join(", "))])
}

/// The container as it was, under labels that tell what it is made for and belong to no project.
pub(super) async fn blueprint(on: &Container, good: &Inspect) -> Result<Blueprint, EngineError> {
    let mut labels = json!({ REHEARSAL: on.service });
    apart_from_projects(&mut labels, good);
    Ok(Blueprint::of(&on.engine, good, &BTreeMap::new()).await?.labelled(labels))
}

/// One of that name that was made so, and cut short.
pub(super) async fn left(on: &Container, name: &str) -> Result<Option<Inspect>, EngineError> {
    let found = on.engine.named(name).await?;
    Ok(found.filter(|left| left.label(REHEARSAL) == Some(&on.service)))
}

/// One that was created and is gone again.
async fn made(on: &Container, good: &Inspect, blueprint: &Blueprint) -> Result<Inspect, Fault> {
    let name = format!("golive-rehearsal-{}", token(&on.name));
    if let Some(left) = left(on, &name).await? {
        on.engine.remove(left.id()).await?;
    }
    let id = blueprint.create(&on.engine, &name).await?;
    let found = async {
        blueprint.join(&on.engine, &id).await?;
        on.engine.inspect(&id).await
    };
    let found = found.await;
    on.engine.remove(&id).await?;
    handed_on(on, &format!("golive-rehearsal-{id}")).await?;
    // Its own name is among the aliases that Compose gives a container.
    let found = found?.map(|made| made.with("Name", good.at("/Name").clone()));
    let gone = || Fault { kind: FaultKind::Transient, text: format!("look at {name}: it is gone") };
    found.ok_or_else(gone)
}

/// What a rollback asks for besides, asked of what is not there, so that the engine says just that. A proxy before the engine
/// that does not let one of these calls through is known now, and not when what is bad has been stopped.
async fn handed_on(on: &Container, nobody: &str) -> Result<(), EngineError> {
    let asked = [
        on.engine.set_restart(nobody, &json!({ "Name": "no" })).await,
        on.engine.stop(nobody, Duration::ZERO).await,
        on.engine.rename(nobody, nobody).await,
        on.engine.start(nobody).await,
        on.engine.gone(nobody).await,
    ];
    let unheard = asked.into_iter().filter_map(Result::err).find(|error| error.message().is_none());
    unheard.map_or(Ok(()), Err)
}

/// What is compared: all that makes a container what it is but its labels, which are left out of a rehearsal, and its
/// files, which are put in by golive itself.
fn told(container: &Inspect) -> Value {
    let mut told = spec::told(container);
    told["Config"]["Labels"].take();
    told["put"].take();
    digest::pruned(told)
}

/// Where the two differ. Values are not shown: a variable may be a secret.
fn differences(was: &Value, is: &Value, at: String, found: &mut Vec<String>) {
    let (Value::Object(was), Value::Object(is)) = (was, is) else {
        if was != is {
            found.push(at);
        }
        return;
    };
    let fields: BTreeSet<&String> = was.keys().chain(is.keys()).collect();
    for field in fields {
        let at = if at.is_empty() { field.clone() } else { format!("{at}.{field}") };
        differences(was.get(field).unwrap_or(&Value::Null), is.get(field).unwrap_or(&Value::Null), at, found);
    }
}
