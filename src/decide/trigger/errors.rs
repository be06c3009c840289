//! Guide G4.2: more than 5 % of requests fail.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::before::before;
use super::proof::{Proof, Ticks, ratio};
use super::rate::Rate;
use super::run::IN_A_ROW;
use super::share::{Share, TestParameters};
use super::trouble::{Shows, Trouble};
use super::window::Recent;
use super::words::{by, odds, untold};
use super::{Finding, Heard, span};
use crate::model::facts::Before;
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, ErrorRate, Level, ServicePolicy};
use crate::model::reading::{Counts, Measure, Reading, Requests, Source, Stream};
use crate::model::reason::{Breach, Rule, Unit};
use crate::model::verdict::{Call, Verdict};
use std::time::Duration;

/// Fewer failures than this are tolerated whatever was before (judgement §2.2).
pub(super) const FLOOR: f64 = 0.01;

/// A normal level that may be this part of the limit is too near to it.
pub(super) const TOO_NEAR: f64 = 0.8;

/// Versions that are told apart at most.
const VERSIONS: usize = 16;

/// The error rate of one service.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Errors {
    pub(super) rate: Rate<Counts>,
    /// Since the release, by version, and from when on they were counted.
    pub(super) versions: BTreeMap<String, Counts>,
    pub(super) versions_since: Option<Timestamp>,
}

impl Errors {
    pub(super) fn before(&self, now: Timestamp) -> Option<Before> {
        let minutes: Vec<Counts> = self.rate.minutes.young(now).copied().collect();
        before(&minutes, self.rate.minutes.lately(now).copied())
    }

    pub(super) fn remembered(&self, now: Timestamp) -> Vec<Reading> {
        let counts = |seen: &Counts| Measure::Requests(Requests { seen: *seen, ..Requests::default() });
        self.rate.remembered(now, &Stream::Errors, counts)
    }

    /// What was measured before golive looked.
    pub(super) fn recall(&mut self, readings: &[Reading]) {
        let counts = readings.iter().filter_map(|reading| match &reading.measure {
            Measure::Requests(requests) => Some((reading.at, requests.seen)),
            Measure::Value(_)
            | Measure::Again(_)
            | Measure::Durations(_)
            | Measure::Use(_)
            | Measure::Alerts(_)
            | Measure::Blind(_)
            | Measure::Absent(_) => None,
        });
        self.rate.minutes.recall(counts);
    }

    pub(super) fn against(policy: &ServicePolicy, limits: &ErrorRate) -> TestParameters {
        TestParameters {
            limit: limits.above.ratio(),
            relative: policy.triggers.level != Level::Literal && policy.triggers.relative != Autonomy::Off,
            floor: FLOOR,
            ticks: Ticks::new(policy.window, policy.interval),
        }
    }

    /// What makes judging by this rule doubtful, before anything is judged.
    pub(super) fn warning(&self, now: Timestamp, limits: &ErrorRate) -> Option<Phrase> {
        let limit = limits.above.ratio();
        let before = self.before(now).filter(|before| before.counts.total >= limits.min_requests)?;
        let level = ratio(before.counts);
        let doubt = match () {
            () if level > limit => "doubt.errors-beyond",
            () if before.upper >= TOO_NEAR * limit => "doubt.errors-near",
            () => return None,
        };
        Some(Phrase::new(doubt).ratio("level", level).ratio("limit", limit))
    }

    /// A watch begins: what comes before `floor` does not count.
    pub(super) fn arm(
        &mut self,
        floor: Timestamp,
        policy: &ServicePolicy,
        limits: &ErrorRate,
        usual: (Option<Before>, Option<f64>),
    ) {
        self.versions.clear();
        self.versions_since = None;
        self.rate.arm(floor, &Self::against(policy, limits), usual, (limits.above, limits.min_requests));
    }

    /// Something else measures from now on, and nothing of before can be compared with it.
    pub(super) fn anew(&mut self, policy: &ServicePolicy, limits: &ErrorRate) {
        let watched = self.rate.anew();
        self.versions.clear();
        self.versions_since = None;
        if let Some(floor) = watched {
            self.arm(floor, policy, limits, (None, None));
        }
    }

