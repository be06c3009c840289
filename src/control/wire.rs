//! What goes over the control socket: the shapes of contract §3, and what is asked.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::About;
use crate::decide::action::{Answer, Incident, IncidentState};
use crate::decide::event::{Outcome as SampleOutcome, Running, Sample};
use crate::decide::facts::{Diverged, Hold, Release};
use crate::decide::policy::Autonomy;
use crate::decide::view::{ServiceView, TriggerView, View};

/// `GET /v1/status`
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// The daemon itself.
    pub daemon: DaemonInfo,
    /// Services by name.
    pub services: Vec<ServiceInfo>,
    /// Incidents that are not over.
    pub incidents: Vec<IncidentInfo>,
}

/// The daemon itself.
#[derive(Debug, Serialize, Deserialize)]
pub struct DaemonInfo {
    /// golive's version.
    pub version: String,
    /// When it was started.
    pub since: Timestamp,
    /// Its configuration file.
    pub config: String,
    /// Why Docker does not answer, while it does not.
    pub engine_lost: Option<String>,
    /// Why the state directory cannot be written, while it cannot.
    pub store_lost: Option<String>,
    /// Why the newest configuration is not in force, while it is not.
    pub config_rejected: Option<String>,
}

/// One service.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// Its name.
    pub name: String,
    /// off, shadow, ask or auto.
    pub autonomy: String,
    /// idle, watching, rolling-back, verifying, held or needs-person.
    pub phase: String,
    /// Automation is off.
    pub hold: Option<HoldInfo>,
    /// The release at hand.
    pub release: Option<ReleaseInfo>,
    /// A release that was announced and not seen yet.
    pub announced: Option<ReleaseInfo>,
    /// The version that would be gone back to.
    pub accepted: Option<ReleaseInfo>,
    /// What runs.
    pub running: Option<RunningInfo>,
    /// What runs is not what was released.
    pub diverged: Option<DivergedInfo>,
    /// Whether going back would work.
    pub readiness: Readiness,
    /// The triggers.
    pub triggers: Vec<TriggerInfo>,
    /// The newest sample of each check.
    pub checks: Vec<CheckInfo>,
    /// The release that was decided last.
    pub decided: Option<DecidedInfo>,
}

/// A release.
#[derive(Debug, Serialize, Deserialize)]
pub struct ReleaseInfo {
    /// Its id.
    pub id: String,
    /// The version.
    pub version: String,
    /// The image's id.
    pub image: Option<String>,
    /// When it was first seen or announced.
    pub began: Timestamp,
    /// When its watch or its proof ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends: Option<Timestamp>,
    /// The rollback's step at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// What runs.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunningInfo {
    /// The container's id.
    pub instance: String,
    /// The version.
    pub version: String,
    /// The image's id.
    pub image: String,
    /// Whether its process is up.
    pub alive: bool,
    /// When its process was started last.
    pub started: Option<Timestamp>,
    /// How often the engine restarted it by itself.
    pub restarts: u64,
}

/// Automation is off.
#[derive(Debug, Serialize, Deserialize)]
pub struct HoldInfo {
    /// Who said so.
    pub by: String,
    /// Why.
    pub reason: Option<String>,
    /// Since when.
    pub since: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
}

/// What runs is not what was released.
#[derive(Debug, Serialize, Deserialize)]
pub struct DivergedInfo {
    /// Since when.
    pub since: Timestamp,
}

/// Whether going back would work.
#[derive(Debug, Serialize, Deserialize)]
pub struct Readiness {
    /// `null` before it was looked at.
    pub ready: Option<bool>,
    /// What stands in the way.
    pub problems: Vec<String>,
}

/// One trigger.
#[derive(Debug, Serialize, Deserialize)]
pub struct TriggerInfo {
    /// `health`, …
    pub name: String,
    /// pass, fail, wait or blind.
    pub verdict: String,
    /// What was measured.
    pub value: f64,
    /// What it is held against.
    pub limit: f64,
    /// Of what.
    pub unit: String,
    /// One sentence.
    pub why: String,
}

