//! The triggers: samples and readings in, verdicts and findings out.
#![expect(clippy::cast_precision_loss, reason = "requests are counted in far less than 2^52")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::Timestamp;

use crate::model::facts::{Before, HostBefore, Watch};
use crate::model::past::Learnt;
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, ServicePolicy};
use crate::model::reading::{Measure, Reading, Stream};
use crate::model::reason::Breach;
use crate::model::verdict::Verdict;
use absent::{Absent, Taken};
use alerts::Alerts;
use business::Business;
pub(super) use course::Course;
use errors::Errors;
use latency::Latency;
use resources::Resources;
pub(super) use run::Run;
pub(super) use share::Gathering;
pub(super) use trouble::{Shows, Trouble};
pub use words::{number, rounded};

mod absent;
mod alerts;
mod before;
mod beside;
mod blind;
mod business;
mod course;
mod errors;
mod gauge;
pub mod health;
mod latency;
mod leak;
mod others;
mod past;
mod proof;
mod rate;
mod resources;
mod run;
mod share;
mod trouble;
mod window;
mod words;

const ALERTS: &str = "alerts";
const ERRORS: &str = "error-rate";
const SLOW: &str = "latency-p95";
const SLOWER: &str = "latency-p95 relative";
pub(super) const RESOURCES: &str = "resources";

/// Something that speaks against a release.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Finding {
    pub(super) breach: Breach,
    /// What golive may do about it.
    pub(super) autonomy: Autonomy,
    /// It was so before the release already.
    pub(super) pre_existing: bool,
    /// The resource that somebody else uses up.
    pub(super) foreign: Option<String>,
    /// Old replicas, which run beside the new ones, fail more often.
    pub(super) old_too: bool,
    /// It is asked about when the watch ends, if it is still so.
    pub(super) at_end: bool,
    /// When it began, where others might show the same.
    pub(super) trouble: Option<Trouble>,
}

impl Finding {
    fn new(breach: Breach, autonomy: Autonomy, pre_existing: bool) -> Self {
        Self { breach, autonomy, pre_existing, foreign: None, old_too: false, at_end: false, trouble: None }
    }
}

/// A reading, as a trigger hears it.
struct Heard<'a> {
    reading: &'a Reading,
    /// What runs was started after the reading before: its first values are all its own.
    born: bool,
    /// It tells of a time in which somebody was at work on what runs, or in which it started up.
    paused: bool,
    interval: Duration,
}

/// The triggers of one service beside health.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Triggers {
    errors: Errors,
    latency: Latency,
    resources: Resources,
    business: BTreeMap<String, Business>,
    alerts: Alerts,
    heard: BTreeMap<Stream, Timestamp>,
    /// What was measured before that says nothing of how it runs.
    paused_until: Timestamp,
    absent: Absent,
}

impl Triggers {
    /// What was before, to be kept with the watch that begins.
    pub(super) fn before(&self, now: Timestamp, policy: &ServicePolicy) -> BTreeMap<String, Before> {
        let mut before = BTreeMap::new();
        before.extend(self.errors.before(now).map(|before| (ERRORS.to_owned(), before)));
        if let Some(limits) = &policy.triggers.latency {
            let (slow, slower) = self.latency.before(now, limits);
            before.extend(slow.map(|before| (SLOW.to_owned(), before)));
            before.extend(slower.map(|before| (SLOWER.to_owned(), before)));
        }
        before
    }

    /// A release that was started then is known late: what was measured since is no part of what was before it.
    pub(super) fn forget_since(&mut self, started: Timestamp) {
        self.errors.rate.forget_since(started);
        self.latency.rate.forget_since(started);
        self.resources.forget_since(started);
        self.business.values_mut().for_each(|business| business.forget_since(started));
        self.alerts.forget_since(started);
    }

    /// The alerts that have fired before a watch that begins now.
    pub(super) fn alerts_before(&self, now: Timestamp, policy: &ServicePolicy) -> Option<BTreeSet<String>> {
        self.alerts.before(now, policy)
    }

    /// The medians of the host's use and of the service's part in it.
    pub(super) fn host_before(&self) -> BTreeMap<String, HostBefore> {
        self.resources.before()
    }

    /// The worst that queries gave lately, of triggers that are beyond their limit now.
    pub(super) fn worst(&self) -> BTreeMap<String, f64> {
        let worst = [(ERRORS, self.errors.rate.gauge.worst()), (SLOW, self.latency.rate.gauge.worst())];
        worst.into_iter().filter_map(|(name, worst)| Some((name.to_owned(), worst?))).collect()
    }

