//! Whose fault is it? Asked before a failure is held against a release (judgement §2.8, and judgement-real §B).

use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::suspect::Suspicion;
use super::trigger::{Shows, Trouble, span};
use crate::model::beside::Kin;
use crate::model::facts::Watch;
use crate::model::reason::{Blame, Rule};
use onset::{Fault, Own, Shown};

pub(super) mod onset;

/// Whose fault a suspicion is.
pub(super) fn of(ctx: &Context<'_>, suspicion: &Suspicion) -> Blame {
    let release = Blame::Release { neighbours: ctx.service.others.well() };
    // What ends by itself, or is given up by the engine, does not do so because of others.
    if suspicion.rule == Some(Rule::SideBySide) || suspicion.ended {
        return release;
    }
    if suspicion.old_too {
        return Blame::OldToo;
    }
    if suspicion.pre_existing {
        return Blame::PreExisting;
    }
    if let Some(resource) = &suspicion.foreign {
        return Blame::Host(resource.clone());
    }
    let beside = suspicion.trouble.as_ref().and_then(|trouble| beside(ctx, trouble));
    let waits = match beside {
        Some(Blame::Waits { .. } | Blame::Spread { .. } | Blame::Together { .. }) | None => beside,
        Some(excuse) => return excuse,
    };
    // Requests that wait for a processor which others use up; a service that is down is down all the same.
    if suspicion.rule.is_some()
        && let Some((resource, _)) = ctx.service.triggers.starved(ctx.policy)
    {
        return Blame::Host(resource);
    }
    if let Some(blame) = waits {
        return blame;
    }
    let was_well = ctx.facts().watch().is_some_and(|watch| !watch.before.is_empty())
        || (suspicion.rule.is_none() && !ctx.facts().accepted.is_empty());
    if was_well || ctx.service.others.well() > 0 { release } else { Blame::Unknown }
}

/// What others have to do with it; `None` when nothing.
fn beside(ctx: &Context<'_>, trouble: &Trouble) -> Option<Blame> {
    let others = &ctx.service.others;
    // What was so as soon as anything was counted may have begun with the release.
    let with_release = ctx.facts().watch().map(|watch| watch.started).filter(|_| trouble.all_along);
    let onset = with_release.map_or(trouble.onset, |started| trouble.onset.min(started));
    let trouble = &Trouble { onset, ..*trouble };
    let shown = others.shown(trouble);
    let own = Own {
        onset,
        well_since: well_since(ctx, trouble),
        tolerance: others.tolerance(ctx.policy.interval),
        by_checks: trouble.of == Shows::Checks,
        waited: waited(ctx),
    };
    let name = |at: usize| shown[at].name.to_owned();
    match onset::whose(&own, &shown) {
        Fault::Earlier { at, by } => {
            let since = shown[at].trouble.unwrap_or(own.onset);
            Some(Blame::Earlier { name: name(at), since, by })
        }
        Fault::Needed { at } => Some(Blame::Dependency(name(at))),
        Fault::Shared { at } => Some(Blame::Neighbours(at.into_iter().map(name).collect())),
        Fault::Wait { at, left } => {
            let until = ctx.now.checked_add(left).unwrap_or(Timestamp::MAX);
            together(ctx).or(Some(Blame::Waits { name: name(at), until }))
        }
        Fault::Release => together(ctx).or_else(|| spread(&own, &shown, others.well())),
    }
}

/// What the release depends on was released as well.
fn together(ctx: &Context<'_>) -> Option<Blame> {
    let began = ctx.facts().release.as_ref()?.began;
    let (name, since) = ctx.service.others.released_too()?;
    let later = since > began;
    let apart = if later { span(began, since) } else { span(since, began) };
    Some(Blame::Together { name: name.to_owned(), apart, later })
}

/// Another has it from the release.
fn spread(own: &Own, shown: &[Shown<'_>], well: usize) -> Option<Blame> {
    let since = own.onset.checked_sub(own.tolerance).unwrap_or(Timestamp::MIN);
    let calls = |other: &Shown<'_>| other.kin == Kin::Caller;
    let suffers = shown.iter().filter_map(|other| Some((other, other.trouble?)));
    let suffers = suffers.filter(|(other, trouble)| calls(other) || *trouble >= since);
    let (other, trouble) = suffers.max_by_key(|(other, _)| calls(other))?;
    let later = span(own.onset, trouble.max(own.onset));
    Some(Blame::Spread { name: other.name.to_owned(), later, calls: calls(other), well })
}

/// Since when the service is known to have been well before its trouble: always, where it was so before the release.
fn well_since(ctx: &Context<'_>, trouble: &Trouble) -> Option<Timestamp> {
    let Some(watch) = ctx.facts().watch() else { return Some(Timestamp::MIN) };
    let before = match trouble.of {
        Shows::Checks => !watch.red_before && !ctx.facts().accepted.is_empty(),
        Shows::Errors | Shows::Slowness => !watch.before.is_empty(),
    };
    match (trouble.bad_before, before) {
        (true, _) => None,
        (false, true) => Some(Timestamp::MIN),
        (false, false) => Some(watch.started),
    }
}

/// For how long it has been asked already. Where a person was asked, nothing is waited for any more.
fn waited(ctx: &Context<'_>) -> Duration {
    let since = |watch: &Watch| watch.suspected.map(|since| span(since, ctx.now)).unwrap_or_default();
    ctx.facts().watch().map_or(Duration::MAX, since)
}
