//! Incidents: opened once per matter, told in one thread, reminded of, resolved.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Incident, IncidentState, News, Notice, Tier};
use super::event::Sample;
use super::facts::Phase;
use super::policy::TierPolicy;
use super::reason::Reason;
use super::service::{Service, Turn};

/// That something else runs than was released is told again at least so often.
const DIVERGED: Duration = Duration::from_hours(24);

/// What an incident is about: news of one matter go into one thread.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Matter {
    Release,
    Health,
    Blind,
    Readiness,
    Divergence,
    Engine,
    Config,
    Store,
    Rule(String),
    Other,
}

impl Matter {
    fn of(news: &News) -> Self {
        match news {
            News::RollbackStarted
            | News::RollbackDone { .. }
            | News::RollbackFailed
            | News::RollbackImpossible
            | News::WouldRollBack
            | News::NotToBlame
            | News::Held
            | News::ReleaseSeen
            | News::ReleaseAccepted
            | News::ReleaseSuperseded
            | News::ReleaseAborted
            | News::KnownBad
            | News::CountDown { .. }
            | News::RollbackAgain => Self::Release,
            News::ServiceDown | News::ServiceUp => Self::Health,
            News::Blind => Self::Blind,
            News::NotReady | News::ReadyAgain => Self::Readiness,
            News::EngineUnreachable | News::EngineBack => Self::Engine,
            News::ConfigReloaded | News::ConfigRejected => Self::Config,
            News::StoreLost | News::StoreBack => Self::Store,
            News::RuleBroken { rule } | News::RuleMended { rule } | News::RuleBlind { rule } => {
                Self::Rule(rule.clone())
            }
            News::Diverged | News::Reconciled => Self::Divergence,
            News::Test | News::LeftOver => Self::Other,
        }
    }
}

