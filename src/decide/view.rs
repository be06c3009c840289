//! The read model: what status, page and metrics draw, and nothing else.

use std::sync::Arc;

use jiff::Timestamp;

use super::service::Service;
use super::telling::hearing;
use super::{State, acceptance, deployment, drill, release, suspect};
use crate::model::decision::Decision;
use crate::model::drill::Drills;
use crate::model::facts::{Deployment, Diverged, Facts, Hold, Phase, Quarantined, Veto};
use crate::model::incident::{Incident, IncidentState};
use crate::model::notice::News;
use crate::model::phrase::Phrase;
use crate::model::policy::{Autonomy, ServicePolicy};
use crate::model::reason::Reason;
use crate::model::release::Release;
use crate::model::running::{Running, Waits};
use crate::model::sample::Sample;
use crate::model::verdict::Verdict;

/// Everything that golive shows of itself, at one moment.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct View {
    /// Services by name.
    pub services: Vec<Arc<ServiceView>>,
    /// What is watched always.
    pub rules: Vec<TriggerView>,
    /// Incidents that are not over, oldest first.
    pub incidents: Vec<Incident>,
    /// Why Docker does not answer, while it does not.
    pub docker_error: Option<String>,
    /// Why nobody acts in the Swarm, while nobody does.
    pub swarm_error: Option<String>,
    /// How far this host's clock is from that of the golive that acts, while it is not the same.
    pub clock_skew: Option<String>,
    /// Why the state directory cannot be written, while it cannot.
    pub store_error: Option<String>,
    /// Why the newest configuration is not in force, while it is not.
    pub config_error: Option<String>,
    /// What an outside watcher has heard, where one is configured. The shell knows.
    pub heartbeat: Option<Heartbeat>,
}

/// What an outside watcher has heard of golive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// When it answered last.
    pub heard: Option<Timestamp>,
    /// Why it does not answer, while it does not.
    pub failing: Option<String>,
}

/// One service.
#[derive(Debug, Clone, PartialEq)]
pub struct ServiceView {
    /// Its name in the configuration.
    pub name: String,
    /// What golive may do by itself.
    pub autonomy: Autonomy,
    /// Why this golive only watches, when another one acts for the service or none does.
    pub standby_reason: Option<String>,
    /// idle, watching, rolling-back, verifying, held or needs-person.
    pub phase: &'static str,
    /// Why a person is needed, while one is.
    pub why: Option<Reason>,
    /// Automation is off.
    pub hold: Option<Hold>,
    /// The release at hand.
    pub release: Option<ReleaseView>,
    /// Somebody is at work on what runs, so that nothing counts.
    pub deployment: Option<DeploymentView>,
    /// Until when failures of a check that has not passed since the start do not count.
    pub grace_until: Option<Timestamp>,
    /// Since when the acceptance items of the release at hand are being made.
    pub acceptance_since: Option<Timestamp>,
    /// A release that was announced and not seen yet.
    pub announced: Option<Release>,
    /// The version that would be gone back to.
    pub accepted: Option<Release>,
    /// What runs.
    pub running: Option<Running>,
    /// What runs is not what was released.
    pub diverged: Option<Diverged>,
    /// Who knows that it is not, and has said so.
    pub diverged_known_to: Option<String>,
    /// A rollback that begins by itself, unless a person stops it.
    pub veto: Option<Veto>,
    /// When the maintenance window that is open closes.
    pub maintenance: Option<Timestamp>,
    /// When the freeze ends that it is in.
    pub freeze: Option<Timestamp>,
    /// What was gone back from, newest last.
    pub quarantine: Vec<Quarantined>,
    /// What stands in the way of going back; `None` before it was looked at.
    pub problems: Option<Vec<String>>,
    /// Whether going back has been tried.
    pub drill: DrillView,
    /// The triggers.
    pub triggers: Vec<TriggerView>,
    /// What makes judging doubtful.
    pub warnings: Vec<Phrase>,
    /// The last decided release.
    pub decided: Option<Decision>,
    /// The last sample of each check.
    pub samples: Vec<Sample>,
}

/// Whether going back has been tried.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct DrillView {
    /// What is known of it.
    pub drills: Drills,
    /// When the next is due by itself, where any is.
    pub due: Option<Timestamp>,
}

/// A deployment under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeploymentView {
    /// When it began.
    pub began: Timestamp,
    /// What it waits for.
    pub waits: Vec<Waits>,
    /// People were told that it does not end.
    pub told: bool,
}

/// The release at hand.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseView {
    /// The release.
    pub release: Release,
    /// When its watch or verification ends, where it has an end.
    pub ends: Option<Timestamp>,
    /// The rollback's step at hand.
    pub step: Option<&'static str>,
}

/// One trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerView {
    /// `health`, …
    pub name: String,
    /// What it says.
    pub verdict: Verdict,
}

impl State {
    /// What status, page and metrics show.
    pub fn view(&self) -> View {
        self.view_anew(&View::default(), |_| true)
    }

