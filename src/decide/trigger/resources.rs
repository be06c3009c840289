//! Guide G4.4: more than 90 % of what the host has is used.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::blind::Freshness;
use super::gauge::Gauge;
use super::leak::Leak;
use super::words::untold;
use super::{Finding, Heard, RESOURCES, span};
use crate::model::facts::HostBefore;
use crate::model::phrase::Phrase;
use crate::model::policy::{Resources as Limits, ServicePolicy};
use crate::model::reading::{Measure, Reading, Source, Use};
use crate::model::reason::{Breach, Rule, Unit};
use crate::model::verdict::{Call, Verdict};

/// The release is to blame when its containers explain this part of the host's rise…
const PART: f64 = 0.25;

/// …or have grown by this part of what the host has (judgement §2.5).
const GROWN: f64 = 0.05;

/// Minutes of before the release that are remembered.
const MINUTES: usize = 10;

/// Mounts and the like that are watched at most.
const KINDS: usize = 64;

/// The host's resources, as one service's release uses them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Resources {
    freshness: Freshness,
    /// By resource: `cpu`, `memory`, `disk /var`.
    used: BTreeMap<String, Used>,
    floor: Timestamp,
    settled: Timestamp,
    watched: bool,
    leak: Leak,
    before: BTreeMap<String, HostBefore>,
}

#[derive(Debug, Clone, Default, PartialEq)]
struct Used {
    gauge: Gauge,
    own: Option<f64>,
    minutes: VecDeque<Minute>,
}

/// The host's use and the containers' part in it, added up over a minute.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Minute {
    began: Timestamp,
    host: f64,
    own: f64,
    readings: f64,
}

impl Resources {
    /// The medians of the last minutes: the host's use, and the containers' part in it.
    pub(super) fn before(&self) -> BTreeMap<String, HostBefore> {
        let middle = |minutes: &VecDeque<Minute>, sum: fn(&Minute) -> f64| {
            let mut values: Vec<f64> = minutes.iter().map(|minute| sum(minute) / minute.readings).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied()
        };
        let of = |used: &Used| {
            let host = middle(&used.minutes, |minute| minute.host)?;
            let own = middle(&used.minutes, |minute| minute.own)?;
            Some(HostBefore { host, own, short_since: used.gauge.since() })
        };
        self.used.iter().filter_map(|(name, used)| Some((name.clone(), of(used)?))).collect()
    }

