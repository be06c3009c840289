//! A release is taken back: the rollback begins, proves itself, goes on to an older version, and ends.

use jiff::Timestamp;

use super::close;
use crate::decide::action::{Action, Effect};
use crate::decide::cause::{evidence, plain};
use crate::decide::context::Context;
use crate::decide::transition::Transition;
use crate::decide::trigger::span;
use crate::decide::{drift, fallback, naming, plan, quarantine, rollback, roster, verify};
use crate::model::decision::Decision;
use crate::model::facts::{Phase, Restored, Rollback, Verification};
use crate::model::notice::{News, Tier};
use crate::model::plan::Plan;
use crate::model::reason::Reason;
use crate::model::release::{Release, ReleaseState};
use crate::model::running::{Identity, Running};
use crate::model::step::Step;

/// Decides a rollback of the release at hand, which is known when it comes again if it is bad.
pub(super) fn begin(ctx: &mut Context<'_>, cause: Reason, target: &Release, known_bad: bool) -> Transition {
    take_at_hand(ctx);
    let evidence = evidence(ctx, &cause);
    let Some(from) = ctx.facts().release.as_ref() else { return Transition::Stay };
    let plan = plan::plan(ctx, from, target, &cause);
    let told = plan::told(ctx, target, &cause);
    let rollback = anew(ctx, plan, cause.clone(), known_bad);
    set_out(ctx, rollback);
    ctx.file(ReleaseState::RollingBack, Some(cause));
    ctx.open(News::RollbackStarted, Tier::Urgent, Some(told), evidence);
    rollback::perform(ctx);
    Transition::Stay
}

/// A rollback that begins now, with its first step.
pub(super) fn anew(ctx: &Context<'_>, plan: Plan, reason: Reason, known_bad: bool) -> Rollback {
    Rollback {
        plan,
        reason,
        known_bad,
        began: ctx.now,
        step: ctx.policy.steps.first().copied().unwrap_or(Step::Prepare),
        since: ctx.now,
        past: Vec::new(),
        asked: ctx.now,
        attempts: 0,
        retry_at: None,
        successor: None,
        undoing: None,
        again: false,
    }
}

/// It is under way from now on, and nothing else is judged or waited for.
pub(super) fn set_out(ctx: &mut Context<'_>, rollback: Rollback) {
    close::conclude_watch(ctx);
    ctx.service.triggers.rest(Timestamp::MAX);
    ctx.service.suppressed.clear();
    let facts = ctx.facts_mut();
    facts.veto = None;
    facts.deployment = None;
    facts.phase = Phase::RollingBack(rollback);
}

/// What is to be rolled back becomes the release at hand. What was accepted is so no more.
fn take_at_hand(ctx: &mut Context<'_>) {
    if ctx.facts().release.is_some() {
        return;
    }
    let Some(leaving) = plan::leaving(ctx) else { return };
    let facts = ctx.facts_mut();
    let accepted = facts.accepted.pop_if(|accepted| accepted.id == leaving.id);
    facts.release = Some(leaving);
    if let Some(Release { id: release, .. }) = accepted {
        let service = ctx.service.name.clone();
        ctx.act(Action::Effect(Effect::Forget { service, release }));
    }
}

/// The restored version does not work: on to the next older accepted version, once, or a person.
pub(super) fn again(ctx: &mut Context<'_>, why: Reason) -> Transition {
    let (Some((tried, target)), Some(rollback)) = (fallback::next(ctx), ctx.facts().rollback().cloned())
    else {
        return verify::stays(ctx, why);
    };
    let seen = ctx.service.seen.as_ref().map(|seen| seen.instance.clone());
    let plan = Plan {
        rollback: naming::rollback_id(ctx),
        from: tried.id,
        from_version: tried.version,
        bad: rollback.successor.or(seen),
        to: target.id,
        to_version: target.version,
        reason: plain(&why),
        drill: None,
    };
    let step = ctx.policy.steps.first().copied().unwrap_or(Step::Prepare);
    let evidence = evidence(ctx, &why);
    ctx.facts_mut().phase = Phase::RollingBack(Rollback {
        plan,
        step,
        since: ctx.now,
        past: Vec::new(),
        attempts: 0,
        retry_at: None,
        successor: None,
        undoing: None,
        again: true,
        ..rollback
    });
    ctx.file(ReleaseState::RollingBack, None);
    ctx.open(News::RollbackNextOlder, Tier::Urgent, Some(why), evidence);
    rollback::perform(ctx);
    Transition::Stay
}

