//! Between a failed trigger and a rollback: may golive act, and is there anything to go back to?

use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::transition::Transition;
use super::{cause, countdown, down, plan, quarantine};
use crate::model::facts::{Phase, Rollback};
use crate::model::notice::{News, Tier};
use crate::model::policy::{Autonomy, Otherwise};
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::running::Running;

const DAY: Duration = Duration::from_hours(24);

/// A trigger has failed for the release at hand.
pub(super) fn failed(ctx: &mut Context<'_>, cause: Reason, autonomy: Autonomy) -> Transition {
    match autonomy {
        Autonomy::Off => down::tell(ctx),
        Autonomy::Shadow => shadow(ctx, cause),
        Autonomy::Ask | Autonomy::Auto => return decide(ctx, cause, autonomy, true),
    }
    Transition::Stay
}

/// The count-down is over, and nobody has stopped it.
pub(super) fn act(ctx: &mut Context<'_>, cause: Reason) -> Transition {
    decide(ctx, cause, Autonomy::Auto, false)
}

fn decide(ctx: &mut Context<'_>, cause: Reason, autonomy: Autonomy, counts_down: bool) -> Transition {
    let Some(target) = target(ctx, None) else {
        return Transition::Impossible(Reason::NothingAccepted(Box::new(cause)));
    };
    if let Some(why) = reservation(ctx, &cause, autonomy).or_else(|| plan::partly(ctx, &target, &cause)) {
        // Somebody is at work on it, and knows.
        let planned = matches!(why, Reason::Maintenance { .. });
        let tier = cause::tier(&why);
        return Transition::Hold(why, if planned { tier.min(Tier::Important) } else { tier });
    }
    if counts_down && countdown::begin(ctx, &cause) {
        return Transition::Stay;
    }
    let now = ctx.now;
    ctx.facts_mut().rollbacks.push(now);
    Transition::RollBack { cause, target, known_bad: true }
}

/// The newest accepted release that is not what runs and was not gone back from itself, or the named one. What a failed
/// rollback has left lying dead does not run.
pub(super) fn target(ctx: &Context<'_>, to: Option<&str>) -> Option<Release> {
    let facts = ctx.facts();
    let named = |release: &&Release| to.is_none_or(|to| release.id == to || release.version == to);
    if let Some(left) = left_by_drill(ctx).filter(named) {
        return Some(left.clone());
    }
    let last = || facts.release.as_ref().or(facts.accepted.last()).and_then(|last| last.running.as_ref());
    let running = ctx.service.seen.as_ref().or_else(last);
    let stuck = matches!(facts.phase, Phase::NeedsPerson { .. });
    let fits = |release: &&Release| {
        let bad = |running: &Running| quarantine::holds(facts, &running.identity);
        let named = match to {
            Some(to) => release.id == to || release.version == to,
            None => !release.running.as_ref().is_some_and(bad),
        };
        let other = match (&release.running, running) {
            (Some(target), Some(running)) => target.identity != running.identity || (stuck && !running.alive),
            _ => true,
        };
        named && other
    };
    facts.accepted.iter().rev().find(fits).cloned()
}

/// The accepted version, where a drill could not go forth to it again and something else runs, or nothing.
pub(super) fn left_by_drill<'a>(ctx: &'a Context<'_>) -> Option<&'a Release> {
    let facts = ctx.facts();
    let stuck = matches!(facts.phase, Phase::NeedsPerson { .. }) && facts.release.is_none();
    let accepted = facts.accepted.last().filter(|_| stuck)?;
    let wanted = accepted.running.as_ref().map(|running| &running.identity);
    let runs = ctx.service.seen.as_ref().filter(|seen| seen.alive);
    (runs.map(|seen| &seen.identity) != wanted).then_some(accepted)
}