/// The newest sample of a check.
#[derive(Debug, Serialize, Deserialize)]
pub struct CheckInfo {
    /// The check.
    pub name: String,
    /// When it was made.
    pub at: Timestamp,
    /// How long it took, in seconds.
    pub took: f64,
    /// ok, failed or blind.
    pub outcome: String,
    /// What was seen, unless it was ok.
    pub seen: Option<String>,
}

/// A decided release.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecidedInfo {
    /// Its id.
    pub release: String,
    /// What has become of it.
    pub state: String,
}

/// An incident.
#[derive(Debug, Serialize, Deserialize)]
pub struct IncidentInfo {
    /// Its id.
    pub id: String,
    /// The service; none for golive itself.
    pub service: Option<String>,
    /// How loud.
    pub tier: String,
    /// open, acknowledged or resolved.
    pub state: String,
    /// What it is about.
    pub title: String,
    /// When it began.
    pub began: Timestamp,
}

/// `GET /v1/services/{service}/outcome`
#[derive(Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The release.
    pub release: Option<String>,
    /// accepted, rolled-back, rollback-failed, held, superseded, aborted; or undecided.
    pub state: String,
    /// The service's phase.
    pub phase: String,
}

/// An answer to something asked.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// The release that it is about.
    pub release: Option<String>,
    /// What a rollback would do.
    pub plan: Option<PlanInfo>,
}

/// What a rollback would do.
#[derive(Debug, Serialize, Deserialize)]
pub struct PlanInfo {
    /// The version that is left.
    pub from: String,
    /// The version that is gone to.
    pub to: String,
    /// The steps in order.
    pub steps: Vec<String>,
    /// What stands in the way.
    pub problems: Vec<String>,
}

/// Why not.
#[derive(Debug, Serialize, Deserialize)]
pub struct Problem {
    /// One sentence.
    pub error: String,
}

impl Status {
    pub(super) fn new(view: &View, about: &About, only: Option<&str>) -> Self {
        let services = view.services.iter().filter(|service| only.is_none_or(|only| service.name == only));
        let incidents = view.incidents.iter().filter(|incident| {
            only.is_none_or(|only| incident.service.as_deref().is_none_or(|service| service == only))
        });
        Self {
            daemon: DaemonInfo {
                version: about.version.clone(),
                since: about.since,
                config: about.config.display().to_string(),
                engine_lost: view.engine_lost.clone(),
                store_lost: view.store_lost.clone(),
                config_rejected: view.config_rejected.clone(),
            },
            services: services.map(ServiceInfo::new).collect(),
            incidents: incidents.map(IncidentInfo::new).collect(),
        }
    }
}

impl ServiceInfo {
    fn new(service: &ServiceView) -> Self {
        let autonomy = match service.autonomy {
            Autonomy::Off => "off",
            Autonomy::Shadow => "shadow",
            Autonomy::Ask => "ask",
            Autonomy::Auto => "auto",
        };
        let release = service.release.as_ref().map(|at_hand| ReleaseInfo {
            ends: at_hand.ends,
            step: at_hand.step.map(str::to_owned),
            ..ReleaseInfo::new(&at_hand.release)
        });
        let problems = service.problems.clone();
        Self {
            name: service.name.clone(),
            autonomy: autonomy.to_owned(),
            phase: service.phase.to_owned(),
            hold: service.hold.as_ref().map(HoldInfo::new),
            release,
            announced: service.announced.as_ref().map(ReleaseInfo::new),
            accepted: service.accepted.as_ref().map(ReleaseInfo::new),
            running: service.running.as_ref().map(RunningInfo::new),
            diverged: service.diverged.as_ref().map(|Diverged { since, .. }| DivergedInfo { since: *since }),
            readiness: Readiness {
                ready: problems.as_ref().map(Vec::is_empty),
                problems: problems.unwrap_or_default(),
            },
            triggers: service.triggers.iter().map(TriggerInfo::new).collect(),
            checks: service.samples.iter().map(CheckInfo::new).collect(),
            decided: service.decided.as_ref().map(|(release, state)| DecidedInfo {
                release: release.clone(),
                state: state.word().to_owned(),
            }),
        }
    }
}

