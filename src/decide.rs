//! The core: what golive decides. Synchronous and total, without IO, clock, randomness or logging.
//!
//! The shell turns the world into [`Event`]s, hands them to [`State::step`] with the time, and carries the
//! [`Action`]s out; results come back as events. The same core serves the daemon, replayed records and tests.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::model::event::{Address, Event, ServiceEvent};
use crate::model::facts::{Facts, Phase};
use crate::model::notice::{News, Notice, Tier};
use crate::model::policy::Policy;
use crate::model::reason::Reason;
use crate::model::refusal::Refusal;
use action::{Action, Answer};
use context::Context;
use follow_up::FollowUps;
use incident::OwnIncidents;
use outage::Lost;
use rule::Rules;
use service::Service;
use telling::{Telling, hearing};

mod acceptance;
mod accepted;
pub mod action;
mod ask;
mod beside;
mod blame;
mod blindness;
mod cause;
mod checklist;
mod context;
mod countdown;
mod counting;
pub mod curve;
mod deployment;
mod down;
mod drift;
mod drill;
mod fallback;
mod follow_up;
mod freeze;
mod gap;
mod incident;
mod launch;
mod leadership;
mod managers;
mod naming;
mod outage;
mod permission;
mod plan;
mod quarantine;
mod ready;
mod recount;
mod release;
mod roll_out;
mod rollback;
pub mod roster;
mod rule;
mod service;
mod suspect;
mod telling;
#[cfg(test)]
mod tests;
mod transition;
pub mod trigger;
mod verify;
pub mod view;
mod watch;
mod whole;

/// Everything golive knows at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    policy: Policy,
    services: BTreeMap<String, Service>,
    /// Facts of services that the configuration does not name at present: they may come back.
    resting: BTreeMap<String, Facts>,
    engine: Option<Lost>,
    swarm: Option<Lost>,
    clock_skew: Option<String>,
    store_error: Option<String>,
    config_error: Option<String>,
    own: OwnIncidents,
    rules: Rules,
    follow_ups: FollowUps,
    telling: Telling,
    /// The newest moment that was heard of.
    now: Timestamp,
}

impl State {
    /// The state that stored facts and a policy give. Follow it with [`State::recount`] for every release at hand
    /// and with [`Event::Started`].
    pub fn new(policy: Policy, mut facts: BTreeMap<String, Facts>, now: Timestamp) -> Self {
        let services = policy.services.iter().map(|(name, policy)| {
            let facts = facts.remove(name).unwrap_or_default();
            (name.clone(), Service::new(name.clone(), policy, facts, now))
        });
        let mut state = Self { services: services.collect(), resting: facts, policy, now, ..Self::default() };
        state.schedule(now, None);
        state
    }

    /// Counts again what was recorded of a release, after a restart. Decides nothing.
    pub fn recount(&mut self, service: &str, happenings: &[ServiceEvent]) {
        let Some(policy) = self.policy.services.get(service) else { return };
        let Some(service) = self.services.get_mut(service) else { return };
        for what in happenings {
            service.recount(what, policy);
        }
        service.deadline = release::next_deadline(service, policy, self.now);
    }

    /// Takes in what an earlier run knew of the channels: who confirmed when, and which urgent notices, on their way
    /// through which channels, nobody has confirmed yet. Decides nothing.
    pub fn recall_told(
        &mut self,
        confirmed: &[(Address, Timestamp)],
        unconfirmed: Vec<(Notice, Vec<String>)>,
    ) {
        self.telling.recall(self.now, confirmed, unconfirmed);
    }

    /// Puts another policy in force. What is decided stays decided; limits count from the next sample on.
    pub fn follow(&mut self, policy: Policy, now: Timestamp) {
        let gone = self.services.extract_if(.., |name, _| !policy.services.contains_key(name));
        self.resting.extend(gone.map(|(name, service)| (name, service.facts().clone())));
        for (name, policy) in &policy.services {
            match self.services.get_mut(name) {
                Some(service) => {
                    service.health.follow(policy);
                    service.triggers.follow(policy);
                    service.facts_mut().away &= policy.runs_in_engine();
                    service.standby_reason = service.standby_reason.take().filter(|_| policy.shared);
                }
                None => {
                    let facts = self.resting.remove(name).unwrap_or_default();
                    let mut service = Service::new(name.clone(), policy, facts, now);
                    service.wake(now);
                    service.facts_mut().away = self.engine.is_some() && policy.runs_in_engine();
                    self.services.insert(name.clone(), service);
                }
            }
        }
        self.rules.follow(&self.policy.rules, &policy.rules);
        self.policy = policy;
        self.telling.follow(&self.policy);
        self.schedule(now, None);
    }

