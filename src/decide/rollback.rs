//! A rollback under way: its steps one after the other, the proof, and the way out when a step fails.

use jiff::Timestamp;

use super::action::{Action, Effect};
use super::context::Context;
use super::drill::legs;
use super::transition::Transition;
use super::trigger::span;
use super::{permission, plan};
use crate::model::facts::{Phase, Rollback, Verification};
use crate::model::notice::{News, Tier};
use crate::model::policy::ServicePolicy;
use crate::model::reason::{Reason, Runs};
use crate::model::running::{Running, parts};
use crate::model::step::{Fault, FaultKind, PastStep, Step};

mod retry;

use retry::{answer_by, pause, unheard};

/// What runs has been looked at in mid-rollback. Whether it is golive's own doing, and not somebody else's.
pub(super) fn seen(ctx: &mut Context<'_>, running: Option<&Running>) -> bool {
    ctx.service.seen = running.cloned();
    let (Some(rollback), Some(running)) = (at_hand(ctx), running) else { return false };
    if rollback.undoing.is_some() {
        return false;
    }
    let foreign = foreign(ctx, running);
    if foreign {
        give_way(ctx, Reason::Superseded { version: running.version.clone() });
    }
    !foreign
}

/// Neither what the rollback leaves nor what it goes to, nor some of both: a set is swapped one by one.
fn foreign(ctx: &Context<'_>, running: &Running) -> bool {
    let Some(rollback) = at_hand(ctx) else { return false };
    // The operator's command restores the version itself, which is all the instance it has.
    let target = plan::target(ctx).and_then(|target| target.running).map(|target| target.instance);
    let ours = [rollback.successor.as_deref(), rollback.plan.bad.as_deref(), target.as_deref()];
    let is_ours = |part: &str| ours.iter().flatten().any(|known| parts(known).any(|known| known == part));
    // The engine takes the release back by itself: the update waits for that, and looks who has been there.
    running.given_up.is_none()
        // Half a set is seen while the others are still to be updated.
        && rollback.step != Step::Update
        && !parts(&running.instance).all(is_ours)
}

/// A step holds: the next one.
pub(super) fn step_done(ctx: &mut Context<'_>, id: &str, step: Step, instance: Option<&str>) -> Transition {
    let Some(mut rollback) = current(ctx, id, step) else { return Transition::Stay };
    rollback.attempts = 0;
    rollback.retry_at = None;
    is_over(&mut rollback, ctx.now, false);
    if matches!(step, Step::Create | Step::Start | Step::Command | Step::Update) {
        rollback.successor = instance.map(str::to_owned).or(rollback.successor);
    }
    match step {
        Step::Undo => {
            let (runs, cause) = (Runs::Version(rollback.plan.from_version), rollback.undoing);
            let cause = Box::new(cause.unwrap_or(rollback.reason));
            let why = Reason::Stuck { undo: None, runs, cause };
            return theirs(ctx).map_or_else(|| Transition::Undone(why), Transition::Another);
        }
        Step::Yield => return stood_aside(ctx),
        Step::Prepare
        | Step::Forensics
        | Step::Before
        | Step::Create
        | Step::DisableRestart
        | Step::Stop
        | Step::RenameOld
        | Step::RenameNew
        | Step::Start
        | Step::RecreateDependents
        | Step::Command
        | Step::Update
        | Step::Converge
        | Step::Verify
        | Step::CleanUp
        | Step::After => {}
    }
    advance(ctx, rollback)
}

