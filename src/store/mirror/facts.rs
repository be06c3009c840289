//! Facts and releases as JSON.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_with::{DeserializeAs, SerializeAs, serde_as};

use super::event::{AnnouncementDef, IdentityDef, RunningDef, StepDef, WaitsDef};
use super::notice::{IncidentDef, PlanDef};
use super::reading::CountsDef;
use super::reason::{BlameDef, ReasonDef};
use super::set::DidDef;
use crate::decide::action::{Incident, Plan};
use crate::decide::event::{Announcement, Identity, Running, Step, Waits};
use crate::decide::facts::{
    Aftermath, Before, Deployment, Diverged, Facts, Hold, HostBefore, Origin, Phase, Quarantined, Release,
    ReleaseState, Rollback, Stop, Verification, Veto, Watch,
};
use crate::decide::reading::Counts;
use crate::decide::reason::{Blame, Reason};
use crate::decide::roster::Roster;

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Facts", rename_all = "kebab-case")]
pub(in crate::store) struct FactsDef {
    #[serde_as(as = "Option<IdentityDef>")]
    known: Option<Identity>,
    #[serde_as(as = "Vec<ReleaseDef>")]
    accepted: Vec<Release>,
    #[serde_as(as = "Option<ReleaseDef>")]
    release: Option<Release>,
    #[serde_as(as = "Option<ReleaseDef>")]
    announced: Option<Release>,
    #[serde_as(as = "PhaseDef")]
    phase: Phase,
    #[serde_as(as = "Option<(_, ReleaseStateDef)>")]
    decided: Option<(String, ReleaseState)>,
    #[serde_as(as = "Option<HoldDef>")]
    hold: Option<Hold>,
    rollbacks: Vec<Timestamp>,
    #[serde_as(as = "Vec<IncidentDef>")]
    incidents: Vec<Incident>,
    #[serde(default)]
    #[serde_as(as = "Vec<IncidentDef>")]
    lately: Vec<Incident>,
    incidents_ever: u32,
    #[serde_as(as = "Option<DivergedDef>")]
    diverged: Option<Diverged>,
    #[serde(default)]
    #[serde_as(as = "Option<BlameDef>")]
    blame: Option<Blame>,
    #[serde(default)]
    #[serde_as(as = "Vec<QuarantinedDef>")]
    quarantine: Vec<Quarantined>,
    #[serde(default)]
    #[serde_as(as = "Option<VetoDef>")]
    veto: Option<Veto>,
    #[serde(default)]
    irreversible: Option<String>,
    #[serde(default)]
    #[serde_as(as = "Option<AftermathDef>")]
    aftermath: Option<Aftermath>,
    #[serde_as(as = "Option<DeploymentDef>")]
    deployment: Option<Deployment>,
    #[serde(default)]
    away: bool,
}
as_core!(Facts, FactsDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Deployment", rename_all = "kebab-case")]
pub(in crate::store) struct DeploymentDef {
    began: Timestamp,
    #[serde_as(as = "Vec<WaitsDef>")]
    waits: Vec<Waits>,
    #[serde_as(as = "BTreeMap<_, StopDef>")]
    stops: BTreeMap<String, Stop>,
    told: bool,
}
as_core!(Deployment, DeploymentDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "Stop", rename_all = "kebab-case")]
pub(in crate::store) struct StopDef {
    name: String,
    service: String,
    at: Timestamp,
    started: Option<Timestamp>,
    signal: String,
    ended: Option<Timestamp>,
    with_engine: bool,
}
as_core!(Stop, StopDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Release", rename_all = "kebab-case")]
pub(in crate::store) struct ReleaseDef {
    id: String,
    service: String,
    version: String,
    #[serde_as(as = "Option<RunningDef>")]
    running: Option<Running>,
    began: Timestamp,
    #[serde_as(as = "OriginDef")]
    origin: Origin,
    #[serde_as(as = "Option<AnnouncementDef>")]
    announcement: Option<Announcement>,
    #[serde(default)]
    #[serde_as(as = "BTreeMap<_, DidDef>")]
    roster: Roster,
}
as_core!(Release, ReleaseDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Origin", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum OriginDef {
    Adopted,
    Noticed,
    Announced,
}
as_core!(Origin, OriginDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "ReleaseState", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum ReleaseStateDef {
    Announced,
    Watching,
    Accepted,
    RollingBack,
    Verifying,
    RolledBack,
    RollbackFailed,
    Held,
    Superseded,
    Aborted,
}
as_core!(ReleaseState, ReleaseStateDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Phase", rename_all = "kebab-case", rename_all_fields = "kebab-case")]
pub(in crate::store) enum PhaseDef {
    Idle,
    Watching(#[serde_as(as = "WatchDef")] Watch),
    RollingBack(#[serde_as(as = "RollbackDef")] Rollback),
    Verifying(#[serde_as(as = "VerificationDef")] Verification),
    Held {
        #[serde_as(as = "ReasonDef")]
        why: Reason,
        answer_by: Option<Timestamp>,
        watched_until: Timestamp,
    },
    NeedsPerson {
        #[serde_as(as = "ReasonDef")]
        why: Reason,
    },
}
as_core!(Phase, PhaseDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Aftermath", rename_all = "kebab-case")]
pub(in crate::store) struct AftermathDef {
    #[serde_as(as = "IncidentDef")]
    incident: Incident,
    since: Timestamp,
    until: Timestamp,
}
as_core!(Aftermath, AftermathDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Watch", rename_all = "kebab-case")]
pub(in crate::store) struct WatchDef {
    began: Timestamp,
    started: Timestamp,
    restarted: u32,
    ends: Timestamp,
    extended: bool,
    shadowed: bool,
    #[serde_as(as = "BTreeMap<_, BeforeDef>")]
    before: BTreeMap<String, Before>,
    #[serde_as(as = "BTreeMap<_, HostBeforeDef>")]
    host_before: BTreeMap<String, HostBefore>,
    worst_before: BTreeMap<String, f64>,
    red_before: bool,
    #[serde(default)]
    came_back: BTreeMap<String, u32>,
    #[serde(default)]
    lame: Vec<String>,
    #[serde(default)]
    suspected: Option<Timestamp>,
    #[serde_as(as = "Option<ReasonDef>")]
    excused: Option<Reason>,
}
as_core!(Watch, WatchDef);

#[derive(Serialize, Deserialize)]
#[serde(remote = "HostBefore", rename_all = "kebab-case")]
pub(in crate::store) struct HostBeforeDef {
    host: f64,
    own: f64,
    short_since: Option<Timestamp>,
}
as_core!(HostBefore, HostBeforeDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Before", rename_all = "kebab-case")]
pub(in crate::store) struct BeforeDef {
    #[serde_as(as = "CountsDef")]
    counts: Counts,
    upper: f64,
    dispersion: f64,
    #[serde_as(as = "CountsDef")]
    lately: Counts,
    edge: Option<f64>,
    p95: Option<f64>,
}
as_core!(Before, BeforeDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Rollback", rename_all = "kebab-case")]
pub(in crate::store) struct RollbackDef {
    #[serde_as(as = "PlanDef")]
    plan: Plan,
    #[serde_as(as = "ReasonDef")]
    reason: Reason,
    known_bad: bool,
    began: Timestamp,
    #[serde_as(as = "StepDef")]
    step: Step,
    since: Timestamp,
    asked: Timestamp,
    attempts: u32,
    retry_at: Option<Timestamp>,
    successor: Option<String>,
    #[serde_as(as = "Option<ReasonDef>")]
    undoing: Option<Reason>,
    #[serde(default)]
    again: bool,
}
as_core!(Rollback, RollbackDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Verification", rename_all = "kebab-case")]
pub(in crate::store) struct VerificationDef {
    #[serde_as(as = "RollbackDef")]
    rollback: Rollback,
    began: Timestamp,
    proved: Option<Timestamp>,
}
as_core!(Verification, VerificationDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Hold", rename_all = "kebab-case")]
pub(in crate::store) struct HoldDef {
    by: String,
    why: Option<String>,
    since: Timestamp,
    until: Option<Timestamp>,
}
as_core!(Hold, HoldDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Diverged", rename_all = "kebab-case")]
pub(in crate::store) struct DivergedDef {
    since: Timestamp,
    #[serde_as(as = "ReasonDef")]
    why: Reason,
    #[serde(default)]
    released: Option<String>,
    #[serde(default)]
    release: Option<String>,
}
as_core!(Diverged, DivergedDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Quarantined", rename_all = "kebab-case")]
pub(in crate::store) struct QuarantinedDef {
    #[serde_as(as = "IdentityDef")]
    identity: Identity,
    version: String,
    release: String,
    at: Timestamp,
    #[serde_as(as = "ReasonDef")]
    why: Reason,
}
as_core!(Quarantined, QuarantinedDef);

#[serde_as]
#[derive(Serialize, Deserialize)]
#[serde(remote = "Veto", rename_all = "kebab-case")]
pub(in crate::store) struct VetoDef {
    #[serde_as(as = "ReasonDef")]
    cause: Reason,
    ends: Timestamp,
}
as_core!(Veto, VetoDef);
