//! Guide G4.3: 95 % of requests take longer than 2 s.

mod onset;
mod seen;

use std::time::Duration;

use jiff::Timestamp;

use super::before::{Minutes, before};
use super::blind::Sight;
use super::course::Course;
use super::errors::TOO_NEAR;
use super::gauge::Gauge;
use super::proof::{Proof, Ticks, ratio};
use super::run::IN_A_ROW;
use super::share::{Against, Gathering, Share};
use super::window::{Newest, Tally, Window};
use super::words::{by, number, untold};
use super::{Finding, Heard, span};
use crate::model::facts::Before;
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, Latency as Limits, Level, Ppm, ServicePolicy};
use crate::model::reading::{Bucket, Counts, Durations, Measure, Reading, Source, Stream};
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
    sight: Sight,
    pub(super) window: Window<Histogram>,
    minutes: Minutes<Histogram>,
    since: Histogram,
    /// Slower than the limit.
    pub(super) share: Share,
    /// Slower than most were before.
    slower: Option<Slower>,
    gauge: Gauge,
    floor: Timestamp,
    settled: Timestamp,
    bad_before: bool,
    source: Option<Source>,
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
    pub(super) fn against(policy: &ServicePolicy) -> Against {
        let ticks = Ticks::new(policy.window, policy.interval);
        Against { limit: TAIL.ratio(), relative: false, floor: TAIL.ratio(), ticks }
    }

    /// Of those slower than the limit, and of those slower than most were.
    pub(super) fn before(&self, now: Timestamp, limits: &Limits) -> (Option<Before>, Option<Before>) {
        let of = |slow: &dyn Fn(&Histogram) -> Counts| {
            let minutes: Vec<Counts> = self.minutes.young(now).map(slow).collect();
            before(&minutes, self.minutes.lately(now).map(slow))
        };
        let limit = limits.above.as_secs_f64();
        let mut hour = Histogram::default();
        self.minutes.young(now).for_each(|minute| hour.add(minute));
        let p95 = hour.quantile(P95).map(|quantile| quantile.value);
        let p95 = p95.filter(|_| hour.count() >= limits.min_requests);
        let mut lately = Counts::default();
        self.minutes.lately(now).for_each(|minute| lately += slow(minute, limit));
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
        self.minutes.young(now).for_each(|minute| hour.add(minute));
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
        let Some(source) = self.source else { return Vec::new() };
        let reading = |(at, minute): (Timestamp, &Histogram)| {
            let bucket = |le: f64| Bucket { le, count: minute.cumulative_at(le).unwrap_or_default() };
            let durations = Durations { seen: minute.edges().map(bucket).collect(), newborn: Vec::new() };
            Reading { stream: Stream::Latency, source, at, measure: Measure::Durations(durations) }
        };
        self.minutes.timed(now).map(reading).collect()
    }

    /// What was measured before golive looked.
    pub(super) fn recall(&mut self, readings: &[Reading]) {
        let minutes = readings.iter().filter_map(|reading| match &reading.measure {
            Measure::Durations(durations) => Some((reading.at, histogram(&durations.seen))),
            Measure::Value(_)
            | Measure::Again(_)
            | Measure::Requests(_)
            | Measure::Use(_)
            | Measure::Blind(_)
            | Measure::Absent(_) => None,
        });
        self.minutes.recall(minutes);
    }

    pub(super) fn arm(
        &mut self,
        floor: Timestamp,
        policy: &ServicePolicy,
        limits: &Limits,
        (before, slower, worst): (Option<Before>, Option<Before>, Option<f64>),
    ) {
        let lately = before.as_ref().map(|before| before.lately).unwrap_or_default();
        self.bad_before = lately.total >= limits.min_requests && TAIL.exceeded(lately.bad, lately.total);
        self.floor = floor;
        self.window.clear();
        self.gauge.arm(worst);
        self.since = Histogram::default();
        let against = Self::against(policy);
        let relative = policy.triggers.level != Level::Literal && policy.triggers.relative != Autonomy::Off;
        // Nobody is asked about a cold start; what golive may act on it does not wait with.
        let cold = if policy.triggers.relative < Autonomy::Auto { COLD } else { Duration::ZERO };
        let floor = floor.checked_add(cold.saturating_sub(policy.grace)).unwrap_or(floor);
        self.slower = slower.filter(|_| relative).and_then(|before| {
            let gathering = Gathering::new(before.tolerated(TAIL.ratio()), before.dispersion, &against.ticks);
            let (edge, p95) = (before.edge?, before.p95?);
            Some(Slower { edge, p95, gathering, course: Course::default(), floor })
        });
        self.share.arm(&against, before, self.bad_before);
    }

    /// What was measured since then is the release's already.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.minutes.forget_since(started);
        self.gauge.forget_since(started);
    }

    /// The worst that the query gave lately, where it is beyond its limit.
    pub(super) fn worst(&self) -> Option<f64> {
        self.gauge.worst()
    }

    /// Something else measures from now on, and nothing of before can be compared with it.
    pub(super) fn anew(&mut self, policy: &ServicePolicy, limits: &Limits) {
        let (floor, settled, watched) = (self.floor, self.settled, self.share.watched());
        *self = Self { settled, ..Self::default() };
        if watched {
            self.arm(floor, policy, limits, (None, None, None));
        }
    }

    pub(super) fn rest(&mut self, settled: Timestamp) {
        self.share.rest();
        self.window.clear();
        self.settled = settled;
        self.slower = None;
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, limits: &Limits) {
        let Heard { reading, born, paused, interval } = *heard;
        let from = self.sight.heard;
        self.sight.hear(reading);
        self.source = Some(reading.source);
        if paused {
            return;
        }
        match &reading.measure {
            Measure::Durations(durations) => self.durations(durations, born, from, reading.at, limits),
            Measure::Value(value) if reading.at > self.floor => {
                self.gauge.read(reading.at, *value, *value > limits.above.as_secs_f64(), interval);
            }
            Measure::Again(_) if reading.at > self.floor => self.gauge.again(reading.at, interval),
            Measure::Value(_)
            | Measure::Again(_)
            | Measure::Requests(_)
            | Measure::Use(_)
            | Measure::Blind(_)
            | Measure::Absent(_) => {}
        }
    }

    fn durations(
        &mut self,
        durations: &Durations,
        born: bool,
        from: Option<Timestamp>,
        at: Timestamp,
        limits: &Limits,
    ) {
        let Some(from) = from.filter(|from| !self.share.watched() || *from >= self.floor) else { return };
        let mut tick = histogram(&durations.seen);
        if born {
            tick.add(&histogram(&durations.newborn));
        }
        if self.share.watched() {
            self.since.add(&tick);
        } else if from >= self.settled {
            self.minutes.add(at, &tick);
        }
        self.share.count(from, at, slow(&tick, limits.above.as_secs_f64()));
        if let Some(slower) = self.slower.as_mut().filter(|slower| from >= slower.floor) {
            let counts = slow(&tick, slower.edge);
            slower.gathering.count(from, at, counts);
            slower.course.push(from, at, counts);
        }
        self.window.push(from, at, tick);
    }

    pub(super) fn finding(&self, policy: &ServicePolicy, limits: &Limits) -> Option<Finding> {
        let level = policy.triggers.level;
        let (worse, slower) = (self.share.worse(), self.slower());
        let was_so = self.gauge.was_so() || self.bad_before && worse.is_none() && slower.is_none();
        let found = |breach: Breach, autonomy| Some(Finding::new(breach, autonomy, was_so));
        if let Some(breach) = self.literal(level, limits) {
            return found(breach, limits.autonomy);
        }
        if level == Level::Literal {
            return None;
        }
        if let Some(proof) = self.share.strict().or(worse) {
            return found(self.evidence(Rule::Evidence, proof, limits), limits.autonomy);
        }
        let slower = slower?;
        let newest = self.window.newest(Duration::from_hours(1), u64::MAX)?;
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
        let newest = self.window.newest(Duration::from_hours(1), u64::MAX)?;
        let p95 = newest.what.quantile(P95)?.value;
        (p95 >= slower.p95 * SLOWER).then_some(slower)
    }

    fn literal(&self, level: Level, limits: &Limits) -> Option<Breach> {
        if let Some(over) = self.gauge.beyond_for(Duration::ZERO) {
            let value = self.gauge.last.map(|(_, value)| value)?;
            let samples = u64::from(IN_A_ROW);
            return Some(Breach { value, samples, over, ..self.breach(Rule::Limit, limits) });
        }
        let newest = self.window.newest(limits.over, limits.min_requests)?;
        let beyond = self.share.watched() && Seen::of(&newest.what, limits).beyond;
        // Sooner than the window is full only with odds behind it: the first hundred requests are too few for a limit alone.
        let soon = level != Level::Literal && newest.much && self.share.certain();
        let sure = soon || (newest.enough && (level != Level::Certain || self.share.certain()));
        (beyond && sure).then(|| Self::filled(self.breach(Rule::Limit, limits), &newest, limits))
    }

    fn evidence(&self, rule: Rule, proof: &Proof, limits: &Limits) -> Breach {
        let (tolerated, log_odds) = (Some(proof.tolerated()), Some(proof.log_odds()));
        let breach = Breach { tolerated, log_odds, ..self.breach(rule, limits) };
        match self.window.newest(limits.over, 1) {
            Some(newest) => Self::filled(breach, &newest, limits),
            None => breach,
        }
    }

    fn filled(breach: Breach, newest: &Newest<Histogram>, limits: &Limits) -> Breach {
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
            source: self.source.unwrap_or(limits.source),
            before: self.share.was().and_then(|was| was.p95),
            tolerated: None,
            log_odds: None,
            of: None,
            unusual: None,
        }
    }

    pub(super) fn blind(&self, now: Timestamp, policy: &ServicePolicy) -> Option<(Timestamp, String)> {
        self.sight.blind(now, policy.interval)
    }

    pub(super) fn verdict(&self, now: Timestamp, policy: &ServicePolicy, limits: &Limits) -> Verdict {
        let limit = limits.above.as_secs_f64();
        let say =
            |call, value, samples, why| Verdict::above(limit, call, (value, samples), Unit::Seconds, why);
        if let Some((since, why)) = self.blind(now, policy) {
            let what = Phrase::new("verdict.the-latency");
            return say(Call::Blind, 0.0, 0, untold(what, span(since, now), &why));
        }
        let source = by(self.source.unwrap_or(limits.source));
        if let Some((_, value)) = self.gauge.last {
            let call = if self.gauge.within() { Call::Pass } else { Call::Wait };
            let call = if self.literal(Level::Literal, limits).is_some() { Call::Fail } else { call };
            let why = Phrase::new("verdict.latency-by-query").time("value", seconds(value));
            return say(call, value, self.gauge.readings, why);
        }
        let Some(newest) = self.window.newest(limits.over, limits.min_requests) else {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.not-timed").part("by", source));
        };
        let whole = if self.share.watched() { &self.since } else { &newest.what };
        let (counts, seen) = (slow(whole, limit), Seen::of(&newest.what, limits));
        let (value, samples) = (seen.p95.as_ref().map_or(0.0, |p95| p95.value), counts.total);
        if let Some(finding) = self.finding(policy, limits).filter(|_| self.share.watched()) {
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
