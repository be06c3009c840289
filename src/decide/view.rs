//! The read model: what status, page and metrics draw, and nothing else.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use super::service::Service;
use super::telling::hearing;
use super::trigger::span;
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
use crate::model::step::{PastStep, Step};
use crate::model::verdict::{Call, Verdict};

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
    /// Its rollback, while it is being taken back.
    pub rollback: Option<RollbackView>,
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
    /// When their newest recent values were noted.
    pub noted: Timestamp,
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
    /// When its watch, its rollback or its verification began.
    pub began: Option<Timestamp>,
    /// When its watch or verification ends, where it has an end.
    pub ends: Option<Timestamp>,
    /// The rollback's step at hand.
    pub step: Option<&'static str>,
}

/// A rollback under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RollbackView {
    /// The version that is gone to.
    pub to: String,
    /// The bad release is being put back, or others are given way to.
    pub undoing: bool,
    /// The steps before the one at hand.
    pub past: Vec<PastStep>,
    /// The step at hand, and since when; none while the restored version is being verified.
    pub step: Option<(Step, Timestamp)>,
}

/// One trigger.
#[derive(Debug, Clone, PartialEq)]
pub struct TriggerView {
    /// `health`, …
    pub name: String,
    /// What it says.
    pub verdict: Verdict,
    /// What its value was lately, oldest first: at most [`RECENT`] of them, a second apart or more. None where there was none.
    pub recent: Vec<Option<f64>>,
}

impl TriggerView {
    /// Nothing is known of before.
    pub fn new(name: String, verdict: Verdict) -> Self {
        Self { name, verdict, recent: Vec::new() }
    }

    /// What it shows: a blind trigger's last value is no value of now.
    pub fn value(&self) -> Option<f64> {
        self.verdict.value.filter(|_| self.verdict.call != Call::Blind)
    }
}

/// So many recent values are shown of a trigger.
pub const RECENT: usize = 60;

/// So far apart they are at least.
const NOTED_EVERY: Duration = Duration::from_secs(1);

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
            let before = old.next_if(|old| old.name == *name);
            if let Some(same) = before.filter(|_| !changed(name)) {
                return Some(Arc::clone(same));
            }
            let mut view = service_view(service, policy, self.now);
            view.note(before);
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

fn release_view(service: &Service, policy: &ServicePolicy) -> Option<ReleaseView> {
    let facts = service.facts();
    facts.release.clone().map(|release| ReleaseView {
        release,
        began: match &facts.phase {
            Phase::Watching(watch) => Some(watch.began),
            Phase::RollingBack(rollback) => Some(rollback.began),
            Phase::Verifying(verification) => Some(verification.began),
            Phase::Idle | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
        },
        ends: match &facts.phase {
            Phase::Watching(watch) => Some(watch.ends),
            Phase::Verifying(_) => release::swap_deadline(service, policy),
            Phase::Idle | Phase::RollingBack(_) | Phase::Held { .. } | Phase::NeedsPerson { .. } => None,
        },
        step: step_at_hand(&facts.phase).map(|(step, _)| step.into_str()),
    })
}

/// The step of a rollback that is at hand, and since when.
fn step_at_hand(phase: &Phase) -> Option<(Step, Timestamp)> {
    match phase {
        Phase::RollingBack(rollback) => Some((rollback.step, rollback.since)),
        Phase::Verifying(verification) if verification.settled() => {
            Some((verification.rollback.step, verification.rollback.since))
        }
        Phase::Idle
        | Phase::Watching(_)
        | Phase::Verifying(_)
        | Phase::Held { .. }
        | Phase::NeedsPerson { .. } => None,
    }
}

impl ServiceView {
    /// Notes the triggers' values beside those of the picture before this one.
    fn note(&mut self, before: Option<&Arc<Self>>) {
        let due = before.is_none_or(|before| span(before.noted, self.noted) >= NOTED_EVERY);
        for trigger in &mut self.triggers {
            let same = before.and_then(|old| old.triggers.iter().find(|old| old.name == trigger.name));
            let known = same.map_or(&[][..], |old| &old.recent);
            // The newest stands for the moment, until the next is due.
            let kept = if due { known } else { &known[..known.len().saturating_sub(1)] };
            let kept = &kept[kept.len().saturating_sub(RECENT - 1)..];
            trigger.recent.reserve_exact(kept.len() + 1);
            trigger.recent.extend_from_slice(kept);
            trigger.recent.push(trigger.value());
        }
        if let Some(before) = before.filter(|_| !due) {
            self.noted = before.noted;
        }
    }
}

fn service_view(service: &Service, policy: &ServicePolicy, now: Timestamp) -> ServiceView {
    let facts = service.facts();
    let rollback = facts.rollback().map(|rollback| RollbackView {
        to: rollback.plan.to_version.clone(),
        undoing: rollback.undoing.is_some(),
        past: rollback.past.clone(),
        step: step_at_hand(&facts.phase),
    });
    let health = service.health.verdict(suspect::usual(service, policy), policy.failures);
    let health = TriggerView::new("health".to_owned(), health);
    let others = service.triggers.verdicts(now, policy).into_iter();
    let others = others.map(|(name, verdict)| TriggerView::new(name, verdict));
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
        release: release_view(service, policy),
        rollback,
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
        noted: now,
        warnings: service.triggers.warnings(now, policy),
        decided: facts.decided.clone(),
        samples: service.health.last(),
    }
}
