//! Guide G4.5: a key business metric goes wrong.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::blind::Sight;
use super::gauge::Gauge;
use super::words::{number, time, untold};
use super::{Finding, Heard, span};
use crate::decide::policy::{Anomaly, Business as Limits, ServicePolicy};
use crate::decide::reading::{Measure, Source};
use crate::decide::reason::{Breach, Rule, Unit};
use crate::decide::verdict::{Bound, Call, Verdict};
use crate::stats::season::{Season, Seen};

/// A day of minutes; no watch is judged against its season for longer.
const MINUTES: usize = 24 * 60;

/// So many minutes in a row (judgement §2.6.4).
const TWICE: u32 = 2;

/// One business metric of one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Business {
    sight: Sight,
    low: Gauge,
    high: Gauge,
    floor: Timestamp,
    watched: bool,
    bad_before: bool,
    season: Past,
    scale: f64,
    /// Since the release, the mean of each minute; not a number where nothing was measured.
    minutes: VecDeque<f64>,
    minute: Option<(Timestamp, f64, u32)>,
    unusual: u32,
    seen: Option<Seen>,
}

/// What is known of the metric's own past.
#[derive(Debug, Clone, Default, PartialEq)]
enum Past {
    /// Not asked for yet.
    #[default]
    Unknown,
    Known(Box<Season>),
    /// Too little, or nothing; why.
    Lacking(String),
}

impl Business {
    pub(super) fn arm(&mut self, floor: Timestamp) {
        self.bad_before = self.low.is_beyond() || self.high.is_beyond();
        self.floor = floor;
        self.watched = true;
        self.low.clear();
        self.high.clear();
        self.season = Past::Unknown;
        self.minutes.clear();
        self.minute = None;
        self.unusual = 0;
        self.seen = None;
    }

    pub(super) fn rest(&mut self) {
        self.watched = false;
    }

    /// What its past lets expect of the watch, in units of which one of the metric's has so many.
    pub(super) fn expect(&mut self, scale: f64, season: &Result<Box<Season>, String>) {
        self.scale = scale;
        self.season = match season {
            Ok(season) => Past::Known(season.clone()),
            Err(why) => Past::Lacking(why.clone()),
        };
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, limits: &Limits) {
        self.sight.hear(heard.reading);
        let Measure::Value(value) = heard.reading.measure else { return };
        if heard.paused {
            return;
        }
        let at = heard.reading.at;
        if self.watched && at <= self.floor {
            return;
        }
        self.low.read(at, value, limits.below.is_some_and(|below| value < below), heard.interval);
        self.high.read(at, value, limits.above.is_some_and(|above| value > above), heard.interval);
        if self.watched
            && let Some(anomaly) = &limits.anomaly
        {
            self.minute(at, value, anomaly);
        }
    }

    /// Gathers minutes, and holds each full one against the season.
    fn minute(&mut self, at: Timestamp, value: f64, anomaly: &Anomaly) {
        let (began, sum, count) = self.minute.get_or_insert((at, 0.0, 0));
        let lasted = span(*began, at);
        if lasted < Duration::from_mins(1) {
            *sum += value;
            *count += 1;
            return;
        }
        let mean = *sum / f64::from(*count);
        let missed = (lasted.as_secs() / 60).saturating_sub(1).min(MINUTES as u64);
        self.minute = Some((at, value, 1));
        self.minutes.push_back(mean * self.scale);
        self.minutes.extend(std::iter::repeat_n(f64::NAN, missed as usize));
        while self.minutes.len() > MINUTES {
            self.minutes.pop_front();
        }
        if let Past::Known(season) = &self.season {
            let seen = season.judge(self.minutes.make_contiguous());
            let unusual =
                seen.minutes > 0 && seen.z >= seen.threshold && change(&seen).abs() >= anomaly.least;
            self.seen = Some(seen).filter(|seen| seen.minutes > 0);
            self.unusual = if unusual { self.unusual.saturating_add(1) } else { 0 };
        }
    }

    pub(super) fn finding(&self, name: &str, limits: &Limits) -> Option<Finding> {
        if !self.watched {
            return None;
        }
        if let Some(breach) = self.literal(name, limits) {
            return Some(Finding::new(breach, limits.autonomy, self.bad_before));
        }
        let (seen, anomaly) = (self.seen.as_ref()?, limits.anomaly.as_ref()?);
        (self.unusual >= TWICE).then(|| {
            let breach = Breach {
                rule: Rule::Anomaly,
                value: seen.measured,
                limit: seen.expected,
                samples: seen.minutes as u64,
                over: Duration::from_mins(seen.minutes as u64),
                before: Some(change(seen)),
                ..Self::breach(name, limits)
            };
            Finding::new(breach, anomaly.autonomy, false)
        })
    }

