//! Whether anybody would hear of a rollback: that no channel of the urgent tier has confirmed anything within a day is
//! told before it is needed, and where that is wanted a person is asked first. golive tries them before it says so.

use std::time::Duration;

use jiff::Timestamp;

use super::{Telling, UNCONFIRMED};
use crate::decide::State;
use crate::decide::action::{Action, When};
use crate::decide::incident;
use crate::model::facts::Phase;
use crate::model::notice::{News, Tier};
use crate::model::policy::{Autonomy, Policy, ServicePolicy, Unconfirmed};
use crate::model::reason::Reason;

/// A channel that confirmed within this is taken to work.
const LATELY: Duration = Duration::from_hours(24);

impl Telling {
    /// Whether the channels of the urgent tier were tried and none has confirmed lately.
    pub(in crate::decide) fn unheard(&self, now: Timestamp, policy: &Policy) -> bool {
        let Some(tried) = self.tried.filter(|_| asks(policy)) else { return false };
        let waited = tried.checked_add(UNCONFIRMED).is_ok_and(|until| until <= now);
        let refused = || urgent(policy).iter().all(|channel| self.answer(channel).is_some());
        !self.heard(now, policy) && (waited || refused())
    }

    /// Whether a channel of the urgent tier has confirmed lately.
    fn heard(&self, now: Timestamp, policy: &Policy) -> bool {
        let since = now.checked_sub(LATELY).unwrap_or(Timestamp::MIN);
        let channels = urgent(policy);
        self.lines.iter().any(|(to, line)| channels.contains(&to.channel) && line.confirmed_since(since))
    }

    /// What a channel answers instead of confirming.
    fn answer(&self, channel: &str) -> Option<&str> {
        let mut lines = self.lines.iter().filter(|(to, _)| to.channel == channel);
        lines.find_map(|(_, line)| line.failing())
    }

    /// Why nobody can be told, channel by channel.
    pub(in crate::decide) fn silence(&self, policy: &Policy) -> String {
        let channels = urgent(policy).iter().map(|channel| match self.answer(channel) {
            Some(why) => format!("{channel}: failed to {why}"),
            None => format!("{channel}: no answer yet"),
        });
        let channels: Vec<String> = channels.collect();
        format!("no channel of the urgent tier has confirmed within a day ({})", channels.join("; "))
    }
}

impl State {
    /// A release is watched that golive may roll back by itself: whether anybody would hear of it.
    pub(in crate::decide) fn listen(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        let policy = &self.policy;
        let began = self.services.iter().filter_map(|(name, service)| match &service.facts().phase {
            // Of several golives that watch it, the one that acts is to be heard.
            Phase::Watching(watch)
                if service.standby_reason.is_none() && policy.services.get(name).is_some_and(acts) =>
            {
                Some(watch.began)
            }
            Phase::Watching(_)
            | Phase::Idle
            | Phase::RollingBack(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. } => None,
        });
        let began = began.max();
        let heard = self.telling.heard(now, policy);
        let channels = urgent(policy);
        if heard {
            self.own.resolve(now, News::ChannelConfirmed, &policy.tiers, actions);
        } else if let Some(began) = began.filter(|_| asks(policy)) {
            if self.telling.tried.is_none_or(|tried| tried < began) {
                self.telling.tried = Some(now);
                if !actions.iter().any(|action| reaches(action, channels)) {
                    let said =
                        "nothing was confirmed within a day, and a release is being watched".to_owned();
                    let why = Some(Reason::Said(said));
                    actions.push(incident::informational(now, News::Test, why, channels.to_vec()));
                }
            }
            if self.telling.unheard(now, policy) {
                let reason = Reason::Said(self.telling.silence(policy));
                let tiers = &policy.tiers;
                if !self.own.incidents.iter().any(|incident| incident.news == News::NoConfirmedChannel) {
                    self.own.open(now, News::NoConfirmedChannel, Tier::Important, reason, tiers, actions);
                }
            }
        }
    }

    /// When it is known whether anybody hears, if that is not known yet.
    pub(in crate::decide) fn hearing_deadline(&self) -> Option<Timestamp> {
        let open = self.own.incidents.iter().any(|incident| incident.news == News::NoConfirmedChannel);
        let until = self.telling.tried?.checked_add(UNCONFIRMED).ok()?;
        (!open && until > self.now && !self.telling.heard(self.now, &self.policy)).then_some(until)
    }
}

/// golive may roll its releases back by itself.
pub(in crate::decide) fn acts(policy: &ServicePolicy) -> bool {
    policy.autonomy == Autonomy::Auto || policy.health_autonomy == Autonomy::Auto
}

/// It matters whether anybody would hear. Without a channel in the urgent tier, nobody expects to.
pub(in crate::decide) fn asks(policy: &Policy) -> bool {
    minds(policy, |unconfirmed| unconfirmed != Unconfirmed::Auto)
}

/// A person is asked while nobody would hear.
pub(in crate::decide) fn waits(policy: &Policy) -> bool {
    minds(policy, |unconfirmed| unconfirmed == Unconfirmed::Ask)
}

fn minds(policy: &Policy, how: impl Fn(Unconfirmed) -> bool) -> bool {
    policy.tiers.get(&Tier::Urgent).is_some_and(|tier| how(tier.unconfirmed) && !tier.channels.is_empty())
}

fn urgent(policy: &Policy) -> &[String] {
    policy.tiers.get(&Tier::Urgent).map(|tier| tier.channels.as_slice()).unwrap_or_default()
}

/// A notice goes to one of those channels now, which tries it as well as a test would.
fn reaches(action: &Action, to: &[String]) -> bool {
    match action {
        Action::Tell { channels, when: When::Now, .. } => channels.iter().any(|channel| to.contains(channel)),
        Action::Tell { when: When::Gathered(_), .. }
        | Action::Effect(_)
        | Action::Persist(_)
        | Action::Answer(_) => false,
    }
}
