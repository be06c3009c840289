//! The proof that the restored version works, and the end of a rollback.

use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::drill::legs;
use super::service::Service;
use super::transition::Transition;
use super::{counting, plan, whole};
use crate::model::facts::{Facts, Phase, Rollback, Verification};
use crate::model::notice::News;
use crate::model::policy::ServicePolicy;
use crate::model::reason::Reason;
use crate::model::running::Running;
use crate::model::sample::Sample;

/// The restored version has at least so long to prove itself.
const PROOF_AT_LEAST: Duration = Duration::from_mins(1);

/// The restored version was checked.
pub(super) fn sample(ctx: &mut Context<'_>, sample: &Sample) -> Transition {
    ctx.suppress_sample(sample);
    counting::count(ctx, sample);
    if matches!(&ctx.facts().phase, Phase::Verifying(v) if v.settled()) {
        return Transition::Stay;
    }
    if let Some(Reason::Health { check, seen, .. }) = ctx.service.health.failing(ctx.policy.failures) {
        return Transition::Unhealthy(Reason::Unverified { check: Some(check), seen });
    }
    prove(ctx)
}

/// Proved, out of time, or neither yet.
pub(super) fn prove(ctx: &mut Context<'_>) -> Transition {
    let Phase::Verifying(verification) = &ctx.facts().phase else { return Transition::Stay };
    // An outage of the engine proves nothing either way.
    if verification.settled() || ctx.facts().away {
        return Transition::Stay;
    }
    let since = ctx.service.health.all_pass_since();
    let proved =
        since.and_then(|since| since.checked_add(ctx.policy.verify).ok()).is_some_and(|at| at <= ctx.now);
    let over = ends(verification, ctx.policy).is_none_or(|ends| ends <= ctx.now);
    if proved && let Some(seen) = ctx.service.seen.clone() {
        return match wrong(ctx.facts(), &verification.rollback, &seen) {
            Some(reason) if over => Transition::Fail(News::RollbackFailed, reason),
            // It may have been seen before the swap: whoever looks is slower than the checks sometimes.
            Some(_) => Transition::Stay,
            // What passes the checks may still not be all of it.
            None => match plan::target(ctx).and_then(|target| whole::unrestored(&target, &seen)) {
                Some(lacks) => Transition::Unhealthy(Reason::Unverified { check: None, seen: lacks.plain() }),
                None => {
                    legs::proved(ctx, since.unwrap_or(ctx.now));
                    proved_at_last(ctx)
                }
            },
        };
    }
    if !over {
        return Transition::Stay;
    }
    let reason = unproved(ctx, proved);
    // Blind is not unhealthy.
    let health = &ctx.service.health;
    if health.blind().is_none() && health.undecided(ctx.now).is_some() {
        Transition::Unhealthy(reason)
    } else {
        stays(ctx, reason)
    }
}

/// What was restored stays, unproved, and a person has to come.
pub(super) fn stays(ctx: &Context<'_>, why: Reason) -> Transition {
    let runs = plan::runs(ctx);
    Transition::Fail(News::RollbackFailed, Reason::Stuck { undo: None, runs, cause: Box::new(why) })
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
fn unproved(ctx: &Context<'_>, healthy: bool) -> Reason {
    let health = &ctx.service.health;
    let unsteady = || "it did not pass steadily in time".to_owned();
    match health.blind().map(|(_, why)| why).or(health.undecided(ctx.now)) {
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

fn proved_at_last(ctx: &mut Context<'_>) -> Transition {
    let now = ctx.now;
    let Phase::Verifying(verification) = &mut ctx.facts_mut().phase else { return Transition::Stay };
    verification.proved = Some(now);
    Transition::Advance(verification.rollback.clone())
}
