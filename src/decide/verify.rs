//! The proof that the restored version works, and the end of a rollback.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Effect};
use super::rollback::{advance, at_hand, failed, runs, target};
use super::service::{Service, Turn};
use super::trigger::span;
use super::{again, diverge, quarantine, release, roster, whole};
use crate::model::facts::{Facts, Phase, Rollback, Verification};
use crate::model::notice::News;
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::release::ReleaseState;
use crate::model::running::Running;
use crate::model::sample::Sample;

/// The restored version has at least so long to prove itself.
const PROOF_AT_LEAST: Duration = Duration::from_mins(1);

/// Everything is swapped: the restored version has to prove itself.
pub(super) fn begin(turn: &mut Turn<'_>, rollback: Rollback) {
    let began = turn.now;
    turn.facts_mut().phase = Phase::Verifying(Verification { rollback, began, proved: None });
    turn.file(ReleaseState::Verifying, None);
    turn.count_anew(turn.policy.grace);
    let service = turn.service.name.clone();
    turn.act(Action::Effect(Effect::ProbeNow { service }));
}

/// The restored version was checked.
pub(super) fn sample(turn: &mut Turn<'_>, sample: &Sample) {
    turn.fold_sample(sample);
    turn.count(sample);
    if matches!(&turn.facts().phase, Phase::Verifying(v) if v.settled()) {
        return;
    }
    if let Some(Reason::Health { check, seen, .. }) = turn.service.health.failing(turn.policy.failures) {
        return unhealthy(turn, Reason::Unverified { check: Some(check), seen });
    }
    prove(turn);
}

/// Proved, out of time, or neither yet.
pub(super) fn prove(turn: &mut Turn<'_>) {
    let Phase::Verifying(verification) = &turn.facts().phase else { return };
    // An outage of the engine proves nothing either way.
    if verification.settled() || turn.facts().away {
        return;
    }
    let since = turn.service.health.all_pass_since();
    let proved =
        since.and_then(|since| since.checked_add(turn.policy.verify).ok()).is_some_and(|at| at <= turn.now);
    let over = ends(verification, turn.policy).is_none_or(|ends| ends <= turn.now);
    if proved && let Some(seen) = turn.service.seen.clone() {
        return match wrong(turn.facts(), &verification.rollback, &seen) {
            Some(reason) if over => failed(turn, reason),
            // It may have been seen before the swap: whoever looks is slower than the checks sometimes.
            Some(_) => {}
            // What passes the checks may still not be all of it.
            None => match target(turn).and_then(|target| whole::unrestored(&target, &seen)) {
                Some(lacks) => unhealthy(turn, Reason::Unverified { check: None, seen: lacks.plain() }),
                None => proved_at_last(turn),
            },
        };
    }
    if over {
        let reason = unproved(turn, proved);
        // Blind is not unhealthy.
        let health = &turn.service.health;
        if health.blind().is_none() && health.undecided(turn.now).is_some() {
            unhealthy(turn, reason);
        } else {
            stays(turn, reason);
        }
    }
}

/// The restored version does not work: an older one, or a person.
pub(super) fn unhealthy(turn: &mut Turn<'_>, why: Reason) {
    if !again::older(turn, &why) {
        stays(turn, why);
    }
}

/// What was restored stays, unproved, and a person has to come.
fn stays(turn: &mut Turn<'_>, why: Reason) {
    let runs = runs(turn);
    failed(turn, Reason::Stuck { undo: None, runs, cause: Box::new(why) });
}

/// Another image, or the very container that was to be left: healthy or not, that is no rollback.
fn wrong(facts: &Facts, rollback: &Rollback, seen: &Running) -> Option<Reason> {
    if rollback.plan.bad.as_ref() == Some(&seen.instance) {
        let seen = format!("{} still has the service's name", seen.instance);
        return Some(Reason::Unverified { check: None, seen });
    }
    let target = facts.accepted.iter().find(|release| release.id == rollback.plan.to)?;
    let wanted = target.running.as_ref()?.identity.image.clone();
    let running = &seen.identity.image;
    (*running != wanted).then(|| Reason::WrongImage { running: running.clone(), wanted })
}

