//! Limits that are watched always, whether something is released or not (guide G5): told, and nothing is rolled back.
//!
//! A limit counts as it is written, once every reading of so long was beyond it. It is mended once every reading of as
//! long was within it, so that a value that swings around its limit is told once. What cannot be told is neither.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::action::Action;
use super::incident::Own;
use super::trigger::{Run, span};
use super::view::TriggerView;
use crate::model::notice::{News, Tier};
use crate::model::phrase::Phrase;
use crate::model::policy::{Rule as Limit, RuleOf, TierPolicy};
use crate::model::reading::{Measure, Reading, Stream, Use};
use crate::model::reason::{Breach, Reason, Rule as By};
use crate::model::verdict::{Call, Verdict};

#[cfg(test)]
mod tests;

/// Readings further apart are no run.
const GAP: Duration = Duration::from_mins(1);

/// What cannot be told for so long is told to people.
const BLIND_AFTER: Duration = Duration::from_mins(15);

/// Every limit that is watched always, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rules(BTreeMap<String, Rule>);

/// How one of them stands.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rule {
    beyond: Run,
    within: Run,
    told: Told,
    /// It is told in a rollback's thread, as what the release has brought about.
    folded: bool,
    last: Option<(f64, Option<String>)>,
    /// Since when nothing could be told, and why, while nothing can.
    blind: Option<(Timestamp, String)>,
}

/// What people were told last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Told {
    #[default]
    Well,
    Broken,
    Blind,
}

impl Rules {
    /// Another configuration: limits that are no longer in it are forgotten.
    pub(super) fn follow(&mut self, limits: &BTreeMap<String, Limit>) {
        self.0.retain(|name, _| limits.contains_key(name));
    }

    /// Takes a reading in, and tells what it changes. A rollback that is under way, or has just ended, of a release that
    /// came `since` then, has those that broke since: they are given, and are told only when they do not mend with it.
    pub(super) fn measure(
        &mut self,
        now: Timestamp,
        reading: &Reading,
        (limits, tiers, since): (&BTreeMap<String, Limit>, &BTreeMap<Tier, TierPolicy>, Option<Timestamp>),
        own: &mut Own,
        actions: &mut Vec<Action>,
    ) -> Vec<String> {
        let mut folded = Vec::new();
        for (name, limit) in limits {
            let Some(value) = value(name, limit, reading) else { continue };
            let rule = self.0.entry(name.clone()).or_default();
            let before = rule.told;
            let reason = match value {
                Ok((value, of)) => rule.read(name, limit, reading, (value, of)),
                Err(why) => rule.blind(name, reading.at, why),
            };
            match (rule.told == before, rule.told, reason) {
                (false, Told::Broken, Some(_)) if rule.belongs(limit, since) => {
                    rule.folded = true;
                    folded.push(name.clone());
                }
                (true, Told::Broken, Some(_)) if rule.folded && since.is_some() => {}
                (new, Told::Broken, Some(reason)) if !new || rule.folded => {
                    rule.folded = false;
                    let news = News::RuleBroken { rule: name.clone() };
                    own.open(now, news, limit.tier, reason, tiers, actions);
                }
                (true, ..) => {}
                (false, Told::Blind, Some(reason)) => {
                    // Nothing is known to be wrong, so this is never urgent.
                    let tier = limit.tier.min(Tier::Important);
                    rule.folded = false;
                    own.open(now, News::RuleBlind { rule: name.clone() }, tier, reason, tiers, actions);
                }
                (false, Told::Well | Told::Broken | Told::Blind, _) => {
                    rule.folded = false;
                    own.resolve(now, News::RuleMended { rule: name.clone() }, tiers, actions);
                }
            }
        }
        folded
    }

    /// How each stands, for people.
    pub(super) fn verdicts(&self, limits: &BTreeMap<String, Limit>) -> Vec<TriggerView> {
        let view = |(name, limit): (&String, &Limit)| {
            let verdict = self.0.get(name).cloned().unwrap_or_default().verdict(limit);
            TriggerView { name: name.clone(), verdict }
        };
        limits.iter().map(view).collect()
    }
}

impl Own {
    /// Ends what is about a rule that is no longer configured, and tells nobody.
    pub(super) fn forget(&mut self, now: Timestamp, limits: &BTreeMap<String, Limit>) -> Vec<Action> {
        self.drop(now, |news| news.rule().is_some_and(|rule| !limits.contains_key(rule)))
    }
}

impl Rule {
    /// A metric that went beyond its limit since a release came that is taken back: a query over the last minutes
    /// shows what the release did when the release has gone. What is urgent is told at once all the same.
    fn belongs(&self, limit: &Limit, since: Option<Timestamp>) -> bool {
        let began = since.zip(self.beyond.since()).is_some_and(|(since, began)| began >= since);
        began && limit.of == RuleOf::Metric && limit.tier < Tier::Urgent
    }

