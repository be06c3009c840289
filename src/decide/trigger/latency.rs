//! Guide G4.3: 95 % of requests take longer than 2 s.

mod onset;
mod seen;

use std::time::Duration;

use jiff::Timestamp;

use super::before::before;
use super::course::Course;
use super::errors::TOO_NEAR;
use super::proof::{Proof, Ticks, ratio};
use super::rate::Rate;
use super::share::{Gathering, Share, TestParameters};
use super::window::{Recent, Tally};
use super::words::{by, number, untold};
use super::{Finding, Heard, span};
use crate::model::facts::Before;
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, Latency as Limits, Level, Ppm, ServicePolicy};
use crate::model::reading::{Bucket, Counts, Durations, Measure, Reading, Stream};
use crate::model::reason::{Breach, Rule, Unit};
use crate::model::verdict::{Call, Verdict};
use crate::stats::histogram::Histogram;
use seen::{Seen, edge_from, histogram, seconds, sentence};

pub(super) use seen::slow;

/// What lies beyond the 95th percentile.
const TAIL: Ppm = Ppm(50_000);
const P95: f64 = 0.95;

/// Whether it is slower than before is asked of no cold start.
const COLD: Duration = Duration::from_mins(1);

/// "Slower than before" means by half at least.
const SLOWER: f64 = 1.5;

/// The latency of one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Latency {
    /// Of which those are bad that are slower than the limit.
    pub(super) rate: Rate<Histogram>,
    since: Histogram,
    /// Slower than most were before.
    slower: Option<Slower>,
}

#[derive(Debug, Clone, PartialEq)]
struct Slower {
    edge: f64,
    p95: f64,
    gathering: Gathering,
    course: Course,
    floor: Timestamp,
}

impl Tally for Histogram {
    fn add(&mut self, more: &Self) {
        Histogram::add(self, more);
    }

    fn total(&self) -> u64 {
        self.count()
    }
}

impl Latency {
    pub(super) fn against(policy: &ServicePolicy) -> TestParameters {
        let ticks = Ticks::new(policy.window, policy.interval);
        TestParameters { limit: TAIL.ratio(), relative: false, floor: TAIL.ratio(), ticks }
    }

    /// Of those slower than the limit, and of those slower than most were.
    pub(super) fn before(&self, now: Timestamp, limits: &Limits) -> (Option<Before>, Option<Before>) {
        let of = |slow: &dyn Fn(&Histogram) -> Counts| {
            let minutes: Vec<Counts> = self.rate.minutes.young(now).map(slow).collect();
            before(&minutes, self.rate.minutes.lately(now).map(slow))
        };
        let limit = limits.above.as_secs_f64();
        let mut hour = Histogram::default();
        self.rate.minutes.young(now).for_each(|minute| hour.add(minute));
        let p95 = hour.quantile(P95).map(|quantile| quantile.value);
        let p95 = p95.filter(|_| hour.count() >= limits.min_requests);
        let mut lately = Counts::default();
        self.rate.minutes.lately(now).for_each(|minute| lately += slow(minute, limit));
        let beyond = TAIL.exceeded(lately.bad, lately.total);
        let edge = p95.and_then(|p95| edge_from(&hour, p95).filter(|edge| *edge < limit || beyond));
        let slower = p95.zip(edge).and_then(|(p95, edge)| {
            let before = of(&|minute| slow(minute, edge))?;
            Some(Before { edge: Some(edge), p95: Some(p95), ..before })
        });
        (of(&|minute| slow(minute, limit)).map(|before| Before { p95, ..before }), slower)
    }

    /// What makes judging by this rule doubtful, before anything is judged.
    pub(super) fn warnings(&self, now: Timestamp, limits: &Limits) -> Vec<Phrase> {
        let limit = limits.above.as_secs_f64();
        let mut hour = Histogram::default();
        self.rate.minutes.young(now).for_each(|minute| hour.add(minute));
        let mut warnings = Vec::new();
        if hour.count() > 0 && hour.cumulative_at(limit).is_none() {
            warnings.push(Phrase::new("doubt.no-edge").time("limit", limits.above));
        }
        let (before, _) = self.before(now, limits);
        let near = |before: &Before| {
            before.counts.total >= limits.min_requests && before.upper >= TOO_NEAR * TAIL.ratio()
        };
        if let Some(before) = before.filter(near) {
            let slow = ratio(before.counts);
            warnings.push(Phrase::new("doubt.latency-near").ratio("slow", slow).time("limit", limits.above));
        }
        warnings
    }