/// Everything is swapped: the restored version has to prove itself.
pub(super) fn verify(ctx: &mut Context<'_>, rollback: Rollback) -> Transition {
    let began = ctx.now;
    ctx.facts_mut().phase = Phase::Verifying(Verification { rollback, began, proved: None });
    ctx.file(ReleaseState::Verifying, None);
    ctx.count_anew(ctx.policy.grace);
    let service = ctx.service.name.clone();
    ctx.act(Action::Effect(Effect::ProbeNow { service }));
    Transition::Stay
}

/// The old version works and everything is tidied up.
pub(super) fn finish(ctx: &mut Context<'_>) -> Transition {
    let Phase::Verifying(verification) = ctx.facts().phase.clone() else { return Transition::Stay };
    let Rollback { plan, reason, known_bad, began, .. } = verification.rollback;
    let at = verification.proved.unwrap_or(ctx.now);
    let took = span(began, at);
    ctx.facts_mut().restored = Some(Restored { at, took });
    ctx.conclude(News::RollbackSucceeded { took }, Some(reason.clone()));
    if known_bad {
        quarantine::add(ctx, &reason);
    }
    let closed = close::close(ctx, ReleaseState::RolledBack, Some(reason.clone()));
    let seen = ctx.service.seen.clone();
    let facts = ctx.facts_mut();
    if let Some(at) = facts.accepted.iter().position(|release| release.id == plan.to) {
        let mut restored = facts.accepted.remove(at);
        runs_now(&mut restored, seen);
        facts.known = restored.running.as_ref().map(|running| running.identity.clone());
        facts.accepted.push(restored);
    }
    let (known, seen) = (facts.known.clone(), ctx.service.seen.clone());
    // Another release may have come while it was tidied up.
    let came = seen.as_ref().is_some_and(|seen| Some(&seen.identity) != known.as_ref());
    if let Some(closed) = closed.filter(|_| !came) {
        drift::begin(ctx, reason, &closed);
    }
    ctx.count_anew(ctx.policy.grace);
    ctx.prove();
    Transition::Look(seen)
}

/// What was restored is what is seen to run, as far as that is the same and whole.
pub(super) fn runs_now(restored: &mut Release, seen: Option<Running>) {
    if let (Some(running), Some(seen)) = (&mut restored.running, seen)
        && running.identity.image == seen.identity.image
        && roster::missing(&restored.roster, &seen).is_empty()
    {
        *running = seen;
    }
}

/// golive has given way to somebody who deploys. Theirs was not seen yet, and is watched when it is. What is still there is
/// nobody's release any more.
pub(super) fn give_way(ctx: &mut Context<'_>) -> Transition {
    let why = ctx.facts().rollback().and_then(|rollback| rollback.undoing.clone());
    close::given_up(ctx, why);
    drift::end(ctx);
    let known = ctx.service.seen.as_ref().map(|running| running.identity.clone());
    ctx.facts_mut().known = known;
    Transition::Stay
}

/// The rollback cannot be finished, and a person has to come.
pub(super) fn fail(ctx: &mut Context<'_>, news: News, why: Reason) -> Transition {
    let evidence = evidence(ctx, &why);
    ctx.open(news, Tier::Urgent, Some(why.clone()), evidence);
    ctx.file(ReleaseState::RollbackFailed, Some(why.clone()));
    let (known, now) = (left(ctx), ctx.now);
    let facts = ctx.facts_mut();
    let failed =
        |release: &Release| Decision::of(release, ReleaseState::RollbackFailed, now, Some(why.clone()));
    facts.decided = facts.release.as_ref().map(failed);
    facts.known = known.or(facts.known.take());
    facts.phase = Phase::NeedsPerson { why };
    Transition::Stay
}

/// What a rollback that ends here leaves running, so that seeing it is no news. Until the swap is done that is the bad
/// release, whatever was seen in between; an operator's command may have left either.
pub(super) fn left(ctx: &Context<'_>) -> Option<Identity> {
    let swapped = match &ctx.facts().phase {
        Phase::RollingBack(rollback) => matches!(rollback.step, Step::Command | Step::Converge),
        Phase::Idle
        | Phase::Watching(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => true,
    };
    let facts = ctx.facts();
    // Of two rollbacks the second leaves what the first has restored.
    let from = ctx.facts().rollback().map(|rollback| &rollback.plan.from);
    let bad = facts
        .release
        .iter()
        .chain(&facts.accepted)
        .find(|release| from.is_none_or(|from| *from == release.id));
    let bad = bad.and_then(|release| release.running.as_ref());
    let seen = ctx.service.seen.as_ref();
    let left = if swapped { seen.or(bad) } else { bad };
    left.map(|running| running.identity.clone())
}