    /// What was measured since then is the release's already; a median hardly knows it.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.used.values_mut().for_each(|used| used.gauge.forget_since(started));
    }

    pub(super) fn arm(&mut self, floor: Timestamp, before: BTreeMap<String, HostBefore>) {
        self.floor = floor;
        self.watched = true;
        self.before = before;
        self.used.values_mut().for_each(|used| used.gauge.clear());
        self.leak.clear();
    }

    pub(super) fn rest(&mut self, settled: Timestamp) {
        self.watched = false;
        self.settled = settled;
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, limits: &Limits) {
        self.freshness.hear(heard.reading);
        if let Measure::Use(measured) = &heard.reading.measure
            && !heard.paused
        {
            self.take(measured, heard.reading, heard.interval, limits);
        }
    }

    fn take(&mut self, measured: &Use, reading: &Reading, interval: Duration, limits: &Limits) {
        if let (Some(host), Some(own)) = (measured.host.get("memory"), measured.own.get("memory")) {
            self.leak.take(reading.at, *own, *host);
        }
        self.used.retain(|name, _| measured.host.contains_key(name) && limits.is_of(name));
        for (name, value) in measured.host.iter().filter(|(name, _)| limits.is_of(name)) {
            if !self.used.contains_key(name) && self.used.len() == KINDS {
                continue;
            }
            let used = self.used.entry(name.clone()).or_default();
            used.own = measured.own.get(name).copied();
            if self.watched && reading.at <= self.floor {
                continue;
            }
            used.gauge.read(reading.at, *value, *value > limits.above.ratio(), interval);
            if !self.watched && reading.at >= self.settled {
                used.remember(reading.at, *value);
            }
        }
    }

    /// Nothing is short yet, and will be.
    pub(super) fn warning(&self) -> Option<Phrase> {
        self.leak.warning()
    }

    /// The resource that is short for longest.
    pub(super) fn finding(&self, limits: &Limits) -> Option<Finding> {
        let short = self.used.iter().filter_map(|(name, used)| {
            let over = used.gauge.beyond_for(limits.lasts)?;
            Some((over, name, used))
        });
        let (over, name, used) = short.max_by_key(|(over, ..)| *over).filter(|_| self.watched)?;
        let (_, value) = used.gauge.last?;
        let before = self.before.get(name);
        let breach = Breach {
            trigger: RESOURCES.to_owned(),
            rule: Rule::Limit,
            value,
            limit: limits.above.ratio(),
            unit: Unit::Ratio,
            samples: used.gauge.readings,
            bad: 0,
            over,
            source: Source::Host,
            before: before.map(|before| before.host),
            tolerated: None,
            log_odds: None,
            of: Some(name.clone()),
            unusual: None,
        };
        let pre_existing = before.is_some_and(|before| was_so(value, used.own, before, limits));
        let foreign = limits.attribute && !pre_existing && !caused(value, used.own, before);
        let finding = Finding::new(breach, limits.autonomy, pre_existing);
        Some(Finding { foreign: foreign.then(|| name.clone()), ..finding })
    }

    /// What the host has run short of, by no doing of the service, and since when: the other triggers may suffer from it.
    pub(super) fn starved(&self, limits: &Limits) -> Option<(String, Timestamp)> {
        // Short of memory or a full disk fails requests only when nothing is left; the processor slows all of them.
        let (name, used) = self.used.get_key_value("cpu").filter(|_| limits.attribute)?;
        let (before, (_, value)) = (self.before.get(name)?, used.gauge.last?);
        let since = used.gauge.since()?;
        let others = used.own.unwrap_or_default() < value / 2.0 && !caused(value, used.own, Some(before));
        let risen = value - before.host >= GROWN;
        (others && risen).then(|| (name.clone(), before.short_since.unwrap_or(since)))
    }

    pub(super) fn blind(&self, now: Timestamp, policy: &ServicePolicy) -> Option<(Timestamp, String)> {
        self.freshness.blind(now, policy.interval)
    }

    pub(super) fn verdict(&self, now: Timestamp, policy: &ServicePolicy, limits: &Limits) -> Verdict {
        let limit = limits.above.ratio();
        let say = |call, value, samples, why| Verdict::above(limit, call, (value, samples), Unit::Ratio, why);
        if let Some((since, why)) = self.blind(now, policy) {
            let what = Phrase::new("verdict.the-host");
            return say(Call::Blind, 0.0, 0, untold(what, span(since, now), &why));
        }
        if let Some(finding) = self.finding(limits) {
            let breach = &finding.breach;
            let used = breach.of.as_ref().and_then(|of| self.used.get(of));
            let why = sentence(breach).ratio("own", used.and_then(|used| used.own));
            let call = if finding.pre_existing { Call::Pass } else { Call::Fail };
            return say(call, breach.value, breach.samples, why.flag("was_so", finding.pre_existing));
        }
        let values = self.used.iter().filter_map(|(name, used)| Some((used.gauge.last?.1, name, used)));
        let Some((value, name, used)) = values.max_by(|a, b| a.0.total_cmp(&b.0)) else {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.nothing-of-host"));
        };
        let why =
            Phrase::new("verdict.resource").text("of", name).ratio("value", value).ratio("own", used.own);
        let call = if used.gauge.is_beyond() { Call::Wait } else { Call::Pass };
        say(call, value, used.gauge.readings, why)
    }
}

impl Used {
    fn remember(&mut self, at: Timestamp, value: f64) {
        let own = self.own.unwrap_or_default();
        match self.minutes.back_mut() {
            Some(minute) if span(minute.began, at) < Duration::from_mins(1) => {
                minute.host += value;
                minute.own += own;
                minute.readings += 1.0;
            }
            Some(_) | None => {
                if self.minutes.len() == MINUTES {
                    self.minutes.pop_front();
                }
                self.minutes.push_back(Minute { began: at, host: value, own, readings: 1.0 });
            }
        }
    }
}

/// Whether the containers are behind what the host is short of. What nobody can attribute is nobody's.
fn caused(value: f64, own: Option<f64>, before: Option<&HostBefore>) -> bool {
    let Some(own) = own else { return false };
    let (host_before, own_before) = before.map_or((0.0, 0.0), |before| (before.host, before.own));
    let grown = own - own_before;
    let rise = value - host_before;
    grown >= GROWN || (rise > 0.0 && grown >= PART * rise)
}

/// It was beyond its limit before the release and is no worse, and the containers have not taken the place of others.
fn was_so(value: f64, own: Option<f64>, before: &HostBefore, limits: &Limits) -> bool {
    let own = own.unwrap_or_default();
    let taken = own > value / 2.0 && own - before.own >= GROWN;
    before.host > limits.above.ratio() && value - before.host < GROWN && !taken
}

/// What was found, with its numbers.
fn sentence(breach: &Breach) -> Phrase {
    Phrase::new("verdict.resource-found")
        .text("of", breach.of.as_deref().unwrap_or_default())
        .ratio("value", breach.value)
        .time("over", breach.over)
        .ratio("limit", breach.limit)
        .ratio("before", breach.before)
}
