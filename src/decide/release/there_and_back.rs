//! A drill that goes for real: back to the accepted version before, and forth again. Each way is a rollback with its proof,
//! made by the same steps; what it leaves was accepted and stays so, so nothing is filed as taken back and nothing is bad.

use super::{close, swap};
use crate::decide::cause::{evidence, plain};
use crate::decide::context::Context;
use crate::decide::drill::legs;
use crate::decide::transition::Transition;
use crate::decide::trigger::span;
use crate::decide::{drill, plan, rollback};
use crate::model::drill::Way;
use crate::model::facts::{Phase, Rollback};
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;
use crate::model::step::Step;

/// It goes that way. Forth it goes from whatever the way back has left.
pub(super) fn begin(ctx: &mut Context<'_>, way: Way, cause: Reason) -> Transition {
    let Some((from, to)) = drill::ends(ctx, way) else {
        return over(ctx, &["one of the two versions is not kept any more".to_owned()]);
    };
    let made = ctx.facts().rollback().and_then(|rollback| rollback.successor.clone());
    let mut plan = plan::plan(ctx, &from, &to, &cause);
    plan.drill = Some(way);
    plan.bad = made.or(plan.bad);
    let rollback = swap::anew(ctx, plan, cause, false);
    if ctx.facts().drills.at_hand().is_none() {
        // What a drill has left is a person's to end, and no drill any more.
        ctx.open(News::RollbackStarted, Tier::Urgent, Some(rollback.reason.clone()), Vec::new());
    }
    swap::set_out(ctx, rollback);
    legs::begun(ctx, way);
    rollback::perform(ctx);
    Transition::Stay
}

/// That way is gone, and what it has restored is proved.
pub(super) fn arrived(ctx: &mut Context<'_>, way: Way) -> Transition {
    let Some(Rollback { plan, reason, began, .. }) = ctx.facts().rollback().cloned() else {
        return Transition::Stay;
    };
    let seen = ctx.service.seen.clone();
    let to = ctx.facts_mut().accepted.iter_mut().find(|release| release.id == plan.to);
    if let Some(to) = to {
        swap::runs_now(to, seen);
    }
    match way {
        Way::Back => Transition::Drill(Way::Forth, reason),
        Way::Forth => {
            ctx.resolve(News::RollbackSucceeded { took: span(began, ctx.now) });
            over(ctx, &[])
        }
    }
}

/// It cannot go on that way. What was accepted is gone forth to at once, unless it runs as before; on the way there again a
/// person has to come.
pub(super) fn fail(ctx: &mut Context<'_>, way: Way, why: Reason) -> Transition {
    let Some(rollback) = ctx.facts().rollback().cloned() else { return Transition::Stay };
    let proving = matches!(ctx.facts().phase, Phase::Verifying(_));
    let so = failed_so(way, &rollback, &why);
    if way == Way::Back && !proving && matches!(rollback.step, Step::Prepare | Step::Before) {
        legs::taken_back(ctx);
        return over(ctx, &[so]);
    }
    legs::failed(ctx, &rollback, so);
    match (way, rollback.step) {
        // Nobody knows what is there.
        (Way::Back, Step::Undo) | (Way::Forth, _) => needs_person(ctx, why),
        (Way::Back, _) => Transition::Drill(Way::Forth, rollback.reason),
    }
}

/// A step back did not hold, and what was to be left runs again as before: on the way back the accepted version.
pub(super) fn undone(ctx: &mut Context<'_>, way: Way, why: Reason) -> Transition {
    let Some(rollback) = ctx.facts().rollback().cloned() else { return Transition::Stay };
    legs::failed(ctx, &rollback, failed_so(way, &rollback, &why));
    match way {
        Way::Back => over(ctx, &[]),
        Way::Forth => needs_person(ctx, why),
    }
}

/// The accepted version is not proved to run: what is there is left, and a person is called.
fn needs_person(ctx: &mut Context<'_>, why: Reason) -> Transition {
    let evidence = evidence(ctx, &why);
    ctx.open(News::RollbackFailed, Tier::Urgent, Some(why.clone()), evidence);
    let known = swap::left(ctx);
    let facts = ctx.facts_mut();
    facts.known = known.or(facts.known.take());
    facts.phase = Phase::NeedsPerson { why };
    drill::end(ctx, &[]);
    Transition::Stay
}

/// The accepted version runs, whatever the drill has shown.
fn over(ctx: &mut Context<'_>, problems: &[String]) -> Transition {
    close::rest(ctx);
    let accepted = ctx.facts().accepted.last().and_then(|accepted| accepted.running.as_ref());
    let known = accepted.map(|running| running.identity.clone());
    ctx.facts_mut().known = known;
    drill::end(ctx, problems);
    ctx.count_anew(ctx.policy.grace);
    ctx.prove();
    Transition::Look(ctx.service.seen.clone())
}

/// Readable after the version that the drill is about.
fn failed_so(way: Way, rollback: &Rollback, why: &Reason) -> String {
    let cause = why.cause();
    let what = if let Reason::Step { step, seen } = cause {
        format!("failed at step {}: {seen}", step.into_str())
    } else if let Reason::Unverified { seen, .. } = cause {
        format!("failed its proof: {seen}")
    } else {
        format!("failed: {}", plain(cause))
    };
    let way = match way {
        Way::Back => "back",
        Way::Forth => "forth",
    };
    format!("going {way} to {} {what}", rollback.plan.to_version)
}
