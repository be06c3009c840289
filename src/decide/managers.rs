//! What golive on one manager of a Swarm tells of itself and of the others.

use jiff::Timestamp;

use super::State;
use super::action::Action;
use crate::model::notice::{News, Tier};
use crate::model::reason::Reason;

impl State {
    /// This host's clock is not that of the golive that acts.
    pub(super) fn clock_off(&mut self, now: Timestamp, why: &str, actions: &mut Vec<Action>) {
        self.clock_skew = Some(why.to_owned());
        let reason = Reason::Said(why.to_owned());
        self.own.open(now, News::ClockOff, Tier::Important, reason, &self.policy.tiers, actions);
    }

    /// It is again.
    pub(super) fn clock_right(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.clock_skew = None;
        self.own.resolve(now, News::ClockRight, &self.policy.tiers, actions);
    }

    /// The one that acted is not heard of, and this one acts in its place.
    pub(super) fn took_over(&mut self, now: Timestamp, from: &str, actions: &mut Vec<Action>) {
        // What was told of an earlier time is overtaken, be it of the same one.
        actions.extend(self.own.drop(now, |news| *news == News::TookOver));
        let reason = Reason::Said(from.to_owned());
        self.own.open(now, News::TookOver, Tier::Important, reason, &self.policy.tiers, actions);
    }
}
