//! What goes over the control socket: JSON with times as RFC 3339 and durations as seconds. Stable: fields are added,
//! never renamed or removed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

mod body;
mod checklist;
mod deployment;
mod draw;
mod drill;
mod query;
mod rollback;

pub use body::{
    AcceptBody, AckBody, FollowUpBody, HoldBody, NoteBody, ReleaseBody, RollbackBody, TestResultBody,
};

pub use checklist::{ChecklistBody, ChecklistInfo, ChecklistItemInfo};
pub use deployment::DeploymentInfo;
pub use drill::{DrillBody, DrillInfo, DrillQuery, DrillsInfo, LegInfo, PageInfo, SwapInfo};
pub use query::{OutcomeQuery, StatusQuery};
pub use rollback::{RollbackInfo, StepInfo};

/// `GET /v1/status`
#[derive(Debug, Serialize, Deserialize)]
pub struct Status {
    /// Of what is shown here: `after` takes it, and is answered when that is another.
    #[serde(default)]
    pub revision: String,
    /// The daemon itself.
    pub daemon: DaemonInfo,
    /// Services by name.
    pub services: Vec<ServiceInfo>,
    /// What is watched always.
    #[serde(default)]
    pub rules: Vec<TriggerInfo>,
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
    pub docker_error: Option<String>,
    /// Why nobody acts in the Swarm, while nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm_error: Option<String>,
    /// How far this host's clock is from that of the golive that acts, while it is not the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clock_skew: Option<String>,
    /// Why the state directory cannot be written, while it cannot.
    pub store_error: Option<String>,
    /// Why the newest configuration is not in force, while it is not.
    pub config_error: Option<String>,
    /// What an outside watcher has heard, where one is configured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heartbeat: Option<HeartbeatInfo>,
}

/// One service.
#[derive(Debug, Serialize, Deserialize)]
pub struct ServiceInfo {
    /// Its name.
    pub name: String,
    /// off, shadow, ask or auto.
    pub autonomy: String,
    /// Why this golive only watches, when another manager's acts for the service or none does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standby_reason: Option<String>,
    /// idle, watching, rolling-back, verifying, held or needs-person.
    pub phase: String,
    /// Why a person is needed, while one is.
    pub why: Option<String>,
    /// Automation is off.
    pub hold: Option<HoldInfo>,
    /// The release at hand.
    pub release: Option<ReleaseInfo>,
    /// Its rollback, while it is being taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RollbackInfo>,
    /// Somebody is at work on what runs, so that nothing counts.
    pub deployment: Option<DeploymentInfo>,
    /// Until when failures of a check that has not passed since the start do not count.
    pub grace_until: Option<Timestamp>,
    /// Since when the acceptance items of the release at hand are being made.
    #[serde(default)]
    pub acceptance_since: Option<Timestamp>,
    /// A release that was announced and not seen yet.
    pub announced: Option<ReleaseInfo>,
    /// The version that would be gone back to.
    pub accepted: Option<ReleaseInfo>,
    /// What runs.
    pub running: Option<RunningInfo>,
    /// What runs is not what was released.
    pub drift: Option<DriftInfo>,
    /// A rollback that begins by itself, unless a person stops it.
    #[serde(default)]
    pub scheduled_rollback: Option<ScheduledRollbackInfo>,
    /// When the maintenance window that is open closes.
    #[serde(default)]
    pub maintenance: Option<Timestamp>,
    /// When the freeze ends that it is in.
    #[serde(default)]
    pub freeze: Option<Timestamp>,
    /// What was gone back from, newest last.
    #[serde(default)]
    pub quarantine: Vec<QuarantineInfo>,
    /// Whether going back would work.
    pub readiness: Readiness,
    /// Whether going back has been tried.
    #[serde(default)]
    pub drills: Option<DrillsInfo>,
    /// What makes judging doubtful.
    #[serde(default)]
    pub warnings: Vec<String>,
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
    pub started_at: Timestamp,
    /// When its watch, its rollback or its proof began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phase_since: Option<Timestamp>,
    /// When its watch or its proof ends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Timestamp>,
    /// The rollback's step at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
}