/// A step does not hold: again, around it, or back.
pub(super) fn step_failed(ctx: &mut Context<'_>, id: &str, step: Step, fault: &Fault) -> Transition {
    // One that is to be tried again has had its answer.
    let Some(mut rollback) = current(ctx, id, step).filter(|rollback| rollback.retry_at.is_none()) else {
        return Transition::Stay;
    };
    if let Some(pause) = pause(fault.kind, ctx.now, &mut rollback) {
        rollback.retry_at = ctx.now.checked_add(pause).ok();
        put(ctx, rollback);
        return Transition::Stay;
    }
    let why = Reason::Step { step, seen: fault.text.clone() };
    match step {
        Step::Prepare
        | Step::Forensics
        | Step::Before
        | Step::Create
        | Step::DisableRestart
        | Step::Stop
        | Step::RenameOld
        | Step::RenameNew
        | Step::Start
        | Step::Command
        | Step::Update
        | Step::Converge
            if fault.kind == FaultKind::Foreign =>
        {
            give_way(ctx, why);
        }
        // Nothing has been touched.
        Step::Prepare if !rollback.again => return Transition::Fail(News::RollbackImpossible, why),
        Step::Before if fault.kind == FaultKind::Irreversible => {
            return permission::said_irreversible(ctx, rollback, &fault.text);
        }
        Step::Prepare | Step::Before => return failed(why),
        // Knowing less must not keep the service down.
        Step::Forensics => {
            is_over(&mut rollback, ctx.now, true);
            return advance(ctx, rollback);
        }
        Step::Create
        | Step::DisableRestart
        | Step::Stop
        | Step::RenameOld
        | Step::RenameNew
        | Step::Start
        | Step::Update => undo(ctx, rollback, why),
        // The engine says that the old version cannot run; what runs of the bad one is better than nothing.
        Step::Converge if fault.kind == FaultKind::Refused => undo(ctx, rollback, why),
        // It may still come: it stays what the engine works towards.
        Step::Command | Step::Converge => return failed(why),
        Step::Verify => return Transition::Unhealthy(why),
        Step::Undo if fault.kind == FaultKind::Foreign => give_way(ctx, why),
        Step::Undo => {
            // What a refusal leaves running, its words say.
            let runs = if fault.kind == FaultKind::Transient { plan::runs(ctx) } else { Runs::Unknown };
            let cause = Box::new(rollback.undoing.unwrap_or(rollback.reason));
            let why = Reason::Stuck { undo: Some(fault.text.clone()), runs, cause };
            return theirs(ctx).map_or_else(|| failed(why), Transition::Another);
        }
        Step::Yield => return stood_aside(ctx),
        // The service is restored; what is left over is told, and no reason to touch it again.
        Step::RecreateDependents | Step::CleanUp | Step::After => {
            ctx.open(News::CleanupIncomplete, Tier::Important, Some(why), Vec::new());
            is_over(&mut rollback, ctx.now, true);
            return advance(ctx, rollback);
        }
    }
    Transition::Stay
}

/// Deadlines that have come.
pub(super) fn due(ctx: &mut Context<'_>) -> Transition {
    let Some(rollback) = at_hand(ctx).cloned() else { return Transition::Stay };
    match rollback.retry_at {
        Some(retry_at) if retry_at <= ctx.now => perform(ctx),
        Some(_) => {}
        None if answer_by(&rollback, ctx.policy) <= ctx.now => {
            let fault = unheard(ctx.policy);
            return step_failed(ctx, &rollback.plan.rollback, rollback.step, &fault);
        }
        None => {}
    }
    Transition::Stay
}

/// Docker answers again: a step that waited for it is tried at once.
pub(super) fn engine_back(ctx: &mut Context<'_>) {
    if at_hand(ctx).is_some_and(|rollback| rollback.retry_at.is_some()) {
        perform(ctx);
    }
}

