//! Where each notice goes and when, whether anybody confirms it, and what is done when nobody does.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;

use super::State;
use super::action::{Action, When};
use crate::model::event::{Address, Event};
use crate::model::notice::{News, Notice, Stage, Tier};
use crate::model::policy::{Policy, TierPolicy};
use crate::model::reason::Reason;

pub(super) mod hearing;
mod line;

use line::Line;

/// None of an urgent notice's channels has confirmed it within this: others are told.
const UNCONFIRMED: Duration = Duration::from_mins(1);

/// What is over within this is not told.
const AT_ONCE: Duration = Duration::from_secs(1);

/// So many urgent notices are waited for at once; beyond, the oldest goes to the other channels at once.
const WAITING: usize = 1_000;

/// Platforms are crowded at the full and the half hour: so long before and after, nothing is collected for.
const BEFORE: i64 = 60;
const AFTER: i64 = 120;
const HALF_HOUR: i64 = 1_800;

/// What is known of the channels and on its way through them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Telling {
    /// By address.
    lines: BTreeMap<Address, Line>,
    /// Urgent notices that nobody has confirmed yet, oldest first.
    waiting: VecDeque<Waiting>,
    /// When what is being collected is told, by tier.
    digests: BTreeMap<Tier, Timestamp>,
    /// When the channels of the urgent tier were tried last.
    tried: Option<Timestamp>,
}

/// An urgent notice that nobody has confirmed yet.
#[derive(Debug, Clone, PartialEq)]
struct Waiting {
    notice: Notice,
    channels: Vec<String>,
    until: Timestamp,
}

impl Telling {
    /// Says of every notice that has no channels yet where it goes and when.
    pub(super) fn route(&mut self, now: Timestamp, policy: &Policy, watched: bool, actions: &mut [Action]) {
        for action in actions {
            let Action::Tell { notice, channels, when } = action else { continue };
            let Some(tier) = policy.tiers.get(&notice.tier).filter(|_| channels.is_empty()) else { continue };
            *channels = self.channels(notice, tier, policy);
            *when = self.when(notice, tier, now, watched);
            if self.over_at_once(notice) {
                continue;
            }
            if notice.tier == Tier::Urgent && tier.fallback.iter().any(|other| !channels.contains(other)) {
                self.wait_for(notice, channels, now);
            }
        }
    }

    /// Through which channels: never the one that is dead, about itself.
    fn channels(&self, notice: &Notice, tier: &TierPolicy, policy: &Policy) -> Vec<String> {
        let more = tier.escalate.as_ref().map(|escalate| escalate.channels.as_slice()).unwrap_or_default();
        let mut channels = match notice.place.stage {
            Stage::Escalation => more.to_vec(),
            Stage::First | Stage::Update | Stage::Reminder | Stage::Resolved => {
                let more = more.iter().filter(|_| notice.place.escalated);
                distinct(tier.channels.iter().chain(more))
            }
        };
        if let News::ChannelFailing { channel } = &notice.news {
            let dead = channel.split(' ').next().unwrap_or_default();
            channels.retain(|name| name != dead);
            if channels.is_empty() {
                channels.clone_from(&policy.channels);
                channels.retain(|name| name != dead && !self.dead(name));
            }
        }
        channels
    }

    /// At once, or when the quiet hours are over or enough was collected.
    fn when(&mut self, notice: &Notice, tier: &TierPolicy, now: Timestamp, watched: bool) -> When {
        if notice.tier == Tier::Urgent || notice.news == News::Test {
            return When::Now;
        }
        let quiet = tier.quiet.as_ref().filter(|_| !watched).and_then(|quiet| quiet.until(now));
        if let Some(end) = quiet {
            return When::Gathered(end);
        }
        let Some(digest) = tier.digest else { return When::Now };
        let open = self.digests.get(&notice.tier).copied().filter(|at| *at > now);
        let at = open.or_else(|| now.checked_add(digest).ok().map(|at| aside(at, &notice.id)));
        match at {
            Some(at) => {
                self.digests.insert(notice.tier, at);
                When::Gathered(at)
            }
            None => When::Now,
        }
    }

    /// Whether it ends what has only just begun: nobody has to confirm either.
    fn over_at_once(&mut self, notice: &Notice) -> bool {
        let begun = |waiting: &Waiting| {
            let ago = notice.at.duration_since(waiting.notice.at).unsigned_abs();
            waiting.notice.incident == notice.incident && ago < AT_ONCE
        };
        let over = notice.place.stage == Stage::Resolved && self.waiting.iter().any(begun);
        self.waiting.retain(|waiting| !over || !begun(waiting));
        over
    }

    fn wait_for(&mut self, notice: &Notice, channels: &[String], now: Timestamp) {
        if self.waiting.iter().any(|waiting| waiting.notice.id == notice.id) {
            return;
        }
        if self.waiting.len() >= WAITING
            && let Some(oldest) = self.waiting.front_mut()
        {
            oldest.until = now;
        }
        let until = now.checked_add(UNCONFIRMED).unwrap_or(Timestamp::MAX);
        self.waiting.push_back(Waiting { notice: notice.clone(), channels: channels.to_vec(), until });
    }