/// Why the time was not enough.
fn unproved(turn: &Turn<'_>, healthy: bool) -> Reason {
    let health = &turn.service.health;
    let unsteady = || "it did not pass steadily in time".to_owned();
    match health.blind().map(|(_, why)| why).or(health.undecided(turn.now)) {
        Some(Reason::Blind { check, seen, .. }) => Reason::Unverified { check: Some(check), seen },
        Some(Reason::Undecided { check }) => Reason::Unverified { check: Some(check), seen: unsteady() },
        Some(_) => Reason::Unverified { check: None, seen: unsteady() },
        // Something answers the checks, but not from where it should.
        None if healthy => {
            let seen = "nothing runs under the service's name".to_owned();
            Reason::Unverified { check: None, seen }
        }
        None => Reason::Unverified { check: None, seen: unsteady() },
    }
}

/// When it is proved, if nothing changes, or out of time. The proof begins anew when the engine is back.
pub(super) fn next_deadline(
    service: &Service,
    verification: &Verification,
    policy: &ServicePolicy,
) -> Option<Timestamp> {
    let facts = service.facts();
    if facts.away {
        return None;
    }
    let rightly = service.seen.as_ref().filter(|seen| wrong(facts, &verification.rollback, seen).is_none());
    let healthy = rightly.and(service.health.all_pass_since());
    let proved = healthy.and_then(|since| since.checked_add(policy.verify).ok());
    [proved, ends(verification, policy)].into_iter().flatten().min()
}

fn ends(verification: &Verification, policy: &ServicePolicy) -> Option<Timestamp> {
    let longest = policy.grace.saturating_add(policy.verify.saturating_mul(2).max(PROOF_AT_LEAST));
    verification.began.checked_add(longest).ok()
}

fn proved_at_last(turn: &mut Turn<'_>) {
    let now = turn.now;
    let Some(rollback) = at_hand(turn).cloned() else { return };
    if let Phase::Verifying(verification) = &mut turn.facts_mut().phase {
        verification.proved = Some(now);
    }
    advance(turn, rollback);
}

/// The old version works and everything is tidied up.
pub(super) fn finished(turn: &mut Turn<'_>) {
    let Phase::Verifying(verification) = turn.facts().phase.clone() else { return };
    let Rollback { plan, reason, known_bad, began, .. } = verification.rollback;
    let took = span(began, verification.proved.unwrap_or(turn.now));
    turn.conclude(News::RollbackDone { took }, Some(reason.clone()));
    if known_bad {
        quarantine::add(turn, &reason);
    }
    let closed = turn.close(ReleaseState::RolledBack, Some(reason.clone()));
    let seen = turn.service.seen.clone();
    let facts = turn.facts_mut();
    if let Some(at) = facts.accepted.iter().position(|release| release.id == plan.to) {
        let mut restored = facts.accepted.remove(at);
        if let (Some(running), Some(seen)) = (&mut restored.running, seen)
            && running.identity.image == seen.identity.image
            && roster::missing(&restored.roster, &seen).is_empty()
        {
            *running = seen;
        }
        facts.known = restored.running.as_ref().map(|running| running.identity.clone());
        facts.accepted.push(restored);
    }
    let (known, seen) = (facts.known.clone(), turn.service.seen.clone());
    // Another release may have come while it was tidied up.
    let came = seen.as_ref().is_some_and(|seen| Some(&seen.identity) != known.as_ref());
    if let Some(closed) = closed.filter(|_| !came) {
        diverge::begin(turn, reason, &closed);
    }
    turn.count_anew(turn.policy.grace);
    turn.prove();
    release::seen(turn, seen.as_ref());
}