/// The daemon was killed in the middle: the step at hand is done again, a proof begins anew.
pub(super) fn resume(ctx: &mut Context<'_>) {
    let now = ctx.now;
    match &mut ctx.facts_mut().phase {
        Phase::Verifying(verification) if !verification.settled() => {
            verification.began = now;
            ctx.count_anew(ctx.policy.grace);
        }
        Phase::RollingBack(rollback) | Phase::Verifying(Verification { rollback, .. }) => {
            rollback.since = now;
            perform(ctx);
        }
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

/// When the step at hand is asked for again, or has to have been answered.
pub(super) fn due_at(rollback: &Rollback, policy: &ServicePolicy) -> Timestamp {
    rollback.retry_at.unwrap_or_else(|| answer_by(rollback, policy))
}

/// Whether no step is at hand, because the restored version is being proved.
fn proving(ctx: &Context<'_>) -> bool {
    matches!(&ctx.facts().phase, Phase::Verifying(proof) if !proof.settled())
}

fn at_hand<'a>(ctx: &'a Context<'_>) -> Option<&'a Rollback> {
    ctx.facts().rollback()
}

/// The rollback at hand, if it is the one that an answer is about and waits for that step. A proof waits for none.
fn current(ctx: &Context<'_>, id: &str, step: Step) -> Option<Rollback> {
    let rollback = at_hand(ctx).filter(|_| !proving(ctx))?;
    (rollback.plan.rollback == id && rollback.step == step).then(|| rollback.clone())
}

fn put(ctx: &mut Context<'_>, rollback: Rollback) {
    match &mut ctx.facts_mut().phase {
        Phase::RollingBack(old) => *old = rollback,
        Phase::Verifying(verification) => verification.rollback = rollback,
        Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {}
    }
}

/// The step at hand is one of those before.
fn is_over(rollback: &mut Rollback, now: Timestamp, failed: bool) {
    rollback.past.push(PastStep { step: rollback.step, took: span(rollback.since, now), failed });
}

/// Asks for the step at hand.
pub(super) fn perform(ctx: &mut Context<'_>) {
    let Some(mut rollback) = at_hand(ctx).cloned() else { return };
    (rollback.retry_at, rollback.asked) = (None, ctx.now);
    let (plan, step) = (rollback.plan.clone(), rollback.step);
    legs::asks(ctx, &rollback);
    put(ctx, rollback);
    let service = ctx.service.name.clone();
    ctx.act(Action::Effect(Effect::Step { service, plan, step }));
}

/// The next step is at hand.
fn take_up(ctx: &mut Context<'_>, rollback: Rollback) {
    put(ctx, Rollback { since: ctx.now, attempts: 0, ..rollback });
    perform(ctx);
}

/// The step at hand holds: the next one, and after the last one the next phase.
pub(super) fn advance(ctx: &mut Context<'_>, rollback: Rollback) -> Transition {
    legs::stepped(ctx, &rollback);
    let verifying = matches!(ctx.facts().phase, Phase::Verifying(_));
    let steps = if verifying { &ctx.policy.finish } else { &ctx.policy.steps };
    // By order, not by position: the list may have been changed by a reload meanwhile.
    // A drill leaves nothing that is bad, and so nothing to find out about it.
    let idle = |step: Step| step == Step::Forensics && rollback.plan.drill.is_some();
    match steps.iter().find(|next| **next > rollback.step && !idle(**next)) {
        Some(next) => take_up(ctx, Rollback { step: *next, ..rollback }),
        None if verifying => return Transition::RolledBack,
        None => return Transition::Verify(rollback),
    }
    Transition::Stay
}

/// The way back out: the bad release runs again rather than nothing.
fn undo(ctx: &mut Context<'_>, rollback: Rollback, why: Reason) {
    take_up(ctx, Rollback { step: Step::Undo, undoing: Some(why), ..rollback });
}

/// Somebody else deploys: what golive made is removed and theirs is watched.
fn give_way(ctx: &mut Context<'_>, why: Reason) {
    let Some(rollback) = at_hand(ctx).cloned() else { return };
    take_up(ctx, Rollback { step: Step::Yield, undoing: Some(why), ..rollback });
}

fn stood_aside(ctx: &Context<'_>) -> Transition {
    theirs(ctx).map_or(Transition::Yield, Transition::Another)
}

/// What somebody has deployed meanwhile, as far as it was seen.
fn theirs(ctx: &Context<'_>) -> Option<Running> {
    ctx.service.seen.clone().filter(|running| foreign(ctx, running))
}

fn failed(why: Reason) -> Transition {
    Transition::Fail(News::RollbackFailed, why)
}
