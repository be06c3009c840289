//! Incidents: opened once per matter, told in one thread, reminded of, escalated, resolved.

use jiff::Timestamp;

use super::State;
use super::action::{Action, Answer, Persist, When};
use super::turn::{LINGERS, Turn};
use crate::model::facts::Aftermath;
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Notice, Place, Stage, Tier};
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use crate::model::sample::Sample;

mod fold;
mod matter;
mod own;
mod thread;
mod way;

use matter::Matter;
pub(super) use own::{Own, aside};
use thread::Due;
pub(super) use thread::next_deadline;
use way::way;

impl Turn<'_> {
    /// Tells news that nobody has to act on: no incident, one message in the release's thread.
    pub(super) fn tell(&mut self, news: News, tier: Tier, reason: Option<Reason>) {
        let release = self.facts().release.as_ref().or(self.facts().accepted.last());
        let id = release.map(|release| release.id.clone());
        let thread = id.clone().unwrap_or_else(|| self.service.name.clone());
        let (from, to) = way(self.service, &news, reason.as_ref());
        let notice = Notice {
            id: format!("{thread}.{}.{}", news.into_str(), self.now.as_millisecond()),
            incident: thread,
            tier,
            service: Some(self.service.name.clone()),
            at: self.now,
            release: id,
            from,
            to,
            news,
            reason,
            blame: None,
            evidence: Vec::new(),
            acknowledgeable: false,
            place: Place::default(),
        };
        self.act(Action::Tell { notice, channels: Vec::new(), when: When::Now });
    }

    /// Opens an incident, or carries news into the one that is open on the same matter; the same news again is silent.
    pub(super) fn open(&mut self, news: News, tier: Tier, reason: Option<Reason>, evidence: Vec<Sample>) {
        let (now, name, matter) = (self.now, self.service.name.clone(), Matter::of(&news));
        if matter.is_symptom() && self.swapping() {
            return self.fold(news.into_str());
        }
        if self.find(&news).is_some_and(|at| self.facts().incidents[at].news == news) {
            return;
        }
        let by = self.service.by.clone();
        let facts = self.service.facts_mut();
        let at = thread::find(&mut facts.incidents, &mut facts.lately, &matter, now).unwrap_or_else(|| {
            facts.incidents_ever += 1;
            let id = format!("{name}-{}{by}", facts.incidents_ever);
            let at_hand = facts.release.as_ref().map(|release| release.id.clone());
            let other = || facts.diverged.as_ref()?.release.clone().filter(|_| news == News::DriftDetected);
            let release = at_hand.or_else(other);
            facts
                .incidents
                .push(Incident { release, ..Incident::new(id, Some(name), tier, news.clone(), now) });
            facts.incidents.len() - 1
        });
        let policy = self.tiers.get(&facts.incidents[at].tier.max(tier));
        match thread::turn(&mut facts.incidents[at], (news, tier, reason), now, policy) {
            Some(stage) => self.notify(at, stage, evidence),
            None => self.log(at),
        }
    }

    /// How the release at hand ended: whoever was told of its trouble hears it, else it is general news.
    pub(super) fn conclude(&mut self, news: News, reason: Option<Reason>) {
        let Some(at) = self.find(&news) else { return self.tell(news, Tier::General, reason) };
        self.service.facts_mut().incidents[at].reason = reason;
        self.resolve(news);
    }

    /// The matter is over: tells so in its thread, if it was one. What has come back before is over when it stays away.
    pub(super) fn resolve(&mut self, news: News) {
        let Some(at) = self.find(&news).filter(|at| self.facts().incidents[*at].calm_at.is_none()) else {
            return;
        };
        let now = self.now;
        if thread::calm(&mut self.service.facts_mut().incidents[at], news, now) {
            self.close_incident(at);
        } else {
            self.log(at);
        }
    }

    /// The checks tell again. That they were blinded by a rollback is no news.
    pub(super) fn resolve_blind(&mut self) {
        if self.swapping() {
            self.end(&Matter::Blind);
        } else {
            self.resolve(News::DataRestored);
        }
    }

    fn end(&mut self, matter: &Matter) {
        let incidents = &self.facts().incidents;
        let Some(at) = incidents.iter().position(|incident| Matter::of(&incident.news) == *matter) else {
            return;
        };
        let incident = self.service.facts_mut().incidents.remove(at);
        let closed = Incident { state: IncidentState::Resolved, ended: Some(self.now), ..incident };
        self.act(Action::Persist(Persist::Log(closed)));
    }

    /// What those news are about is so no more; nobody is told.
    pub(super) fn forget(&mut self, news: &News) {
        self.end(&Matter::of(news));
    }

    /// Whether an urgent incident is open. A drill keeps nobody from hearing of what is real.
    pub(super) fn urgent(&self) -> bool {
        let real = |incident: &&Incident| Matter::of(&incident.news) != Matter::Call;
        self.facts().incidents.iter().filter(real).any(|incident| incident.tier == Tier::Urgent)
    }

    pub(super) fn acknowledge(&mut self, id: &str, by: &str) -> bool {
        let Some(at) = self.facts().incidents.iter().position(|incident| incident.id == id) else {
            return false;
        };
        thread::acknowledge(&mut self.service.facts_mut().incidents[at], by);
        self.log(at);
        // golive cannot see the end of these: who takes them on ends them.
        if Matter::of(&self.facts().incidents[at].news) == Matter::Other {
            self.end(&Matter::Other);
        }
        true
    }

    /// What is due: reminders, escalations, and what has stayed away for long enough.
    pub(super) fn incidents_due(&mut self) {
        for at in (0..self.facts().incidents.len()).rev() {
            while let Some(incident) = self.facts().incidents.get(at)
                && let Some(due) = thread::due(incident, self.now)
            {
                match due {
                    Due::Say(Stage::Reminder)
                        if self.swapping() && Matter::of(&incident.news).is_symptom() =>
                    {
                        self.later(at);
                    }
                    Due::Say(stage) => self.notify(at, stage, Vec::new()),
                    Due::Over => {
                        self.close_incident(at);
                        break;
                    }
                }
            }
        }
    }

    /// Says nothing now, and is reminded of when the rollback is over.
    fn later(&mut self, at: usize) {
        let (now, tiers) = (self.now, self.tiers);
        let incident = &mut self.service.facts_mut().incidents[at];
        let policy = tiers.get(&incident.tier);
        thread::schedule(incident, now, policy);
    }

    fn close_incident(&mut self, at: usize) {
        let now = self.now;
        let incident = &mut self.service.facts_mut().incidents[at];
        incident.state = IncidentState::Resolved;
        incident.ended = Some(now);
        self.notify(at, Stage::Resolved, Vec::new());
        let facts = self.service.facts_mut();
        let incident = facts.incidents.remove(at);
        if let (News::RollbackSucceeded { .. }, Some(release)) = (&incident.news, &facts.release) {
            let (incident, since) = (incident.clone(), release.began);
            let until = now.checked_add(LINGERS).unwrap_or(now);
            facts.aftermath = Some(Aftermath { incident, since, until });
        }
        thread::over(incident, &mut facts.lately, now);
    }

    fn find(&self, news: &News) -> Option<usize> {
        self.facts().incidents.iter().position(|incident| Matter::of(&incident.news) == Matter::of(news))
    }

    fn log(&mut self, at: usize) {
        let incident = self.facts().incidents[at].clone();
        self.act(Action::Persist(Persist::Log(incident)));
    }

    fn notify(&mut self, at: usize, stage: Stage, evidence: Vec<Sample>) {
        let (now, tiers) = (self.now, self.tiers);
        let facts = self.service.facts_mut();
        let policy = tiers.get(&facts.incidents[at].tier);
        let mut notice = thread::say(&mut facts.incidents[at], now, policy, stage, evidence);
        let incident = facts.incidents[at].clone();
        let release = facts.release.as_ref().map(|release| release.id.clone());
        notice.release = release.or(notice.release);
        (notice.from, notice.to) = way(self.service, &incident.news, incident.reason.as_ref());
        let release = Matter::of(&incident.news) == Matter::Release;
        notice.blame = self.facts().blame.clone().filter(|_| release);
        self.act(Action::Persist(Persist::Log(incident)));
        self.act(Action::Tell { notice, channels: Vec::new(), when: When::Now });
    }
}

impl State {
    /// Somebody takes an incident on, whichever service it is of.
    pub(super) fn acknowledge(
        &mut self,
        now: Timestamp,
        incident: &str,
        by: &str,
        actions: &mut Vec<Action>,
    ) {
        let mut found = self.own.acknowledge(now, incident, by, actions);
        let names: Vec<String> = self.services.keys().cloned().collect();
        for name in names {
            if let Some(mut turn) = self.turn(&name, now, actions).filter(Turn::acts) {
                found |= turn.acknowledge(incident, by);
            }
        }
        actions.push(Action::Answer(if found {
            Answer::Done { release: None }
        } else {
            Answer::Refused { why: Refusal::NoIncident(incident.to_owned()) }
        }));
    }
}
