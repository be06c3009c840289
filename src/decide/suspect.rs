//! What speaks against the release at hand.

use std::time::Duration;

use jiff::Timestamp;

use super::context::Context;
use super::service::Service;
use super::trigger::health::{Habits, STEADY};
use super::trigger::{Finding, RESOURCES, Shows, Trouble};
use super::{launch, whole};
use crate::model::facts::Phase;
use crate::model::policy::{Autonomy, Level, ServicePolicy};
use crate::model::reason::{Blame, Breach, Reason, Rule};
use crate::model::sample::{Outcome, Sample};
use crate::model::verdict::Verdict;

/// A container that ends so often within so long is in a loop.
pub(super) const LOOP: u8 = 3;
pub(super) const LOOP_WITHIN: Duration = Duration::from_mins(10);

/// Something that speaks against the release at hand.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Suspicion {
    pub(super) cause: Reason,
    /// What golive may do about it.
    pub(super) autonomy: Autonomy,
    /// It was so before the release already.
    pub(super) pre_existing: bool,
    /// The resource that somebody else uses up.
    pub(super) foreign: Option<String>,
    /// The rule of a trigger other than health.
    pub(super) rule: Option<Rule>,
    /// A container of the release has ended by itself, or the engine has given it up.
    pub(super) ended: bool,
    /// Old replicas, which run beside the new ones, fail more often.
    pub(super) old_too: bool,
    /// When it began, where others might show the same.
    pub(super) trouble: Option<Trouble>,
}

impl Suspicion {
    /// It was so before the release and hurts no user by itself: no more than a note.
    fn is_noted(&self) -> bool {
        let hurts = !matches!(&self.cause, Reason::Breach(breach) if breach.trigger == RESOURCES);
        self.pre_existing && !hurts
    }
}

/// Everything that speaks against the release now; what golive may act on comes first.
pub(super) fn all(ctx: &Context<'_>) -> Vec<Suspicion> {
    let triggers = &ctx.policy.triggers;
    let mut found = checks(ctx);
    if ctx.service.ended.len() >= usize::from(LOOP) {
        let ended = u32::from(LOOP);
        let first = ctx.service.ended.front().copied().unwrap_or(ctx.now);
        let within = Duration::try_from(ctx.now.duration_since(first)).unwrap_or(LOOP_WITHIN);
        let why = Reason::CrashLoop { ended, within, seen: ctx.service.ended_how.clone() };
        found.push(over(why, triggers.crash_loop));
    }
    found.extend(given_up(ctx).map(|why| over(why, ctx.policy.health_autonomy)));
    found.extend(whole::suspicions(ctx).into_iter().map(|(why, autonomy)| over(why, autonomy)));
    found.extend(breaches(ctx));
    found.retain(|suspicion| suspicion.autonomy != Autonomy::Off && !suspicion.is_noted());
    found.sort_by_key(|suspicion| std::cmp::Reverse(suspicion.autonomy));
    found
}

/// What the health checks say.
fn checks(ctx: &Context<'_>) -> Vec<Suspicion> {
    let (service, health) = (&ctx.service, &ctx.service.health);
    let alive = service.seen.as_ref().is_none_or(|seen| seen.alive);
    let ended = !alive || service.crashed || service.died_at.is_some() || !service.ended.is_empty();
    let watch = ctx.facts().watch();
    let red_before = watch.is_some_and(|watch| watch.red_before);
    let own = |cause: Reason, autonomy| {
        let failing = if let Reason::Health { check, .. } = &cause { Some(check) } else { None };
        let onset = failing.map_or_else(|| health.uneasy_since(), |check| health.failing_since(check));
        let onset = onset.or(watch.map(|watch| watch.started)).unwrap_or(ctx.now);
        let all_along = !health.was_well();
        let trouble = Trouble { onset, rate: None, of: Shows::Checks, bad_before: red_before, all_along };
        let pre_existing = red_before && !ended;
        Suspicion { pre_existing, ended, trouble: Some(trouble), ..over(cause, autonomy) }
    };
    let mut found = Vec::new();
    found.extend(failing(ctx).map(|why| own(why, ctx.policy.health_autonomy)));
    found.extend(in_vain(ctx).map(|why| own(why, ctx.policy.health_autonomy)));
    found.extend(health.flapping().map(|why| own(why, ctx.policy.triggers.flapping)));
    found
}

