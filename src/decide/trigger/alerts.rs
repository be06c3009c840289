//! The team's own alerting rules: one of them fires that did not before the release.
//!
//! An alert counts by its name. Its labels name what it is about (an instance, a container), and change with every release.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::blind::Freshness;
use super::words::untold;
use super::{ALERTS, Finding, Heard, span};
use crate::model::facts::Watch;
use crate::model::phrase::Phrase;
use crate::model::policy::{Alerts as Limits, ServicePolicy};
use crate::model::reading::{Measure, Source};
use crate::model::reason::{Breach, Rule, Unit};
use crate::model::verdict::{Bound, Call, Verdict};

/// So many are named.
const NAMED: usize = 3;

/// The alerts of one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Alerts {
    freshness: Freshness,
    floor: Timestamp,
    watched: bool,
    /// When each was read first and last, in the window that ends now.
    lately: BTreeMap<String, (Timestamp, Timestamp)>,
    /// What has fired before the release; nothing is known of it when golive had not read any.
    before: Option<BTreeSet<String>>,
    /// What fires in this watch, and since which reading without a break.
    firing: BTreeMap<String, Timestamp>,
    last: Option<Timestamp>,
    readings: u64,
}

impl Alerts {
    /// Those that have fired in the window before, to be kept with the watch that begins.
    pub(super) fn before(&self, now: Timestamp, policy: &ServicePolicy) -> Option<BTreeSet<String>> {
        self.last?;
        let recent = self.lately.iter().filter(|(_, (_, last))| span(*last, now) <= policy.window);
        Some(recent.map(|(name, _)| name.clone()).collect())
    }

    pub(super) fn arm(&mut self, floor: Timestamp, watch: &Watch) {
        self.floor = floor;
        self.watched = true;
        self.before.clone_from(&watch.alerts_before);
        self.firing.clear();
        self.readings = 0;
    }

    pub(super) fn rest(&mut self) {
        self.watched = false;
    }

    /// What has begun since then is the release's already.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.lately.retain(|_, (first, _)| *first < started);
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, policy: &ServicePolicy) {
        self.freshness.hear(heard.reading);
        let (Measure::Alerts(names), at) = (&heard.reading.measure, heard.reading.at) else { return };
        self.note(names, at, policy);
        if self.watched && !heard.paused && at > self.floor {
            self.follow(names, at);
        }
    }

    fn note(&mut self, names: &BTreeSet<String>, at: Timestamp, policy: &ServicePolicy) {
        for name in names {
            self.lately.entry(name.clone()).or_insert((at, at)).1 = at;
        }
        self.lately.retain(|_, (_, last)| span(*last, at) <= policy.window);
        self.last = Some(at);
    }

    /// In a watch. Where nothing is known of before, what fires first is taken for old.
    fn follow(&mut self, names: &BTreeSet<String>, at: Timestamp) {
        let before = self.before.get_or_insert_with(|| names.clone());
        self.firing.retain(|name, _| names.contains(name));
        for name in names.iter().filter(|name| !before.contains(*name)) {
            self.firing.entry(name.clone()).or_insert(at);
        }
        self.readings += 1;
    }

    /// Those that have fired without a break for so long, and for how long the first of them.
    fn found(&self, limits: &Limits) -> Option<Breach> {
        let last = self.last.filter(|_| self.watched)?;
        let long = |since: &Timestamp| span(*since, last) >= limits.lasts;
        let names: BTreeSet<&str> =
            self.firing.iter().filter(|(_, since)| long(since)).map(|(name, _)| name.as_str()).collect();
        let since = self.firing.values().min().filter(|_| !names.is_empty())?;
        Some(Breach {
            trigger: ALERTS.to_owned(),
            rule: Rule::Limit,
            value: count(names.len()),
            limit: 0.0,
            unit: Unit::Plain,
            samples: self.readings,
            bad: 0,
            over: span(*since, last),
            source: Source::Prometheus,
            before: None,
            tolerated: None,
            log_odds: None,
            of: Some(listed(&names)),
            unusual: None,
        })
    }

    pub(super) fn finding(&self, limits: &Limits) -> Option<Finding> {
        self.found(limits).map(|breach| Finding::new(breach, limits.autonomy, false))
    }

    pub(super) fn blind(&self, now: Timestamp, policy: &ServicePolicy) -> Option<(Timestamp, String)> {
        self.freshness.blind(now, policy.interval)
    }

    pub(super) fn verdict(&self, now: Timestamp, policy: &ServicePolicy, limits: &Limits) -> Verdict {
        let say = |call, value, why| {
            let samples = self.readings;
            Verdict { call, value, limit: Some(0.0), bound: Bound::Above, unit: Unit::Plain, samples, why }
        };
        if let Some((since, why)) = self.blind(now, policy) {
            return say(Call::Blind, None, untold(Phrase::words(ALERTS), span(since, now), &why));
        }
        if self.last.is_none() || (self.watched && self.readings == 0) {
            return say(Call::Wait, None, Phrase::new("verdict.not-measured").text("name", ALERTS));
        }
        if let Some(breach) = self.found(limits) {
            let names = breach.of.as_deref().unwrap_or_default();
            let why = Phrase::new("verdict.alerts-found").text("names", names).time("over", breach.over);
            return say(Call::Fail, Some(breach.value), why);
        }
        if !self.watched || self.firing.is_empty() {
            let all = self.lately.iter().filter(|(_, (_, last))| Some(*last) == self.last);
            let names = listed(&all.map(|(name, _)| name.as_str()).collect());
            let why = Phrase::new("verdict.alerts").text("names", &names).flag("watched", self.watched);
            return say(Call::Pass, Some(0.0), why);
        }
        let names: BTreeSet<&str> = self.firing.keys().map(String::as_str).collect();
        let why = Phrase::new("verdict.alerts-new").text("names", listed(&names)).time("over", limits.lasts);
        say(Call::Wait, Some(count(names.len())), why)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a reading has a hundred names at most")]
fn count(names: usize) -> f64 {
    names as f64
}

fn listed(names: &BTreeSet<&str>) -> String {
    let mut named: Vec<String> = names.iter().take(NAMED).map(|name| (*name).to_owned()).collect();
    if names.len() > NAMED {
        named.push(format!("+{}", names.len() - NAMED));
    }
    named.join(", ")
}
