//! What speaks against the release is held against it, excused, asked about, or waited with.

use jiff::Timestamp;

use super::try_end;
use crate::decide::context::Context;
use crate::decide::suspect::{self, Suspicion};
use crate::decide::transition::Transition;
use crate::decide::{acceptance, blame, cause, deployment, down, permission};
use crate::model::facts::{Facts, Phase, Watch};
use crate::model::notice::{News, Tier};
use crate::model::policy::{Autonomy, OnEnvironment};
use crate::model::reason::{Blame, Reason, Says};

/// When something has to be looked at again: the end of the watch, or of waiting for others to show the same.
pub(in crate::decide) fn deadline(facts: &Facts, watch: &Watch) -> Timestamp {
    let waits = match &facts.blame {
        Some(Blame::Waits { until, .. }) if watch.suspected.is_some() => Some(*until),
        _ => None,
    };
    let ends = acceptance::deadline(watch).unwrap_or(watch.ends);
    waits.map_or(ends, |until| ends.min(until))
}

/// Acts on what speaks against the release, or looks whether its watch is over.
pub(super) fn judge(ctx: &mut Context<'_>) -> Transition {
    // What was decided stays decided, whatever is seen in the count-down.
    if ctx.facts().veto.is_some() || deployment::under_way(ctx.service, ctx.now) {
        return Transition::Stay;
    }
    let found = suspect::all(ctx);
    suspected(ctx, !found.is_empty());
    let mut waits = false;
    for suspicion in found {
        let blame = blame::of(ctx, &suspicion);
        blamed(ctx, &blame);
        let mut autonomy = suspicion.autonomy;
        if ctx.policy.triggers.on_environment == OnEnvironment::Hold {
            match blame.says() {
                Says::Excuse => {
                    excuse(ctx, suspicion.cause, blame);
                    continue;
                }
                Says::Wait => {
                    waits = true;
                    continue;
                }
                Says::Ask => autonomy = autonomy.min(Autonomy::Ask),
                Says::Release => {}
            }
        }
        let next = permission::failed(ctx, suspicion.cause, autonomy);
        if next != Transition::Stay || ctx.facts().veto.is_some() {
            return next;
        }
    }
    down::tell(ctx);
    // What is waited with is not over.
    if waits { Transition::Stay } else { try_end(ctx) }
}

/// A person is being asked, and something happens that golive may act on by itself.
pub(in crate::decide) fn judge_held(ctx: &mut Context<'_>) -> Transition {
    let Phase::Held { why, watched_until, .. } = &ctx.facts().phase else { return Transition::Stay };
    let decided = ctx.facts().veto.is_some();
    let heard = matches!(why, Reason::Unheard(_)) && !ctx.unheard;
    let open = heard || matches!(why, Reason::AskFirst(_));
    let at_work = deployment::under_way(ctx.service, ctx.now);
    if decided || !open || at_work || ctx.now > *watched_until {
        return Transition::Stay;
    }
    let acts = |suspicion: &Suspicion| suspicion.autonomy == Autonomy::Auto;
    for suspicion in suspect::all(ctx).into_iter().filter(acts) {
        let blame = blame::of(ctx, &suspicion);
        if blame.says() == Says::Release || ctx.policy.triggers.on_environment == OnEnvironment::Rollback {
            ctx.facts_mut().blame = Some(blame);
            return permission::failed(ctx, suspicion.cause, suspicion.autonomy);
        }
    }
    Transition::Stay
}

/// Something fails at the end of the watch that is not the release's fault.
pub(super) fn still_excused(ctx: &Context<'_>) -> Option<Reason> {
    let judged = |suspicion: &Suspicion| suspicion.autonomy >= Autonomy::Ask;
    let Phase::Watching(watch) = &ctx.facts().phase else { return None };
    let first = watch.excused.clone()?;
    let suspicion = suspect::all(ctx).into_iter().find(judged)?;
    let blame = blame::of(ctx, &suspicion);
    let excused = blame.says() == Says::Excuse;
    let now = Reason::NotToBlame { blame, cause: Box::new(suspicion.cause) };
    Some(if excused { now } else { first })
}

/// Remembers since when something speaks against the release: others are waited for from then on.
fn suspected(ctx: &mut Context<'_>, suspected: bool) {
    let now = ctx.now;
    let Phase::Watching(watch) = &ctx.facts().phase else { return };
    if watch.suspected.is_some() == suspected {
        return;
    }
    let facts = ctx.facts_mut();
    if let Phase::Watching(watch) = &mut facts.phase {
        watch.suspected = suspected.then_some(now);
    }
    facts.blame = facts.blame.take().filter(|blame| blame.says() != Says::Wait);
}

/// Also when nothing more is told of it: what is waited for no longer has no deadline any more.
fn blamed(ctx: &mut Context<'_>, blame: &Blame) {
    if ctx.facts().blame.as_ref() != Some(blame) {
        ctx.facts_mut().blame = Some(blame.clone());
    }
}

/// Not this release's fault: told once, and watched on.
fn excuse(ctx: &mut Context<'_>, cause: Reason, blame: Blame) {
    let Phase::Watching(watch) = &ctx.facts().phase else { return };
    if watch.excused.is_some() {
        return;
    }
    let down = matches!(cause, Reason::Health { .. } | Reason::CrashLoop { .. });
    let tier = if down { Tier::Urgent } else { Tier::Important };
    let evidence = cause::evidence(ctx, &cause);
    let why = Reason::NotToBlame { blame, cause: Box::new(cause) };
    if let Phase::Watching(watch) = &mut ctx.facts_mut().phase {
        watch.excused = Some(why.clone());
    }
    ctx.open(News::ExternalCause, tier, Some(why), evidence);
}