    pub(super) fn measure(&mut self, heard: &Heard<'_>, limits: &ErrorRate) {
        let Some(from) = self.rate.hear(heard, limits.above.ratio()) else { return };
        let Measure::Requests(requests) = &heard.reading.measure else { return };
        let mut counts = requests.seen;
        if heard.born {
            counts += requests.newborn;
        }
        counts.bad = counts.bad.min(counts.total);
        self.rate.count(from, heard.reading.at, counts, counts);
        self.versions_since.get_or_insert(from);
        for (version, counts) in &requests.versions {
            if self.versions.contains_key(version) || self.versions.len() < VERSIONS {
                *self.versions.entry(version.clone()).or_default() += *counts;
            }
        }
    }

    /// What speaks against the release, and what golive may do about it.
    pub(super) fn finding(
        &self,
        policy: &ServicePolicy,
        limits: &ErrorRate,
        version: &str,
    ) -> Option<Finding> {
        let triggers = &policy.triggers;
        let autonomy = match self.rate.source {
            // The same checks have a rule of their own, which is the one that acts.
            Some(Source::Probes) => limits.autonomy.min(Autonomy::Ask),
            Some(Source::Prometheus | Source::Exposition | Source::Traffic | Source::Host) | None => {
                limits.autonomy
            }
        };
        let worse = self.rate.share.worse();
        let was_so = self.rate.gauge.was_so() || self.rate.bad_before && worse.is_none();
        let found = |breach: Breach, autonomy| Some(Finding::new(breach, autonomy, was_so));
        if triggers.level != Level::Literal
            && let Some(breach) = self.side_by_side(limits, version)
        {
            return Some(Finding::new(breach, autonomy, false));
        }
        let found = |breach: Breach, autonomy| {
            let old_too = triggers.level != Level::Literal && self.old_too(version);
            found(breach, autonomy).map(|finding| Finding { old_too, ..finding })
        };
        if let Some(proof) = worse.filter(|_| triggers.level != Level::Literal) {
            return found(self.evidence(Rule::Relative, proof, limits), autonomy);
        }
        if let Some(breach) = self.literal(triggers.level, limits) {
            return found(breach, autonomy);
        }
        if triggers.level == Level::Literal {
            return None;
        }
        if let Some(proof) = self.rate.share.strict() {
            return found(self.evidence(Rule::Evidence, proof, limits), autonomy);
        }
        let proof = self.rate.share.relative()?;
        let relative = triggers.relative.min(autonomy);
        let soon = relative < autonomy && self.beyond_so_far(limits);
        if soon { None } else { found(self.evidence(Rule::Relative, proof, limits), relative) }
    }

    /// Beyond the limit already, though not for long enough: nobody is asked what golive will do by itself in a moment.
    fn beyond_so_far(&self, limits: &ErrorRate) -> bool {
        let newest = self.rate.window.newest(limits.over, limits.min_requests);
        newest.is_some_and(|Recent { what, over, .. }| {
            over < limits.over && limits.above.exceeded(what.bad, what.total)
        })
    }

    fn literal(&self, level: Level, limits: &ErrorRate) -> Option<Breach> {
        if let Some(breach) = self.rate.beyond_by_query(self.breach(Rule::Limit, limits)) {
            return Some(breach);
        }
        let newest = self.rate.window.newest(limits.over, limits.min_requests)?;
        let Counts { bad, total } = newest.what;
        let beyond = self.rate.share.watched() && limits.above.exceeded(bad, total);
        (beyond && self.rate.sure(level, &newest)).then(|| {
            let (value, samples, over) = (ratio(newest.what), total, newest.over);
            Breach { value, samples, bad, over, ..self.breach(Rule::Limit, limits) }
        })
    }

    fn evidence(&self, rule: Rule, proof: &Proof, limits: &ErrorRate) -> Breach {
        let newest = self.rate.window.newest(limits.over, 1);
        let counts = newest.as_ref().map(|newest| newest.what).unwrap_or_default();
        Breach {
            value: ratio(counts),
            samples: counts.total,
            bad: counts.bad,
            over: newest.map(|newest| newest.over).unwrap_or_default(),
            tolerated: Some(proof.tolerated()),
            log_odds: Some(proof.log_odds()),
            ..self.breach(rule, limits)
        }
    }