    /// The same, where none but those services have changed since an older one.
    pub fn view_anew(&self, old: &View, changed: impl Fn(&str) -> bool) -> View {
        let mut old = old.services.iter().peekable();
        let services = self.services.iter().filter_map(|(name, service)| {
            let policy = self.policy.services.get(name)?;
            while old.next_if(|old| old.name < *name).is_some() {}
            if let Some(same) = old.next_if(|old| old.name == *name && !changed(name)) {
                return Some(Arc::clone(same));
            }
            let mut view = service_view(service, policy, self.now);
            if hearing::acts(policy) && self.telling.unheard(self.now, &self.policy) {
                view.problems.get_or_insert_default().push(self.telling.silence(&self.policy));
            }
            Some(Arc::new(view))
        });
        let incidents = self.services.values().flat_map(|service| service.facts().incidents.iter());
        let mut incidents: Vec<Incident> = incidents.chain(&self.own.incidents).cloned().collect();
        incidents.sort_by_key(|incident| incident.began);
        View {
            services: services.collect(),
            rules: self.rules.verdicts(&self.policy.rules),
            incidents,
            docker_error: self.engine.as_ref().map(|engine| engine.why.clone()),
            swarm_error: self.swarm.as_ref().map(|swarm| swarm.why.clone()),
            clock_skew: self.clock_skew.clone(),
            store_error: self.store_error.clone(),
            config_error: self.config_error.clone(),
            heartbeat: None,
        }
    }
}

/// Who has taken it on that what runs is not what was released.
fn known_to(facts: &Facts) -> Option<String> {
    let told = facts.incidents.iter().find(|incident| incident.news == News::DriftDetected)?;
    match told.standing() {
        IncidentState::Acknowledged { by } => Some(by.clone()),
        IncidentState::Open | IncidentState::Resolved => None,
    }
}

/// The deployment that is under way, or does not end.
fn under_way(service: &Service, now: Timestamp) -> Option<DeploymentView> {
    let facts = service.facts();
    if let Some(Deployment { began, waits, told, .. }) = &facts.deployment {
        return Some(DeploymentView { began: *began, waits: waits.clone(), told: *told });
    }
    let version = deployment::announced(service, now)?.to_owned();
    let began = facts.announced.as_ref()?.began;
    Some(DeploymentView { began, waits: vec![Waits::Announced(version)], told: false })
}

fn service_view(service: &Service, policy: &ServicePolicy, now: Timestamp) -> ServiceView {
    let facts = service.facts();
    let release = facts.release.clone().map(|release| ReleaseView {
        release,
        ends: match &facts.phase {
            Phase::Watching(watch) => Some(watch.ends),
            Phase::Verifying(_) => release::swap_deadline(service, policy),
            Phase::Idle | Phase::RollingBack(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
        },
        step: match &facts.phase {
            Phase::RollingBack(rollback) => Some(rollback.step.into_str()),
            Phase::Verifying(verification) if verification.settled() => {
                Some(verification.rollback.step.into_str())
            }
            Phase::Idle
            | Phase::Watching(_)
            | Phase::Verifying(_)
            | Phase::Held { .. }
            | Phase::NeedsPerson { .. } => None,
        },
    });
    let health = TriggerView {
        name: "health".to_owned(),
        verdict: service.health.verdict(suspect::usual(service, policy), policy.failures),
    };
    let others = service.triggers.verdicts(now, policy).into_iter();
    let others = others.map(|(name, verdict)| TriggerView { name, verdict });
    let triggers = std::iter::once(health).chain(others);
    ServiceView {
        name: service.name.clone(),
        autonomy: policy.autonomy,
        standby_reason: service.standby_reason.clone(),
        phase: facts.phase.into_str(),
        why: match &facts.phase {
            Phase::Held { why, .. } | Phase::NeedsPerson { why } => Some(why.clone()),
            Phase::Idle | Phase::Watching(_) | Phase::RollingBack(_) | Phase::Verifying(_) => None,
        },
        hold: facts.hold.clone(),
        release,
        deployment: under_way(service, now),
        grace_until: Some(service.health.grace_until())
            .filter(|until| *until > now && *until < Timestamp::MAX),
        acceptance_since: facts.watch().and_then(acceptance::running_since),
        announced: facts.announced.clone(),
        accepted: facts.accepted.last().cloned(),
        running: service.seen.clone(),
        diverged: facts.diverged.clone(),
        diverged_known_to: known_to(facts),
        veto: facts.veto.clone(),
        maintenance: policy.maintenance.until(now),
        freeze: policy.freeze.until(now),
        quarantine: facts.quarantine.clone(),
        problems: service.problems.clone(),
        drill: DrillView {
            drills: facts.drills.clone(),
            due: policy.drill.and_then(|schedule| drill::due_at(service, schedule)),
        },
        triggers: triggers.collect(),
        warnings: service.triggers.warnings(now, policy),
        decided: facts.decided.clone(),
        samples: service.health.last(),
    }
}
