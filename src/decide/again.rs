//! The restored version does not prove healthy: an older one, once, within the same rollback.

use super::cause::{evidence, plain};
use super::rollback::{at_hand, leaves, perform, rollback_id};
use super::service::Turn;
use super::{guard, quarantine};
use crate::model::facts::{Phase, Rollback};
use crate::model::notice::{News, Tier};
use crate::model::plan::Plan;
use crate::model::reason::Reason;
use crate::model::release::{Release, ReleaseState};
use crate::model::step::Step;

/// Goes on to the next older accepted version; `false` when there is none, or a person has to decide.
pub(super) fn older(turn: &mut Turn<'_>, why: &Reason) -> bool {
    let Some((tried, target)) = next(turn) else { return false };
    let Some(rollback) = at_hand(turn).cloned() else { return false };
    let seen = turn.service.seen.as_ref().map(|seen| seen.instance.clone());
    let plan = Plan {
        rollback: rollback_id(turn),
        from: tried.id,
        from_version: tried.version,
        bad: rollback.successor.or(seen),
        to: target.id,
        to_version: target.version,
        reason: plain(why),
    };
    let step = turn.policy.steps.first().copied().unwrap_or(Step::Prepare);
    let evidence = evidence(turn, why);
    turn.facts_mut().phase = Phase::RollingBack(Rollback {
        plan,
        step,
        since: turn.now,
        attempts: 0,
        retry_at: None,
        successor: None,
        undoing: None,
        again: true,
        ..rollback
    });
    turn.file(ReleaseState::RollingBack, None);
    turn.open(News::RollbackAgain, Tier::Urgent, Some(why.clone()), evidence);
    perform(turn);
    true
}

/// What was tried, and what is older and can be gone to.
fn next(turn: &Turn<'_>) -> Option<(Release, Release)> {
    let (facts, rollback) = (turn.facts(), at_hand(turn)?);
    // A person who has asked for a version decides on another.
    let persons = matches!(rollback.reason, Reason::Person { .. });
    if rollback.again || rollback.undoing.is_some() || persons || guard::closed(turn) {
        return None;
    }
    let at = facts.accepted.iter().position(|accepted| accepted.id == rollback.plan.to)?;
    let tried = &facts.accepted[at];
    // What is left alone may be what fails: another step back would only move the set further away from it.
    if guard::declared(tried).is_some() || !leaves(turn, tried).is_empty() {
        return None;
    }
    let fits = |older: &&Release| match (&older.running, &tried.running) {
        (Some(older), Some(tried)) => {
            older.identity != tried.identity && !quarantine::holds(facts, &older.identity)
        }
        _ => false,
    };
    facts.accepted[..at].iter().rev().find(fits).map(|older| (tried.clone(), older.clone()))
}