    /// A watch begins, or goes on after a restart.
    pub(super) fn arm(&mut self, policy: &ServicePolicy, watch: &Watch) {
        let floor = watch.started.checked_add(policy.grace).unwrap_or(Timestamp::MAX);
        let before = |name: &str| watch.before.get(name).cloned();
        let worst = |name: &str| watch.worst_before.get(name).copied();
        if let Some(limits) = &policy.triggers.error_rate {
            self.errors.arm(floor, policy, limits, (before(ERRORS), worst(ERRORS)));
        }
        if let Some(limits) = &policy.triggers.latency {
            self.latency.arm(floor, policy, limits, (before(SLOW), before(SLOWER), worst(SLOW)));
        }
        self.resources.arm(floor, watch.host_before.clone());
        for name in policy.triggers.business.keys() {
            self.business.entry(name.clone()).or_default().arm(floor, watch);
        }
        self.alerts.arm(floor, watch);
    }

    /// The watch is over. What is measured until the service has settled is no baseline for the next.
    pub(super) fn rest(&mut self, settled: Timestamp) {
        self.errors.rate.rest(settled);
        self.latency.rest(settled);
        self.resources.rest(settled);
        self.business.values_mut().for_each(Business::rest);
        self.alerts.rest();
    }

    /// Nothing that is measured counts before then.
    pub(super) fn pause(&mut self, until: Timestamp) {
        self.paused_until = until;
    }

    /// What is measured of a release counts from then on.
    pub(super) fn counts_from(&self, watch: &Watch, policy: &ServicePolicy) -> Option<Timestamp> {
        let floor = watch.started.checked_add(policy.grace).ok()?;
        Some(floor.max(self.paused_until)).filter(|from| *from < Timestamp::MAX)
    }

    /// Its start-up is over then at the latest.
    pub(super) fn settled(&mut self, at: Timestamp) {
        self.paused_until = self.paused_until.min(at);
    }

    /// A changed configuration: triggers that are gone are forgotten.
    pub(super) fn follow(&mut self, policy: &ServicePolicy) {
        let triggers = &policy.triggers;
        if triggers.error_rate.is_none() {
            self.errors = Errors::default();
        }
        if triggers.latency.is_none() {
            self.latency = Latency::default();
        }
        if triggers.resources.is_none() {
            self.resources = Resources::default();
        }
        self.business.retain(|name, _| triggers.business.contains_key(name));
        if triggers.alerts.is_none() {
            self.alerts = Alerts::default();
        }
    }

    /// Takes a reading in. One that is older than the newest of its stream is dropped.
    pub(super) fn measure(&mut self, reading: &Reading, started: Option<Timestamp>, policy: &ServicePolicy) {
        let taken = self.absent.take(reading);
        if taken == Taken::LeftOut {
            return;
        }
        let last = self.heard.insert(reading.stream.clone(), reading.at);
        if last.is_some_and(|last| reading.at <= last) {
            self.heard.extend(last.map(|last| (reading.stream.clone(), last)));
            return;
        }
        let born = last.zip(started).is_some_and(|(last, started)| started >= last);
        if taken == Taken::Anew {
            self.anew(&reading.stream, policy);
        }
        let from = match &reading.measure {
            // What was counted since the last reading; every other value is of its own moment.
            Measure::Requests(_) | Measure::Durations(_) => last.unwrap_or(reading.at),
            Measure::Value(_)
            | Measure::Again(_)
            | Measure::Use(_)
            | Measure::Alerts(_)
            | Measure::Absent(_)
            | Measure::Blind(_) => reading.at,
        };
        let paused = from < self.paused_until;
        let heard = Heard { reading, born, paused, interval: policy.interval };
        let triggers = &policy.triggers;
        match &reading.stream {
            Stream::Errors => {
                if let Some(limits) = &triggers.error_rate {
                    self.errors.measure(&heard, limits);
                }
            }
            Stream::Latency => {
                if let Some(limits) = &triggers.latency {
                    self.latency.measure(&heard, limits);
                }
            }
            Stream::Resources => {
                if let Some(limits) = &triggers.resources {
                    self.resources.measure(&heard, limits);
                }
            }
            Stream::Business(name) => {
                if let Some(limits) = triggers.business.get(name) {
                    self.business.entry(name.clone()).or_default().measure(&heard, limits);
                }
            }
            Stream::Alerts => self.alerts.measure(&heard, policy),
        }
    }

    /// What was measured before golive looked.
    pub(super) fn recall(&mut self, readings: &[Reading]) {
        let of = |stream: &Stream| -> Vec<Reading> {
            readings.iter().filter(|reading| reading.stream == *stream).cloned().collect()
        };
        self.errors.recall(&of(&Stream::Errors));
        self.latency.recall(&of(&Stream::Latency));
    }

    /// What a business metric's own past lets expect.
    pub(super) fn expect(&mut self, metric: &str, until: Timestamp, learnt: &Learnt) {
        if let Some(business) = self.business.get_mut(metric) {
            business.expect(until, learnt);
        }
    }

    /// Whether the past of a metric has to be asked for.
    pub(super) fn lacks_a_past(&self, policy: &ServicePolicy) -> bool {
        policy.triggers.business.iter().any(|(name, limits)| {
            let known =
                |anomaly| self.business.get(name).is_some_and(|one| one.knows(anomaly, policy.window));
            limits.anomaly.as_ref().is_some_and(|anomaly| !known(anomaly))
        })
    }

