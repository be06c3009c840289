//! Limits and checks that are watched always, whether something is released or not (guide G2.4, G3.4, G5, G6): told, and
//! nothing is rolled back.
//!
//! A limit counts as it is written, once every reading of so long was beyond it, and a check once every look of so long has
//! failed. It is mended once every one of as long was well, so that what swings around its limit is told once. What cannot
//! be told is neither.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::action::Action;
use super::incident::OwnIncidents;
use super::trigger::{Run, span};
use super::view::TriggerView;
use crate::model::event::Event;
use crate::model::notice::{News, Tier};
use crate::model::policy::{Rule as Limit, RuleOf, TierPolicy};
use crate::model::reason::Reason;
use crate::model::verdict::{Call, Verdict};
use seen::{Saw, Seen};

mod seen;
#[cfg(test)]
mod tests;

/// Looks further apart are no run, however often there is one.
const GAP: Duration = Duration::from_mins(1);

/// What cannot be told for so long is told to people.
const BLIND_AFTER: Duration = Duration::from_mins(15);

/// Everything that is watched always, by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Rules(BTreeMap<String, Rule>);

/// How one of them stands.
#[derive(Debug, Clone, Default, PartialEq)]
struct Rule {
    beyond: Run,
    within: Run,
    told: Told,
    /// It is told in a rollback's thread, as what the release has brought about.
    suppressed: bool,
    last: Option<Seen>,
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
    /// Another configuration: what is no longer in it is forgotten, and so is what now is something else.
    pub(super) fn follow(&mut self, old: &BTreeMap<String, Limit>, new: &BTreeMap<String, Limit>) {
        self.0.retain(|name, _| stays(name, old, new));
    }

    /// Takes in what was seen, and tells what it changes. A rollback that is under way, or has just ended, of a release that
    /// came `since` then, has those that broke since: they are given, and are told only when they do not mend with it.
    pub(super) fn take(
        &mut self,
        now: Timestamp,
        event: &Event,
        (limits, tiers, since): (&BTreeMap<String, Limit>, &BTreeMap<Tier, TierPolicy>, Option<Timestamp>),
        own: &mut OwnIncidents,
        actions: &mut Vec<Action>,
    ) -> Vec<String> {
        let mut suppressed = Vec::new();
        for (name, limit) in limits {
            let Some((at, saw)) = seen::of(name, limit, event) else { continue };
            let rule = self.0.entry(name.clone()).or_default();
            if rule.take((now, at), (name, limit), saw, (tiers, since), own, actions) {
                suppressed.push(name.clone());
            }
        }
        suppressed
    }

    /// How each stands, for people.
    pub(super) fn verdicts(&self, limits: &BTreeMap<String, Limit>) -> Vec<TriggerView> {
        let view = |(name, limit): (&String, &Limit)| {
            let verdict = self.0.get(name).cloned().unwrap_or_default().verdict(limit);
            TriggerView::new(name.clone(), verdict)
        };
        limits.iter().map(view).collect()
    }
}

/// Whether a name stands for the same as before.
fn stays(name: &str, old: &BTreeMap<String, Limit>, new: &BTreeMap<String, Limit>) -> bool {
    let of = |limits: &BTreeMap<String, Limit>| limits.get(name).map(|limit| limit.of == RuleOf::Check);
    new.contains_key(name) && of(old) == of(new)
}

impl OwnIncidents {
    /// Ends what is about a rule that is no longer configured, and tells nobody.
    pub(super) fn forget(&mut self, now: Timestamp, limits: &BTreeMap<String, Limit>) -> Vec<Action> {
        let stands = |news: &News, rule: &str| {
            limits.get(rule).is_some_and(|limit| (limit.of == RuleOf::Check) == news.is_of_check())
        };
        self.drop(now, |news| news.rule().is_some_and(|rule| !stands(news, rule)))
    }
}

