//! Symptoms that a rollback brings about by itself: counted in its own incident, and no news of their own.

use jiff::Timestamp;

use super::topic::Topic;
use crate::decide::State;
use crate::decide::action::{Action, Persist};
use crate::decide::context::{Context, LINGERS};
use crate::decide::service::Service;
use crate::model::facts::Phase;
use crate::model::reason::Reason;
use crate::model::sample::{Outcome, Sample};

impl Context<'_> {
    /// A rollback swaps containers, so that checks fail and go blind, and what runs ends.
    pub(in crate::decide) fn rollback_in_progress(&self) -> bool {
        match self.facts().phase {
            Phase::RollingBack(_) | Phase::Verifying(_) => true,
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => false,
        }
    }

    /// A check that fails or goes blind meanwhile; the one that the rollback is for is no news in it.
    pub(in crate::decide) fn suppress_sample(&mut self, sample: &Sample) {
        let what = match &sample.outcome {
            Outcome::Ok => return,
            Outcome::Failed(_) => "failed",
            Outcome::Blind(_) => "blind",
        };
        let reason = match &self.facts().phase {
            Phase::RollingBack(rollback) => &rollback.reason,
            Phase::Verifying(verification) => &verification.rollback.reason,
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => return,
        };
        let known = matches!(reason.cause(), Reason::Health { check, .. } if *check == sample.check);
        if !known {
            self.suppress(&format!("{what} {}", sample.check));
        }
    }

    /// One symptom, counted once in a rollback, or in what is left of one.
    pub(in crate::decide) fn suppress(&mut self, symptom: &str) {
        let at = self.facts().incidents.iter().position(|it| Topic::of(&it.news) == Topic::Release);
        if (at.is_none() && self.facts().aftermath.is_none())
            || !self.service.suppressed.insert(symptom.to_owned())
        {
            return;
        }
        let facts = self.service.facts_mut();
        if let Some(at) = at {
            let incident = &mut facts.incidents[at];
            incident.suppressed = incident.suppressed.saturating_add(1);
        } else if let Some(aftermath) = &mut facts.aftermath {
            aftermath.incident.suppressed = aftermath.incident.suppressed.saturating_add(1);
            let incident = aftermath.incident.clone();
            self.act(Action::Persist(Persist::Log(incident)));
        }
    }
}

impl State {
    /// The service whose rollback is under way or has just ended, and when the release came that it takes back.
    pub(in crate::decide) fn aftermath(&self, now: Timestamp) -> Option<(&str, Timestamp)> {
        let of = |service: &Service| {
            let facts = service.facts();
            // One that went for real has broken just as much for a while.
            let drilled = || {
                let drill = facts.drills.newest.as_ref()?;
                let until = drill.swapped_until(now)?.checked_add(LINGERS).ok();
                until.filter(|until| now <= *until).map(|_| drill.began)
            };
            match facts.phase {
                Phase::RollingBack(_) | Phase::Verifying(_) => {
                    facts.release.as_ref().map(|release| release.began).or(drilled())
                }
                Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => {
                    let left = facts.aftermath.as_ref().filter(|left| now <= left.until);
                    left.map(|left| left.since).or(drilled())
                }
            }
        };
        let all = self.services.iter().filter_map(|(name, service)| Some((name.as_str(), of(service)?)));
        all.min_by_key(|(_, since)| *since)
    }
}