    pub(super) fn remembered(&self, now: Timestamp) -> Vec<Reading> {
        let durations = |minute: &Histogram| {
            let bucket = |le: f64| Bucket { le, count: minute.cumulative_at(le).unwrap_or_default() };
            Measure::Durations(Durations { seen: minute.edges().map(bucket).collect(), newborn: Vec::new() })
        };
        self.rate.remembered(now, &Stream::Latency, durations)
    }

    /// What was measured before golive looked.
    pub(super) fn recall(&mut self, readings: &[Reading]) {
        let minutes = readings.iter().filter_map(|reading| match &reading.measure {
            Measure::Durations(durations) => Some((reading.at, histogram(&durations.seen))),
            Measure::Value(_)
            | Measure::Again(_)
            | Measure::Requests(_)
            | Measure::Use(_)
            | Measure::Alerts(_)
            | Measure::Blind(_)
            | Measure::Absent(_) => None,
        });
        self.rate.minutes.recall(minutes);
    }

    pub(super) fn arm(
        &mut self,
        floor: Timestamp,
        policy: &ServicePolicy,
        limits: &Limits,
        (before, slower, worst): (Option<Before>, Option<Before>, Option<f64>),
    ) {
        self.since = Histogram::default();
        let against = Self::against(policy);
        self.rate.arm(floor, &against, (before, worst), (TAIL, limits.min_requests));
        let relative = policy.triggers.level != Level::Literal && policy.triggers.relative != Autonomy::Off;
        // Nobody is asked about a cold start; what golive may act on it does not wait with.
        let cold = if policy.triggers.relative < Autonomy::Auto { COLD } else { Duration::ZERO };
        let floor = floor.checked_add(cold.saturating_sub(policy.grace)).unwrap_or(floor);
        self.slower = slower.filter(|_| relative).and_then(|before| {
            let gathering = Gathering::new(before.tolerated(TAIL.ratio()), before.dispersion, &against.ticks);
            let (edge, p95) = (before.edge?, before.p95?);
            Some(Slower { edge, p95, gathering, course: Course::default(), floor })
        });
    }

    /// Something else measures from now on, and nothing of before can be compared with it.
    pub(super) fn anew(&mut self, policy: &ServicePolicy, limits: &Limits) {
        let mut rate = std::mem::take(&mut self.rate);
        let watched = rate.anew();
        *self = Self { rate, ..Self::default() };
        if let Some(floor) = watched {
            self.arm(floor, policy, limits, (None, None, None));
        }
    }

    pub(super) fn rest(&mut self, settled: Timestamp) {
        self.rate.rest(settled);
        self.slower = None;
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, limits: &Limits) {
        let Some(from) = self.rate.hear(heard, limits.above.as_secs_f64()) else { return };
        let Measure::Durations(durations) = &heard.reading.measure else { return };
        let at = heard.reading.at;
        let mut tick = histogram(&durations.seen);
        if heard.born {
            tick.add(&histogram(&durations.newborn));
        }
        if self.rate.share.watched() {
            self.since.add(&tick);
        }
        if let Some(slower) = self.slower.as_mut().filter(|slower| from >= slower.floor) {
            let counts = slow(&tick, slower.edge);
            slower.gathering.count(from, at, counts);
            slower.course.push(from, at, counts);
        }
        let counts = slow(&tick, limits.above.as_secs_f64());
        self.rate.count(from, at, tick, counts);
    }

    pub(super) fn finding(&self, policy: &ServicePolicy, limits: &Limits) -> Option<Finding> {
        let level = policy.triggers.level;
        let (worse, slower) = (self.rate.share.worse(), self.slower());
        let was_so = self.rate.gauge.was_so() || self.rate.bad_before && worse.is_none() && slower.is_none();
        let found = |breach: Breach, autonomy| Some(Finding::new(breach, autonomy, was_so));
        if let Some(breach) = self.literal(level, limits) {
            return found(breach, limits.autonomy);
        }
        if level == Level::Literal {
            return None;
        }
        if let Some(proof) = self.rate.share.strict().or(worse) {
            return found(self.evidence(Rule::Evidence, proof, limits), limits.autonomy);
        }
        let slower = slower?;
        let newest = self.rate.window.newest(Duration::from_hours(1), u64::MAX)?;
        let relative = policy.triggers.relative.min(limits.autonomy);
        // Beyond the limit already, though not for long enough: nobody is asked what golive will do by itself soon.
        let soon = newest.over < limits.over && Seen::of(&newest.what, limits).beyond;
        if soon && relative < limits.autonomy {
            return None;
        }
        let breach = self.evidence(Rule::Relative, &slower.gathering.proof, limits);
        let breach =
            Breach { before: Some(slower.p95), of: Some(format!("{} s", number(slower.edge))), ..breach };
        // A cold start is slow and is over in a minute: a question can wait until the end of the watch shows what is left.
        let at_end = relative < Autonomy::Auto;
        found(breach, relative).map(|finding| Finding { at_end, ..finding })
    }