impl Rule {
    /// Takes in what was seen, and tells what it changes; whether a rollback has it.
    fn take(
        &mut self,
        (now, at): (Timestamp, Timestamp),
        (name, limit): (&String, &Limit),
        saw: Result<Saw, String>,
        (tiers, since): (&BTreeMap<Tier, TierPolicy>, Option<Timestamp>),
        own: &mut OwnIncidents,
        actions: &mut Vec<Action>,
    ) -> bool {
        let (before, check) = (self.told, limit.of == RuleOf::Check);
        let reason = match saw {
            Ok(saw) => self.read(name, limit, at, saw),
            Err(why) => self.blind(name, limit, at, why),
        };
        match (self.told == before, self.told, reason) {
            (false, Told::Broken, Some(_)) if self.belongs(limit, since) => {
                self.suppressed = true;
                return true;
            }
            (true, Told::Broken, Some(_)) if self.suppressed && since.is_some() => {}
            (new, Told::Broken, Some(reason)) if !new || self.suppressed => {
                self.suppressed = false;
                let news = News::ThresholdExceeded { rule: name.clone(), check };
                own.open(now, news, limit.tier, reason, tiers, actions);
            }
            (true, ..) => {}
            (false, Told::Blind, Some(reason)) => {
                // Nothing is known to be wrong, so this is never urgent.
                let tier = limit.tier.min(Tier::Important);
                self.suppressed = false;
                let news = News::ThresholdUnknown { rule: name.clone(), check };
                own.open(now, news, tier, reason, tiers, actions);
            }
            (false, Told::Well | Told::Broken | Told::Blind, _) => {
                self.suppressed = false;
                own.resolve(now, News::ThresholdRecovered { rule: name.clone(), check }, tiers, actions);
            }
        }
        false
    }

    /// What went wrong since a release came that is taken back: a query over the last minutes shows what the release did
    /// when the release has gone. What is urgent is told at once all the same.
    fn belongs(&self, limit: &Limit, since: Option<Timestamp>) -> bool {
        let began = since.zip(self.beyond.since()).is_some_and(|(since, began)| began >= since);
        began && matches!(limit.of, RuleOf::Metric | RuleOf::Check) && limit.tier < Tier::Urgent
    }

    /// Something was seen; why it is told, where it breaks the rule.
    fn read(&mut self, name: &str, limit: &Limit, at: Timestamp, saw: Saw) -> Option<Reason> {
        // After a time of which nothing is known, neither run goes on.
        if self.blind.take().is_some() {
            (self.beyond, self.within) = (Run::default(), Run::default());
        }
        let seen = self.last.insert(saw.seen);
        let (goes_on, ends) = if saw.well {
            (&mut self.within, &mut self.beyond)
        } else {
            (&mut self.beyond, &mut self.within)
        };
        *ends = Run::default();
        goes_on.count(at, GAP.max(limit.every.saturating_mul(3)));
        let lasted = goes_on.lasted().filter(|lasted| *lasted >= limit.lasts)?;
        if saw.well {
            self.told = Told::Well;
            return None;
        }
        self.told = Told::Broken;
        Some(seen.reason(name, limit, (self.beyond.times(), lasted)))
    }

    /// Nothing; why that is told, where it has lasted.
    fn blind(&mut self, name: &str, limit: &Limit, at: Timestamp, why: String) -> Option<Reason> {
        let since = self.blind.as_ref().map_or(at, |(since, _)| *since);
        self.blind = Some((since, why.clone()));
        let lasted = span(since, at);
        // Of what is seldom looked at, the third look in a row says it: one alone may be a mistake of what looks.
        let long = BLIND_AFTER.max(limit.every.saturating_mul(3) / 2);
        (lasted >= long).then(|| {
            self.told = Told::Blind;
            Reason::Blind { check: name.to_owned(), lasted, seen: why }
        })
    }

    fn verdict(&self, limit: &Limit) -> Verdict {
        let call = match (&self.blind, self.told, &self.last) {
            (Some(_), ..) => Call::Blind,
            (None, Told::Broken, _) => Call::Fail,
            (None, Told::Well | Told::Blind, Some(_)) if self.beyond.times() == 0 => Call::Pass,
            (None, Told::Well | Told::Blind, _) => Call::Wait,
        };
        let samples = self.beyond.times().max(self.within.times());
        seen::verdict(
            (self.last.as_ref(), limit),
            call,
            (self.beyond.times() == 0, samples),
            self.blind.as_ref(),
        )
    }
}
