//! The incidents of one owner, a service or golive itself: each is one thread, in which its turns are told.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::thread::{self, Due};
use super::topic::Topic;
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Notice, Stage, Tier};
use crate::model::policy::TierPolicy;
use crate::model::reason::Reason;
use crate::model::sample::Sample;

/// The open incidents of an owner and those that ended lately, at one moment.
pub(super) struct Tracker<'a> {
    pub(super) open: &'a mut Vec<Incident>,
    pub(super) lately: &'a mut Vec<Incident>,
    pub(super) now: Timestamp,
    pub(super) tiers: &'a BTreeMap<Tier, TierPolicy>,
}

/// A turn of an incident: how it stands now, and what is told of that, if anything.
pub(super) struct Turned {
    pub(super) incident: Incident,
    pub(super) notice: Option<Notice>,
}

/// Where the open incident about that matter is.
pub(super) fn find(open: &[Incident], topic: &Topic) -> Option<usize> {
    open.iter().position(|incident| Topic::of(&incident.news) == *topic)
}

/// Where the one is that is about that matter and does not seem to be over already.
pub(super) fn going_on(open: &[Incident], topic: &Topic) -> Option<usize> {
    find(open, topic).filter(|at| open[*at].resolve_at.is_none())
}

/// Whether a reminder, an escalation or an end is due.
pub(super) fn is_due(open: &[Incident], now: Timestamp) -> bool {
    open.iter().any(|incident| thread::due(incident, now).is_some())
}

impl Tracker<'_> {
    /// Carries news into the incident that is open on the same matter, or was until lately; else a new one is begun.
    pub(super) fn open(
        &mut self,
        (news, tier, reason): (News, Tier, Option<Reason>),
        evidence: Vec<Sample>,
        new: impl FnOnce(&[Incident]) -> Incident,
    ) -> Turned {
        let found = thread::find(self.open, self.lately, &Topic::of(&news), self.now);
        let at = found.unwrap_or_else(|| {
            let incident = new(self.open);
            self.open.push(incident);
            self.open.len() - 1
        });
        let incident = &mut self.open[at];
        let policy = self.tiers.get(&incident.tier.max(tier));
        match thread::advance(incident, (news, tier, reason), self.now, policy) {
            Some(stage) => self.say(at, stage, evidence),
            None => self.silent(at),
        }
    }

    /// The matter is over, if it was one. What has come back before is over when it stays away.
    pub(super) fn resolve(&mut self, news: News) -> Option<Turned> {
        let at = going_on(self.open, &Topic::of(&news))?;
        let over = thread::calm(&mut self.open[at], news, self.now);
        Some(if over { self.close(at) } else { self.silent(at) })
    }

    /// Ends those that are about such news; nobody is told.
    pub(super) fn end(&mut self, about: impl Fn(&News) -> bool) -> Vec<Turned> {
        let ended: Vec<Incident> = self.open.extract_if(.., |incident| about(&incident.news)).collect();
        let over = |incident| Incident { state: IncidentState::Resolved, ended: Some(self.now), ..incident };
        ended.into_iter().map(|incident| Turned { incident: over(incident), notice: None }).collect()
    }

    /// Somebody takes it on: nobody is reminded any more.
    pub(super) fn acknowledge(&mut self, id: &str, by: &str) -> Option<Turned> {
        let at = self.open.iter().position(|incident| incident.id == id)?;
        thread::acknowledge(&mut self.open[at], by);
        Some(self.silent(at))
    }

    /// Reminders, escalations, and what has stayed away for long enough. Of what is put off people are reminded later.
    pub(super) fn due(&mut self, put_off: impl Fn(&Incident) -> bool) -> Vec<Turned> {
        let mut all = Vec::new();
        for at in (0..self.open.len()).rev() {
            while let Some(due) = self.open.get(at).and_then(|incident| thread::due(incident, self.now)) {
                match due {
                    Due::Say(Stage::Reminder) if put_off(&self.open[at]) => {
                        let policy = self.tiers.get(&self.open[at].tier);
                        thread::schedule(&mut self.open[at], self.now, policy);
                    }
                    Due::Say(stage) => all.push(self.say(at, stage, Vec::new())),
                    Due::Over => {
                        all.push(self.close(at));
                        break;
                    }
                }
            }
        }
        all
    }

    fn close(&mut self, at: usize) -> Turned {
        let incident = &mut self.open[at];
        incident.state = IncidentState::Resolved;
        incident.ended = Some(self.now);
        let turned = self.say(at, Stage::Resolved, Vec::new());
        thread::over(self.open.remove(at), self.lately, self.now);
        turned
    }

    fn say(&mut self, at: usize, stage: Stage, evidence: Vec<Sample>) -> Turned {
        let policy = self.tiers.get(&self.open[at].tier);
        let notice = thread::say(&mut self.open[at], self.now, policy, stage, evidence);
        Turned { incident: self.open[at].clone(), notice: Some(notice) }
    }

    fn silent(&self, at: usize) -> Turned {
        Turned { incident: self.open[at].clone(), notice: None }
    }
}