    /// Slower than before by half at least, beyond doubt.
    fn slower(&self) -> Option<&Slower> {
        let slower = self.slower.as_ref().filter(|slower| slower.gathering.proof.fires())?;
        let newest = self.rate.window.newest(Duration::from_hours(1), u64::MAX)?;
        let p95 = newest.what.quantile(P95)?.value;
        (p95 >= slower.p95 * SLOWER).then_some(slower)
    }

    fn literal(&self, level: Level, limits: &Limits) -> Option<Breach> {
        if let Some(breach) = self.rate.beyond_by_query(self.breach(Rule::Limit, limits)) {
            return Some(breach);
        }
        let newest = self.rate.window.newest(limits.over, limits.min_requests)?;
        let beyond = self.rate.share.watched() && Seen::of(&newest.what, limits).beyond;
        let sure = beyond && self.rate.sure(level, &newest);
        sure.then(|| Self::filled(self.breach(Rule::Limit, limits), &newest, limits))
    }

    fn evidence(&self, rule: Rule, proof: &Proof, limits: &Limits) -> Breach {
        let (tolerated, log_odds) = (Some(proof.tolerated()), Some(proof.log_odds()));
        let breach = Breach { tolerated, log_odds, ..self.breach(rule, limits) };
        match self.rate.window.newest(limits.over, 1) {
            Some(newest) => Self::filled(breach, &newest, limits),
            None => breach,
        }
    }

    fn filled(breach: Breach, newest: &Recent<Histogram>, limits: &Limits) -> Breach {
        let counts = slow(&newest.what, limits.above.as_secs_f64());
        let value = Seen::of(&newest.what, limits).p95.map_or(0.0, |quantile| quantile.value);
        Breach { value, samples: counts.total, bad: counts.bad, over: newest.over, ..breach }
    }

    fn breach(&self, rule: Rule, limits: &Limits) -> Breach {
        Breach {
            trigger: "latency-p95".to_owned(),
            rule,
            value: 0.0,
            limit: limits.above.as_secs_f64(),
            unit: Unit::Seconds,
            samples: 0,
            bad: 0,
            over: Duration::ZERO,
            source: self.rate.source.unwrap_or(limits.source),
            before: self.rate.share.was().and_then(|was| was.p95),
            tolerated: None,
            log_odds: None,
            of: None,
            unusual: None,
        }
    }

    pub(super) fn verdict(&self, now: Timestamp, policy: &ServicePolicy, limits: &Limits) -> Verdict {
        let limit = limits.above.as_secs_f64();
        let say =
            |call, value, samples, why| Verdict::above(limit, call, (value, samples), Unit::Seconds, why);
        if let Some((since, why)) = self.rate.blind(now, policy) {
            let what = Phrase::new("verdict.the-latency");
            return say(Call::Blind, 0.0, 0, untold(what, span(since, now), &why));
        }
        let source = by(self.rate.source.unwrap_or(limits.source));
        if let Some((call, value, readings)) =
            self.rate.by_query(|| self.literal(Level::Literal, limits).is_some())
        {
            let why = Phrase::new("verdict.latency-by-query").time("value", seconds(value));
            return say(call, value, readings, why);
        }
        let Some(newest) = self.rate.window.newest(limits.over, limits.min_requests) else {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.not-timed").part("by", source));
        };
        let whole = if self.rate.share.watched() { &self.since } else { &newest.what };
        let (counts, seen) = (slow(whole, limit), Seen::of(&newest.what, limits));
        let (value, samples) = (seen.p95.as_ref().map_or(0.0, |p95| p95.value), counts.total);
        if let Some(finding) = self.finding(policy, limits).filter(|_| self.rate.share.watched()) {
            let call = if finding.at_end { Call::Wait } else { Call::Fail };
            let why = sentence(&finding.breach).flag("at_end", finding.at_end);
            return say(call, value, samples, why);
        }
        let Some(p95) = &seen.p95 else {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.no-traffic").part("by", source));
        };
        let most = Share::at_most(counts);
        let enough = most < TAIL.ratio() && !seen.close;
        let why = Phrase::new("verdict.latency")
            .flag("open", p95.open())
            .time("value", seconds(if p95.open() { p95.lower } else { p95.value }))
            .count("samples", counts.total)
            .part("by", source)
            .flag("exact", seen.exact)
            .time("limit", limits.above)
            .ratio("most", (!enough).then_some(most));
        say(if enough { Call::Pass } else { Call::Wait }, value, samples, why)
    }
}