    pub(super) fn breach(&self, rule: Rule, limits: &ErrorRate) -> Breach {
        Breach {
            trigger: "error-rate".to_owned(),
            rule,
            value: 0.0,
            limit: limits.above.ratio(),
            unit: Unit::Ratio,
            samples: 0,
            bad: 0,
            over: Duration::ZERO,
            source: self.rate.source.unwrap_or(limits.source),
            before: self.rate.share.lately(),
            tolerated: None,
            log_odds: None,
            of: None,
            unusual: None,
        }
    }

    /// When what goes wrong began, and how much of it does.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        let by_query = self.rate.gauge.since().zip(self.rate.gauge.last);
        let by_query =
            by_query.map(|(since, (_, value))| (since, value, self.rate.gauge.is_from_the_first()));
        let (onset, rate, all_along) = by_query.or_else(|| self.rate.share.trouble())?;
        let (rate, bad_before) =
            (Some(rate.clamp(0.0, 1.0)), self.rate.bad_before || self.rate.gauge.was_so());
        Some(Trouble { onset, rate, of: Shows::Errors, bad_before, all_along })
    }

    pub(super) fn verdict(&self, now: Timestamp, policy: &ServicePolicy, limits: &ErrorRate) -> Verdict {
        let limit = limits.above.ratio();
        let say = |call, value, samples, why| Verdict::above(limit, call, (value, samples), Unit::Ratio, why);
        if let Some((since, why)) = self.rate.blind(now, policy) {
            let what = Phrase::new("verdict.the-error-rate");
            return say(Call::Blind, 0.0, 0, untold(what, span(since, now), &why));
        }
        let source = by(self.rate.source.unwrap_or(limits.source));
        if let Some((call, value, readings)) =
            self.rate.by_query(|| self.literal(Level::Literal, limits).is_some())
        {
            return say(call, value, readings, Phrase::new("verdict.errors-by-query").ratio("value", value));
        }
        let Some(newest) = self.rate.window.newest(limits.over, limits.min_requests) else {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.not-counted").part("by", source));
        };
        let (now_of, value) = (newest.what, ratio(newest.what));
        let counts = if self.rate.share.watched() { self.rate.share.since() } else { now_of };
        let samples = counts.total;
        if let Some(finding) = self.finding(policy, limits, "").filter(|_| self.rate.share.watched()) {
            return say(Call::Fail, value, samples, sentence(&finding.breach));
        }
        if counts.total == 0 {
            return say(Call::Wait, 0.0, 0, Phrase::new("verdict.no-traffic").part("by", source));
        }
        let most = Share::at_most(counts);
        let (call, enough) = if most < limit { (Call::Pass, true) } else { (Call::Wait, false) };
        let proved = Phrase::new("verdict.errors-proved").count("bad", counts.bad).count("samples", samples);
        let proved = proved.part("by", source).ratio("most", most).flag("enough", enough);
        say(call, value, samples, proved)
    }
}

/// What was found, with its numbers.
fn sentence(breach: &Breach) -> Phrase {
    let in_a_row = (breach.rule == Rule::Limit && breach.bad == 0).then_some(u64::from(IN_A_ROW));
    let beside = breach.before.filter(|_| breach.rule == Rule::SideBySide);
    let before = breach.before.filter(|_| breach.rule != Rule::SideBySide);
    let log = breach.log_odds;
    Phrase::new("verdict.errors-found")
        .count("in_a_row", in_a_row)
        .count("bad", breach.bad)
        .count("samples", breach.samples)
        .time("over", breach.over)
        .ratio("value", breach.value)
        .ratio("limit", breach.limit)
        .part("by", by(breach.source))
        .ratio("beside", beside)
        .ratio("before", before)
        .ratio("tolerated", breach.tolerated.filter(|_| log.is_some()))
        .part("odds", log.map(odds))
}
