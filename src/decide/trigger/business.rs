//! Guide G4.5: a key business metric goes wrong.

use std::time::Duration;

use jiff::Timestamp;

use super::blind::Freshness;
use super::gauge::Gauge;
use super::past::{self, OwnPast};
use super::words::{by, untold};
use super::{Finding, Heard, span};
use crate::model::facts::Watch;
use crate::model::past::{Learnt, standing};
use crate::model::phrase::Phrase;
use crate::model::policy::{Anomaly, Business as Limits, ServicePolicy};
use crate::model::reading::{Measure, Source};
use crate::model::reason::{Breach, Rule, Unit};
use crate::model::verdict::{Bound, Call, Verdict};

/// One business metric of one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Business {
    freshness: Freshness,
    low: Gauge,
    high: Gauge,
    floor: Timestamp,
    watched: bool,
    bad_before: bool,
    past: OwnPast,
}

impl Business {
    pub(super) fn arm(&mut self, floor: Timestamp, watch: &Watch) {
        self.bad_before = self.low.is_beyond() || self.high.is_beyond();
        self.floor = floor;
        self.watched = true;
        self.low.clear();
        self.high.clear();
        self.past.arm(watch);
    }

    /// What was measured since then is the release's already.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.low.forget_since(started);
        self.high.forget_since(started);
    }

    pub(super) fn rest(&mut self) {
        self.watched = false;
    }

    /// What its past lets expect of the watch.
    pub(super) fn expect(&mut self, until: Timestamp, learnt: &Learnt) {
        self.past.expect(until, learnt);
    }

    /// Up to when its past counts.
    pub(super) fn past_until(&self) -> Timestamp {
        self.past.until()
    }

    /// Whether what its past lets expect of so long a watch is known.
    pub(super) fn knows(&self, anomaly: &Anomaly, window: Duration) -> bool {
        self.past.season().is_some_and(|season| anomaly.is_of(season, window))
    }

    pub(super) fn pass(&mut self, now: Timestamp) {
        self.past.pass(now);
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, limits: &Limits) {
        self.freshness.hear(heard.reading);
        let (Measure::Value(value) | Measure::Again(value)) = heard.reading.measure else { return };
        if heard.paused {
            return;
        }
        let at = heard.reading.at;
        if self.watched && at <= self.floor {
            return;
        }
        if let Measure::Again(_) = heard.reading.measure {
            self.low.again(at, heard.interval);
            self.high.again(at, heard.interval);
        } else {
            self.low.read(at, value, limits.below.is_some_and(|below| value < below), heard.interval);
            self.high.read(at, value, limits.above.is_some_and(|above| value > above), heard.interval);
        }
        if self.watched && limits.anomaly.is_some() {
            self.past.read(at, value);
        }
    }

    pub(super) fn finding(&self, name: &str, limits: &Limits) -> Option<Finding> {
        if !self.watched {
            return None;
        }
        if let Some(breach) = self.literal(name, limits) {
            return Some(Finding::new(breach, limits.autonomy, self.bad_before));
        }
        let ((seen, unusual), anomaly) = (self.past.seen()?, limits.anomaly.as_ref()?);
        seen.fires().then(|| {
            let breach = Breach {
                rule: Rule::Anomaly,
                value: seen.measured,
                limit: seen.expected,
                samples: seen.minutes as u64,
                over: Duration::from_secs(60 * seen.minutes as u64),
                unusual: Some(unusual),
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
            unusual: None,
        }
    }

    pub(super) fn blind(&self, now: Timestamp, policy: &ServicePolicy) -> Option<(Timestamp, String)> {
        self.freshness.blind(now, policy.interval)
    }

    /// The limit that is nearest to being passed, else what its past lets expect.
    fn held_against(&self, limits: &Limits) -> (Bound, Option<f64>) {
        match (limits.below, limits.above) {
            (Some(_), Some(above)) if self.high.is_beyond() => (Bound::Above, Some(above)),
            (Some(below), _) => (Bound::Below, Some(below)),
            (None, Some(above)) => (Bound::Above, Some(above)),
            (None, None) => (Bound::Expected, self.past.seen().map(|(seen, _)| seen.expected)),
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
            return say(Call::Blind, 0.0, 0, untold(Phrase::words(name), span(since, now), &why));
        }
        let Some((_, value)) = self.low.last else {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.not-measured").text("name", name));
        };
        let samples = self.low.readings;
        if let Some(finding) = self.finding(name, limits) {
            return say(Call::Fail, value, samples, sentence(&finding.breach));
        }
        let is = Phrase::new("verdict.metric").text("name", name).number("value", value);
        if self.low.is_beyond() || self.high.is_beyond() {
            return say(Call::Wait, value, samples, is.flag("beyond", true).part("past", None));
        }
        let is = is.flag("beyond", false);
        match (&limits.anomaly, self.past.seen()) {
            (Some(_), Some((seen, unusual))) => {
                say(Call::Pass, value, samples, past::compared(name, seen, &unusual))
            }
            (Some(_), None) if self.watched => {
                let past = self.past.learnt().map_or_else(|| Phrase::new("past.asked-for"), standing);
                say(Call::Wait, value, samples, is.part("past", past))
            }
            (Some(_) | None, _) => say(Call::Pass, value, samples, is.part("past", None)),
        }
    }
}

/// What was found, with its numbers.
fn sentence(breach: &Breach) -> Phrase {
    if let Some(unusual) = &breach.unusual {
        return unusual.phrase(&breach.trigger, (breach.value, breach.limit), breach.over, true);
    }
    Phrase::new("verdict.metric-found")
        .text("name", &breach.trigger)
        .number("value", breach.value)
        .flag("below", breach.value < breach.limit)
        .number("limit", breach.limit)
        .time("over", breach.over)
        .part("by", by(breach.source).filter(|_| breach.source == Source::Exposition))
}