    /// Up to when the past of its metrics counts, in the watch that began last.
    pub(super) fn past_until(&self) -> Option<Timestamp> {
        // A metric that is new has none.
        self.business.values().map(Business::past_until).max().filter(|until| *until != Timestamp::default())
    }

    /// Time passes without a measurement.
    pub(super) fn pass(&mut self, now: Timestamp) {
        self.business.values_mut().for_each(|business| business.pass(now));
    }

    /// What speaks against the release now, the most serious first.
    pub(super) fn findings(&self, policy: &ServicePolicy, version: &str) -> Vec<Finding> {
        let triggers = &policy.triggers;
        let errors = triggers.error_rate.as_ref().and_then(|l| self.errors.finding(policy, l, version));
        let latency = triggers.latency.as_ref().and_then(|limits| self.latency.finding(policy, limits));
        let errors = errors.map(|found| Finding { trouble: self.errors.trouble(), ..found });
        let latency = latency.map(|found| Finding { trouble: self.latency.trouble(), ..found });
        let resources = triggers.resources.as_ref().and_then(|limits| self.resources.finding(limits));
        let business = triggers.business.iter().filter_map(|(name, limits)| {
            self.business.get(name).and_then(|business| business.finding(name, limits))
        });
        let alerts = triggers.alerts.as_ref().and_then(|limits| self.alerts.finding(limits));
        let mut found: Vec<Finding> =
            [errors, latency, resources].into_iter().flatten().chain(business).chain(alerts).collect();
        found.retain(|finding| finding.autonomy != Autonomy::Off);
        found.sort_by_key(|finding| std::cmp::Reverse(finding.autonomy));
        found
    }

    /// What the host has run short of by no doing of the service, and since when.
    pub(super) fn starved(&self, policy: &ServicePolicy) -> Option<(String, Timestamp)> {
        policy.triggers.resources.as_ref().and_then(|limits| self.resources.starved(limits))
    }

    /// The hour before by minute, as it would be recalled.
    pub(super) fn remembered(&self, now: Timestamp) -> Vec<Reading> {
        let mut readings = self.errors.remembered(now);
        readings.extend(self.latency.remembered(now));
        readings.sort_by_key(|reading| reading.at);
        readings
    }

    /// What makes judging doubtful before anything is judged: a limit within the noise of normal times, a histogram
    /// without an edge at the limit.
    pub(super) fn warnings(&self, now: Timestamp, policy: &ServicePolicy) -> Vec<Phrase> {
        let triggers = &policy.triggers;
        let mut warnings = Vec::new();
        warnings.extend(triggers.error_rate.as_ref().and_then(|limits| self.errors.warning(now, limits)));
        if let Some(limits) = &triggers.latency {
            warnings.extend(self.latency.warnings(now, limits));
        }
        warnings.extend(self.resources.warning());
        warnings
    }

    /// What the trigger of a stream says at this moment.
    pub(super) fn verdict(&self, stream: &Stream, now: Timestamp, policy: &ServicePolicy) -> Option<Verdict> {
        let triggers = &policy.triggers;
        let verdict = match stream {
            Stream::Errors => {
                triggers.error_rate.as_ref().map(|limits| self.errors.verdict(now, policy, limits))
            }
            Stream::Latency => {
                triggers.latency.as_ref().map(|limits| self.latency.verdict(now, policy, limits))
            }
            Stream::Resources => {
                triggers.resources.as_ref().map(|limits| self.resources.verdict(now, policy, limits))
            }
            Stream::Business(name) => {
                let limits = triggers.business.get(name)?;
                Some(self.business.get(name)?.verdict(now, name, policy, limits))
            }
            Stream::Alerts => triggers.alerts.as_ref().map(|limits| self.alerts.verdict(now, policy, limits)),
        }?;
        Some(match self.absent.left_out(stream, policy) {
            Some(why) => Verdict { why: Phrase::new("verdict.left-out").text("why", why), ..verdict },
            None => verdict,
        })
    }

    /// What each says at this moment.
    pub(super) fn verdicts(&self, now: Timestamp, policy: &ServicePolicy) -> Vec<(String, Verdict)> {
        let triggers = &policy.triggers;
        let mut verdicts = Vec::new();
        for stream in [Stream::Errors, Stream::Latency, Stream::Resources, Stream::Alerts] {
            let verdict = self.verdict(&stream, now, policy);
            verdicts.extend(verdict.map(|verdict| (stream.trigger().to_owned(), verdict)));
        }
        let unseen = Business::default();
        for (name, limits) in &triggers.business {
            let business = self.business.get(name).unwrap_or(&unseen);
            verdicts.push((name.clone(), business.verdict(now, name, policy, limits)));
        }
        verdicts
    }
}

/// The time from one moment to a later one; zero when it is not later.
pub(super) fn span(from: Timestamp, to: Timestamp) -> Duration {
    Duration::try_from(to.duration_since(from)).unwrap_or_default()
}