    /// Takes one event in and says what is to be done.
    pub fn step(&mut self, now: Timestamp, event: &Event) -> Vec<Action> {
        self.now = now;
        let mut actions = Vec::new();
        match event {
            Event::Started => self.each(now, &mut actions, release::started),
            Event::Due => {
                self.each(now, &mut actions, release::due);
                self.outages_due(now, &mut actions);
                self.own.due(now, &self.policy.tiers, &mut actions);
                self.follow_ups.due(now, &mut actions);
            }
            Event::Service { service, what } => match self.context(service, now, &mut actions) {
                Some(mut ctx) => release::happened(&mut ctx, what),
                None => unknown(service, what, &mut actions),
            },
            Event::Watched(_) | Event::Checked { .. } => self.watched(now, event, &mut actions),
            Event::EngineLost { why } => self.engine_lost(now, why, &mut actions),
            Event::EngineBack => self.engine_back(now, &mut actions),
            Event::SwarmLost { why } => self.swarm_lost(now, why),
            Event::SwarmBack => self.swarm_back(now, &mut actions),
            Event::ClockOff { why } => self.clock_off(now, why, &mut actions),
            Event::ClockRight => self.clock_right(now, &mut actions),
            Event::TookOver { from } => self.took_over(now, from, &mut actions),
            Event::StoodStill { since } => self.stood_still(now, *since, &mut actions),
            Event::ConfigReloaded => self.reloaded(now, &mut actions),
            Event::ConfigRejected { why } => {
                self.config_error = Some(why.clone());
                let (news, reason) = (News::ConfigRejected, Reason::Said(why.clone()));
                self.own.open(now, news, Tier::Important, reason, &self.policy.tiers, &mut actions);
            }
            Event::StoreLost { why } => {
                self.store_error = Some(why.clone());
                let reason = Reason::Said(why.clone());
                self.own.open(
                    now,
                    News::StoreUnavailable,
                    Tier::Urgent,
                    reason,
                    &self.policy.tiers,
                    &mut actions,
                );
            }
            Event::StoreBack => {
                self.store_error = None;
                self.own.resolve(now, News::StoreRecovered, &self.policy.tiers, &mut actions);
            }
            Event::StateLost { why } => {
                let reason = Reason::Said(why.clone());
                self.own.open(now, News::StateLost, Tier::Urgent, reason, &self.policy.tiers, &mut actions);
            }
            Event::FollowUps(all) => self.follow_ups.take(all),
            Event::Told { .. } | Event::NotTold { .. } => self.answered(now, event, &mut actions),
            Event::Acknowledged { incident, by } => self.taken_on(now, incident, by, &mut actions),
        }
        self.send(now, &mut actions);
        self.schedule(now, event.service());
        actions
    }

    /// Something was seen that is watched always; what a rollback has brought about is told in its thread.
    fn watched(&mut self, now: Timestamp, event: &Event, actions: &mut Vec<Action>) {
        let left = self.aftermath(now).map(|(service, since)| (service.to_owned(), since));
        let since = left.as_ref().map(|(_, since)| *since);
        let by = (&self.policy.rules, &self.policy.tiers, since);
        let suppressed = self.rules.take(now, event, by, &mut self.own, actions);
        let ctx = left.and_then(|(service, _)| self.context(&service, now, actions));
        if let Some(mut ctx) = ctx {
            for rule in suppressed {
                ctx.suppress(&format!("rule {rule}"));
            }
        }
    }

    /// Works out when something is due of a service, or of each: only what had a turn has another deadline.
    fn schedule(&mut self, now: Timestamp, only: Option<&str>) {
        let policies = &self.policy.services;
        let of = |(name, service): (&str, &mut Service)| {
            let next = policies.get(name).and_then(|policy| release::next_deadline(service, policy, now));
            service.deadline = next.filter(|_| service.standby_reason.is_none());
        };
        match only {
            Some(name) => self.services.get_mut(name).into_iter().for_each(|service| of((name, service))),
            None => self.services.iter_mut().for_each(|(name, service)| of((name, service))),
        }
    }

    /// Somebody takes an incident on; whoever was called by a drill has come.
    fn taken_on(&mut self, now: Timestamp, incident: &str, by: &str, actions: &mut Vec<Action>) {
        self.acknowledge(now, incident, by, actions);
        self.each(now, actions, drill::acknowledged);
    }

