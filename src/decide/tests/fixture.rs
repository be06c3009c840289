//! A service to decide about, and what a shell does around the core: store, record, kill, wake.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::decide::State;
use crate::decide::action::Action;
use crate::model::event::{Event, ServiceEvent};
use crate::model::facts::Facts;
use crate::model::notice::Tier;
use crate::model::policy::{Policy, ServicePolicy, TierPolicy};
use crate::model::running::{Identity, Member, Running, Stage, parts};
use crate::model::sample::{Outcome, Sample};
use crate::model::step::Step;
use crate::model::tests as plain;

pub(super) const API: &str = "api";

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn start_of_time() -> Timestamp {
    "2026-03-02T03:00:00Z".parse().unwrap()
}

pub(super) fn later(at: Timestamp, by: Duration) -> Timestamp {
    at.checked_add(by).unwrap()
}

pub(super) fn service_policy() -> ServicePolicy {
    ServicePolicy {
        checks: vec!["web".to_owned()],
        steps: vec![
            Step::Prepare,
            Step::Forensics,
            Step::Create,
            Step::DisableRestart,
            Step::Stop,
            Step::RenameOld,
            Step::RenameNew,
            Step::Start,
        ],
        finish: vec![Step::CleanUp],
        ..plain::service_policy()
    }
}

/// Health may do what the service may.
pub(super) fn policy(service: ServicePolicy) -> Policy {
    let service = ServicePolicy { health_autonomy: service.autonomy, ..service };
    let tier = |channel: &str, repeat| TierPolicy {
        channels: vec![channel.to_owned()],
        repeat,
        ..TierPolicy::default()
    };
    Policy {
        services: BTreeMap::from([(API.to_owned(), service)]),
        rules: BTreeMap::new(),
        tiers: BTreeMap::from([
            (Tier::Urgent, tier("oncall", Some(secs(900)))),
            (Tier::Important, tier("chat", None)),
            (Tier::General, tier("chat", None)),
        ]),
        channels: vec!["chat".to_owned(), "oncall".to_owned()],
    }
}

/// A container of a version; another instance of the same version is the same release. `v1+debug` is the image of `v1`
/// with another configuration.
pub(super) fn running(version: &str, instance: &str) -> Running {
    let (image, spec) = version.split_once('+').unwrap_or((version, "spec"));
    Running {
        instance: instance.to_owned(),
        identity: Identity { image: format!("sha256:{image}"), spec: spec.to_owned() },
        members: parts(instance).map(member).collect(),
        ..plain::running(version)
    }
}

/// A container that has been running for long.
pub(super) fn member(id: &str) -> Member {
    Member {
        id: id.to_owned(),
        name: API.to_owned(),
        service: API.to_owned(),
        identity: Identity { image: String::new(), spec: String::new() },
        version: String::new(),
        stage: Stage::Running,
        started: None,
        ended: None,
        restarts: 0,
        start_period: Duration::ZERO,
        may_end: false,
        waits_for: Vec::new(),
    }
}

pub(super) fn happening(what: ServiceEvent) -> Event {
    Event::Service { service: API.to_owned(), what }
}

pub(super) fn sample(check: &str, began: Timestamp, outcome: Outcome) -> Sample {
    Sample { check: check.to_owned(), began, took: Duration::from_millis(3), outcome }
}

/// The core and what the shell keeps for it.
#[derive(Debug, Clone)]
pub(super) struct World {
    pub(super) state: State,
    pub(super) now: Timestamp,
    pub(super) policy: Policy,
    stored: BTreeMap<String, Facts>,
    /// Samples by the release that they were recorded under.
    recorded: BTreeMap<String, Vec<ServiceEvent>>,
}

impl World {
    pub(super) fn new(service: ServicePolicy) -> Self {
        Self::with(service, Facts::default())
    }

    pub(super) fn with(service: ServicePolicy, facts: Facts) -> Self {
        let (now, policy) = (start_of_time(), policy(service));
        let stored = BTreeMap::from([(API.to_owned(), facts)]);
        let state = State::new(policy.clone(), stored.clone(), now);
        Self { state, now, policy, stored, recorded: BTreeMap::new() }
    }

    pub(super) fn facts(&self) -> &Facts {
        self.state.services[API].facts()
    }

    pub(super) fn service_policy(&mut self) -> &mut ServicePolicy {
        self.policy.services.get_mut(API).unwrap()
    }

    pub(super) fn stored(&self) -> &Facts {
        &self.stored[API]
    }

    /// One event: what changes is stored, a sample of a release at hand is recorded.
    pub(super) fn step(&mut self, event: &Event) -> Vec<Action> {
        let beside = self.state.beside(self.now, event);
        let mut actions = beside.map(|beside| self.step_one(&beside)).unwrap_or_default();
        actions.extend(self.step_one(event));
        actions
    }

    fn step_one(&mut self, event: &Event) -> Vec<Action> {
        let under = self.state.recorded_under(API).map(str::to_owned);
        if let (Some(release), Event::Service { what, service }) = (under, event)
            && service == API
        {
            self.recorded.entry(release).or_default().push(what.clone());
        }
        let actions = self.state.step(self.now, event);
        self.stored.extend(self.state.changed());
        actions
    }

    /// Loses everything that is not stored, and loads it again. `Started` is for the caller to send.
    pub(super) fn kill(&mut self) {
        self.state = State::new(self.policy.clone(), self.stored.clone(), self.now);
        let under = self.state.at_hand(API).map(str::to_owned);
        if let Some(recorded) = under.and_then(|release| self.recorded.get(&release)) {
            self.state.recount(API, recorded);
        }
    }

    /// Puts the policy as it stands now in force.
    pub(super) fn reload(&mut self) {
        self.state.follow(self.policy.clone(), self.now);
    }
}
