//! What runs was looked at while nothing is being taken back: it is what is known, or another release.

use super::{close, follow, open};
use crate::decide::transition::Transition;
use crate::decide::turn::Turn;
use crate::decide::{deployment, diverge, launch, roll_out, roster, watch, whole};
use crate::model::notice::{News, Tier};
use crate::model::policy::Autonomy;
use crate::model::reason::{Reason, SetReason};
use crate::model::running::Running;

/// What runs has been looked at.
pub(super) fn seen(turn: &mut Turn<'_>, running: Option<&Running>) -> Transition {
    let before = std::mem::replace(&mut turn.service.seen, running.cloned());
    let Some(running) = running else {
        turn.unknown();
        return Transition::Stay;
    };
    turn.filled();
    // What could not be recorded or found while nothing of it was seen can be now.
    if before.is_none() {
        turn.prove_now();
    }
    if running.alive {
        turn.service.died_at = None;
    }
    let lasted = deployment::lasted(turn);
    let next = deployment::looked(turn, Some(running));
    follow(turn, next);
    // What is half there is no release, and is not started yet.
    if !deployment::is_over(turn) {
        return Transition::Stay;
    }
    let launched = launch::look(turn, running, lasted);
    match &turn.facts().known {
        Some(known) if *known == running.identity => {
            let rolled_out = before.is_some_and(|before| before.rolling_out) && !running.rolling_out;
            still_known(turn, running, launched, rolled_out)
        }
        Some(_) if turn.facts().announced.is_none() && whole::is_left(turn, running) => {
            whole::look(turn, running)
        }
        None if turn.facts().announced.is_none() && turn.facts().accepted.is_empty() => {
            turn.facts_mut().known = Some(running.identity.clone());
            turn.count_anew(turn.policy.grace_of(Some(running)));
            Transition::Stay
        }
        Some(_) | None => another(turn, running),
    }
}

/// What is known still runs: it may have been started anew, be everywhere now, be given up by the engine, or lack something.
fn still_known(turn: &mut Turn<'_>, running: &Running, launched: bool, rolled_out: bool) -> Transition {
    same_again(turn, running);
    if launched {
        launch::again(turn, running);
        let next = watch::started_in_vain(turn);
        follow(turn, next);
    }
    if rolled_out {
        watch::rolled_out(turn);
    }
    if let Some(next) = watch::given_up(turn) {
        follow(turn, next);
    }
    roll_out::look(turn, running);
    whole::look(turn, running)
}

/// Something else runs than what golive knows of.
pub(super) fn another(turn: &mut Turn<'_>, running: &Running) -> Transition {
    let facts = turn.facts();
    let back = facts.accepted.last().and_then(|accepted| accepted.running.as_ref());
    let back = back.is_some_and(|back| back.identity == running.identity) && facts.announced.is_none();
    let by_engine = running.given_up.is_some() && facts.release.is_some();
    if back && by_engine && turn.policy.health_autonomy >= Autonomy::Ask {
        return join(turn, running);
    }
    if back {
        back_by_hand(turn, running);
        return Transition::Stay;
    }
    if by_engine && let Some(next) = watch::given_up(turn) {
        follow(turn, next);
        turn.facts_mut().known = Some(running.identity.clone());
        return Transition::Stay;
    }
    open::begin(turn, running)
}

/// The engine itself puts the accepted version back: the rollback is its doing, and golive proves and tells it.
fn join(turn: &mut Turn<'_>, running: &Running) -> Transition {
    let Some(target) = turn.facts().accepted.last().cloned() else { return Transition::Stay };
    let now = turn.now;
    let facts = turn.facts_mut();
    facts.known = Some(running.identity.clone());
    facts.rollbacks.push(now);
    let seen = running.given_up.clone().unwrap_or_default();
    Transition::RollBack { cause: Reason::GivenUp { seen }, target, known_bad: true }
}

/// The known release in a new container, restarted or redeployed.
fn same_again(turn: &mut Turn<'_>, running: &Running) {
    let facts = turn.facts();
    let at_hand = facts.release.as_ref().or(facts.accepted.last());
    let Some(old) = at_hand.and_then(|release| release.running.as_ref()) else { return };
    if old == running || old.identity != running.identity {
        return;
    }
    // Its record tells of containers that are gone, or of fewer than there are.
    let anew = old.instance != running.instance;
    let scaled = roster::scaled(old, running);
    let facts = turn.facts_mut();
    if let Some(release) = facts.release.as_mut().or(facts.accepted.last_mut()) {
        release.running = Some(running.clone());
    }
    if anew {
        turn.service.prove_at = Some(turn.now);
    }
    if !scaled.is_empty() {
        turn.tell(News::ServiceScaled, Tier::General, Some(Reason::Set(SetReason::Scaled(scaled))));
    }
}

/// The accepted version was put back by somebody else: what was at hand is over, and nothing is to be judged.
fn back_by_hand(turn: &mut Turn<'_>, running: &Running) {
    close::superseded(turn, running);
    turn.facts_mut().known = Some(running.identity.clone());
    if let Some(accepted) = turn.facts_mut().accepted.last_mut() {
        accepted.running = Some(running.clone());
    }
    diverge::end(turn);
    turn.count_anew(turn.policy.grace);
}