    fn literal(&self, name: &str, limits: &Limits) -> Option<Breach> {
        let low = self.low.beyond_for(limits.lasts).zip(limits.below).map(|found| (found, &self.low));
        let high = self.high.beyond_for(limits.lasts).zip(limits.above).map(|found| (found, &self.high));
        let ((over, limit), gauge) = low.or(high)?;
        let (_, value) = gauge.last?;
        Some(Breach { value, limit, over, samples: gauge.readings, ..Self::breach(name, limits) })
    }

    fn breach(name: &str, limits: &Limits) -> Breach {
        Breach {
            trigger: name.to_owned(),
            rule: Rule::Limit,
            value: 0.0,
            limit: 0.0,
            unit: Unit::Plain,
            samples: 0,
            bad: 0,
            over: Duration::ZERO,
            source: limits.source,
            before: None,
            tolerated: None,
            log_odds: None,
            of: None,
        }
    }

    pub(super) fn blind(&self, now: Timestamp, policy: &ServicePolicy) -> Option<(Timestamp, String)> {
        self.sight.blind(now, policy.interval)
    }

    /// The limit that is nearest to being passed, else what its past lets expect.
    fn held_against(&self, limits: &Limits) -> (Bound, Option<f64>) {
        match (limits.below, limits.above) {
            (Some(_), Some(above)) if self.high.is_beyond() => (Bound::Above, Some(above)),
            (Some(below), _) => (Bound::Below, Some(below)),
            (None, Some(above)) => (Bound::Above, Some(above)),
            (None, None) => (Bound::Expected, self.seen.as_ref().map(|seen| seen.expected)),
        }
    }

    pub(super) fn verdict(
        &self,
        now: Timestamp,
        name: &str,
        policy: &ServicePolicy,
        limits: &Limits,
    ) -> Verdict {
        let (bound, limit) = self.held_against(limits);
        let say = |call, value, samples, why| {
            let value = (samples > 0).then_some(value);
            Verdict { call, value, limit, bound, unit: Unit::Plain, samples, why }
        };
        if let Some((since, why)) = self.blind(now, policy) {
            let why = untold(name, span(since, now), &why);
            return say(Call::Blind, 0.0, 0, why);
        }
        let Some((_, value)) = self.low.last else {
            return say(Call::Wait, 0.0, 0, format!("{name} was not measured yet"));
        };
        let (samples, shown) = (self.low.readings, number(value));
        if let Some(finding) = self.finding(name, limits) {
            return say(Call::Fail, value, samples, sentence(&finding.breach));
        }
        if self.low.is_beyond() || self.high.is_beyond() {
            return say(
                Call::Wait,
                value,
                samples,
                format!("{name} is {shown}, beyond its limit, though not for long enough"),
            );
        }
        match (&limits.anomaly, &self.season, &self.seen) {
            (Some(_), _, Some(seen)) => {
                let (effect, minutes) = (change(seen) * 100.0, seen.minutes);
                let why =
                    format!("{name} is {effect:+.0} % of what its past lets expect, over {minutes} min");
                say(Call::Pass, value, samples, why)
            }
            (Some(_), Past::Lacking(why), None) => {
                say(Call::Wait, value, samples, format!("{name} is {shown}; learning: {why}"))
            }
            (Some(_), Past::Unknown | Past::Known(_), None) if self.watched => say(
                Call::Wait,
                value,
                samples,
                format!("{name} is {shown}; too early to hold it against its past"),
            ),
            (Some(_) | None, _, _) => say(Call::Pass, value, samples, format!("{name} is {shown}")),
        }
    }
}

/// By which part of what was expected it has changed.
fn change(seen: &Seen) -> f64 {
    if seen.expected == 0.0 { 0.0 } else { (seen.measured - seen.expected) / seen.expected.abs() }
}

/// What was found, with its numbers.
pub(super) fn sentence(breach: &Breach) -> String {
    let (name, value, limit) = (&breach.trigger, breach.value, breach.limit);
    let over = time(breach.over);
    match breach.rule {
        Rule::Anomaly => {
            let effect = breach.before.unwrap_or_default() * 100.0;
            format!(
                "{name}: {value:.6} in {over}, expected {limit:.6} by its own past ({effect:+.0} %), more than any \
                 chance in its past explains"
            )
        }
        Rule::Limit | Rule::Evidence | Rule::Relative | Rule::SideBySide | Rule::Standing => {
            let way = if value < limit { "below" } else { "above" };
            let by = match breach.source {
                Source::Exposition => ", by the service's own metrics",
                Source::Prometheus | Source::Probes | Source::Host => "",
            };
            format!("{name} is {}, {way} {}, for {over}{by}", number(value), number(limit))
        }
    }
}
