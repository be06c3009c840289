//! Incidents: opened once per matter, told in one thread, reminded of, escalated, resolved.

use jiff::Timestamp;

use super::State;
use super::action::{Action, Answer, Persist, When};
use super::context::{Context, LINGERS};
use crate::model::facts::{Aftermath, Facts};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Notice, Place, Tier};
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use crate::model::sample::Sample;

mod own;
mod suppression;
mod thread;
mod topic;
mod tracker;
mod versions;

pub(super) use own::{OwnIncidents, informational};
pub(super) use thread::next_deadline;
use topic::Topic;
use tracker::{Tracker, Turned};
use versions::versions;

impl Context<'_> {
    /// Tells news that nobody has to act on: no incident, one message in the release's thread.
    pub(super) fn tell(&mut self, news: News, tier: Tier, reason: Option<Reason>) {
        let release = self.facts().release.as_ref().or(self.facts().accepted.last());
        let id = release.map(|release| release.id.clone());
        let thread = id.clone().unwrap_or_else(|| self.service.name.clone());
        let (from, to) = versions(self.service, &news, reason.as_ref());
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
        if Topic::of(&news).is_side_effect() && self.rollback_in_progress() {
            return self.suppress(news.into_str());
        }
        if self.find(&news).is_some_and(|at| self.facts().incidents[at].news == news) {
            return;
        }
        let (now, tiers) = (self.now, self.tiers);
        let (name, by) = (self.service.name.clone(), self.service.by.clone());
        let Facts { incidents, lately, incidents_ever, release, diverged, .. } = self.service.facts_mut();
        let opened = news.clone();
        let new = |_: &[Incident]| {
            *incidents_ever += 1;
            let id = format!("{name}-{incidents_ever}{by}");
            let at_hand = release.as_ref().map(|release| release.id.clone());
            let other = || diverged.as_ref()?.release.clone().filter(|_| opened == News::DriftDetected);
            let release = at_hand.or_else(other);
            Incident { release, ..Incident::new(id, Some(name), tier, opened, now) }
        };
        let turned =
            Tracker { open: incidents, lately, now, tiers }.open((news, tier, reason), evidence, new);
        self.turned(turned);
    }

    /// How the release at hand ended: whoever was told of its trouble hears it, else it is general news.
    pub(super) fn conclude(&mut self, news: News, reason: Option<Reason>) {
        let Some(at) = self.find(&news) else { return self.tell(news, Tier::General, reason) };
        self.service.facts_mut().incidents[at].reason = reason;
        self.resolve(news);
    }

    /// The matter is over: tells so in its thread, if it was one. What has come back before is over when it stays away.
    pub(super) fn resolve(&mut self, news: News) {
        if tracker::going_on(&self.facts().incidents, &Topic::of(&news)).is_none() {
            return;
        }
        let turned = self.tracker().resolve(news);
        if let Some(turned) = turned {
            self.turned(turned);
        }
    }

    /// The checks tell again. That they were blinded by a rollback is no news.
    pub(super) fn resolve_blind(&mut self) {
        if self.rollback_in_progress() {
            self.end(&Topic::Blind);
        } else {
            self.resolve(News::DataRestored);
        }
    }

    fn end(&mut self, topic: &Topic) {
        if tracker::find(&self.facts().incidents, topic).is_none() {
            return;
        }
        let ended = self.tracker().end(|news| Topic::of(news) == *topic);
        for turned in ended {
            self.turned(turned);
        }
    }

    /// What those news are about is so no more; nobody is told.
    pub(super) fn forget(&mut self, news: &News) {
        self.end(&Topic::of(news));
    }

    /// Whether an urgent incident is open. A drill keeps nobody from hearing of what is real.
    pub(super) fn urgent(&self) -> bool {
        let real = |incident: &&Incident| Topic::of(&incident.news) != Topic::Call;
        self.facts().incidents.iter().filter(real).any(|incident| incident.tier == Tier::Urgent)
    }

    pub(super) fn acknowledge(&mut self, id: &str, by: &str) -> bool {
        if !self.facts().incidents.iter().any(|incident| incident.id == id) {
            return false;
        }
        let acknowledged = self.tracker().acknowledge(id, by);
        let Some(turned) = acknowledged else { return false };
        let topic = Topic::of(&turned.incident.news);
        self.turned(turned);
        // golive cannot see the end of these: who takes them on ends them.
        if topic == Topic::Other {
            self.end(&Topic::Other);
        }
        true
    }

    /// What is due: reminders, escalations, and what has stayed away for long enough.
    pub(super) fn incidents_due(&mut self) {
        if !tracker::is_due(&self.facts().incidents, self.now) {
            return;
        }
        // Of what a rollback brings about by itself people are reminded when it is over.
        let swapping = self.rollback_in_progress();
        let due = self.tracker().due(|incident| swapping && Topic::of(&incident.news).is_side_effect());
        for turned in due {
            self.turned(turned);
        }
    }

    fn find(&self, news: &News) -> Option<usize> {
        tracker::find(&self.facts().incidents, &Topic::of(news))
    }

    fn tracker(&mut self) -> Tracker<'_> {
        let (now, tiers) = (self.now, self.tiers);
        let facts = self.service.facts_mut();
        Tracker { open: &mut facts.incidents, lately: &mut facts.lately, now, tiers }
    }

    /// Lists it as it stands now, and tells what is to be told of it.
    fn turned(&mut self, Turned { mut incident, notice }: Turned) {
        (incident.from, incident.to) = versions(self.service, &incident.news, incident.reason.as_ref());
        if let Some(open) = self.service.facts_mut().incidents.iter_mut().find(|open| open.id == incident.id)
        {
            (open.from, open.to) = (incident.from.clone(), incident.to.clone());
        }
        self.act(Action::Persist(Persist::Log(incident.clone())));
        let Some(mut notice) = notice else { return };
        let release = self.facts().release.as_ref();
        notice.release = release.map(|release| release.id.clone()).or(notice.release);
        if let (News::RollbackSucceeded { .. }, IncidentState::Resolved, Some(release)) =
            (&incident.news, &incident.state, release)
        {
            let (incident, since) = (incident.clone(), release.began);
            let until = self.now.checked_add(LINGERS).unwrap_or(self.now);
            self.service.facts_mut().aftermath = Some(Aftermath { incident, since, until });
        }
        (notice.from, notice.to) = (incident.from, incident.to);
        let about_release = Topic::of(&incident.news) == Topic::Release;
        notice.blame = self.facts().blame.clone().filter(|_| about_release);
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
            if let Some(mut ctx) = self.context(&name, now, actions).filter(Context::acts) {
                found |= ctx.acknowledge(incident, by);
            }
        }
        actions.push(Action::Answer(if found {
            Answer::Done { release: None }
        } else {
            Answer::Refused { why: Refusal::NoIncident(incident.to_owned()) }
        }));
    }
}
