//! Incidents of golive itself. They stand for what is so right now, so they need no store.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::matter::Matter;
use super::thread::{self, Due};
use crate::decide::action::{Action, Persist, When};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::{News, Notice, Place, Stage, Tier};
use crate::model::policy::TierPolicy;
use crate::model::reason::Reason;

/// Incidents of golive itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::decide) struct Own {
    pub(in crate::decide) incidents: Vec<Incident>,
    lately: Vec<Incident>,
}

impl Own {
    pub(in crate::decide) fn open(
        &mut self,
        now: Timestamp,
        news: News,
        tier: Tier,
        reason: Reason,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let at = thread::find(&mut self.incidents, &mut self.lately, &Matter::of(&news), now);
        let at = at.unwrap_or_else(|| {
            // Without a store there is no counter that survives; the time makes the id unique.
            let id = format!("golive-{}-{}", news.into_str(), now.strftime("%Y%m%dT%H%M%S%3f"));
            let others = self.incidents.iter().filter(|other| other.id.starts_with(&id)).count();
            let id = if others == 0 { id } else { format!("{id}-{}", others + 1) };
            self.incidents.push(Incident::new(id, None, tier, news.clone(), now));
            self.incidents.len() - 1
        });
        let incident = &mut self.incidents[at];
        let same = incident.reason.as_ref() == Some(&reason) && incident.tier >= tier;
        if incident.notices > 0 && same && incident.news == news {
            return;
        }
        let policy = tiers.get(&incident.tier.max(tier));
        let stage = thread::turn(incident, (news, tier, Some(reason)), now, policy);
        match stage {
            Some(stage) => tell(incident, now, stage, tiers, actions),
            None => actions.push(Action::Persist(Persist::Log(incident.clone()))),
        }
    }

    pub(in crate::decide) fn resolve(
        &mut self,
        now: Timestamp,
        news: News,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let matter = Matter::of(&news);
        let about = |incident: &Incident| Matter::of(&incident.news) == matter && incident.calm_at.is_none();
        let Some(at) = self.incidents.iter().position(about) else { return };
        if thread::calm(&mut self.incidents[at], news, now) {
            self.close(at, now, tiers, actions);
        } else {
            actions.push(Action::Persist(Persist::Log(self.incidents[at].clone())));
        }
    }

    /// Ends what is about something that is no longer configured, and tells nobody.
    pub(in crate::decide) fn drop(&mut self, now: Timestamp, gone: impl Fn(&News) -> bool) -> Vec<Action> {
        let dropped: Vec<Incident> = self.incidents.extract_if(.., |incident| gone(&incident.news)).collect();
        let over = |incident| Incident { state: IncidentState::Resolved, ended: Some(now), ..incident };
        dropped.into_iter().map(|incident| Action::Persist(Persist::Log(over(incident)))).collect()
    }

    pub(in crate::decide) fn acknowledge(
        &mut self,
        now: Timestamp,
        id: &str,
        by: &str,
        actions: &mut Vec<Action>,
    ) -> bool {
        let Some(incident) = self.incidents.iter_mut().find(|incident| incident.id == id) else {
            return false;
        };
        thread::acknowledge(incident, by);
        actions.push(Action::Persist(Persist::Log(incident.clone())));
        // Whether the other golive is well again cannot be seen from here: whoever takes that on ends it.
        if incident.news == News::TookOver {
            actions.extend(self.drop(now, |news| *news == News::TookOver));
        }
        true
    }

    /// What is due: reminders, escalations, and what has stayed away for long enough.
    pub(in crate::decide) fn due(
        &mut self,
        now: Timestamp,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        for at in (0..self.incidents.len()).rev() {
            while let Some(due) = self.incidents.get(at).and_then(|incident| thread::due(incident, now)) {
                match due {
                    Due::Say(stage) => tell(&mut self.incidents[at], now, stage, tiers, actions),
                    Due::Over => {
                        self.close(at, now, tiers, actions);
                        break;
                    }
                }
            }
        }
    }

    pub(in crate::decide) fn next_deadline(&self) -> Option<Timestamp> {
        thread::next_deadline(&self.incidents)
    }

    fn close(
        &mut self,
        at: usize,
        now: Timestamp,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let mut incident = self.incidents.remove(at);
        incident.state = IncidentState::Resolved;
        incident.ended = Some(now);
        tell(&mut incident, now, Stage::Resolved, tiers, actions);
        thread::over(incident, &mut self.lately, now);
    }
}

fn tell(
    incident: &mut Incident,
    now: Timestamp,
    stage: Stage,
    tiers: &BTreeMap<Tier, TierPolicy>,
    actions: &mut Vec<Action>,
) {
    let notice = thread::say(incident, now, tiers.get(&incident.tier), stage, Vec::new());
    actions.push(Action::Persist(Persist::Log(incident.clone())));
    actions.push(Action::Tell { notice, channels: Vec::new(), when: When::Now });
}

/// News of golive itself that nobody has to act on.
pub(in crate::decide) fn aside(
    now: Timestamp,
    news: News,
    reason: Option<Reason>,
    channels: Vec<String>,
) -> Action {
    let notice = Notice {
        id: format!("golive.{}.{}", news.into_str(), now.as_millisecond()),
        incident: "golive".to_owned(),
        tier: Tier::General,
        news,
        service: None,
        at: now,
        release: None,
        from: None,
        to: None,
        reason,
        blame: None,
        evidence: Vec::new(),
        acknowledgeable: false,
        place: Place::default(),
    };
    Action::Tell { notice, channels, when: When::Now }
}
