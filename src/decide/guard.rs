//! Between a failed trigger and a rollback: may golive act, and is there anything to go back to?

use std::time::Duration;

use jiff::Timestamp;

use super::action::{News, Tier};
use super::facts::{Phase, Release, ReleaseState};
use super::policy::{Autonomy, Otherwise};
use super::reason::Reason;
use super::service::Turn;
use super::{release, rollback, watch};

const DAY: Duration = Duration::from_hours(24);

/// A trigger has failed for the release at hand.
pub(super) fn failed(turn: &mut Turn<'_>, cause: Reason, autonomy: Autonomy) {
    match autonomy {
        Autonomy::Off => return release::down_or_up(turn),
        Autonomy::Shadow => return shadow(turn, cause),
        Autonomy::Ask | Autonomy::Auto => {}
    }
    let Some(target) = target(turn, None) else {
        return impossible(turn, Reason::NothingAccepted(Box::new(cause)));
    };
    if let Some(why) = reservation(turn, &cause, autonomy) {
        return hold(turn, why, Tier::Urgent);
    }
    let now = turn.now;
    turn.facts_mut().rollbacks.push(now);
    rollback::begin(turn, cause, &target);
}

/// The newest accepted release that is not what runs, or the named one.
pub(super) fn target(turn: &Turn<'_>, to: Option<&str>) -> Option<Release> {
    let facts = turn.facts();
    let last = || facts.release.as_ref().or(facts.accepted.last()).and_then(|last| last.running.as_ref());
    let running = turn.service.seen.as_ref().or_else(last);
    let fits = |release: &&Release| {
        let named = to.is_none_or(|to| release.id == to || release.version == to);
        let other = match (&release.running, running) {
            (Some(target), Some(running)) => target.identity != running.identity,
            _ => true,
        };
        named && other
    };
    facts.accepted.iter().rev().find(fits).cloned()
}

/// The release stays and a person decides.
pub(super) fn hold(turn: &mut Turn<'_>, why: Reason, tier: Tier) {
    let evidence = rollback::evidence(turn, &why);
    turn.open(News::Held, tier, Some(why.clone()), evidence);
    turn.file(ReleaseState::Held, Some(why.clone()));
    let within = |long: Duration| turn.now.checked_add(long).ok();
    let asked = matches!(why, Reason::AskFirst(_));
    let answer_by = turn.policy.ask_within.filter(|_| asked).and_then(within);
    let watched_until = within(turn.policy.window).unwrap_or(Timestamp::MAX);
    turn.facts_mut().phase = Phase::Held { why, answer_by, watched_until };
}

/// A person was asked and has not answered: what was configured for that is done.
pub(super) fn unanswered(turn: &mut Turn<'_>) {
    let Phase::Held { why, answer_by, .. } = &mut turn.facts_mut().phase else { return };
    *answer_by = None;
    let why = Reason::Unanswered(Box::new(why.cause().clone()));
    match turn.policy.ask_otherwise {
        Otherwise::Hold => {}
        Otherwise::Accept => watch::accepted(turn, Some(why)),
        Otherwise::Rollback => failed(turn, why, Autonomy::Auto),
    }
}

fn impossible(turn: &mut Turn<'_>, why: Reason) {
    let evidence = rollback::evidence(turn, &why);
    turn.open(News::RollbackImpossible, Tier::Urgent, Some(why.clone()), evidence);
    turn.file(ReleaseState::Held, Some(why.clone()));
    turn.facts_mut().phase = Phase::NeedsPerson { why };
}

/// Why a person has to say yes first.
fn reservation(turn: &mut Turn<'_>, cause: &Reason, autonomy: Autonomy) -> Option<Reason> {
    let cause = Box::new(cause.clone());
    if let Some(hold) = &turn.facts().hold {
        return Some(Reason::OnHold { why: hold.why.clone(), cause });
    }
    if let Some(why) = irreversible(turn) {
        return Some(Reason::Irreversible { why, cause });
    }
    if autonomy == Autonomy::Ask {
        return Some(Reason::AskFirst(cause));
    }
    let day_ago = turn.now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
    let per_day = turn.policy.per_day;
    let rollbacks = &mut turn.facts_mut().rollbacks;
    rollbacks.retain(|at| *at > day_ago);
    (rollbacks.len() >= per_day as usize).then_some(Reason::Budget { per_day, cause })
}

fn irreversible(turn: &Turn<'_>) -> Option<String> {
    let release = turn.facts().release.as_ref()?;
    let said = release.announcement.as_ref().and_then(|said| said.irreversible.clone());
    said.or_else(|| release.running.as_ref().and_then(|running| running.irreversible.clone()))
}

fn shadow(turn: &mut Turn<'_>, cause: Reason) {
    // Nobody takes it back, so that it is down is news of its own.
    release::down_or_up(turn);
    let Phase::Watching(watch) = &mut turn.facts_mut().phase else { return };
    if std::mem::replace(&mut watch.shadowed, true) {
        return;
    }
    let evidence = rollback::evidence(turn, &cause);
    turn.open(News::WouldRollBack, Tier::Important, Some(cause), evidence);
}