/// Something of the release has come to its end.
fn over(cause: Reason, autonomy: Autonomy) -> Suspicion {
    Suspicion {
        cause,
        autonomy,
        pre_existing: false,
        foreign: None,
        rule: None,
        ended: true,
        old_too: false,
        trouble: None,
    }
}

/// What was so before the release already and is no worse, though beyond a limit: it hurts no user by itself.
pub(super) fn noted(ctx: &Context<'_>) -> Option<Reason> {
    let noted = breaches(ctx).into_iter().find(Suspicion::is_noted)?;
    Some(Reason::NotToBlame { blame: Blame::PreExisting, cause: Box::new(noted.cause) })
}

/// Triggers other than health that are beyond their limits.
fn breaches(ctx: &Context<'_>) -> Vec<Suspicion> {
    let version = ctx.facts().release.as_ref().map(|release| release.version.as_str());
    let findings = ctx.service.triggers.findings(ctx.policy, version.unwrap_or_default());
    let suspicion = |finding: Finding| {
        // What a host is short of is attributed by who uses it.
        let of_host = finding.breach.trigger == RESOURCES;
        let trouble = finding.trouble.or_else(|| (!of_host).then(|| lately(ctx, &finding.breach)));
        Suspicion {
            rule: Some(finding.breach.rule),
            cause: Reason::Breach(Box::new(finding.breach)),
            autonomy: finding.autonomy,
            pre_existing: finding.pre_existing,
            foreign: finding.foreign,
            ended: false,
            old_too: finding.old_too,
            trouble,
        }
    };
    let over = !matches!(&ctx.facts().phase, Phase::Watching(watch) if ctx.now < watch.ends);
    findings.into_iter().filter(|finding| over || !finding.at_end).map(suspicion).collect()
}

/// A trouble of which no more is known than over how long it was seen.
fn lately(ctx: &Context<'_>, breach: &Breach) -> Trouble {
    let onset = ctx.now.checked_sub(breach.over).unwrap_or(Timestamp::MIN);
    Trouble { onset, rate: None, of: Shows::Errors, bad_before: false, all_along: false }
}

/// The health check that has failed too often in a row.
pub(super) fn failing(ctx: &Context<'_>) -> Option<Reason> {
    ctx.service.health.failing_unlike(usual(ctx.service, ctx.policy), ctx.policy.failures)
}

/// What is no release's fault because it was so before. Something that has ended does not come back by itself.
pub(super) fn usual<'a>(service: &'a Service, policy: &ServicePolicy) -> &'a Habits {
    match &service.facts().phase {
        Phase::Watching(watch)
            if policy.triggers.level != Level::Literal
                && service.died_at.is_none()
                && service.ended.is_empty() =>
        {
            &watch.came_back
        }
        Phase::Idle
        | Phase::Watching(_)
        | Phase::RollingBack(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => &STEADY,
    }
}

/// It is started anew again and again, and is never well in between.
fn in_vain(ctx: &Context<'_>) -> Option<Reason> {
    let Phase::Watching(watch) = &ctx.facts().phase else { return None };
    let failed = |sample: Sample| match sample.outcome {
        Outcome::Failed(seen) => Some(seen),
        Outcome::Ok | Outcome::Blind(_) => None,
    };
    let seen = || ctx.service.health.last().into_iter().find_map(failed).unwrap_or_default();
    (watch.restarted >= launch::IN_VAIN).then(|| Reason::Restarted { times: watch.restarted, seen: seen() })
}

/// The engine itself has given up what is at hand.
pub(super) fn given_up(ctx: &Context<'_>) -> Option<Reason> {
    let seen = ctx.service.seen.as_ref()?.given_up.clone()?;
    Some(Reason::GivenUp { seen })
}

/// What every trigger says now, the health checks first.
pub(super) fn verdicts(ctx: &Context<'_>) -> Vec<(String, Verdict)> {
    let (service, policy) = (&*ctx.service, ctx.policy);
    let health = service.health.verdict(usual(service, policy), policy.failures);
    let others = service.triggers.verdicts(ctx.now, policy);
    std::iter::once(("health".to_owned(), health)).chain(others).collect()
}
