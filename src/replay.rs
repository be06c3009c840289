//! The core over history: the same decisions from a record, or from what Prometheus remembers.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::decide::State;
use crate::decide::action::{Action, Persist};
use crate::model::event::{Event, ServiceEvent};
use crate::model::facts::Facts;
use crate::model::notice::News;
use crate::model::policy::{Policy, ServicePolicy};
use crate::model::reason::{Blame, Reason};
use crate::model::release::Release;
use crate::store::recording::Recording;

pub mod past;

#[cfg(test)]
mod tests;

/// Deadlines that are met between two events at most; a core that asks for more is broken.
const DEADLINES: u32 = 10_000;

/// One service's core, driven by hand.
#[derive(Debug)]
pub struct Replay {
    service: String,
    state: State,
    now: Timestamp,
    decided: Vec<Decided>,
}

/// Something that golive decided or would have said.
#[derive(Debug, Clone, PartialEq)]
pub struct Decided {
    /// When.
    pub at: Timestamp,
    /// A release's state (`watching`, `rolling-back`, `held`, `accepted`, …) or what was told (`would-roll-back`,
    /// `external-cause`, `no-data`).
    pub what: &'static str,
    /// Why.
    pub why: Option<Reason>,
    /// Whose fault it is.
    pub blame: Option<Blame>,
}

impl Replay {
    /// Begins with these releases accepted, the newest last, under this policy.
    pub fn new(service: &str, policy: ServicePolicy, accepted: Vec<Release>, now: Timestamp) -> Self {
        let known = accepted.last().and_then(|release| release.running.as_ref());
        let known = known.map(|running| running.identity.clone());
        let facts = BTreeMap::from([(service.to_owned(), Facts { known, accepted, ..Facts::default() })]);
        let services = BTreeMap::from([(service.to_owned(), policy)]);
        let mut state = State::new(Policy { services, ..Policy::default() }, facts, now);
        state.step(now, &Event::Started);
        Self { service: service.to_owned(), state, now, decided: Vec::new() }
    }

    /// Something happened, after every deadline before it.
    pub fn feed(&mut self, at: Timestamp, what: &ServiceEvent) {
        self.until(at);
        let event = Event::Service { service: self.service.clone(), what: what.clone() };
        if let Some(beside) = self.state.beside(self.now, &event) {
            let actions = self.state.step(self.now, &beside);
            self.note(actions);
        }
        let actions = self.state.step(self.now, &event);
        self.note(actions);
    }

    /// Time passes.
    pub fn until(&mut self, at: Timestamp) {
        for _ in 0..DEADLINES {
            let Some(due) = self.state.next_deadline().filter(|due| *due < at) else { break };
            self.now = self.now.max(due);
            let actions = self.state.step(self.now, &Event::Due);
            self.note(actions);
        }
        self.now = self.now.max(at);
    }

    /// What was decided so far, in order.
    pub fn decided(&self) -> &[Decided] {
        &self.decided
    }

    fn note(&mut self, actions: Vec<Action>) {
        for action in actions {
            let decided = match action {
                Action::Persist(Persist::File { state, reason, .. }) => {
                    Some((state.into_str(), reason, None))
                }
                Action::Tell { notice, .. } if notice.news == News::RollbackStarted => {
                    // It is in the list as the release's state, without whose fault it is.
                    if let Some(last) = self.decided.last_mut().filter(|last| last.what == "rolling-back") {
                        last.blame = notice.blame;
                    }
                    None
                }
                Action::Tell { notice, .. } => {
                    let news = [News::WouldRollBack, News::ExternalCause, News::NoData];
                    let told = (notice.news.into_str(), notice.reason, notice.blame);
                    Some(told).filter(|_| news.contains(&notice.news))
                }
                Action::Effect(_) | Action::Persist(_) | Action::Answer(_) => None,
            };
            let Some((what, why, blame)) = decided else { continue };
            let same = self.decided.last().is_some_and(|last| last.what == what && last.why == why);
            if !same {
                self.decided.push(Decided { at: self.now, what, why, blame });
            }
        }
    }
}

/// What the rules of a recording decide about what it recorded.
pub fn again(recording: &Recording) -> Vec<Decided> {
    let first = recording.events.first().map_or(Timestamp::UNIX_EPOCH, |(at, _)| *at);
    let mut replay =
        Replay::new(&recording.service, recording.policy.clone(), recording.accepted.clone(), first);
    for (at, what) in &recording.events {
        replay.feed(*at, what);
    }
    replay.decided
}

/// The longest that a watch can last: put off once.
pub fn longest(policy: &ServicePolicy) -> Duration {
    policy.window.saturating_mul(2)
}