impl Turn<'_> {
    /// Tells news that nobody has to act on: no incident, one message in the release's thread.
    pub(super) fn tell(&mut self, news: News, tier: Tier, reason: Option<Reason>) {
        let release = self.facts().release.as_ref().or(self.facts().accepted.last());
        let id = release.map(|release| release.id.clone());
        let thread = id.clone().unwrap_or_else(|| self.service.name.clone());
        let (from, to) = way(self.service, &news, reason.as_ref());
        let notice = Notice {
            id: format!("{thread}.{}.{}", news.word(), self.now.as_millisecond()),
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
        };
        let channels = channels(self.tiers, tier);
        self.act(Action::Tell { notice, channels });
    }

    /// Opens an incident, or carries news into the one that is open on the same matter; the same news again is silent.
    pub(super) fn open(&mut self, news: News, tier: Tier, reason: Option<Reason>, evidence: Vec<Sample>) {
        let (now, name) = (self.now, self.service.name.clone());
        let facts = self.facts();
        let release = facts.release.as_ref().map(|release| release.id.clone());
        let release =
            release.or_else(|| facts.diverged.as_ref()?.release.clone().filter(|_| news == News::Diverged));
        let open = self.find(&news);
        if open.is_some_and(|at| self.facts().incidents[at].news == news) {
            return;
        }
        let facts = self.service.facts_mut();
        let at = open.unwrap_or_else(|| {
            facts.incidents_ever += 1;
            facts.incidents.push(Incident {
                id: format!("{name}-{}", facts.incidents_ever),
                service: Some(name),
                release,
                tier,
                news: news.clone(),
                reason: None,
                state: IncidentState::Open,
                began: now,
                ended: None,
                notices: 0,
                remind_at: None,
            });
            facts.incidents.len() - 1
        });
        let incident = &mut facts.incidents[at];
        incident.tier = incident.tier.max(tier);
        incident.news = news;
        incident.reason = reason;
        // A new turn in the matter is everybody's again.
        incident.state = IncidentState::Open;
        self.notify(at, evidence, true);
    }

    /// How the release at hand ended: whoever was told of its trouble hears it, else it is general news.
    pub(super) fn conclude(&mut self, news: News, reason: Option<Reason>) {
        let Some(at) = self.find(&news) else { return self.tell(news, Tier::General, reason) };
        self.service.facts_mut().incidents[at].reason = reason;
        self.resolve(news);
    }

    /// The matter is over: tells so in its thread, if it was one.
    pub(super) fn resolve(&mut self, news: News) {
        let Some(at) = self.find(&news) else { return };
        let now = self.now;
        let incident = &mut self.service.facts_mut().incidents[at];
        incident.news = news;
        incident.state = IncidentState::Resolved;
        incident.ended = Some(now);
        self.notify(at, Vec::new(), false);
        self.service.facts_mut().incidents.remove(at);
    }

    /// The checks tell again.
    pub(super) fn resolve_blind(&mut self) {
        self.end(&Matter::Blind);
    }

    fn end(&mut self, matter: &Matter) {
        let incidents = &self.facts().incidents;
        let Some(at) = incidents.iter().position(|incident| Matter::of(&incident.news) == *matter) else {
            return;
        };
        let incident = self.service.facts_mut().incidents.remove(at);
        let closed = Incident { state: IncidentState::Resolved, ended: Some(self.now), ..incident };
        self.act(Action::Log(closed));
    }

    /// Whether an urgent incident is open.
    pub(super) fn urgent(&self) -> bool {
        self.facts().incidents.iter().any(|incident| incident.tier == Tier::Urgent)
    }

    pub(super) fn acknowledge(&mut self, id: &str, by: &str) -> bool {
        let Some(at) = self.facts().incidents.iter().position(|incident| incident.id == id) else {
            return false;
        };
        let incidents = &mut self.service.facts_mut().incidents;
        acknowledge(&mut incidents[at], by);
        let incident = incidents[at].clone();
        self.act(Action::Log(incident.clone()));
        // golive cannot see the end of these: who takes them on ends them.
        if Matter::of(&incident.news) == Matter::Other {
            self.end(&Matter::Other);
        }
        true
    }

    /// Tells open, unacknowledged incidents again.
    pub(super) fn remind(&mut self) {
        for at in 0..self.facts().incidents.len() {
            if self.facts().incidents[at].remind_at.is_some_and(|due| due <= self.now) {
                self.notify(at, Vec::new(), true);
            }
        }
    }

    fn find(&self, news: &News) -> Option<usize> {
        self.facts().incidents.iter().position(|incident| Matter::of(&incident.news) == Matter::of(news))
    }

    fn notify(&mut self, at: usize, evidence: Vec<Sample>, acknowledgeable: bool) {
        let (now, tiers) = (self.now, self.tiers);
        let facts = self.service.facts_mut();
        let mut notice = say(&mut facts.incidents[at], now, tiers, evidence, acknowledgeable);
        let incident = facts.incidents[at].clone();
        let release = facts.release.as_ref().map(|release| release.id.clone());
        notice.release = release.or(notice.release);
        (notice.from, notice.to) = way(self.service, &incident.news, incident.reason.as_ref());
        let release = Matter::of(&incident.news) == Matter::Release;
        notice.blame = self.facts().blame.clone().filter(|_| release);
        let channels = channels(tiers, incident.tier);
        self.act(Action::Log(incident));
        self.act(Action::Tell { notice, channels });
    }
}

/// From which version to which the news is, or would be.
fn way(service: &Service, news: &News, reason: Option<&Reason>) -> (Option<String>, Option<String>) {
    let facts = service.facts();
    let at_hand = facts.release.as_ref().map(|release| release.version.clone()).or_else(|| service.version());
    let accepted = || facts.accepted.last().map(|accepted| accepted.version.clone());
    if *news == News::ReleaseSeen {
        return (accepted(), at_hand);
    }
    if Matter::of(news) == Matter::Readiness {
        return (accepted(), None);
    }
    if Matter::of(news) == Matter::Divergence {
        return (service.version(), facts.diverged.as_ref().and_then(|diverged| diverged.released.clone()));
    }
    let to = match (news, reason) {
        (News::ReleaseSuperseded, Some(Reason::Superseded { version })) => Some(version.clone()),
        (News::ReleaseSuperseded | News::ReleaseAccepted | News::ReleaseAborted, _) => None,
        _ if Matter::of(news) != Matter::Release && *news != News::LeftOver => None,
        _ => match &facts.phase {
            Phase::RollingBack(rollback) => Some(rollback.plan.to_version.clone()),
            Phase::Verifying(verification) => Some(verification.rollback.plan.to_version.clone()),
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => accepted(),
        },
    };
    (at_hand, to)
}

/// Incidents of golive itself. They stand for what is so right now, so they need no store.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Own {
    pub(super) incidents: Vec<Incident>,
}

