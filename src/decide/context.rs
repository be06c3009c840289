//! One step of the core over one service: what is known of it, and what is to be done.
//!
//! Handlers are given this. It imports none of them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::action::{Action, Persist};
use super::service::Service;
use super::trigger::health::Health;
use crate::model::facts::Facts;
use crate::model::notice::Tier;
use crate::model::policy::{ServicePolicy, TierPolicy};
use crate::model::reason::Reason;
use crate::model::release::ReleaseState;

/// A rate over the last minutes tells of a release that was rolled back for so long.
pub(super) const LINGERS: Duration = Duration::from_mins(5);

/// One step of the core over one service.
pub(super) struct Context<'a> {
    pub(super) now: Timestamp,
    pub(super) service: &'a mut Service,
    pub(super) policy: &'a ServicePolicy,
    pub(super) tiers: &'a BTreeMap<Tier, TierPolicy>,
    /// No channel of the urgent tier has confirmed lately, though they were tried.
    pub(super) unheard: bool,
    /// Another service is being rolled back, or goes through a drill.
    pub(super) elsewhere: bool,
    pub(super) actions: &'a mut Vec<Action>,
}

impl Context<'_> {
    /// Whether this golive acts for the service.
    pub(super) fn acts(&self) -> bool {
        self.service.standby_reason.is_none()
    }

    pub(super) fn facts(&self) -> &Facts {
        self.service.facts()
    }

    pub(super) fn facts_mut(&mut self) -> &mut Facts {
        self.service.facts_mut()
    }

    pub(super) fn act(&mut self, action: Action) {
        self.actions.push(action);
    }

    /// Counts health from now on.
    pub(super) fn count_anew(&mut self, grace: Duration) {
        self.service.health = Health::new(self.policy, self.now, grace);
    }

    pub(super) fn file(&mut self, state: ReleaseState, reason: Option<Reason>) {
        if let Some(release) = self.facts().release.clone() {
            let asked = self
                .facts()
                .rollback()
                .map(|rollback| &rollback.reason)
                .or(reason.as_ref())
                .is_some_and(Reason::is_a_persons);
            self.act(Action::Persist(Persist::File { release, state, reason, asked }));
        }
    }
}