    /// A value; why it is told, where it breaks the rule.
    fn read(
        &mut self,
        name: &str,
        limit: &Limit,
        reading: &Reading,
        (value, of): (f64, Option<String>),
    ) -> Option<Reason> {
        // After a time of which nothing is known, neither run goes on.
        if self.blind.take().is_some() {
            (self.beyond, self.within) = (Run::default(), Run::default());
        }
        self.last = Some((value, of));
        let (goes_on, ends) = if limit.is_passed(value) {
            (&mut self.beyond, &mut self.within)
        } else {
            (&mut self.within, &mut self.beyond)
        };
        *ends = Run::default();
        goes_on.count(reading.at, GAP);
        let lasted = goes_on.lasted().filter(|lasted| *lasted >= limit.lasts)?;
        if self.beyond.times() > 0 {
            self.told = Told::Broken;
            return Some(self.breach(name, limit, reading, lasted));
        }
        self.told = Told::Well;
        None
    }

    /// No value; why that is told, where it has lasted.
    fn blind(&mut self, name: &str, at: Timestamp, why: String) -> Option<Reason> {
        let since = self.blind.as_ref().map_or(at, |(since, _)| *since);
        self.blind = Some((since, why.clone()));
        let lasted = span(since, at);
        (lasted >= BLIND_AFTER).then(|| {
            self.told = Told::Blind;
            Reason::Blind { check: name.to_owned(), lasted, seen: why }
        })
    }

    fn breach(&self, name: &str, limit: &Limit, reading: &Reading, over: Duration) -> Reason {
        let (value, of) = self.last.clone().unwrap_or_default();
        Reason::Breach(Box::new(Breach {
            trigger: name.to_owned(),
            rule: By::Standing,
            value,
            limit: limit.passed(value),
            unit: limit.unit,
            samples: u64::from(self.beyond.times()),
            bad: u64::from(self.beyond.times()),
            over,
            source: reading.source,
            before: None,
            tolerated: None,
            log_odds: None,
            of,
            unusual: None,
        }))
    }

    fn verdict(&self, limit: &Limit) -> Verdict {
        let (value, of) = self.last.clone().unwrap_or_default();
        let call = match (&self.blind, self.told, &self.last) {
            (Some(_), ..) => Call::Blind,
            (None, Told::Broken, _) => Call::Fail,
            (None, Told::Well | Told::Blind, Some(_)) if self.beyond.times() == 0 => Call::Pass,
            (None, Told::Well | Told::Blind, _) => Call::Wait,
        };
        let sentence = match (&self.blind, call) {
            (Some((_, why)), _) => Phrase::words(why),
            (None, Call::Fail) => Phrase::new("verdict.rule-beyond"),
            (None, Call::Wait) if self.last.is_some() => Phrase::new("verdict.rule-not-yet"),
            (None, Call::Wait) => Phrase::new("verdict.rule-unmeasured"),
            (None, Call::Pass | Call::Blind) => Phrase::new("verdict.rule-within"),
        };
        let why = sentence.text("of", of.unwrap_or_default());
        let samples = u64::from(self.beyond.times().max(self.within.times()));
        let (limit, bound, unit) = (Some(limit.passed(value)), limit.bound(value), limit.unit);
        Verdict { call, value: self.last.as_ref().map(|(value, _)| *value), limit, bound, unit, samples, why }
    }
}

/// What a reading says of a rule: a value, with what it is of where that has to be named, or why none. `None` when it
/// says nothing of that rule.
fn value(name: &str, limit: &Limit, reading: &Reading) -> Option<Result<(f64, Option<String>), String>> {
    let own = match (&limit.of, &reading.stream) {
        (RuleOf::Metric, Stream::Business(rule)) => rule == name,
        (RuleOf::Host(_), Stream::Resources) => true,
        (RuleOf::Metric | RuleOf::Host(_), _) => false,
    };
    if !own {
        return None;
    }
    match (&limit.of, &reading.measure) {
        (_, Measure::Blind(why) | Measure::Absent(why)) => Some(Err(why.clone())),
        (RuleOf::Metric, Measure::Value(value) | Measure::Again(value)) => Some(Ok((*value, None))),
        (RuleOf::Host(what), Measure::Use(used)) => busiest(what, used).map(Ok),
        (RuleOf::Metric | RuleOf::Host(_), _) => Some(Err("not a number".to_owned())),
    }
}

/// The fullest of what a resource names: `disk` is every disk. Nothing before it is known.
fn busiest(what: &str, used: &Use) -> Option<(f64, Option<String>)> {
    let is = |name: &str| name == what || name.strip_prefix(what).is_some_and(|rest| rest.starts_with(' '));
    let all = used.host.iter().filter(|(name, _)| is(name));
    let (name, value) = all.max_by(|one, other| one.1.total_cmp(other.1))?;
    Some((*value, Some(name.clone())))
}