    /// Another configuration is in force: what it asks for no more is over.
    fn reloaded(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        actions.extend(self.own.forget(now, &self.policy.rules));
        actions.extend(self.own.drop(now, |news| telling::pointless(news, &self.policy)));
        self.each(now, actions, watch::recall);
        self.each(now, actions, acceptance::again);
        self.each(now, actions, drill::follow);
        if self.config_error.take().is_some() {
            self.own.resolve(now, News::ConfigReloaded, &self.policy.tiers, actions);
        } else {
            actions.push(incident::informational(now, News::ConfigReloaded, None, Vec::new()));
        }
    }

    /// Says where each notice goes, and what else is to be told because nobody confirms.
    fn send(&mut self, now: Timestamp, actions: &mut Vec<Action>) {
        self.telling.route(now, &self.policy, self.busy(), actions);
        self.listen(now, actions);
        self.telling.fall_back(now, &self.policy, actions);
        self.telling.route(now, &self.policy, self.busy(), actions);
    }

    /// When [`Event::Due`] has to come at the latest.
    pub fn next_deadline(&self) -> Option<Timestamp> {
        let services = self.services.values().filter_map(|service| service.deadline);
        let own = [self.outage_deadline(), self.own.next_deadline(), self.follow_ups.next_deadline()];
        let telling = [self.telling.next_deadline(), self.hearing_deadline()];
        services.chain(own.into_iter().flatten()).chain(telling.into_iter().flatten()).min()
    }

    /// Facts that have changed since they were asked for last, to be stored.
    pub fn changed(&mut self) -> Vec<(String, Facts)> {
        let mut changed = Vec::new();
        for (name, service) in &mut self.services {
            if std::mem::take(&mut service.touched) {
                changed.push((name.clone(), service.facts().clone()));
            }
        }
        changed
    }

    /// The release that the service's events are recorded under; `None` while nothing is being released, and for those
    /// that another golive acts for.
    pub fn recorded_under(&self, service: &str) -> Option<&str> {
        self.at_hand(service).filter(|_| self.acts(service))
    }

    /// The release that is at hand, whoever acts for it.
    pub fn at_hand(&self, service: &str) -> Option<&str> {
        let facts = self.services.get(service)?.facts();
        (facts.phase != Phase::Idle).then(|| facts.release.as_ref().map(|release| release.id.as_str()))?
    }

    /// Whether this golive acts for the service; of several that watch it, one does.
    pub fn acts(&self, service: &str) -> bool {
        self.services.get(service).is_some_and(|service| service.standby_reason.is_none())
    }

    /// From when on golive may ask something of the service's release itself; nothing, where none is watched here.
    pub fn asks(&self, service: &str) -> Option<Timestamp> {
        counting::asks(self.services.get(service)?, self.policy.services.get(service)?, self.now)
    }

    /// Services that are in the middle of a rollback: what carries them must not be lost sight of.
    pub fn rolling_back(&self) -> impl Iterator<Item = &str> {
        let under_way = |service: &Service| match service.facts().phase {
            Phase::RollingBack(_) | Phase::Verifying(_) => true,
            Phase::Idle | Phase::Watching(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => false,
        };
        self.services.iter().filter(move |(_, service)| under_way(service)).map(|(name, _)| name.as_str())
    }

    fn context<'a>(
        &'a mut self,
        name: &str,
        now: Timestamp,
        actions: &'a mut Vec<Action>,
    ) -> Option<Context<'a>> {
        let policy = self.policy.services.get(name)?;
        let unheard = hearing::waits(&self.policy) && self.telling.unheard(now, &self.policy);
        let elsewhere = self.rolling_back().any(|other| other != name);
        let service = self.services.get_mut(name)?;
        Some(Context { now, service, policy, tiers: &self.policy.tiers, unheard, elsewhere, actions })
    }

    fn each(&mut self, now: Timestamp, actions: &mut Vec<Action>, act: fn(&mut Context<'_>)) {
        let names: Vec<String> = self.services.keys().cloned().collect();
        for name in names {
            if let Some(mut ctx) = self.context(&name, now, actions).filter(Context::acts) {
                act(&mut ctx);
            }
        }
    }

    fn busy(&self) -> bool {
        self.services.values().any(|service| match service.facts().phase {
            Phase::Watching(_) | Phase::RollingBack(_) | Phase::Verifying(_) => true,
            Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => false,
        })
    }
}

fn unknown(service: &str, what: &ServiceEvent, actions: &mut Vec<Action>) {
    if let ServiceEvent::Asked { .. } = what {
        actions.push(Action::Answer(Answer::Refused { why: Refusal::NoService(service.to_owned()) }));
    }
}
