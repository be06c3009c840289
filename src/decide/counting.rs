//! What counts of what is seen: not what is seen while somebody is at work on what runs, nor before it is known of what.

use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Persist};
use super::blindness::blind;
use super::deployment;
use super::trigger::Triggers;
use super::turn::Turn;
use crate::model::facts::Phase;
use crate::model::policy::ServicePolicy;
use crate::model::reading::{Reading, Source, Stream};
use crate::model::sample::Sample;

/// Between the old container's end and the new one's start, checks fail although the old one was seen alive last.
const SWAP: Duration = Duration::from_secs(10);

/// So many samples are kept until it is known whose they are; beyond, the oldest are dropped.
const KEPT: usize = 256;

/// Takes a sample in, if it is of what is counted now.
pub(super) fn count(turn: &mut Turn<'_>, sample: &Sample) -> bool {
    if deployment::under_way(turn.service, turn.now) {
        if !turn.facts().away {
            put_by(turn, sample);
        }
        return false;
    }
    let counted = turn.service.health.count(sample);
    if turn.service.is_gone() {
        turn.service.health.not_by_itself();
    }
    well(turn);
    turn.service.red = turn.service.red.filter(|_| !turn.service.health.all_pass());
    for reading in probe_readings(sample, turn.policy, &turn.service.triggers) {
        measure(turn, &reading);
    }
    see_again(turn);
    counted
}

/// Takes a reading in, and says what its trigger makes of it when that has changed.
pub(super) fn measure(turn: &mut Turn<'_>, reading: &Reading) {
    let started = turn.service.seen.as_ref().and_then(|seen| seen.started);
    if deployment::under_way(turn.service, turn.now) {
        turn.service.triggers.pause(Timestamp::MAX);
    }
    // What nothing answers is nobody's normal; of the release at hand it is a failure.
    let judged = matches!(turn.facts().phase, Phase::Watching(_) | Phase::Held { .. });
    if turn.service.is_gone() && !judged {
        turn.service.triggers.pause(Timestamp::MAX);
    }
    turn.service.triggers.measure(reading, started, turn.policy);
    see_again(turn);
    if !matches!(turn.facts().phase, Phase::Watching(_)) {
        return;
    }
    let trigger = reading.stream.trigger();
    let Some(verdict) = turn.service.triggers.verdict(&reading.stream, turn.now, turn.policy) else {
        return;
    };
    if turn.service.said.insert(trigger.to_owned(), verdict.call) != Some(verdict.call) {
        let (service, trigger) = (turn.service.name.clone(), trigger.to_owned());
        turn.act(Action::Persist(Persist::Judged { service, trigger, verdict }));
    }
}

fn see_again(turn: &mut Turn<'_>) {
    if blind(turn.service, turn.policy, turn.now).is_none() {
        turn.resolve_blind();
    }
}

/// Remembers that the checks fail although it runs: what comes next is not what broke it.
pub(super) fn mark_red(turn: &mut Turn<'_>) {
    let alive = turn.service.seen.as_ref().is_some_and(|seen| seen.alive);
    if alive && turn.service.health.failing(turn.policy.failures).is_some() {
        turn.service.red.get_or_insert(turn.now);
    }
}

/// Whether it was so, before what runs now was started, for longer than a swap that takes its time would make it so.
pub(super) fn was_red(turn: &Turn<'_>, started: Timestamp) -> bool {
    turn.service.red.and_then(|since| since.checked_add(SWAP).ok()).is_some_and(|until| until <= started)
}

/// It is not known yet whose sample that is.
fn put_by(turn: &mut Turn<'_>, sample: &Sample) {
    let uncounted = &mut turn.service.uncounted;
    if uncounted.len() >= KEPT {
        uncounted.pop_front();
    }
    uncounted.push_back(sample.clone());
}

/// Every check has passed: its start-up is over, though it might have taken longer.
fn well(turn: &mut Turn<'_>) {
    if !turn.service.health.all_pass() {
        return;
    }
    turn.service.crashed = false;
    let started = turn.service.launch.and_then(|launch| launch.at.checked_add(turn.policy.grace).ok());
    turn.service.triggers.settled(started.map_or(turn.now, |least| least.max(turn.now)));
    if let Phase::Watching(watch) = &turn.facts().phase
        && watch.restarted > 0
        && let Phase::Watching(watch) = &mut turn.facts_mut().phase
    {
        watch.restarted = 0;
    }
}

/// What was seen since the start is of what was started, though it was not known yet that it had been.
pub(super) fn belong(turn: &mut Turn<'_>, since: Timestamp) {
    for sample in std::mem::take(&mut turn.service.uncounted) {
        if sample.began >= since {
            count(turn, &sample);
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
        Some(Source::Exposition | Source::Prometheus | Source::Host) | None => None,
    };
    let (errors, latency) = (&policy.triggers.error_rate, &policy.triggers.latency);
    let errors = own(Stream::Errors, errors.as_ref().map(|limits| limits.source));
    errors.into_iter().chain(own(Stream::Latency, latency.as_ref().map(|limits| limits.source))).collect()
}