/// What runs.
#[derive(Debug, Serialize, Deserialize)]
pub struct RunningInfo {
    /// The containers' ids; of a command's service, the version.
    pub container_ids: Vec<String>,
    /// The version.
    pub version: String,
    /// The image's id.
    pub image: String,
    /// Whether its process is up.
    pub running: bool,
    /// When its process was started last.
    pub started_at: Option<Timestamp>,
    /// How often the engine restarted it by itself.
    pub restarts: u64,
    /// What it consists of, where that is more than one container.
    #[serde(default)]
    pub description: Option<String>,
    /// Which of it do not run and have not done their work either: containers, and services without one.
    #[serde(default)]
    pub down: Vec<String>,
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
pub struct DriftInfo {
    /// Since when.
    pub since: Timestamp,
    /// Why.
    pub why: String,
    /// The version that should run.
    #[serde(default)]
    pub released: Option<String>,
    /// Who has taken it on.
    #[serde(default)]
    pub acknowledged_by: Option<String>,
}

/// A rollback in its count-down.
#[derive(Debug, Serialize, Deserialize)]
pub struct ScheduledRollbackInfo {
    /// Why it was decided.
    pub why: String,
    /// When it begins.
    pub starts_at: Timestamp,
}

/// A version that was gone back from.
#[derive(Debug, Serialize, Deserialize)]
pub struct QuarantineInfo {
    /// The version.
    pub version: String,
    /// Its image's id.
    pub image: String,
    /// The release.
    pub release: String,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
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
    /// What was measured; `null` while nothing was.
    pub value: Option<f64>,
    /// What it is held against; `null` while there is nothing to hold it against.
    pub limit: Option<f64>,
    /// On which side of it a value is bad: above, at-least or below; or it is what is expected.
    pub bound: String,
    /// Of what.
    pub unit: String,
    /// What the value was lately, oldest first, 60 at most, a second apart or more; `null` where there was none.
    #[serde(default)]
    pub recent: Vec<Option<f64>>,
    /// How many samples it rests on.
    pub samples: u64,
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
    pub duration_seconds: f64,
    /// ok, failed or blind.
    pub outcome: String,
    /// What was seen, unless it was ok.
    pub message: Option<String>,
}

/// A decided release.
#[derive(Debug, Serialize, Deserialize)]
pub struct DecidedInfo {
    /// Its id.
    pub release: String,
    /// Its version.
    pub version: String,
    /// What has become of it.
    pub state: String,
    /// When that was decided.
    pub decided_at: Timestamp,
    /// Why, where there is more to say.
    #[serde(default)]
    pub why: Option<String>,
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
    /// It seems to be over, and is told so when it has stayed away until then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolve_at: Option<Timestamp>,
    /// What began it: `service-down`, `rollback-failed`, …
    pub event: String,
    /// The same and why, in a few words.
    pub title: String,
    /// The release it began with.
    pub release: Option<String>,
    /// Who has taken it on.
    pub acknowledged_by: Option<String>,
    /// When it began.
    pub started_at: Timestamp,
}

/// `GET /v1/services/{service}/outcome`
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// The release.
    pub release: Option<String>,
    /// Its version, while it is at hand, announced or accepted.
    pub version: Option<String>,
    /// accepted, rolled-back, rollback-failed, held, superseded, aborted; or undecided.
    pub state: String,
    /// The service's phase.
    pub phase: String,
    /// When the watch or the proof ends, where it has an end.
    pub ends_at: Option<Timestamp>,
    /// When it was decided, of the one that was decided last.
    #[serde(default)]
    pub decided_at: Option<Timestamp>,
    /// Why a person is needed, while one is, or why it was decided so.
    pub why: Option<String>,
}

/// An answer to something asked.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Done {
    /// The release that it is about.
    pub release: Option<String>,
    /// What a rollback would do.
    pub plan: Option<PlanInfo>,
    /// How a checklist stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checklist: Option<ChecklistInfo>,
    /// The drill that is being made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill: Option<String>,
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
    /// What it would not put back as it was, a sentence each.
    pub not_put_back: Vec<String>,
}

/// Why not.
#[derive(Debug, Serialize, Deserialize)]
pub struct Problem {
    /// One sentence.
    pub error: String,
}

/// What an outside watcher has heard of golive.
#[derive(Debug, Serialize, Deserialize)]
pub struct HeartbeatInfo {
    /// When it answered last.
    pub heard: Option<Timestamp>,
    /// Why it does not answer, while it does not.
    pub failing: Option<String>,
}
