//! What runs was looked at while nothing is being taken back: it is what is known, or another release.

use super::{close, follow, open};
use crate::decide::context::Context;
use crate::decide::transition::Transition;
use crate::decide::{deployment, drift, launch, roll_out, roster, watch, whole};
use crate::model::notice::{News, Tier};
use crate::model::policy::Autonomy;
use crate::model::reason::{Reason, SetReason};
use crate::model::running::Running;

/// What runs has been looked at.
pub(super) fn seen(ctx: &mut Context<'_>, running: Option<&Running>) -> Transition {
    let before = std::mem::replace(&mut ctx.service.seen, running.cloned());
    let Some(running) = running else {
        ctx.unknown();
        return Transition::Stay;
    };
    ctx.filled();
    // What could not be recorded or found while nothing of it was seen can be now.
    if before.is_none() {
        ctx.prove_now();
    }
    if running.alive {
        ctx.service.died_at = None;
    }
    let lasted = deployment::lasted(ctx);
    let next = deployment::looked(ctx, Some(running));
    follow(ctx, next);
    // What is half there is no release, and is not started yet.
    if !deployment::is_over(ctx) {
        return Transition::Stay;
    }
    let launched = launch::look(ctx, running, lasted);
    match &ctx.facts().known {
        Some(known) if *known == running.identity => {
            let rolled_out = before.is_some_and(|before| before.rolling_out) && !running.rolling_out;
            still_known(ctx, running, launched, rolled_out)
        }
        Some(_) if ctx.facts().announced.is_none() && whole::is_left(ctx, running) => {
            whole::look(ctx, running)
        }
        None if ctx.facts().announced.is_none() && ctx.facts().accepted.is_empty() => {
            ctx.facts_mut().known = Some(running.identity.clone());
            ctx.count_anew(ctx.policy.grace_of(Some(running)));
            Transition::Stay
        }
        Some(_) | None => another(ctx, running),
    }
}

/// What is known still runs: it may have been started anew, be everywhere now, be given up by the engine, or lack something.
fn still_known(ctx: &mut Context<'_>, running: &Running, launched: bool, rolled_out: bool) -> Transition {
    same_again(ctx, running);
    if launched {
        launch::again(ctx, running);
        let next = watch::started_in_vain(ctx);
        follow(ctx, next);
    }
    if rolled_out {
        watch::rolled_out(ctx);
    }
    if let Some(next) = watch::given_up(ctx) {
        follow(ctx, next);
    }
    roll_out::look(ctx, running);
    whole::look(ctx, running)
}

/// Something else runs than what golive knows of.
pub(super) fn another(ctx: &mut Context<'_>, running: &Running) -> Transition {
    let facts = ctx.facts();
    let back = facts.accepted.last().and_then(|accepted| accepted.running.as_ref());
    let back = back.is_some_and(|back| back.identity == running.identity) && facts.announced.is_none();
    let by_engine = running.given_up.is_some() && facts.release.is_some();
    if back && by_engine && ctx.policy.health_autonomy >= Autonomy::Ask {
        return join(ctx, running);
    }
    if back {
        back_by_hand(ctx, running);
        return Transition::Stay;
    }
    if by_engine && let Some(next) = watch::given_up(ctx) {
        follow(ctx, next);
        ctx.facts_mut().known = Some(running.identity.clone());
        return Transition::Stay;
    }
    open::begin(ctx, running)
}

/// The engine itself puts the accepted version back: the rollback is its doing, and golive proves and tells it.
fn join(ctx: &mut Context<'_>, running: &Running) -> Transition {
    let Some(target) = ctx.facts().accepted.last().cloned() else { return Transition::Stay };
    let now = ctx.now;
    let facts = ctx.facts_mut();
    facts.known = Some(running.identity.clone());
    facts.rollbacks.push(now);
    let seen = running.given_up.clone().unwrap_or_default();
    Transition::RollBack { cause: Reason::GivenUp { seen }, target, known_bad: true }
}

/// The known release in a new container, restarted or redeployed.
fn same_again(ctx: &mut Context<'_>, running: &Running) {
    let facts = ctx.facts();
    let at_hand = facts.release.as_ref().or(facts.accepted.last());
    let Some(old) = at_hand.and_then(|release| release.running.as_ref()) else { return };
    if old == running || old.identity != running.identity {
        return;
    }
    // Its record tells of containers that are gone, or of fewer than there are.
    let anew = old.instance != running.instance;
    let scaled = roster::scaled(old, running);
    let facts = ctx.facts_mut();
    if let Some(release) = facts.release.as_mut().or(facts.accepted.last_mut()) {
        release.running = Some(running.clone());
    }
    if anew {
        ctx.service.prove_at = Some(ctx.now);
    }
    if !scaled.is_empty() {
        ctx.tell(News::ServiceScaled, Tier::General, Some(Reason::Set(SetReason::Scaled(scaled))));
    }
}

/// The accepted version was put back by somebody else: what was at hand is over, and nothing is to be judged.
fn back_by_hand(ctx: &mut Context<'_>, running: &Running) {
    close::superseded(ctx, running);
    ctx.facts_mut().known = Some(running.identity.clone());
    if let Some(accepted) = ctx.facts_mut().accepted.last_mut() {
        accepted.running = Some(running.clone());
    }
    drift::end(ctx);
    ctx.count_anew(ctx.policy.grace);
}
