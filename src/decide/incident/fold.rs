//! Symptoms that a rollback brings about by itself: counted in its own incident, and no news of their own.

use super::matter::Matter;
use crate::decide::event::{Outcome, Sample};
use crate::decide::facts::Phase;
use crate::decide::reason::Reason;
use crate::decide::service::Turn;

impl Turn<'_> {
    /// A rollback swaps containers, so that checks fail and go blind, and what runs ends.
    pub(in crate::decide) fn swapping(&self) -> bool {
        match self.facts().phase {
            Phase::RollingBack(_) | Phase::Verifying(_) => true,
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => false,
        }
    }

    /// A check that fails or goes blind meanwhile; the one that the rollback is for is no news in it.
    pub(in crate::decide) fn fold_sample(&mut self, sample: &Sample) {
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
            self.fold(&format!("{what} {}", sample.check));
        }
    }

    /// One symptom, counted once in a rollback.
    pub(in crate::decide) fn fold(&mut self, symptom: &str) {
        let at = self.facts().incidents.iter().position(|it| Matter::of(&it.news) == Matter::Release);
        let Some(at) = at.filter(|_| self.service.folded.insert(symptom.to_owned())) else { return };
        let incident = &mut self.service.facts_mut().incidents[at];
        incident.folded = incident.folded.saturating_add(1);
    }
}
