//! How far a drill is that goes back and forth for real: what it has come to is written down as its steps are made.

use jiff::Timestamp;

use crate::decide::context::Context;
use crate::model::drill::{Drill, Leg, Way};
use crate::model::facts::{Phase, Rollback};
use crate::model::step::Step;

/// It goes that way from now on.
pub(in crate::decide) fn begun(ctx: &mut Context<'_>, way: Way) {
    let now = ctx.now;
    let drill = ctx.facts_mut().drills.newest.as_mut().filter(|drill| drill.outcome.is_none());
    if let Some(swap) = drill.and_then(|drill| drill.swap.as_mut()) {
        swap.legs.push(Leg::new(way, now));
    }
}

/// A step is asked for. From the first on that stops or replaces what runs, the service may not be there.
pub(in crate::decide) fn asks(ctx: &mut Context<'_>, rollback: &Rollback) {
    let now = ctx.now;
    if matches!(rollback.step, Step::Stop | Step::Command | Step::Update)
        && let Some(leg) = newest(ctx, rollback)
    {
        leg.down.get_or_insert(now);
    }
}

/// A step is over.
pub(in crate::decide) fn stepped(ctx: &mut Context<'_>, rollback: &Rollback) {
    if let Some(leg) = newest(ctx, rollback) {
        leg.steps.clone_from(&rollback.past);
    }
}

/// Every check has passed since then, for long enough.
pub(in crate::decide) fn proved(ctx: &mut Context<'_>, since: Timestamp) {
    let Phase::Verifying(verification) = &ctx.facts().phase else { return };
    let rollback = verification.rollback.clone();
    if let Some(leg) = newest(ctx, &rollback) {
        leg.up = Some(since);
    }
}

/// Nothing was touched on the way that was begun: it is as if it was not.
pub(in crate::decide) fn taken_back(ctx: &mut Context<'_>) {
    let drill = ctx.facts_mut().drills.newest.as_mut().filter(|drill| drill.swaps());
    if let Some(swap) = drill.and_then(|drill| drill.swap.as_mut()) {
        swap.legs.pop();
    }
}

/// It does not come to its end that way.
pub(in crate::decide) fn failed(ctx: &mut Context<'_>, rollback: &Rollback, why: String) {
    if let Some(leg) = newest(ctx, rollback) {
        leg.failed = Some(why);
    }
}

/// The way at hand, where that rollback is one of a drill that has not ended.
fn newest<'a>(ctx: &'a mut Context<'_>, rollback: &Rollback) -> Option<&'a mut Leg> {
    rollback.plan.drill?;
    ctx.facts().drills.at_hand().filter(|drill| drill.swaps())?;
    let drill: &mut Drill = ctx.facts_mut().drills.newest.as_mut()?;
    drill.swap.as_mut()?.legs.last_mut()
}