impl ReleaseInfo {
    fn new(release: &Release) -> Self {
        Self {
            id: release.id.clone(),
            version: release.version.clone(),
            image: release.running.as_ref().map(|running| running.identity.image.clone()),
            began: release.began,
            ends: None,
            step: None,
        }
    }
}

impl RunningInfo {
    fn new(running: &Running) -> Self {
        Self {
            instance: running.instance.clone(),
            version: running.version.clone(),
            image: running.identity.image.clone(),
            alive: running.alive,
            started: running.started,
            restarts: running.restarts,
        }
    }
}

impl HoldInfo {
    fn new(hold: &Hold) -> Self {
        Self { by: hold.by.clone(), reason: hold.why.clone(), since: hold.since, until: hold.until }
    }
}

impl TriggerInfo {
    fn new(trigger: &TriggerView) -> Self {
        let verdict = &trigger.verdict;
        Self {
            name: trigger.name.clone(),
            verdict: verdict.call.word().to_owned(),
            value: verdict.value,
            limit: verdict.limit,
            unit: verdict.unit.to_owned(),
            why: verdict.why.clone(),
        }
    }
}

impl CheckInfo {
    fn new(sample: &Sample) -> Self {
        let (outcome, seen) = match &sample.outcome {
            SampleOutcome::Ok => ("ok", None),
            SampleOutcome::Failed(seen) => ("failed", Some(seen.clone())),
            SampleOutcome::Blind(seen) => ("blind", Some(seen.clone())),
        };
        let (at, took) = (sample.began, sample.took.as_secs_f64());
        Self { name: sample.check.clone(), at, took, outcome: outcome.to_owned(), seen }
    }
}

impl IncidentInfo {
    fn new(incident: &Incident) -> Self {
        let state = match incident.state {
            IncidentState::Open => "open",
            IncidentState::Acknowledged { .. } => "acknowledged",
            IncidentState::Resolved => "resolved",
        };
        Self {
            id: incident.id.clone(),
            service: incident.service.clone(),
            tier: incident.tier.word().to_owned(),
            state: state.to_owned(),
            title: incident.news.word().to_owned(),
            began: incident.began,
        }
    }
}

impl Outcome {
    /// Where a release stands; the one at hand, else the last decided, when none is named.
    pub(super) fn of(service: &ServiceView, release: Option<&str>) -> Self {
        let at_hand = service.release.as_ref().map(|it| it.release.id.as_str());
        let decided = service.decided.as_ref().map(|(id, state)| (id.as_str(), state.word()));
        let announced = service.announced.as_ref().map(|it| it.id.as_str());
        let wanted = release.or(at_hand).or(announced).or(decided.map(|(id, _)| id));
        let state = match (wanted, decided) {
            (Some(wanted), _) if at_hand == Some(wanted) => match service.phase {
                "held" => "held",
                "needs-person" => "rollback-failed",
                _ => "undecided",
            },
            (Some(wanted), Some((id, state))) if id == wanted => state,
            (Some(wanted), _) if announced == Some(wanted) => "undecided",
            // Something else was decided after it.
            (Some(_), _) if release.is_some() => "superseded",
            (_, _) => "undecided",
        };
        Self { release: wanted.map(str::to_owned), state: state.to_owned(), phase: service.phase.to_owned() }
    }

    /// Whether there is no need to wait any longer.
    pub fn decided(&self) -> bool {
        self.state != "undecided"
    }
}

impl Done {
    pub(super) fn new(answer: Answer) -> Self {
        match answer {
            Answer::Done { release } => Self { release, plan: None },
            Answer::Plan { plan, steps, problems } => Self {
                release: Some(plan.from),
                plan: Some(PlanInfo {
                    from: plan.from_version,
                    to: plan.to_version,
                    steps: steps.into_iter().map(|step| step.word().to_owned()).collect(),
                    problems,
                }),
            },
            Answer::Refused { .. } => Self { release: None, plan: None },
        }
    }
}