/// A person was asked and has not answered: what was configured for that is done.
pub(super) fn unanswered(ctx: &mut Context<'_>) -> Transition {
    let Phase::Held { why, answer_by, .. } = &mut ctx.facts_mut().phase else { return Transition::Stay };
    *answer_by = None;
    let why = Reason::Unanswered(Box::new(why.cause().clone()));
    match ctx.policy.ask_otherwise {
        Otherwise::Hold => Transition::Stay,
        Otherwise::Accept => Transition::Accept(Some(why)),
        Otherwise::Rollback => failed(ctx, why, Autonomy::Auto),
    }
}

/// Why a person has to say yes first.
fn reservation(ctx: &mut Context<'_>, cause: &Reason, autonomy: Autonomy) -> Option<Reason> {
    let cause = Box::new(cause.clone());
    if let Some(hold) = &ctx.facts().hold {
        return Some(Reason::OnHold { why: hold.why.clone(), cause });
    }
    if let Some(why) = irreversible(ctx) {
        return Some(Reason::Irreversible { why, cause });
    }
    if autonomy == Autonomy::Ask {
        return Some(Reason::AskFirst(cause));
    }
    if let Some(until) = ctx.policy.maintenance.until(ctx.now) {
        return Some(Reason::Maintenance { until, cause });
    }
    if ctx.unheard {
        return Some(Reason::Unheard(cause));
    }
    let day_ago = ctx.now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
    let per_day = ctx.policy.per_day;
    let rollbacks = &mut ctx.facts_mut().rollbacks;
    rollbacks.retain(|at| *at > day_ago);
    (rollbacks.len() >= per_day as usize).then_some(Reason::Budget { per_day, cause })
}

fn irreversible(ctx: &Context<'_>) -> Option<String> {
    let facts = ctx.facts();
    facts.release.as_ref().and_then(declared).or_else(|| facts.irreversible.clone())
}

/// Why that release cannot be taken back, as it was announced or labelled.
pub(super) fn declared(release: &Release) -> Option<String> {
    let said = release.announcement.as_ref().and_then(|said| said.irreversible.clone());
    said.or_else(|| release.running.as_ref().and_then(|running| running.irreversible.clone()))
}

/// Whether golive does nothing by itself now, whatever fails.
pub(super) fn closed(ctx: &Context<'_>) -> bool {
    ctx.facts().hold.is_some() || ctx.policy.maintenance.until(ctx.now).is_some()
}

/// The `before` hook says that the release cannot be taken back. A person decides, unless one has who knew it.
pub(super) fn said_irreversible(ctx: &mut Context<'_>, rollback: Rollback, why: &str) -> Transition {
    if rollback.plan.drill.is_some() {
        // Nobody is asked whether a drill may go on in spite of that.
        let why = Reason::Step { step: rollback.step, seen: why.to_owned() };
        return Transition::Fail(News::RollbackFailed, why);
    }
    let known = irreversible(ctx).is_some() && matches!(rollback.reason, Reason::Person { .. });
    if known {
        return Transition::Advance(rollback);
    }
    let reason = Reason::Irreversible { why: why.to_owned(), cause: Box::new(rollback.reason) };
    if rollback.again {
        return Transition::Fail(News::RollbackFailed, reason);
    }
    // Nothing was touched: if the old version runs, somebody else has put it back.
    let target = plan::target(ctx).and_then(|target| target.running).map(|target| target.identity);
    if let Some(back) = ctx.service.seen.clone().filter(|seen| Some(&seen.identity) == target.as_ref()) {
        return Transition::Another(back);
    }
    ctx.facts_mut().irreversible = Some(why.to_owned());
    Transition::Hold(reason, Tier::Urgent)
}

fn shadow(ctx: &mut Context<'_>, cause: Reason) {
    // Nobody takes it back, so that it is down is news of its own.
    down::tell(ctx);
    let Phase::Watching(watch) = &mut ctx.facts_mut().phase else { return };
    if std::mem::replace(&mut watch.shadowed, true) {
        return;
    }
    let evidence = cause::evidence(ctx, &cause);
    let tier = cause::tier(&cause).min(Tier::Important);
    ctx.open(News::WouldRollBack, tier, Some(cause), evidence);
}
