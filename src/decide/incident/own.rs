//! Incidents of golive itself. They stand for what is so right now, so they need no store.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::thread;
use super::tracker::{Tracker, Turned};
use crate::decide::action::{Action, Persist, When};
use crate::model::incident::Incident;
use crate::model::notice::{News, Notice, Place, Tier};
use crate::model::policy::TierPolicy;
use crate::model::reason::Reason;

/// Incidents of golive itself.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::decide) struct OwnIncidents {
    pub(in crate::decide) incidents: Vec<Incident>,
    lately: Vec<Incident>,
}

impl OwnIncidents {
    pub(in crate::decide) fn open(
        &mut self,
        now: Timestamp,
        news: News,
        tier: Tier,
        reason: Reason,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let same =
            |open: &Incident| open.news == news && open.reason.as_ref() == Some(&reason) && open.tier >= tier;
        if self.incidents.iter().any(same) {
            return;
        }
        let opened = news.clone();
        let new = |open: &[Incident]| {
            // Without a store there is no counter that survives; the time makes the id unique.
            let id = format!("golive-{}-{}", opened.into_str(), now.strftime("%Y%m%dT%H%M%S%3f"));
            let others = open.iter().filter(|other| other.id.starts_with(&id)).count();
            let id = if others == 0 { id } else { format!("{id}-{}", others + 1) };
            Incident::new(id, None, tier, opened, now)
        };
        turned(self.tracker(now, tiers).open((news, tier, Some(reason)), Vec::new(), new), actions);
    }

    pub(in crate::decide) fn resolve(
        &mut self,
        now: Timestamp,
        news: News,
        tiers: &BTreeMap<Tier, TierPolicy>,
        actions: &mut Vec<Action>,
    ) {
        let resolved = self.tracker(now, tiers).resolve(news);
        if let Some(one) = resolved {
            turned(one, actions);
        }
    }

    /// Ends what is about something that is no longer configured, and tells nobody.
    pub(in crate::decide) fn drop(&mut self, now: Timestamp, gone: impl Fn(&News) -> bool) -> Vec<Action> {
        let mut actions = Vec::new();
        let ended = self.tracker(now, &BTreeMap::new()).end(gone);
        for one in ended {
            turned(one, &mut actions);
        }
        actions
    }

    pub(in crate::decide) fn acknowledge(
        &mut self,
        now: Timestamp,
        id: &str,
        by: &str,
        actions: &mut Vec<Action>,
    ) -> bool {
        let acknowledged = self.tracker(now, &BTreeMap::new()).acknowledge(id, by);
        let Some(one) = acknowledged else { return false };
        let took_over = one.incident.news == News::TookOver;
        turned(one, actions);
        // Whether the other golive is well again cannot be seen from here: whoever takes that on ends it.
        if took_over {
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
        let due = self.tracker(now, tiers).due(|_| false);
        for one in due {
            turned(one, actions);
        }
    }

    pub(in crate::decide) fn next_deadline(&self) -> Option<Timestamp> {
        thread::next_deadline(&self.incidents)
    }

    fn tracker<'a>(&'a mut self, now: Timestamp, tiers: &'a BTreeMap<Tier, TierPolicy>) -> Tracker<'a> {
        Tracker { open: &mut self.incidents, lately: &mut self.lately, now, tiers }
    }
}

/// Lists it as it stands now, and tells what is to be told of it.
fn turned(Turned { incident, notice }: Turned, actions: &mut Vec<Action>) {
    actions.push(Action::Persist(Persist::Log(incident)));
    actions.extend(notice.map(|notice| Action::Tell { notice, channels: Vec::new(), when: When::Now }));
}

/// News of golive itself that nobody has to act on.
pub(in crate::decide) fn informational(
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