    /// Urgent notices that nobody has confirmed in time go to the other channels.
    pub(super) fn fall_back(&mut self, now: Timestamp, policy: &Policy, actions: &mut Vec<Action>) {
        let late: Vec<Waiting> = {
            let (late, still) = std::mem::take(&mut self.waiting).into_iter().partition(|it| it.until <= now);
            self.waiting = still;
            Vec::from(late)
        };
        let Some(urgent) = policy.tiers.get(&Tier::Urgent) else { return };
        for Waiting { notice, channels, .. } in late {
            let others: Vec<String> =
                urgent.fallback.iter().filter(|name| !channels.contains(name)).cloned().collect();
            if !others.is_empty() {
                actions.push(Action::Tell { notice, channels: others, when: When::Now });
            }
        }
    }

    /// A provider confirmed; whether its channel had been reported as dead.
    pub(super) fn told(&mut self, now: Timestamp, to: &Address, notice: &str) -> bool {
        self.waiting.retain(|waiting| waiting.notice.id != notice);
        self.lines.entry(to.clone()).or_default().confirmed(now)
    }

    /// A provider did not confirm; why its channel is to be reported as dead, if it is.
    pub(super) fn not_told(
        &mut self,
        now: Timestamp,
        to: &Address,
        notice: &str,
        why: &str,
        given_up: bool,
    ) -> Option<String> {
        if given_up && let Some(waiting) = self.waiting.iter_mut().find(|it| it.notice.id == notice) {
            waiting.until = now;
        }
        self.lines.entry(to.clone()).or_default().refused(now, why, given_up)
    }

    /// What an earlier run knew: who confirmed when, and which urgent notices nobody has confirmed yet.
    pub(super) fn recall(
        &mut self,
        now: Timestamp,
        confirmed: &[(Address, Timestamp)],
        unconfirmed: Vec<(Notice, Vec<String>)>,
    ) {
        for (to, at) in confirmed {
            self.lines.entry(to.clone()).or_default().confirmed(*at);
        }
        for (notice, channels) in unconfirmed {
            self.wait_for(&notice, &channels, now);
        }
    }

    /// Forgets channels that are no longer configured.
    pub(super) fn follow(&mut self, policy: &Policy) {
        self.lines.retain(|to, _| policy.channels.contains(&to.channel));
    }

    /// Every address of the channel that was ever tried is dead.
    fn dead(&self, channel: &str) -> bool {
        let mut lines = self.lines.iter().filter(|(to, _)| to.channel == channel).peekable();
        lines.peek().is_some() && lines.all(|(_, line)| line.dead())
    }

    pub(super) fn next_deadline(&self) -> Option<Timestamp> {
        self.waiting.iter().map(|waiting| waiting.until).min()
    }
}

impl State {
    /// What a provider said of a notice.
    pub(super) fn answered(&mut self, now: Timestamp, event: &Event, actions: &mut Vec<Action>) {
        let tiers = &self.policy.tiers;
        match event {
            Event::Told { to, notice } => {
                if self.telling.told(now, to, notice) {
                    self.own.resolve(now, News::ChannelRecovered { channel: to.name() }, tiers, actions);
                }
            }
            Event::NotTold { to, notice, why, given_up } => {
                if let Some(why) = self.telling.not_told(now, to, notice, why, *given_up) {
                    let (news, reason) = (News::ChannelFailing { channel: to.name() }, Reason::Said(why));
                    self.own.open(now, news, Tier::Important, reason, tiers, actions);
                }
            }
            Event::Started
            | Event::Due
            | Event::Service { .. }
            | Event::EngineLost { .. }
            | Event::EngineBack
            | Event::SwarmLost { .. }
            | Event::SwarmBack
            | Event::ClockOff { .. }
            | Event::ClockRight
            | Event::TookOver { .. }
            | Event::StoodStill { .. }
            | Event::ConfigReloaded
            | Event::ConfigRejected { .. }
            | Event::StoreLost { .. }
            | Event::StoreBack
            | Event::StateLost { .. }
            | Event::Watched(_)
            | Event::Checked { .. }
            | Event::FollowUps(_)
            | Event::Acknowledged { .. } => {}
        }
    }
}

/// Whether an incident is about a channel, or about channels being heard, that the configuration asks for no more.
pub(super) fn pointless(news: &News, policy: &Policy) -> bool {
    let gone = |channel: &str| !policy.channels.iter().any(|name| channel.split(' ').next() == Some(name));
    news.channel().is_some_and(gone) || *news == News::NoConfirmedChannel && !hearing::asks(policy)
}

impl Address {
    /// As people call it.
    pub fn name(&self) -> String {
        let Self { channel, address } = self;
        if address.is_empty() { channel.clone() } else { format!("{channel} {address}") }
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for name in names {
        if !all.contains(name) {
            all.push(name.clone());
        }
    }
    all
}

/// Not at the full or the half hour, and not all hosts at the same second after it.
fn aside(at: Timestamp, id: &str) -> Timestamp {
    let into = (at.as_second() + BEFORE).rem_euclid(HALF_HOUR);
    if into >= BEFORE + AFTER {
        return at;
    }
    let spread = id.bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % BEFORE);
    let later = Duration::from_secs(u64::try_from(BEFORE + AFTER - into + spread).unwrap_or_default());
    at.checked_add(later).unwrap_or(at)
}
