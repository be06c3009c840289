//! What releases and rollbacks are called. A set's release is called by what it changed, for the versions of all of a set say
//! nothing in one line.

use std::collections::{BTreeMap, BTreeSet};

use super::context::Context;
use crate::model::release::{Origin, Release};
use crate::model::roster::Roster;
use crate::model::running::{Identity, Running};

/// So many services are named; of more, the first, and how many others there are.
const NAMED: usize = 2;

/// A release with an id of its own.
pub(super) fn new_release(ctx: &Context<'_>, running: &Running, origin: Origin) -> Release {
    Release {
        id: release_id(ctx),
        service: ctx.service.name.clone(),
        version: of(ctx.facts().accepted.last(), running),
        running: Some(running.clone()),
        began: ctx.now,
        origin,
        announcement: None,
        checklist: None,
        roster: Roster::new(),
    }
}

/// A release's.
pub(super) fn release_id(ctx: &Context<'_>) -> String {
    unique(ctx, "")
}

/// A rollback's.
pub(super) fn rollback_id(ctx: &Context<'_>) -> String {
    unique(ctx, "rb-")
}

/// A drill's.
pub(super) fn drill_id(ctx: &Context<'_>) -> String {
    unique(ctx, "drill-")
}

/// Unique: services have unique names, no two releases of one begin in the same millisecond, and of several golives that
/// act for one each has an ending of its own.
fn unique(ctx: &Context<'_>, what: &str) -> String {
    format!("{}-{what}{}{}", ctx.service.name, ctx.now.strftime("%Y%m%dT%H%M%S%3f"), ctx.service.by)
}

/// What a release that runs now is called, beside the accepted one.
pub(super) fn of(accepted: Option<&Release>, now: &Running) -> String {
    let before = accepted.and_then(|accepted| accepted.running.as_ref());
    let changed = before.and_then(|before| changed(before, now));
    changed.map_or_else(|| now.version.clone(), |(_, to)| to)
}

/// What an accepted version is called beside a release: by what of it the release changed.
pub(super) fn beside(accepted: &Release, release: Option<&Release>) -> String {
    let ways = || changed(accepted.running.as_ref()?, release?.running.as_ref()?);
    match ways() {
        // A release that somebody has given a name goes from one name to another.
        Some((Some(from), to)) if release.is_some_and(|release| release.version == to) => from,
        Some(_) | None => accepted.version.clone(),
    }
}

/// From what to what; none where the versions of both are said in one word, or nothing of a version has changed.
fn changed(before: &Running, now: &Running) -> Option<(Option<String>, String)> {
    if !now.is_set() || (is_one(before) && is_one(now)) {
        return None;
    }
    let (then, now) = (services(before), services(now));
    let other = now.iter().filter(|(service, made)| then.get(*service) != Some(*made));
    let version = |of: &BTreeMap<&str, Made>, service: &str| of.get(service).map(Made::version);
    // Another version says more than the same one with another configuration.
    let (new, alike): (Vec<&str>, Vec<&str>) = other
        .map(|(service, _)| *service)
        .partition(|service| version(&then, service) != version(&now, service));
    let changed: Vec<&str> = new.into_iter().chain(alike).collect();
    let listed = |of: &BTreeMap<&str, Made>| {
        let each = changed.iter().filter_map(|service| Some(format!("{service} {}", version(of, service)?)));
        short(&each.collect::<Vec<_>>())
    };
    Some((listed(&then), listed(&now)?))
}

/// What all containers of a service are.
#[derive(PartialEq)]
struct Made<'r>(BTreeSet<(&'r Identity, &'r str)>);

impl Made<'_> {
    fn version(&self) -> String {
        let versions: BTreeSet<&str> = self.0.iter().map(|(_, version)| *version).collect();
        versions.into_iter().collect::<Vec<_>>().join("/")
    }
}

fn services(running: &Running) -> BTreeMap<&str, Made<'_>> {
    let mut services: BTreeMap<&str, Made<'_>> = BTreeMap::new();
    for member in &running.members {
        let made = services.entry(&member.service).or_insert_with(|| Made(BTreeSet::new()));
        made.0.insert((&member.identity, &member.version));
    }
    services
}

/// Whether all of it has the same version.
fn is_one(running: &Running) -> bool {
    let versions: BTreeSet<&str> = running.members.iter().map(|member| &*member.version).collect();
    versions.len() == 1
}

fn short(parts: &[String]) -> Option<String> {
    let first = parts.first()?;
    Some(if parts.len() > NAMED { format!("{first} and {} more", parts.len() - 1) } else { parts.join(", ") })
}
