//! What counts of what is seen: not what is seen while somebody is at work on what runs, nor before it is known of what.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Persist};
use super::blindness::blind;
use super::context::Context;
use super::deployment;
use super::service::Service;
use super::trigger::Triggers;
use crate::model::facts::Phase;
use crate::model::policy::{Autonomy, ServicePolicy};
use crate::model::reading::{Reading, Source, Stream};
use crate::model::sample::Sample;

/// Between the old container's end and the new one's start, checks fail although the old one was seen alive last.
const SWAP: Duration = Duration::from_secs(10);

/// So many samples are kept until it is known whose they are; beyond, the oldest are dropped.
const KEPT: usize = 256;

/// Takes a sample in, if it is of what is counted now.
pub(super) fn count(ctx: &mut Context<'_>, sample: &Sample) -> bool {
    if deployment::under_way(ctx.service, ctx.now) {
        if !ctx.facts().away {
            put_by(ctx, sample);
        }
        return false;
    }
    let counted = ctx.service.health.count(sample);
    if ctx.service.is_gone() {
        ctx.service.health.not_by_itself();
    }
    well(ctx);
    ctx.service.red = ctx.service.red.filter(|_| !ctx.service.health.all_pass());
    for reading in probe_readings(sample, ctx.policy, &ctx.service.triggers) {
        measure(ctx, &reading);
    }
    see_again(ctx);
    counted
}

/// Takes a reading in, and says what its trigger makes of it when that has changed.
pub(super) fn measure(ctx: &mut Context<'_>, reading: &Reading) {
    let started = ctx.service.seen.as_ref().and_then(|seen| seen.started);
    if deployment::under_way(ctx.service, ctx.now) {
        ctx.service.triggers.pause(Timestamp::MAX);
    }
    // What nothing answers is nobody's normal; of the release at hand it is a failure.
    let judged = matches!(ctx.facts().phase, Phase::Watching(_) | Phase::Held { .. });
    if ctx.service.is_gone() && !judged {
        ctx.service.triggers.pause(Timestamp::MAX);
    }
    ctx.service.triggers.measure(reading, started, ctx.policy);
    see_again(ctx);
    if !matches!(ctx.facts().phase, Phase::Watching(_)) {
        return;
    }
    let trigger = reading.stream.trigger();
    let Some(verdict) = ctx.service.triggers.verdict(&reading.stream, ctx.now, ctx.policy) else {
        return;
    };
    if ctx.service.said.insert(trigger.to_owned(), verdict.call) != Some(verdict.call) {
        let (service, trigger) = (ctx.service.name.clone(), trigger.to_owned());
        ctx.act(Action::Persist(Persist::Judged { service, trigger, verdict }));
    }
}

/// From when on what golive asks of the release at hand tells something of it; nothing, where it is not to be asked.
pub(super) fn asks(service: &Service, policy: &ServicePolicy, now: Timestamp) -> Option<Timestamp> {
    let wanted = policy.autonomy != Autonomy::Off && service.standby_reason.is_none();
    let Phase::Watching(watch) = &service.facts().phase else { return None };
    if !wanted || deployment::under_way(service, now) {
        return None;
    }
    service.triggers.counts_from(watch, policy)
}

fn see_again(ctx: &mut Context<'_>) {
    if blind(ctx.service, ctx.policy, ctx.now).is_none() {
        ctx.resolve_blind();
    }
}

/// Remembers that the checks fail although it runs: what comes next is not what broke it.
pub(super) fn mark_red(ctx: &mut Context<'_>) {
    let alive = ctx.service.seen.as_ref().is_some_and(|seen| seen.alive);
    if alive && ctx.service.health.failing(ctx.policy.failures).is_some() {
        ctx.service.red.get_or_insert(ctx.now);
    }
}

/// Whether it was so, before what runs now was started, for longer than a swap that takes its time would make it so.
pub(super) fn was_red(ctx: &Context<'_>, started: Timestamp) -> bool {
    ctx.service.red.and_then(|since| since.checked_add(SWAP).ok()).is_some_and(|until| until <= started)
}

/// It is not known yet whose sample that is.
fn put_by(ctx: &mut Context<'_>, sample: &Sample) {
    let uncounted = &mut ctx.service.uncounted;
    if uncounted.len() >= KEPT {
        uncounted.pop_front();
    }
    uncounted.push_back(sample.clone());
}

/// Every check has passed: its start-up is over, though it might have taken longer.
fn well(ctx: &mut Context<'_>) {
    if !ctx.service.health.all_pass() {
        return;
    }
    ctx.service.crashed = false;
    let started = ctx.service.launch.and_then(|launch| launch.at.checked_add(ctx.policy.grace).ok());
    ctx.service.triggers.settled(started.map_or(ctx.now, |least| least.max(ctx.now)));
    if let Phase::Watching(watch) = &ctx.facts().phase
        && watch.restarted > 0
        && let Phase::Watching(watch) = &mut ctx.facts_mut().phase
    {
        watch.restarted = 0;
    }
}

/// What was seen since the start is of what was started, though it was not known yet that it had been.
pub(super) fn belong(ctx: &mut Context<'_>, since: Timestamp) {
    for sample in std::mem::take(&mut ctx.service.uncounted) {
        if sample.began >= since {
            count(ctx, &sample);
        }
    }
}

/// What a health check by `url` tells of errors and latency, for triggers that nothing better feeds.
pub(super) fn probe_readings(sample: &Sample, policy: &ServicePolicy, triggers: &Triggers) -> Vec<Reading> {
    if !policy.requests.contains(&sample.check) {
        return Vec::new();
    }
    let own = |stream: Stream, source: Option<Source>| match source {
        Some(Source::Probes) => Reading::of_probe(stream, sample),
        Some(Source::Exposition) if triggers.by_checks(&stream) => Reading::of_probe(stream, sample),
        Some(Source::Exposition | Source::Prometheus | Source::Traffic | Source::Host) | None => None,
    };
    let (errors, latency) = (&policy.triggers.error_rate, &policy.triggers.latency);
    let errors = own(Stream::Errors, errors.as_ref().map(|limits| limits.source));
    errors.into_iter().chain(own(Stream::Latency, latency.as_ref().map(|limits| limits.source))).collect()
}
