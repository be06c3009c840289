//! Whether a set is whole: what it lacks of its roster counts in a watch, and is told while nothing is released.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::service::Lacking;
use super::transition::Transition;
use super::{deployment, roster};
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::policy::Autonomy;
use crate::model::reason::{How, Lack, Reason, SetReason};
use crate::model::release::Release;
use crate::model::roster::{Did, Roster};
use crate::model::running::Running;

/// Whether what runs is what is left of the release that golive knows of, and no other.
pub(super) fn is_left(ctx: &Context<'_>, running: &Running) -> bool {
    let known = |release: &&Release| {
        let identity = release.running.as_ref().map(|running| &running.identity);
        identity.is_some() && identity == ctx.facts().known.as_ref()
    };
    let known = ctx.facts().release.iter().chain(ctx.facts().accepted.last()).find(known);
    known.and_then(|release| release.running.as_ref()).is_some_and(|whole| roster::is_left_of(whole, running))
}

/// What runs was looked at, and is what golive knows of or what is left of it.
pub(super) fn look(ctx: &mut Context<'_>, running: &Running) -> Transition {
    if matches!(ctx.facts().phase, Phase::Idle) {
        remember(ctx, running);
    }
    if let Phase::Held { why, .. } = &ctx.facts().phase
        && matches!(why.cause(), Reason::Set(SetReason::Lacks(_)))
        && lacks(ctx).is_empty()
    {
        return Transition::WatchAgain;
    }
    Transition::Stay
}

/// What the accepted set does is learnt, and what it lacks is noted.
pub(super) fn remember(ctx: &mut Context<'_>, running: &Running) {
    let now = ctx.now;
    let Some(accepted) = ctx.facts().accepted.last() else { return };
    let roster = roster::learnt(&accepted.roster, running, now);
    let known = &accepted.roster;
    let more = roster.iter().any(|(service, did)| {
        known.get(service).is_none_or(|old| std::mem::discriminant(old) != std::mem::discriminant(did))
    });
    if more && let Some(accepted) = ctx.facts_mut().accepted.last_mut() {
        accepted.roster = roster;
    }
    let what = lacks(ctx);
    if what.is_empty() {
        ctx.service.lacking = None;
        return ctx.resolve(News::ServiceComplete);
    }
    match &mut ctx.service.lacking {
        Some(lacking) if lacking.what == what => {}
        lacking => {
            let since = lacking.as_ref().map_or(now, |lacking| lacking.since);
            *lacking = Some(Lacking { since, what, told: false });
        }
    }
}

/// When the lack is told: whoever starts it again has the grace for that.
pub(super) fn next_deadline(lacking: Option<&Lacking>, grace: Duration) -> Option<Timestamp> {
    lacking.filter(|lacking| !lacking.told).and_then(|lacking| lacking.since.checked_add(grace).ok())
}

/// Deadlines that have come.
pub(super) fn due(ctx: &mut Context<'_>) {
    let grace = ctx.policy.grace_of(ctx.service.seen.as_ref());
    let at = next_deadline(ctx.service.lacking.as_ref(), grace);
    if at.is_none_or(|at| at > ctx.now) || deployment::under_way(ctx.service, ctx.now) {
        return;
    }
    let idle = ctx.facts().phase == Phase::Idle;
    let Some(lacking) = &mut ctx.service.lacking else { return };
    lacking.told = true;
    let what = lacking.what.clone();
    if idle && !what.is_empty() {
        ctx.open(
            News::ServiceIncomplete,
            Tier::Important,
            Some(Reason::Set(SetReason::Lacks(what))),
            Vec::new(),
        );
    }
}

/// Services that have not done well for longer than the grace before a release.
pub(super) fn lame(ctx: &Context<'_>) -> Vec<String> {
    let lacking = ctx.service.lacking.iter().filter(|lacking| lacking.told);
    lacking.flat_map(|lacking| lacking.what.iter().map(|lack| lack.service.clone())).collect()
}

/// What the accepted set lacks, as what speaks against taking it as it is.
pub(super) fn cause(ctx: &Context<'_>) -> Option<Reason> {
    let lacking = ctx.service.lacking.as_ref()?;
    Some(Reason::Set(SetReason::Lacks(lacking.what.clone())))
}

/// What runs lacks, but for what was stopped on request, which is told as that.
fn lacks(ctx: &Context<'_>) -> Vec<Lack> {
    let Some(seen) = &ctx.service.seen else { return Vec::new() };
    let stops = ctx.facts().deployment.iter().flat_map(|deployment| deployment.stops.values());
    let stopped: Vec<&String> = stops.map(|stop| &stop.service).collect();
    let mut lacks = roster::lacks(&expected(ctx), seen);
    lacks.retain(|lack| !stopped.contains(&&lack.service));
    lacks
}

/// What should run: what did in the accepted version, and what else came with the release at hand.
fn expected(ctx: &Context<'_>) -> Roster {
    let facts = ctx.facts();
    let came = facts.release.as_ref().and_then(|release| release.running.as_ref());
    let came = came.into_iter().filter(|running| running.is_set()).flat_map(|running| &running.members);
    let came: BTreeMap<String, Did> = came.map(|member| (member.service.clone(), Did::Nothing)).collect();
    let accepted = facts.accepted.last().map(|accepted| accepted.roster.clone()).unwrap_or_default();
    came.into_iter().chain(accepted).collect()
}

/// What a release lacks of what ran before speaks against it, whatever the checks say. What has failed is its fault; what
/// is not there at all, or has ended without an error, may be meant so, and a person is asked.
pub(super) fn suspicions(ctx: &Context<'_>) -> Vec<(Reason, Autonomy)> {
    let Phase::Watching(watch) = &ctx.facts().phase else { return Vec::new() };
    // What has ended does not tell when it was started last.
    let begun = watch.began.max(watch.started);
    let starting = begun.checked_add(ctx.policy.grace).is_ok_and(|until| ctx.now < until);
    if starting || ctx.facts().accepted.is_empty() {
        return Vec::new();
    }
    let mut lacks = lacks(ctx);
    lacks.retain(|lack| !watch.lame.contains(&lack.service));
    let (failed, doubtful): (Vec<Lack>, Vec<Lack>) =
        lacks.into_iter().partition(|lack| matches!(lack.how, How::Ended { .. }));
    let autonomy = ctx.policy.health_autonomy;
    let of = |(lacks, autonomy): (Vec<Lack>, Autonomy)| {
        (!lacks.is_empty()).then_some((Reason::Set(SetReason::Lacks(lacks)), autonomy))
    };
    [(failed, autonomy), (doubtful, autonomy.min(Autonomy::Ask))].into_iter().filter_map(of).collect()
}

/// What does not do well and was not held against the release, because it did not before either or nothing is: a note.
pub(super) fn noted(ctx: &Context<'_>) -> Option<Reason> {
    let seen = ctx.service.seen.as_ref()?;
    let roster = ctx.facts().accepted.last().map(|accepted| accepted.roster.clone()).unwrap_or_default();
    let mut noted = lacks(ctx);
    noted.extend(roster::never_well(&roster, seen));
    (!noted.is_empty()).then_some(Reason::Set(SetReason::Lacks(noted)))
}

/// What the restored version lacks of what it did while it was accepted.
pub(super) fn unrestored(target: &Release, seen: &Running) -> Option<SetReason> {
    let lacks = roster::lacks(&target.roster, seen);
    (!lacks.is_empty()).then_some(SetReason::Lacks(lacks))
}