impl Own {
    pub(super) fn open(
        &mut self,
        now: Timestamp,
        news: News,
        tier: Tier,
        reason: Reason,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let at = self.find(&news).unwrap_or_else(|| {
            // Without a store there is no counter that survives; the time makes the id unique.
            let id = format!("golive-{}-{}", news.word(), now.strftime("%Y%m%dT%H%M%S%3f"));
            self.incidents.push(Incident {
                id,
                service: None,
                release: None,
                tier,
                news: news.clone(),
                reason: None,
                state: IncidentState::Open,
                began: now,
                ended: None,
                notices: 0,
                remind_at: None,
            });
            self.incidents.len() - 1
        });
        let incident = &mut self.incidents[at];
        if incident.notices > 0 && incident.reason.as_ref() == Some(&reason) && incident.tier >= tier {
            return;
        }
        incident.tier = incident.tier.max(tier);
        incident.news = news;
        incident.reason = Some(reason);
        let notice = say(incident, now, tiers, Vec::new(), true);
        let channels = channels(tiers, incident.tier);
        actions.push(Action::Log(incident.clone()));
        actions.push(Action::Tell { notice, channels });
    }

    pub(super) fn resolve(
        &mut self,
        now: Timestamp,
        news: News,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let Some(at) = self.find(&news) else { return };
        let mut incident = self.incidents.remove(at);
        incident.news = news;
        incident.state = IncidentState::Resolved;
        incident.ended = Some(now);
        let notice = say(&mut incident, now, tiers, Vec::new(), false);
        let channels = channels(tiers, incident.tier);
        actions.push(Action::Log(incident));
        actions.push(Action::Tell { notice, channels });
    }

    pub(super) fn acknowledge(&mut self, id: &str, by: &str, actions: &mut Vec<Action>) -> bool {
        let Some(incident) = self.incidents.iter_mut().find(|incident| incident.id == id) else {
            return false;
        };
        acknowledge(incident, by);
        actions.push(Action::Log(incident.clone()));
        true
    }

    pub(super) fn remind(
        &mut self,
        now: Timestamp,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        for incident in &mut self.incidents {
            if incident.remind_at.is_some_and(|due| due <= now) {
                let notice = say(incident, now, tiers, Vec::new(), true);
                let channels = channels(tiers, incident.tier);
                actions.push(Action::Tell { notice, channels });
            }
        }
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.incidents.iter().filter_map(|incident| incident.remind_at).min()
    }

    fn find(&self, news: &News) -> Option<usize> {
        self.incidents.iter().position(|incident| Matter::of(&incident.news) == Matter::of(news))
    }
}

/// The configuration was changed, and nothing had been wrong with it.
pub(super) fn reconfigured(now: Timestamp, tiers: &BTreeMap<Tier, TierPolicy>) -> Action {
    let (news, tier) = (News::ConfigReloaded, Tier::General);
    let notice = Notice {
        id: format!("golive.{}.{}", news.word(), now.as_millisecond()),
        incident: "golive".to_owned(),
        tier,
        news,
        service: None,
        at: now,
        release: None,
        from: None,
        to: None,
        reason: None,
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
    };
    Action::Tell { notice, channels: channels(tiers, tier) }
}

/// The next notice in an incident's thread; sets when it is told again.
fn say(
    incident: &mut Incident,
    now: Timestamp,
    tiers: &BTreeMap<Tier, TierPolicy>,
    evidence: Vec<Sample>,
    acknowledgeable: bool,
) -> Notice {
    incident.notices += 1;
    let repeat = tiers.get(&incident.tier).and_then(|tier| tier.repeat);
    // What runs unreleased is not forgotten, even where nothing else is repeated.
    let repeat = repeat.or(Some(DIVERGED).filter(|_| incident.news == News::Diverged));
    let repeat = repeat.filter(|_| acknowledgeable);
    incident.remind_at = repeat.and_then(|repeat| now.checked_add(repeat).ok());
    Notice {
        id: format!("{}.{}", incident.id, incident.notices),
        incident: incident.id.clone(),
        tier: incident.tier,
        news: incident.news.clone(),
        service: incident.service.clone(),
        at: now,
        release: incident.release.clone(),
        from: None,
        to: None,
        reason: incident.reason.clone(),
        blame: None,
        evidence,
        acknowledgeable,
    }
}

fn acknowledge(incident: &mut Incident, by: &str) {
    incident.state = IncidentState::Acknowledged { by: by.to_owned() };
    incident.remind_at = None;
}

fn channels(tiers: &BTreeMap<Tier, TierPolicy>, tier: Tier) -> Vec<String> {
    tiers.get(&tier).map(|tier| tier.channels.clone()).unwrap_or_default()
}
